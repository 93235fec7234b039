"""Screen pops: the caller's person, company and last calls, for the agent whose phone rings."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import structlog
from msgspec import Struct

from bridge import background
from bridge.calls.numbers import Number
from bridge.calls.people.matching import Person, Several, choose
from bridge.errors import TwentyError, TwentyUnavailable
from bridge.twenty.client.budget import INTERACTIVE
from bridge.twenty.client.client import Executes, TwentyClient
from bridge.twenty.people.directory import Directory
from bridge.twenty.values import avatar_url, full_name, person_page

HOLDS_SECONDS = 30
WAITS_SECONDS = 3
LAST_CALLS = 5
ROOT_FIELDS = 3
"""Root fields of one screen pop."""
MOST = 2_000
"""Cached screen pops; beyond that the cache is emptied."""

log = structlog.get_logger()


class Profile(Struct, frozen=True, kw_only=True):
    """A person as a screen pop shows them; `page` and `avatar` are URLs."""

    id: str
    name: str
    company: str | None
    avatar: str | None
    page: str


class LastCall(Struct, frozen=True, kw_only=True):
    """A call as Twenty shows it; `started_at` is ISO 8601."""

    call_sid: str | None
    title: str | None
    direction: str | None
    status: str | None
    started_at: str | None
    duration_seconds: int | None


class ScreenPop(Struct, frozen=True):
    """The person who has a number, None where no person has it; `others` have it as well."""

    person: Profile | None = None
    others: tuple[Person, ...] = ()
    last_calls: tuple[LastCall, ...] = ()


class Callers:
    """Screen pops, cached for 30 s; concurrent requests for one number share one look-up.

    Made by `open_callers`.
    """

    def __init__(
        self,
        client: Executes,
        directory: Directory,
        *,
        twenty_url: str,
        several: Several,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._directory = directory
        self._twenty_url = twenty_url
        self._several = several
        self._clock = clock
        self._known: dict[Number, tuple[float, asyncio.Task[ScreenPop]]] = {}
        self._asking: set[asyncio.Task[ScreenPop]] = set()

    async def screen_pop(self, number: Number, *, within: float = WAITS_SECONDS) -> ScreenPop:
        """The screen pop of a number. Raises TwentyError, also where it takes longer than `within` seconds.

        A look-up that takes longer continues, and fills the cache.
        """
        try:
            return await asyncio.wait_for(asyncio.shield(self._task(number)), within)
        except TimeoutError as late:
            raise TwentyUnavailable(f"no answer within {within} s") from late

    def is_known(self, number: Number) -> bool:
        """Whether this screen pop costs no request: it is cached or being looked up."""
        until, task = self._known.get(number, (0.0, None))
        return task is not None and until > self._clock() and not _failed(task)

    def forget(self) -> None:
        """Empties the cache: people have changed."""
        self._known = {}

    async def close(self) -> None:
        """Cancels the look-ups that are under way."""
        await background.stop(*self._asking)

    def _task(self, number: Number) -> asyncio.Task[ScreenPop]:
        until, task = self._known.get(number, (0.0, None))
        if task and until > self._clock() and not _failed(task):
            return task
        if len(self._known) >= MOST:
            self._known.clear()
        task = background.start(self._look_up(number), name="screen pop")
        self._known[number] = (self._clock() + HOLDS_SECONDS, task)
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)
        return task

    async def _look_up(self, number: Number) -> ScreenPop:
        found = await self._directory.find(self._client, {number})
        match = choose(number, found.get(number, ()), several=self._several)
        if match.person is None:
            return ScreenPop(None, match.others)
        profile, last_calls = await asyncio.gather(
            self._profile(match.person.id), self._last_calls(match.person.id)
        )
        return ScreenPop(profile, match.others, last_calls)

    async def _profile(self, person_id: str) -> Profile | None:
        answer = await self._client.execute("CallerProfile", id=person_id)
        return next((profile_of(edge["node"], self._twenty_url) for edge in answer["people"]["edges"]), None)

    async def _last_calls(self, person_id: str) -> tuple[LastCall, ...]:
        try:
            answer = await self._client.execute("LastCalls", personId=person_id, first=LAST_CALLS)
        except TwentyError as error:
            if error.code != "twenty.schema":  # a workspace without the object phoneCall
                log.warning("caller.last_calls_not_read", reason=str(error))
            return ()
        return tuple(_last_call(edge["node"]) for edge in answer["phoneCalls"]["edges"])


def look_ups_of_one(requests_per_minute: int) -> int:
    """How many screen pops a minute one agent can look up: half of what all agents have together."""
    return max(1, int(requests_per_minute * INTERACTIVE / 2 / ROOT_FIELDS))


@asynccontextmanager
async def open_callers(
    client: TwentyClient, directory: Directory, *, twenty_url: str, several: Several
) -> AsyncIterator[Callers]:
    """The screen pops of a workspace; links lead to `twenty_url`."""
    callers = Callers(
        client.interactive(within=WAITS_SECONDS), directory, twenty_url=twenty_url, several=several
    )
    try:
        yield callers
    finally:
        await callers.close()


def _failed(task: asyncio.Task[ScreenPop]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def profile_of(node: Mapping[str, Any], twenty_url: str) -> Profile:
    """The person of a node; links lead to `twenty_url`."""
    return Profile(
        id=node["id"],
        name=full_name(node.get("name")),
        company=(node.get("company") or {}).get("name") or None,
        avatar=avatar_url(node.get("avatarUrl"), twenty_url),
        page=person_page(twenty_url, node["id"]),
    )


def _last_call(node: dict[str, Any]) -> LastCall:
    return LastCall(
        call_sid=node.get("externalCallId"),
        title=node.get("name"),
        direction=node.get("direction"),
        status=node.get("status"),
        started_at=node.get("startedAt"),
        duration_seconds=node.get("durationInSeconds"),
    )
