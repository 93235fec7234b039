"""Sends requests over a number of connections, and times each.

As wrk does: the bytes are there before the clock starts, each connection sends its next request when the
former is answered, and nothing of an answer is looked at but its status and its end. It takes a fifth of
the time of an HTTP client, so that the server is what limits, and needs nothing to be installed.
"""

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from benchmarks.requests import Request

ANSWER_SECONDS = 30
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
END_OF_HEAD = b"\r\n\r\n"


async def send(url: str, requests: Sequence[Request], *, connections: int) -> list[float]:
    """Seconds that each answer took; an answer that is no success ends the run."""
    waiting, (host, port) = iter([request.wire for request in requests]), urlsplit(url).netloc.split(":")
    loop, took = asyncio.get_running_loop(), list[float]()
    opened = [
        await loop.create_connection(lambda: _Connection(waiting, took), host, int(port))
        for _ in range(min(connections, len(requests)))
    ]
    try:
        for _, connection in opened:
            connection.send_next()
        await asyncio.gather(*[connection.done for _, connection in opened])
    finally:
        for transport, _ in opened:
            transport.close()
    return took


class _Connection(asyncio.Protocol):
    """One request after the other, until none is left."""

    def __init__(self, waiting: Iterator[bytes], took: list[float]) -> None:
        self.done = asyncio.get_running_loop().create_future()
        self._waiting = waiting
        self._took = took
        self._buffer = b""
        self._began = 0.0
        self._request = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.WriteTransport = transport  # type: ignore[assignment]  # TCP reads and writes

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("The server closed the connection."))

    def send_next(self) -> None:
        """Ends where there is none."""
        self._request = next(self._waiting, b"")
        if not self._request:
            self.done.set_result(None)
            return
        self._began = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not is_whole(self._buffer):
            return
        self._took.append(time.perf_counter() - self._began)
        answer, self._buffer = self._buffer, b""
        if not answer.startswith(b"HTTP/1.1 2"):
            told = f"{self._request.decode()}\n\n{answer.decode()}"
            self.done.set_exception(RuntimeError(f"No success:\n{told}"))
            return
        self.send_next()


def is_whole(answer: bytes) -> bool:
    """Whether all of an answer has come."""
    head, end, body = answer.partition(END_OF_HEAD)
    if not end:
        return False
    length = LENGTH.search(head + b"\r\n")
    return len(body) >= int(length[1]) if length else True
