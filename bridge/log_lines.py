"""Where log lines go: those of one turn of the event loop are written together, for each write costs."""

import asyncio
import atexit
from threading import Lock
from typing import TextIO


class Lines:
    """Writes lines to a stream: at the end of the loop's turn, or at once where no loop runs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._gathered: list[str] = []
        self._lock = Lock()
        atexit.register(self.flush)

    def msg(self, line: str) -> None:
        """One line, without its end."""
        self.write(f"{line}\n")
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
            return
        # Whoever is the first of a turn writes for all.
        if len(self._gathered) == 1:
            loop.call_soon(self.flush)

    debug = info = warning = error = critical = exception = msg

    def write(self, text: str) -> None:
        """Some text, in its turn."""
        with self._lock:
            self._gathered.append(text)

    def flush(self) -> None:
        """What has gathered goes out."""
        with self._lock:
            text, self._gathered = "".join(self._gathered), []
            if text:
                self._stream.write(text)
                self._stream.flush()
