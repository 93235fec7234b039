"""One of Twenty's GraphQL endpoints: an operation is a POST of JSON, and its answer has data or errors.

https://graphql.org/learn/serving-over-http/
"""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import aiohttp
from aiohttp.hdrs import AUTHORIZATION, RETRY_AFTER
from yarl import URL

from bridge.errors import TwentyDenied, TwentyError, TwentyFailed, TwentyOverLimit, TwentyUnavailable
from bridge.json_text import from_json, to_json
from bridge.language.phrase import phrase
from bridge.network.client import AnswerTooLarge, BoundedResponse, bound_to, open_session
from bridge.network.errors import seconds_of, why
from bridge.observability import metrics
from bridge.settings import TwentySettings
from bridge.twenty.client.answers import of_another_shape
from bridge.twenty.client.documents import text_of
from bridge.twenty.client.errors import translate
from bridge.twenty.values import storable_json

AWAY = (aiohttp.ClientError, OSError, RuntimeError, ValueError)
"""Of aiohttp: a server that is away, a session that is closed, a header that cannot be sent."""


class Endpoint:
    """Sends operations to one URL; made by `open_endpoint`. Both methods raise TwentyError."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def send(
        self,
        name: str,
        variables: Mapping[str, Any],
        *,
        bare: frozenset[str] = frozenset(),
        post: Mapping[str, Any] | None = None,
    ) -> Any:
        """Sends an operation; the data of the answer. `bare`: see `text_of`; `post` is for aiohttp."""
        return await self._measured(name, {"json": _request(name, variables, bare), **(post or {})})

    async def upload(self, name: str, content: bytes, *, name_of_file: str, kind: str) -> Any:
        """Sends an operation with a file in its variable `file`; `kind` is the file's type.

        https://github.com/jaydenseric/graphql-multipart-request-spec
        """
        form = aiohttp.FormData()
        operations, file = to_json(_request(name, {"file": None})), BytesIO(content)
        form.add_field("operations", operations, content_type="application/json")
        form.add_field("map", '{"0": ["variables.file"]}', content_type="application/json")
        form.add_field("0", file, filename=name_of_file, content_type=kind)
        return await self._measured(name, {"data": form})

    async def _measured(self, name: str, post: Mapping[str, Any]) -> Any:
        began, outcome = time.perf_counter(), "ok"
        try:
            return await self._data(name, post)
        except TwentyError as error:
            outcome = error.code.removeprefix("twenty.")
            raise
        finally:
            metrics.TWENTY_DURATIONS.observe(time.perf_counter() - began, name)
            metrics.TWENTY_REQUESTS.inc(name, outcome)

    async def _data(self, name: str, post: Mapping[str, Any]) -> Any:
        try:
            async with self._session.post(self._url, **post) as answer:
                told = await _read(name, answer)
        except AWAY as away:
            raise self._unusable(name, away) from away
        if errors := told.get("errors"):
            raise translate(errors)
        if told.get("data") is None:
            raise of_another_shape(name)
        return told["data"]

    def _unusable(self, name: str, away: BaseException) -> TwentyUnavailable:
        told = {"name": name, "host": str(URL(self._url).origin()), "reason": why(away)}
        if isinstance(away, AnswerTooLarge):
            # What one record says can be that long.
            return TwentyFailed(phrase("{name}: Twenty at {host} cannot be used: {reason}", **told))
        return TwentyUnavailable(phrase("{name}: Twenty at {host} cannot be reached: {reason}", **told))


@asynccontextmanager
async def open_endpoint(
    settings: TwentySettings,
    path: str,
    *,
    within: float,
    key: str | None = None,
    response: type[BoundedResponse] = BoundedResponse,
) -> AsyncIterator[Endpoint]:
    """A session to `/graphql` or `/metadata`, with the API `key` if any; no request is sent yet.

    An operation takes up to `within` seconds; `response` bounds the answers.
    """
    async with open_session(
        aiohttp.ClientTimeout(total=within),
        headers={AUTHORIZATION: f"Bearer {key}"} if key else None,
        json_serialize=storable_json,
        **bound_to(settings.api_url, response=response),
    ) as session:
        yield Endpoint(session, f"{settings.api_url}/{path}")


def _request(
    name: str, variables: Mapping[str, Any], bare: frozenset[str] = frozenset()
) -> Mapping[str, Any]:
    return {"query": text_of(name, bare), "operationName": name, "variables": variables}


async def _read(name: str, answer: aiohttp.ClientResponse) -> Mapping[str, Any]:
    """The JSON of an answer, of whichever status, with `data` or `errors`. Raises TwentyError."""
    try:
        told = from_json(await answer.text())
    except (ValueError, RecursionError):
        told = None
    if isinstance(told, dict) and told.keys() & {"data", "errors"}:
        return told
    raise _status_error(name, answer) if answer.status >= 400 else of_another_shape(name)


def _status_error(name: str, answer: aiohttp.ClientResponse) -> TwentyError:
    status = answer.status
    if status in (401, 403):
        return TwentyDenied(f"{name}: HTTP {status}", code="twenty.unauthenticated")
    if status == 429:
        # A reverse proxy's limit: Twenty's own answers are 200 with a code.
        after = seconds_of(answer.headers.get(RETRY_AFTER), now=datetime.now(UTC))
        return TwentyOverLimit(f"{name}: HTTP {status}", retry_after=after)
    return TwentyUnavailable(f"{name}: HTTP {status}")
