"""Asks Twenty whose a token or a session is, and in which workspace."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from gql import Client
from gql.client import AsyncClientSession
from gql.transport.aiohttp import AIOHTTPTransport

from bridge.calls.agents import Identity, member_identity
from bridge.errors import TwentyDenied, TwentyUnavailable
from bridge.settings import TwentySettings
from bridge.twenty.client.client import Executes, send
from bridge.twenty.users.credentials import Credentials

WAITS_SECONDS = 3
"""Somebody waits for the answer."""

NOBODY = frozenset({"twenty.unauthenticated", "twenty.forbidden"})
"""How Twenty refuses tokens: garbage, expired, of another kind, an API key's."""


@dataclass(frozen=True, slots=True)
class User:
    """Whom Twenty vouches for: their e-mail, and the identity under which they call.

    The identity is None of one who is no member of the configured workspace.
    """

    email: str
    identity: Identity | None


class Vouching:
    """Asks with what the user showed; `client` is asked which workspace is ours, where nobody set it."""

    def __init__(self, session: AsyncClientSession, client: Executes, workspace_id: str | None) -> None:
        self._session = session
        self._client = client
        self._workspace_id = workspace_id

    async def user(self, credentials: Credentials) -> User | None:
        """Whose they are; None where Twenty says nobody's. Raises TwentyError."""
        try:
            # What the user showed is for this server alone.
            post = {"headers": credentials.headers, "allow_redirects": False}
            answer = await send(self._session, "CurrentUser", {}, post=post)
        except TwentyDenied as denied:
            if denied.code not in NOBODY:
                raise
            return None
        return user_of(answer, workspace_id=await self._workspace())

    async def _workspace(self) -> str:
        """That of our own key, which never changes."""
        if self._workspace_id is None:
            answer = await self._client.execute_metadata("CurrentWorkspace")
            if not (told := answer["currentWorkspace"]):
                raise TwentyUnavailable("CurrentWorkspace: Twenty names none; twenty.workspace_id can")
            self._workspace_id = str(told["id"])
        return self._workspace_id


def user_of(answer: Mapping[str, Any], *, workspace_id: str) -> User | None:
    """The user in Twenty's answer; raises TwentyUnavailable for an answer that nobody understands."""
    try:
        told = answer["currentUser"]
        if told is None:
            return None
        member, workspace = told["workspaceMember"], told["currentWorkspace"]
        ours = member is not None and workspace is not None and workspace["id"] == workspace_id
        return User(str(told["email"]), member_identity(member["id"]) if ours else None)
    except (LookupError, TypeError, ValueError, AttributeError) as problem:
        raise TwentyUnavailable("CurrentUser: an answer of another shape") from problem


@asynccontextmanager
async def open_vouching(settings: TwentySettings, client: Executes) -> AsyncIterator[Vouching]:
    """A connection that carries nothing by itself: not our key, nor cookies of whoever came before."""
    transport = AIOHTTPTransport(
        f"{settings.api_url}/metadata",
        timeout=WAITS_SECONDS,
        ssl=True,
        client_session_args={"cookie_jar": aiohttp.DummyCookieJar()},
    )
    gql = Client(transport=transport, execute_timeout=WAITS_SECONDS, fetch_schema_from_transport=False)
    async with gql as session:
        workspace = settings.workspace_id
        yield Vouching(session, client, str(workspace) if workspace else None)
