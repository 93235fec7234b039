"""Looks a caller up while they wait: the person, and which agent to ring first."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import structlog
from msgspec import Struct, field

from bridge import background
from bridge.calls.numbers import Number, shortened
from bridge.calls.people.matching import Person, Several, choose
from bridge.errors import TwentyError
from bridge.twenty.client.client import Executes, TwentyClient
from bridge.twenty.people.directory import Directory
from bridge.twenty.people.members import Members
from bridge.twenty.values import time_text

WAITS_SECONDS = 0.8
"""How long a caller waits for the look-up."""

RESTS_SECONDS = 10
"""Seconds after a look-up that failed or came too late, in which no caller waits for one like it."""

log = structlog.get_logger()


class Recognised(Struct):
    """What was found in time; `owners` are ids of workspace members, in the order to ring them."""

    person: Person | None = None
    owners: list[str] = field(default_factory=list)
    looked_up: bool = False
    """Whether Twenty answered who has the number; the rest is optional."""


class Recognition:
    """Looks callers up within a time limit; it answers also where Twenty fails.

    Made by `open_recognition`.
    """

    def __init__(
        self,
        client: Executes,
        directory: Directory,
        members: Members,
        *,
        several: Several,
        within: float = WAITS_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._directory = directory
        self._members = members
        self._several = several
        self._within = within
        self._clock = clock
        self._rests_until = self._without_last_until = self._without_members_until = float("-inf")
        self._asking: set[asyncio.Task[None]] = set()

    async def of(self, number: Number | None, *, spoken_since: datetime | None) -> Recognised:
        """The person with this number, and whom to ring first; without `spoken_since` only the person.

        Twenty is asked for the agents as well, which is why a withheld number is not for nothing.
        """
        found = Recognised()
        rests = self._clock() < self._rests_until
        if rests and self._asking:
            return found
        task = background.start(self._look_up(found, number, spoken_since), name="recognition")
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)
        if rests:
            return found
        # A look-up that takes longer continues: it fills the cache, and finds out when Twenty is back.
        done, _ = await asyncio.wait({task}, timeout=self._within)
        if not done:
            late = f"no answer within {self._within} s"
            if found.looked_up:
                self._without_members_until = self._clock() + RESTS_SECONDS
                self._go_without_last(late)
            else:
                self._rest(number, late)
        return found

    async def close(self) -> None:
        """Cancels the look-ups that are under way."""
        await background.stop(*self._asking)

    async def _look_up(self, found: Recognised, number: Number | None, spoken_since: datetime | None) -> None:
        asked = await asyncio.gather(
            self._refresh_members(), self._recognise(found, number, spoken_since), return_exceptions=True
        )
        for error in asked:
            if isinstance(error, TwentyError):
                self._rest(number, str(error))
            elif error is not None:
                log.error("caller.not_recognised", number=shortened(number or ""), exc_info=error)
        if not any(asked):
            self._rests_until = float("-inf")

    async def _refresh_members(self) -> None:
        """Where Twenty does not answer, the members of the last answer are used."""
        if self._clock() < self._without_members_until:
            return
        try:
            await self._members.refresh(self._client)
        except TwentyError as error:
            log.warning("members.not_read", reason=str(error))

    async def _recognise(
        self, found: Recognised, number: Number | None, spoken_since: datetime | None
    ) -> None:
        if number is None:
            return
        candidates = await self._directory.find(self._client, {number})
        found.person = choose(number, candidates.get(number, ()), several=self._several).person
        found.looked_up = True
        if found.person is None or spoken_since is None:
            return
        if found.person.owner_id:
            found.owners.append(found.person.owner_id)
        if last := await self._last_spoken(found.person.id, spoken_since):
            found.owners.append(last)

    async def _last_spoken(self, person_id: str, since: datetime) -> str | None:
        """Optional: where it fails, the caller is still recognised."""
        if self._clock() < self._without_last_until:
            return None
        try:
            answer = await self._client.execute("LastSpoken", personId=person_id, since=time_text(since))
        except TwentyError as error:
            if error.code != "twenty.schema":  # a workspace without the object phoneCall
                self._go_without_last(str(error))
            return None
        return next((edge["node"]["agentId"] for edge in answer["phoneCalls"]["edges"]), None)

    def _go_without_last(self, reason: str) -> None:
        self._without_last_until = self._clock() + RESTS_SECONDS
        log.warning("caller.last_spoken_not_read", reason=reason)

    def _rest(self, number: Number | None, reason: str) -> None:
        self._rests_until = self._clock() + RESTS_SECONDS
        log.warning("caller.not_recognised", number=shortened(number or ""), reason=reason)


@asynccontextmanager
async def open_recognition(
    client: TwentyClient,
    directory: Directory,
    members: Members,
    *,
    several: Several,
    within: float = WAITS_SECONDS,
) -> AsyncIterator[Recognition]:
    """The recognition of a workspace's callers; it can spend the budget's reserve."""
    recognition = Recognition(
        client.interactive(within=within), directory, members, several=several, within=within
    )
    try:
        yield recognition
    finally:
        await recognition.close()
