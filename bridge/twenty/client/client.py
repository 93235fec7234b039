"""One long-lived session to Twenty: one operation a request, within time-out and budget."""

import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from typing import Any, Protocol

import aiohttp
from aiohttp import ClientResponseError
from aiohttp.hdrs import RETRY_AFTER
from gql import Client, FileVar
from gql.client import AsyncClientSession
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import (
    TransportConnectionFailed,
    TransportError,
    TransportQueryError,
    TransportServerError,
)
from yarl import URL

from bridge.errors import TwentyDenied, TwentyError, TwentyFailed, TwentyOverLimit, TwentyUnavailable
from bridge.json_text import from_json
from bridge.language.phrase import phrase
from bridge.network.client import AnswerTooLarge, BoundedResponse, bound_to
from bridge.network.errors import seconds_of, why
from bridge.observability import metrics
from bridge.settings import TwentySettings
from bridge.twenty.client.answers import complete, understood
from bridge.twenty.client.budget import Budget
from bridge.twenty.client.documents import Operation, operation
from bridge.twenty.client.errors import translate
from bridge.twenty.schema.composites import Composites
from bridge.twenty.values import storable_json

UNLIMITED = frozenset({"WorkspaceSchema", "Introspection", "Search"})
"""Operations on /graphql that do not count towards the rate limit: introspection, and searches."""


class Executes(Protocol):
    """Sends operations of `documents.graphql`."""

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        """The data of the answer to an operation on the workspace's records; raises TwentyError."""

    async def execute_metadata(self, name: str, **variables: Any) -> dict[str, Any]:
        """The data of the answer to an operation on the workspace's schema; raises TwentyError."""


async def _always() -> None:
    """Allows every request."""


class TwentyClient:
    """`Executes` over HTTP; made by `open_client`."""

    def __init__(
        self,
        graphql: AsyncClientSession,
        metadata: AsyncClientSession,
        budget: Budget,
        *,
        composites: Composites | None = None,
        interactive: bool = False,
        within: float = math.inf,
        allowed: Callable[[], Awaitable[None]] = _always,
        post: Mapping[str, Any] | None = None,
    ) -> None:
        self._graphql = graphql
        self._composites = composites or Composites()
        self._metadata = metadata
        self.budget = budget
        self._interactive = interactive
        self._within = within
        self._allowed = allowed
        self._post = post

    def over(self, graphql: AsyncClientSession) -> "TwentyClient":
        """The same budget over another session to the workspace's records."""
        return TwentyClient(
            graphql,
            self._metadata,
            self.budget,
            composites=self._composites,
            interactive=self._interactive,
            within=self._within,
        )

    def sending(self, headers: Mapping[str, str]) -> "TwentyClient":
        """The same session as who shows these headers, which go to no redirect's target."""
        sends = self.over(self._graphql)
        sends._post = {"headers": headers, "allow_redirects": False}
        return sends

    def interactive(self, *, within: float = math.inf) -> "TwentyClient":
        """The same sessions for requests that a person waits for: they can spend the budget's reserve.

        An operation raises TwentyOverLimit where the budget does not allow it `within` so many seconds.
        """
        return TwentyClient(
            self._graphql,
            self._metadata,
            self.budget,
            composites=self._composites,
            interactive=True,
            within=within,
        )

    def while_allowed(self, allowed: Callable[[], Awaitable[None]]) -> "TwentyClient":
        """The same sessions for one of several replicas: `allowed` raises while another one is the leader.

        It is called after the wait for the budget, right before an operation is sent.
        """
        return TwentyClient(
            self._graphql, self._metadata, self.budget, composites=self._composites, allowed=allowed
        )

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        """See `Executes`. Waits for the budget, then sends."""
        if name not in UNLIMITED:
            await self.budget.take(interactive=self._interactive, within=self._within)
        await self._allowed()
        try:
            sent = self._composites.execute(partial(send, self._graphql, post=self._post), name, variables)
            return understood(name, await sent)
        except TwentyOverLimit as refused:
            self.budget.exhausted(retry_after=refused.retry_after)
            raise

    async def execute_metadata(self, name: str, **variables: Any) -> dict[str, Any]:
        """See `Executes`."""
        try:
            return complete(name, await send(self._metadata, name, variables))
        except TwentyOverLimit as refused:
            self.budget.exhausted(retry_after=refused.retry_after)
            raise

    async def upload(self, name: str, content: bytes, *, name_of_file: str, kind: str) -> dict[str, Any]:
        """As `execute_metadata`, with a file in the variable `file`; `kind` is its type.

        https://github.com/jaydenseric/graphql-multipart-request-spec
        """
        file = FileVar(BytesIO(content), filename=name_of_file, content_type=kind)
        return await send(self._metadata, name, {"file": file})


