"""What the tests of the sandbox share: an application on the other end, and a few words for TwiML."""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bridge.sandbox.twilio import Delivered, PlayedCall, TwilioSandbox

START = datetime(2026, 11, 22, 10, tzinfo=UTC)
DATA = Path(__file__).parent / "data"
Connect = Callable[..., AbstractAsyncContextManager[TwilioSandbox]]
Ask = Callable[..., Awaitable[dict[str, Any]]]
Recorded = Callable[[str], dict[str, str]]
Play = Callable[..., Awaitable[PlayedCall]]


@dataclass
class Received:
    """One request as it came in."""

    method: str
    path: str
    params: dict[str, str]
    headers: Mapping[str, str]
    body: bytes
    url: str


Answer = str | web.Response | Callable[[Received], Any]


@dataclass
class App:
    """Answers TwiML by path, nothing to do for actions, and 204 where nothing was scripted."""

    url: str = ""
    answers: dict[str, Answer] = field(
        default_factory=lambda: {"/dial": "<Response/>", "/message": "<Response/>"}
    )
    received: list[Received] = field(default_factory=list)

    def on(self, path: str, answer: Answer) -> None:
        self.answers[path] = answer

    def dial(self, nouns: str, **attributes: str) -> None:
        """The voice URL dials."""
        self.on("/voice", dial(nouns, **attributes))

    def got(self, path: str) -> list[dict[str, str]]:
        """The parameters of what came to a path."""
        return [request.params for request in self.received if request.path == path]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        received = Received(
            request.method,
            request.path,
            {**request.query, **{name: str(value) for name, value in (await request.post()).items()}},
            request.headers,
            await request.read(),
            str(request.url),
        )
        self.received.append(received)
        answer = self.answers.get(request.path, web.Response(status=204))
        if callable(answer) and not isinstance(answer, web.Response):
            answer = answer(received)
        if isinstance(answer, str):
            return web.Response(text=answer, content_type="text/xml")
        if isinstance(answer, web.Response):
            return web.Response(status=answer.status, body=answer.body, headers=answer.headers)
        result = await answer
        return web.Response(text=result, content_type="text/xml")


def dial(nouns: str, **attributes: str) -> str:
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<Response><Dial{written}>{nouns}</Dial></Response>"


def events(path: str = "/status", which: str = "initiated ringing answered completed") -> str:
    return f'statusCallback="{path}" statusCallbackEvent="{which}"'


def by_kind(played: PlayedCall, kind: str) -> list[Delivered]:
    return [delivered for delivered in played.deliveries if delivered.kind == kind]


def basic(login: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{login}:{password}".encode()).decode()}


def calling_the_api(sandbox: TwilioSandbox) -> aiohttp.ClientSession:
    """A session whose paths are those of the account, with its credentials."""
    base = f"{sandbox.url}/2010-04-01/Accounts/{sandbox.account_sid}/"
    return aiohttp.ClientSession(base, headers=basic(sandbox.account_sid, sandbox.auth_token))


async def until(condition: Callable[[], Any]) -> None:
    """Lets others work until something holds; bounded, and without waiting for the clock."""
    for _ in range(10_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to it")
