"""One long-lived session to Twenty: one operation a request, within time-out and budget."""

import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Protocol

import aiohttp
from yarl import URL

from bridge.errors import TwentyOverLimit, TwentyUnavailable
from bridge.language.phrase import phrase
from bridge.network.client import BoundedResponse
from bridge.network.errors import media_type, why
from bridge.settings import TwentySettings
from bridge.twenty.client.answers import complete, understood
from bridge.twenty.client.budget import Budget
from bridge.twenty.client.endpoint import Endpoint, open_endpoint
from bridge.twenty.schema.composites import Composites

UNLIMITED = frozenset({"WorkspaceSchema", "Introspection", "Search"})
"""Operations on /graphql that do not count towards the rate limit: introspection, and searches."""


PLAIN_TO_TLS = 400
"""What nginx, Go and others answer to http:// on a port for TLS."""


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
        graphql: Endpoint,
        metadata: Endpoint,
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

    def over(self, graphql: Endpoint) -> "TwentyClient":
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
            sent = self._composites.execute(partial(self._graphql.send, post=self._post), name, variables)
            return understood(name, await sent)
        except TwentyOverLimit as refused:
            self.budget.exhausted(retry_after=refused.retry_after)
            raise

    async def execute_metadata(self, name: str, **variables: Any) -> dict[str, Any]:
        """See `Executes`."""
        try:
            return complete(name, await self._metadata.send(name, variables))
        except TwentyOverLimit as refused:
            self.budget.exhausted(retry_after=refused.retry_after)
            raise

    async def upload(self, name: str, content: bytes, *, name_of_file: str, kind: str) -> dict[str, Any]:
        """As `execute_metadata`, with a file in the variable `file`; `kind` is its type."""
        answer = await self._metadata.upload(name, content, name_of_file=name_of_file, kind=kind)
        return complete(name, answer)


@asynccontextmanager
async def open_client(
    settings: TwentySettings, *, response: type[BoundedResponse] = BoundedResponse
) -> AsyncIterator[TwentyClient]:
    """Sessions to both of Twenty's endpoints; no request is sent before the first operation.

    `response` bounds the answers.
    """
    opened = partial(
        open_endpoint,
        settings,
        # Twenty never answers a request whose body it does not expect.
        within=settings.timeout_seconds,
        key=settings.api_token.get_secret_value(),
        response=response,
    )
    async with opened("graphql") as graphql, opened("metadata") as metadata:
        yield TwentyClient(graphql, metadata, Budget(settings.requests_per_minute))


async def check_health(session: aiohttp.ClientSession, api_url: str) -> URL:
    """Asks a Twenty, without any credentials, whether it is healthy; the address that answered.

    Raises TwentyUnavailable.
    """
    url = f"{api_url}/healthz"
    try:
        async with session.get(url) as answer:
            status, there, kind = answer.status, answer.url, media_type(answer.headers)
    except (aiohttp.ClientError, OSError) as away:
        raise _unreachable(url, away) from away
    if there.scheme == "http" and status == PLAIN_TO_TLS:
        raise TwentyUnavailable(
            phrase(
                "{url} answers {status}, as a port for TLS does: try {https}.",
                url=url,
                status=status,
                https=_over_tls(api_url),
            )
        )
    if status == 200 and kind == "text/html":
        raise TwentyUnavailable(
            phrase(
                "{url} answers with a page: it is not the address of Twenty itself, perhaps {origin}.",
                url=url,
                origin=URL(api_url).origin(),
            )
        )
    if status != 200:
        raise TwentyUnavailable(
            phrase("{url} answers {status}: this is not Twenty, or it is unhealthy.", url=url, status=status)
        )
    return there


def _unreachable(url: str, away: BaseException) -> TwentyUnavailable:
    told = {"url": url, "reason": why(away)}
    if url.startswith("http://") and isinstance(away, aiohttp.ServerDisconnectedError):
        # As a server does that expects TLS.
        return TwentyUnavailable(
            phrase("{url} cannot be reached: {reason}. Is it {https}?", **told, https=_over_tls(url))
        )
    return TwentyUnavailable(phrase("{url} cannot be reached: {reason}.", **told))


def _over_tls(url: str) -> str:
    return str(URL(url).with_scheme("https").origin())
