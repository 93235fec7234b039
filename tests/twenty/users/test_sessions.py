"""Users of Twenty: what Twenty is asked, how long its word holds, and what its absence means."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any

import jwt
import pytest

from bridge.calls.agents import Identity
from bridge.errors import NotAuthenticated, TooManyRequests, TwentyError, TwentyUnavailable
from bridge.sandbox.twenty import NEWEST, TwentySandbox, twenty_sandbox
from bridge.twenty.client.client import Executes, TwentyClient
from bridge.twenty.users.credentials import Credentials, bearer, session
from bridge.twenty.users.sessions import AWAY_SECONDS, HOLDS_SECONDS, PAUSE_SECONDS, Sessions
from bridge.twenty.users.verification import User, open_verification, user_of
from tests.support import ask, eventually, twenty_settings

ADMIN = "admin@sandbox.example"
NOBODYS = jwt.encode({"exp": 4_000_000_000}, "another secret, of thirty-two characters")


class Clock:
    """Goes when told, from now."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def sessions(twenty: TwentySandbox, client: TwentyClient, clock: Clock) -> AsyncIterator[Sessions]:
    async with open_sessions(twenty, client, clock) as opened:
        yield opened


@asynccontextmanager
async def open_sessions(
    twenty: TwentySandbox, client: Executes, clock: Clock, **settings: Any
) -> AsyncIterator[Sessions]:
    async with open_verification(twenty_settings(twenty, **settings), client) as verification:
        sessions = Sessions(verification.user, clock=clock)
        yield sessions
        await sessions.close()


def shown(token: str) -> Credentials:
    credentials = bearer(token)
    assert credentials is not None
    return credentials


def cookie(twenty: TwentySandbox, *, origin: str | None = None, value: str | None = None) -> Credentials:
    found = session({"twenty-session": value or twenty.session}, origin=origin or twenty.url)
    assert found is not None
    return found


class Never(AbstractAsyncContextManager[None]):
    """No place for a question."""

    async def __aenter__(self) -> None:
        raise TooManyRequests("Too many.", retry_after=1)

    async def __aexit__(self, *_: object) -> None:
        """Never comes to it."""


@pytest.fixture
def generation() -> str:
    """Older ones know no cookies."""
    return NEWEST


async def user(sessions: Sessions, credentials: Credentials) -> User:
    return await sessions.user(credentials, admit=nullcontext)


def asked(twenty: TwentySandbox) -> int:
    return sum(request.operation == "CurrentUser" for request in twenty.requests)


async def identity_of_admin(twenty: TwentySandbox) -> str:
    query = (
        "query ($e: String!) { workspaceMembers(filter: {userEmail: {eq: $e}}) { edges { node { id } } } }"
    )
    found = await ask(twenty, query, e=ADMIN)
    return "wm_" + str(found["workspaceMembers"]["edges"][0]["node"]["id"]).replace("-", "")


async def test_a_token_and_a_session_are_their_users(twenty: TwentySandbox, sessions: Sessions) -> None:
    admin = User(ADMIN, Identity(await identity_of_admin(twenty)))
    assert await user(sessions, shown(twenty.user_token)) == admin
    assert await user(sessions, cookie(twenty)) == admin


async def test_what_twenty_refuses(twenty: TwentySandbox, sessions: Sessions) -> None:
    for credentials in (
        shown(NOBODYS),
        shown(twenty.api_key),
        cookie(twenty, origin="https://elsewhere.example.com"),
        cookie(twenty, value="invented"),
    ):
        with pytest.raises(NotAuthenticated):
            await user(sessions, credentials)


async def test_one_users_cookie_is_not_sent_for_another(twenty: TwentySandbox, sessions: Sessions) -> None:
    await user(sessions, cookie(twenty))
    with pytest.raises(NotAuthenticated):
        await user(sessions, cookie(twenty, value="invented"))


async def test_members_of_another_workspace_have_no_identity(
    twenty: TwentySandbox, client: TwentyClient, clock: Clock
) -> None:
    other = "907f6063-654b-4106-ade6-3a2b1da8bbc6"
    async with open_sessions(twenty, client, clock, workspace_id=other) as sessions:
        assert await user(sessions, shown(twenty.user_token)) == User(ADMIN, None)


