"""What a server of models answers when a test says so, and what it was asked."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One scripted answer; without a `body` what the server would answer anyway.

    `until`: it waits for this event first. `half`: the connection is lost in the middle of the body.
    """

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    until: asyncio.Event | None = None
    half: bool = False

    @classmethod
    def limited(cls, retry_after: str = "1") -> Self:
        """429: too many requests."""
        said = problem("Rate limit reached", code="rate_limit_exceeded")
        return cls(status=429, body=said, headers={"Retry-After": retry_after})

    @classmethod
    def broken(cls, status: int = 500) -> Self:
        """500, or another status of a server that is not well."""
        return cls(status=status, body=problem("The server had an error", kind="server_error"))

    @classmethod
    def too_large(cls) -> Self:
        """413, for a file of any size."""
        return cls(status=413, body=problem("Maximum content size limit exceeded"))


@dataclass(frozen=True, slots=True)
class Transcribed:
    """One request for a transcript: its fields, and its audio as it came."""

    fields: Mapping[str, str]
    audio: bytes
    file_name: str
    authorization: str


@dataclass(frozen=True, slots=True)
class Chatted:
    """One request for a chat completion: its body."""

    body: Mapping[str, Any]
    authorization: str


def problem(
    message: str, *, kind: str = "invalid_request_error", param: str | None = None, code: str | None = None
) -> dict[str, Any]:
    """An error in the shape of the API."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


class Refused(Exception):
    """A request that this API does not take."""

    def __init__(self, message: str, *, param: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.body = problem(message, param=param)


async def send(request: web.Request, answer: Answer, otherwise: Any) -> web.StreamResponse:
    """Sends a scripted answer; `otherwise` is its body where the script names none."""
    if answer.until is not None:
        await answer.until.wait()
    body = _encoded(otherwise if answer.body is None else answer.body)
    kind = "application/json" if body[:1] in b"{[" else "text/plain"
    if answer.half:
        return await _send_half(request, answer, body)
    return web.Response(status=answer.status, body=body, content_type=kind, headers=answer.headers)


async def _send_half(request: web.Request, answer: Answer, body: bytes) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_type, response.content_length = "application/json", len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


def _encoded(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode()
