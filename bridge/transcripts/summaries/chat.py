"""The server of a language model. https://platform.openai.com/docs/api-reference/chat/create

Ollama, vLLM, llama.cpp and most vendors speak it.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aiohttp
from aiohttp import hdrs
from pydantic import BaseModel, ValidationError

from bridge.errors import SummaryFailed, SummaryUnavailable
from bridge.network.client import body_upto, open_session
from bridge.network.errors import seconds_of, why
from bridge.settings import SummarySettings

LARGEST = 1024 * 1024
"""Bytes of an answer: a summary has a few thousand."""
CONNECT_SECONDS = 10
BAD_REQUEST = frozenset({400, 413, 422})
"""The server refuses this request: another one can get through."""


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Completion(BaseModel):
    choices: list[_Choice]


class ChatModel:
    """Asks the model of the settings; made by `open_chat`."""

    def __init__(self, session: aiohttp.ClientSession, settings: SummarySettings) -> None:
        self._session = session
        self._url = f"{settings.url}/chat/completions"
        self._headers = _authorization(settings)
        self.model = settings.model or ""

    async def ask(self, body: Mapping[str, object]) -> str:
        """The content of the model's answer.

        Raises SummaryUnavailable where the server is down, over its limit or refuses the key, and
        SummaryFailed where it refuses this request, is too slow for it, or answers what cannot be read.
        """
        try:
            # A redirect would take what was said to a host that the settings do not name.
            async with self._session.post(
                self._url, json=body, headers=self._headers, allow_redirects=False
            ) as answer:
                _check(answer)
                return _content(await _read(answer))
        except TimeoutError as slow:
            if isinstance(slow, aiohttp.ConnectionTimeoutError):
                raise SummaryUnavailable(why(slow)) from slow
            raise SummaryFailed("the model did not answer in time") from slow
        except (aiohttp.ClientError, OSError) as away:
            raise SummaryUnavailable(why(away)) from away


@asynccontextmanager
async def open_chat(settings: SummarySettings) -> AsyncIterator[ChatModel]:
    """The model's server, for as long as the context is open."""
    timeout = aiohttp.ClientTimeout(total=settings.timeout_seconds, connect=CONNECT_SECONDS)
    async with open_session(timeout) as session:
        yield ChatModel(session, settings)


def _authorization(settings: SummarySettings) -> dict[str, str]:
    if settings.api_key is None:
        return {}
    return {hdrs.AUTHORIZATION: f"Bearer {settings.api_key.get_secret_value()}"}


def _check(answer: aiohttp.ClientResponse) -> None:
    if answer.status == 200:
        return
    if answer.status in BAD_REQUEST:
        raise SummaryFailed(f"the server answered {answer.status}")
    wait = seconds_of(answer.headers.get(hdrs.RETRY_AFTER), now=datetime.now(UTC))
    raise SummaryUnavailable(f"the server answered {answer.status}", retry_after=wait)


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    body = await body_upto(answer, LARGEST + 1)
    if len(body) > LARGEST:
        raise SummaryFailed("the answer is too large")
    return body


def _content(body: bytes) -> str:
    try:
        completion = _Completion.model_validate_json(body)
    except ValidationError:
        raise SummaryFailed("the answer is not a chat completion") from None
    choice = completion.choices[0] if completion.choices else None
    if choice is None or not choice.message.content:
        raise SummaryFailed("the model answered nothing")
    if choice.finish_reason == "length":
        raise SummaryFailed("the model's answer was cut off: its context or its longest answer is too short")
    return choice.message.content