class Misshapen:
    """Answers each operation with one thing."""

    def __init__(self, told: object) -> None:
        self._told = told

    async def execute(self, name: str, **variables: Any) -> dict[str, Any]:
        raise NotImplementedError

    async def execute_metadata(self, name: str, **variables: Any) -> dict[str, Any]:
        return {"currentWorkspace": self._told}


@pytest.mark.parametrize("told", [None, 5, [1], {}, {"id": None}])
async def test_without_the_workspace_none_is_verified(
    twenty: TwentySandbox, clock: Clock, told: object
) -> None:
    async with open_sessions(twenty, Misshapen(told), clock) as sessions:
        with pytest.raises(TwentyUnavailable):
            await user(sessions, shown(twenty.user_token))


async def test_twentys_word_holds_for_a_minute(
    twenty: TwentySandbox, sessions: Sessions, clock: Clock
) -> None:
    for credentials in (shown(twenty.user_token), cookie(twenty)):
        before = asked(twenty)
        for seconds, times in ((0, 1), (HOLDS_SECONDS - 1, 1), (1, 2)):
            clock.now += seconds
            await user(sessions, credentials)
            assert asked(twenty) - before == times


async def test_a_refusal_holds_for_a_minute(twenty: TwentySandbox, sessions: Sessions, clock: Clock) -> None:
    for seconds, times in ((0, 1), (HOLDS_SECONDS - 1, 1), (1, 2)):
        clock.now += seconds
        with pytest.raises(NotAuthenticated):
            await user(sessions, shown(twenty.api_key))
        assert asked(twenty) == times


async def test_nothing_holds_beyond_a_tokens_own_end(
    twenty: TwentySandbox, sessions: Sessions, clock: Clock
) -> None:
    credentials = shown(twenty.user_token)
    clock.now = credentials.expires - 1
    await user(sessions, credentials)
    twenty.faults.down = True
    clock.now = credentials.expires
    with pytest.raises(NotAuthenticated):
        await user(sessions, credentials)
    assert asked(twenty) == 1


async def test_who_signs_out_is_refused_within_a_minute(
    twenty: TwentySandbox, sessions: Sessions, clock: Clock
) -> None:
    credentials = shown(twenty.user_token)
    await user(sessions, credentials)
    twenty.faults.signed_out = True
    await user(sessions, credentials)
    clock.now += HOLDS_SECONDS
    with pytest.raises(NotAuthenticated):
        await user(sessions, credentials)
    twenty.faults.down = True
    with pytest.raises(NotAuthenticated):
        await user(sessions, credentials)


async def test_however_many_ask_twenty_is_asked_once(twenty: TwentySandbox, sessions: Sessions) -> None:
    twenty.faults.slow_seconds = 0.05
    found = await asyncio.gather(*(user(sessions, shown(twenty.user_token)) for _ in range(20)))
    assert len(set(found)) == 1
    refused = await asyncio.gather(
        *(user(sessions, shown(twenty.api_key)) for _ in range(20)), return_exceptions=True
    )
    assert {type(one) for one in refused} == {NotAuthenticated}
    assert asked(twenty) == 2


async def test_who_goes_away_cancels_nobody_else(twenty: TwentySandbox, sessions: Sessions) -> None:
    twenty.faults.slow_seconds = 0.05
    first, second = (asyncio.create_task(user(sessions, shown(twenty.user_token))) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).email == ADMIN
    assert first.cancelled()
    assert asked(twenty) == 1


async def test_an_answer_that_nobody_waited_for_is_known(twenty: TwentySandbox, sessions: Sessions) -> None:
    twenty.faults.slow_seconds = 0.05
    only = asyncio.create_task(user(sessions, shown(twenty.user_token)))
    await asyncio.sleep(0)
    only.cancel()
    await eventually(lambda: asked(twenty) == 1)
    twenty.faults.slow_seconds = 0
    await user(sessions, shown(twenty.user_token))
    assert asked(twenty) == 1


async def test_only_what_nobody_knows_may_be_kept_from_twenty(
    twenty: TwentySandbox, sessions: Sessions, clock: Clock
) -> None:
    with pytest.raises(TooManyRequests):
        await sessions.user(shown(twenty.user_token), admit=Never)
    assert asked(twenty) == 0
    await user(sessions, shown(twenty.user_token))
    clock.now += HOLDS_SECONDS
    assert (await sessions.user(shown(twenty.user_token), admit=Never)).email == ADMIN
    with pytest.raises(NotAuthenticated):
        await user(sessions, shown(NOBODYS))
    with pytest.raises(NotAuthenticated):
        await sessions.user(shown(NOBODYS), admit=Never)


