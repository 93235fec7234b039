"""The stream of log lines: one write for all lines of one turn of the event loop."""

import asyncio
import atexit
from collections import deque
from threading import Lock
from typing import TextIO


class LogStream:
    """Writes lines to a stream: at the end of the loop's turn, or at once where no loop runs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._gathered: deque[str] = deque()
        self._comes_to_write = False
        self._lock = Lock()
        atexit.register(self.flush)

    def msg(self, line: str) -> None:
        """One line, without its end."""
        self._gathered.append(f"{line}\n")
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
            return
        # The first line of a turn schedules one write for all.
        if not self._comes_to_write:
            self._comes_to_write = True
            loop.call_soon(self._end_of_turn)

    debug = info = warning = error = critical = exception = msg

    def write(self, text: str) -> None:
        """Some text, in its turn."""
        self._gathered.append(text)

    def flush(self) -> None:
        """Writes all gathered lines."""
        # Threads may append meanwhile; what they append is written by them, or here.
        with self._lock:
            text = "".join([self._gathered.popleft() for _ in range(len(self._gathered))])
            if text:
                self._stream.write(text)
                self._stream.flush()

    def _end_of_turn(self) -> None:
        self._comes_to_write = False
        self.flush()