@asynccontextmanager
async def open_client(
    settings: TwentySettings, *, response: type[BoundedResponse] = BoundedResponse
) -> AsyncIterator[TwentyClient]:
    """Sessions to both of Twenty's endpoints; no request is sent before the first operation.

    `response` bounds the answers.
    """
    async with AsyncExitStack() as stack:
        graphql, metadata = [
            await stack.enter_async_context(_client(f"{settings.api_url}/{path}", settings, response))
            for path in ("graphql", "metadata")
        ]
        yield TwentyClient(graphql, metadata, Budget(settings.requests_per_minute))


def _client(url: str, settings: TwentySettings, response: type[BoundedResponse]) -> Client:
    transport = AIOHTTPTransport(
        url,
        headers={"Authorization": f"Bearer {settings.api_token.get_secret_value()}"},
        # Twenty never answers a request whose body it does not expect.
        timeout=settings.timeout_seconds,
        ssl=True,
        json_serialize=storable_json,
        json_deserialize=from_json,
        client_session_args=bound_to(settings.api_url, response=response),
    )
    return Client(
        transport=transport,
        execute_timeout=settings.timeout_seconds,
        # The workspace's schema is large and changes; `schema/` asks for the part that matters.
        fetch_schema_from_transport=False,
    )


async def send(
    session: AsyncClientSession,
    name: str,
    variables: dict[str, Any],
    *,
    bare: frozenset[str] = frozenset(),
    post: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Sends an operation; the data of the answer. `post` are arguments for aiohttp; `bare`: see `operation`.

    Raises TwentyError.
    """
    began, outcome = time.perf_counter(), "ok"
    try:
        return await _ask(session, operation(name, variables, bare=bare), dict(post or {}))
    except TwentyError as error:
        outcome = error.code.removeprefix("twenty.")
        raise
    finally:
        metrics.TWENTY_DURATIONS.observe(time.perf_counter() - began, name)
        metrics.TWENTY_REQUESTS.inc(name, outcome)


async def _ask(session: AsyncClientSession, asked: Operation, post: dict[str, Any]) -> dict[str, Any]:
    name = asked.operation_name or ""
    try:
        uploads = any(isinstance(value, FileVar) for value in (asked.variable_values or {}).values())
        return await session.execute(asked, extra_args=post, upload_files=uploads)
    except TransportQueryError as answered:
        raise translate(answered.errors) from None
    except TransportServerError as failed:
        raise _status_error(name, failed) from None
    # gql raises AssertionError for an answer without data and errors.
    except (TransportError, TimeoutError, OSError, AssertionError) as away:
        raise _unusable(name, session, _cause(away)) from away


def _unusable(name: str, session: AsyncClientSession, cause: BaseException) -> TwentyUnavailable:
    told = {"name": name, "host": _host(session), "reason": why(cause)}
    if isinstance(cause, AnswerTooLarge):
        # What one record says can be that long.
        return TwentyFailed(phrase("{name}: Twenty at {host} cannot be used: {reason}", **told))
    return TwentyUnavailable(phrase("{name}: Twenty at {host} cannot be reached: {reason}", **told))


def _cause(away: BaseException) -> BaseException:
    """The network's error, where gql has one of its own around it."""
    return (isinstance(away, TransportConnectionFailed) and away.__cause__) or away


def _host(session: AsyncClientSession) -> str:
    return str(URL(getattr(session.client.transport, "url", "")).origin())


def _status_error(name: str, failed: TransportServerError) -> TwentyDenied | TwentyUnavailable:
    status = failed.code
    if status in (401, 403):
        return TwentyDenied(f"{name}: HTTP {status}", code="twenty.unauthenticated")
    if status == 429:
        # A reverse proxy's limit: Twenty's own answers are 200 with a code.
        return TwentyOverLimit(f"{name}: HTTP {status}", retry_after=_retry_after(failed.__cause__))
    return TwentyUnavailable(f"{name}: HTTP {status}")


def _retry_after(cause: BaseException | None) -> float | None:
    headers = cause.headers if isinstance(cause, ClientResponseError) else None
    return seconds_of(headers.get(RETRY_AFTER), now=datetime.now(UTC)) if headers else None


async def check_health(session: aiohttp.ClientSession, api_url: str) -> None:
    """Asks a Twenty, without any credentials, whether it is healthy. Raises TwentyUnavailable."""
    url = f"{api_url}/healthz"
    try:
        async with session.get(url) as answer:
            status = answer.status
    except (aiohttp.ClientError, OSError) as away:
        raise TwentyUnavailable(
            phrase("{url} cannot be reached: {reason}.", url=url, reason=why(away))
        ) from away
    if status != 200:
        raise TwentyUnavailable(
            phrase("{url} answers {status}: this is not Twenty, or it is unhealthy.", url=url, status=status)
        )
