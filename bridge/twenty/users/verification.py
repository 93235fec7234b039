"""Asks Twenty for the user and the workspace of a token or a session."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from msgspec import Struct

from bridge.calls.agents import Identity, member_identity
from bridge.errors import TwentyDenied, TwentyUnavailable
from bridge.settings import TwentySettings
from bridge.twenty.client.client import Executes
from bridge.twenty.client.endpoint import Endpoint, open_endpoint
from bridge.twenty.users.credentials import Credentials

WAITS_SECONDS = 3
"""A short time-out, as a user waits for the answer."""

REFUSED = frozenset({"twenty.unauthenticated", "twenty.forbidden"})
"""Codes with which Twenty refuses a token: malformed, expired, of another kind, or an API key."""


class User(Struct, frozen=True):
    """A user whom Twenty verified: their e-mail address, and the identity under which they call.

    The identity is None for a user who is not a member of the configured workspace.
    """

    email: str
    identity: Identity | None


class UserVerification:
    """Asks with the user's credentials; without a `workspace_id` it asks `client` for the key's workspace."""

    def __init__(self, endpoint: Endpoint, client: Executes, workspace_id: str | None) -> None:
        self._endpoint = endpoint
        self._client = client
        self._workspace_id = workspace_id

    async def user(self, credentials: Credentials) -> User | None:
        """The user of these credentials; None where Twenty refuses them. Raises TwentyError."""
        try:
            # Credentials go to this server alone, never to a redirect's target.
            post = {"headers": credentials.headers, "allow_redirects": False}
            answer = await self._endpoint.send("CurrentUser", {}, post=post)
        except TwentyDenied as denied:
            if denied.code not in REFUSED:
                raise
            return None
        return user_of(answer, workspace_id=await self._workspace())

    async def _workspace(self) -> str:
        """The workspace of the bridge's key, which never changes."""
        if self._workspace_id is None:
            answer = await self._client.execute_metadata("CurrentWorkspace")
            if not (found := answer["currentWorkspace"]):
                raise TwentyUnavailable("CurrentWorkspace: Twenty names none; twenty.workspace_id can")
            if not (isinstance(found, dict) and isinstance(found.get("id"), str)):
                raise TwentyUnavailable("CurrentWorkspace: an answer of another shape")
            self._workspace_id = found["id"]
        return self._workspace_id


def user_of(answer: Mapping[str, Any], *, workspace_id: str) -> User | None:
    """The user in Twenty's answer. Raises TwentyUnavailable for another shape."""
    try:
        found = answer["currentUser"]
        if found is None:
            return None
        member, workspace = found["workspaceMember"], found["currentWorkspace"]
        ours = member is not None and workspace is not None and workspace["id"] == workspace_id
        return User(str(found["email"]), member_identity(member["id"]) if ours else None)
    except (LookupError, TypeError, ValueError, AttributeError) as problem:
        raise TwentyUnavailable("CurrentUser: an answer of another shape") from problem


@asynccontextmanager
async def open_verification(settings: TwentySettings, client: Executes) -> AsyncIterator[UserVerification]:
    """A connection without the bridge's key, and without cookies of earlier users."""
    async with open_endpoint(settings, "metadata", within=WAITS_SECONDS) as endpoint:
        workspace = settings.workspace_id
        yield UserVerification(endpoint, client, str(workspace) if workspace else None)
