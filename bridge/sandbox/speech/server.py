"""Runs a server of models: scripted answers first, then what it recognises."""

from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

from aiohttp import web
from aiohttp.typedefs import Handler

from bridge.sandbox.speech.chat import completion, content_for, read_chat
from bridge.sandbox.speech.recognisers import Recogniser, hear_tones
from bridge.sandbox.speech.scripted import Answer, Chatted, Refused, Transcribed, send
from bridge.sandbox.speech.transcriptions import LARGEST, read_transcription, transcribe

Reply: TypeAlias = Callable[[Chatted], str]
"""The content of a chat completion."""


class SpeechSandbox:
    """The server, its scripts and what it was asked.

    `transcripts` and `chats` are answers in their order; when there are none left, it answers what
    `recognise` hears and what `reply` says. `largest` is the most bytes of a file, `language` what it says
    of every file, `api_key` what it wants to be shown ("": nothing).
    """

    def __init__(self, *, recognise: Recogniser = hear_tones, api_key: str = "") -> None:
        self.url = ""
        self.api_key = api_key
        self.recognise = recognise
        self.reply: Reply = content_for
        self.language = "english"
        self.largest = LARGEST
        self.transcripts: deque[Answer] = deque()
        self.chats: deque[Answer] = deque()
        self.transcribed: list[Transcribed] = []
        self.chatted: list[Chatted] = []

    def says(self, content: str) -> None:
        """The next chat completion has this content."""
        self.chats.append(Answer(body=completion(Chatted({"model": "sandbox"}, ""), content)))

    async def transcriptions(self, request: web.Request) -> web.StreamResponse:
        """`POST /v1/audio/transcriptions`."""
        self._check(request)
        asked = await read_transcription(request, largest=self.largest)
        self.transcribed.append(asked)
        answer = self.transcripts.popleft() if self.transcripts else Answer()
        known = None if answer.body is not None else transcribe(asked, self.recognise, language=self.language)
        return await send(request, answer, known)

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """`POST /v1/chat/completions`."""
        self._check(request)
        asked = await read_chat(request)
        self.chatted.append(asked)
        answer = self.chats.popleft() if self.chats else Answer()
        known = None if answer.body is not None else completion(asked, self.reply(asked))
        return await send(request, answer, known)

    def _check(self, request: web.Request) -> None:
        if self.api_key and request.headers.get("Authorization") != f"Bearer {self.api_key}":
            raise Refused("Incorrect API key provided", status=401)


@asynccontextmanager
async def speech_sandbox(
    *, port: int = 0, host: str = "127.0.0.1", recognise: Recogniser = hear_tones, api_key: str = ""
) -> AsyncIterator[SpeechSandbox]:
    """Runs one; port 0 takes a free one. Its `url` is what comes before `/v1`."""
    sandbox = SpeechSandbox(recognise=recognise, api_key=api_key)
    app = web.Application(client_max_size=1 << 30, middlewares=[_refusing])
    app.router.add_post("/v1/audio/transcriptions", sandbox.transcriptions)
    app.router.add_post("/v1/chat/completions", sandbox.chat)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        sandbox.url = f"http://{host}:{runner.addresses[0][1]}"
        yield sandbox
    finally:
        await runner.cleanup()


@web.middleware
async def _refusing(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refused as refused:
        return web.json_response(refused.body, status=refused.status)