@pytest.mark.parametrize(
    "fault", [{"down": True}, {"status": 500}, {"status": 502}, {"cut": True}, {"status": 302}]
)
async def test_while_twenty_is_away_who_is_known_goes_on(
    twenty: TwentySandbox, sessions: Sessions, clock: Clock, fault: dict[str, Any]
) -> None:
    credentials = cookie(twenty)
    known = await user(sessions, credentials)
    twenty.faults.set(**fault)
    with pytest.raises(TwentyUnavailable):
        await user(sessions, shown(twenty.user_token))
    clock.now += AWAY_SECONDS
    assert await user(sessions, credentials) == known
    clock.now += PAUSE_SECONDS
    with pytest.raises(TwentyUnavailable):
        await user(sessions, credentials)
    twenty.faults.clear()
    assert await user(sessions, credentials) == known


async def test_while_twenty_is_away_it_is_asked_now_and_then(
    twenty: TwentySandbox, sessions: Sessions, clock: Clock
) -> None:
    known = await user(sessions, cookie(twenty))
    clock.now += HOLDS_SECONDS
    twenty.faults.set(cut=True)
    for seconds, times in ((0, 2), (PAUSE_SECONDS - 1, 2), (1, 3)):
        clock.now += seconds
        assert await user(sessions, cookie(twenty)) == known
        assert asked(twenty) == times


async def test_a_workspace_that_is_not_told_lets_nobody_in(
    twenty: TwentySandbox, client: TwentyClient, sessions: Sessions
) -> None:
    twenty.faults.key_revoked = True
    with pytest.raises(TwentyError):
        await user(sessions, shown(twenty.user_token))
    twenty.faults.clear()
    await user(sessions, shown(twenty.user_token))


async def test_what_is_remembered_is_bounded(clock: Clock) -> None:
    calls: list[Credentials] = []

    async def verify(credentials: Credentials) -> User | None:
        calls.append(credentials)
        return None if "no" in credentials.headers["Cookie"] else User(ADMIN, Identity("wm_1"))

    sessions = Sessions(verify, clock=clock, most=2)
    for value in ("yes1", "no1", "yes2", "no2", "no3", "no4"):
        found = session({"twenty-session": value}, origin="https://crm.example.com")
        assert found is not None
        await asyncio.gather(user(sessions, found), return_exceptions=True)
    seen = len(calls)
    for value, again in (("yes1", 0), ("yes2", 0), ("no4", 0), ("no3", 0), ("no1", 1)):
        found = session({"twenty-session": value}, origin="https://crm.example.com")
        assert found is not None
        await asyncio.gather(user(sessions, found), return_exceptions=True)
        assert len(calls) - seen == again


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"currentUser": 5},
        {"currentUser": {"email": ADMIN}},
        {"currentUser": {"email": ADMIN, "workspaceMember": {}, "currentWorkspace": {"id": "w"}}},
        {"currentUser": {"email": ADMIN, "workspaceMember": {"id": "x"}, "currentWorkspace": {"id": "w"}}},
        {"currentUser": {"email": ADMIN, "workspaceMember": {"id": 5}, "currentWorkspace": {"id": "w"}}},
    ],
)
def test_an_answer_of_another_shape_vouches_for_nobody(told: dict[str, Any]) -> None:
    with pytest.raises(TwentyUnavailable):
        user_of(told, workspace_id="w")


@pytest.mark.parametrize(("member", "workspace"), [(None, {"id": "w"}), ({"id": "x"}, None)])
def test_who_is_no_member_has_no_identity(member: object, workspace: object) -> None:
    told = {"currentUser": {"email": ADMIN, "workspaceMember": member, "currentWorkspace": workspace}}
    assert user_of(told, workspace_id="w") == User(ADMIN, None)


async def test_a_token_of_another_server_is_refused(sessions: Sessions) -> None:
    async with twenty_sandbox() as elsewhere:
        with pytest.raises(NotAuthenticated):
            await user(sessions, shown(elsewhere.user_token))
