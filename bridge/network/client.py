"""Sessions to the servers that the bridge asks: answers up to a size, no cookies, no redirect elsewhere."""

from typing import Any

import aiohttp
from aiohttp import ClientHandlerType, ClientMiddlewareType, ClientRequest
from yarl import URL

LARGEST_ANSWER = 16 * 1024 * 1024
"""Bytes of an answer after decompression; the largest that are legitimate have two million.

What they can become as Python's objects is 25 times as much.
"""

LARGEST_SCHEMA = 4 * LARGEST_ANSWER
"""For processes of their own that read a workspace's whole schema: a real one has 4 MB."""

CHUNK = 64 * 1024

TIMEOUT = aiohttp.ClientTimeout(total=60)
"""For requests without one of their own."""


class AnswerTooLarge(aiohttp.ClientPayloadError):
    """The body is larger than `largest` bytes; the rest was not read."""

    def __init__(self, largest: int) -> None:
        super().__init__(f"larger than {largest} bytes")
        self.largest = largest


class LedElsewhere(aiohttp.ClientError):
    """A redirect, or the address of a next page, is another server's; nothing was sent there."""


class BoundedResponse(aiohttp.ClientResponse):
    """An answer whose body `read`, `text` and `json` take up to `largest` bytes.

    They raise AnswerTooLarge beyond, each time. Texts without an encoding are UTF-8: aiohttp takes quadratic
    time to look for one among the parameters of Content-Type.
    """

    largest = LARGEST_ANSWER
    _is_too_large = False

    async def read(self) -> bytes:
        """See the class."""
        if self._is_too_large:
            raise AnswerTooLarge(self.largest)
        if self._body is None:
            self._body = await self._bounded()
        return await super().read()

    def get_encoding(self) -> str:
        """See the class."""
        return "utf-8"

    async def _bounded(self) -> bytes:
        try:
            body = await body_upto(self, self.largest + 1)
        except BaseException:
            self.close()
            raise
        if len(body) > self.largest:
            self._is_too_large = True
            self.close()
            raise AnswerTooLarge(self.largest)
        return body


def open_session(timeout: aiohttp.ClientTimeout = TIMEOUT, **more: Any) -> aiohttp.ClientSession:
    """A session of bounded answers, which keeps no cookies; `more` are further arguments of aiohttp's."""
    return aiohttp.ClientSession(timeout=timeout, **{**_arguments(), **more})


class SchemaResponse(BoundedResponse):
    """An answer that may be a whole schema."""

    largest = LARGEST_SCHEMA


def bound_to(
    url: str, *, domain: str | None = None, response: type[BoundedResponse] = BoundedResponse
) -> dict[str, Any]:
    """Arguments for a session to one server, or to all of its `domain`; others raise LedElsewhere."""
    return {**_arguments(), "response_class": response, "middlewares": (_stays_at(URL(url), domain),)}


def _arguments() -> dict[str, Any]:
    return {"cookie_jar": aiohttp.DummyCookieJar(), "response_class": BoundedResponse}


def _stays_at(server: URL, domain: str | None) -> ClientMiddlewareType:
    async def stays(request: ClientRequest, send: ClientHandlerType) -> aiohttp.ClientResponse:
        if not (_is_same(request.url, server) or (domain and _are_of(domain, request.url, server))):
            raise LedElsewhere
        return await send(request)

    return stays


def _is_same(url: URL, server: URL) -> bool:
    """Whether this is the server itself, or its host over TLS."""
    return url.origin() == server.origin() or (url.scheme, url.host) == ("https", server.host)


def _are_of(domain: str, *urls: URL) -> bool:
    return all(url.scheme == "https" and (url.host or "").endswith(f".{domain}") for url in urls)


async def body_upto(answer: aiohttp.ClientResponse, most: int) -> bytes:
    """The first bytes of a body, at most so many: one without an end is left there, and one of zeros, too."""
    body = bytearray()
    async for chunk in answer.content.iter_chunked(CHUNK):
        body += chunk[: most - len(body)]
        if len(body) >= most:
            break
    return bytes(body)
