"""The stream of the log, which takes what it can now: nothing waits for a disk or a reader."""

import os
import select
import stat
import time
from typing import TextIO

LARGE = 1 << 20
"""Bytes that one write to a file has at most."""

RESTS_SECONDS = 1.0
"""After a write that failed, such as to a full disk."""


class Output:
    """Writes text to a stream; what it does not take now is written first the next time.

    A stream that is no file of the system, such as a StringIO, takes everything.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._rest = b""
        self._rests_until = 0.0
        self._descriptor = _descriptor(stream)
        self._poll = select.poll()
        if self._descriptor is not None:
            self._poll.register(self._descriptor, select.POLLOUT)
            is_file = stat.S_ISREG(os.fstat(self._descriptor).st_mode)
            # So much a pipe takes that has room at all, without waiting.
            self._piece = LARGE if is_file else select.PIPE_BUF

    def is_free(self, *, within: float = 0.0) -> bool:
        """Whether all of the text so far is written, after as many seconds at most."""
        until = time.monotonic() + within
        self._write_rest()
        while self._rest and time.monotonic() < until:
            self._poll.poll(100)
            self._write_rest()
        return not self._rest

    def write(self, text: str) -> None:
        """Writes a text, or the beginning of it; the caller asks `is_free` before."""
        if self._descriptor is None:
            self._stream.write(text)
            self._stream.flush()
            return
        self._rest += text.encode(self._stream.encoding, self._stream.errors or "backslashreplace")
        self._write_rest()

    def _write_rest(self) -> None:
        if self._descriptor is None or not self._rest or time.monotonic() < self._rests_until:
            return
        at = 0
        try:
            while at < len(self._rest) and self._poll.poll(0):
                at += os.write(self._descriptor, self._rest[at : at + self._piece])
        except OSError:
            self._rests_until = time.monotonic() + RESTS_SECONDS
        self._rest = self._rest[at:]


def _descriptor(stream: TextIO) -> int | None:
    try:
        return stream.fileno()
    except (OSError, ValueError, AttributeError):
        return None
