"""Which agents take calls, in memory; the database, which all replicas share, has what agents said."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from bridge import background
from bridge.calls.agents import Identity
from bridge.calls.availability import Availability, AvailabilityStatus, Said, availability
from bridge.errors import InboxUnavailable
from bridge.inbox.agent_states import AgentState, all_states, set_present, set_status
from bridge.inbox.store import Inbox

EVERY_SECONDS = 1.0
"""How often a replica reads what agents said to others."""

WAITS_SECONDS = 0.5
"""How long a caller waits for what agents said to another replica a moment ago."""

PRESENT = timedelta(seconds=60)
"""How long a phone counts as open, where the replica that it was connected to ends without a word."""

LEAVES = timedelta(seconds=4)
"""How long it counts as open after it was closed: a replica where another page is open says so meanwhile."""

STATUSES = {status.value: status for status in AvailabilityStatus}

log = structlog.get_logger()


class TalkedUntil(Protocol):
    """When an agent's last talk ended."""

    def __call__(self, identity: str, /) -> datetime | None: ...


class Availabilities:
    """What agents said, by identity. `after_call` is how long after a talk they are not rung."""

    def __init__(self, inbox: Inbox, *, talked_until: TalkedUntil, after_call: timedelta) -> None:
        self._inbox = inbox
        self._talked_until = talked_until
        self._reading = asyncio.Lock()
        self._states: dict[str, AgentState] = {}
        self.after_call = after_call

    def of(self, identities: Iterable[str]) -> Availability:
        """Of the agent who has these identities."""
        own = list(identities)
        ends = [at for identity in own if (at := self._talked_until(identity))]
        return availability(
            self._said(own),
            talked_until=max(ends, default=None),
            after_call=self.after_call,
            now=datetime.now(UTC),
        )

    def is_present(self, identities: Iterable[str]) -> bool:
        """Whether a phone page of the agent is open, at any replica."""
        now, states = datetime.now(UTC), (self._states.get(identity) for identity in identities)
        return any(state and state.present_until and state.present_until > now for state in states)

    def _said(self, identities: Iterable[str]) -> Iterator[Said]:
        for identity in identities:
            state = self._states.get(identity)
            # A newer version may know others.
            status = STATUSES.get(state.status or "") if state else None
            if state and status and state.since:
                yield Said(status=status, since=state.since, until=state.until)

    async def say(self, identity: Identity, status: AvailabilityStatus, *, until: datetime | None) -> None:
        """Stores what an agent says. Raises InboxUnavailable."""
        await set_status(self._inbox, identity, status, since=datetime.now(UTC), until=until)
        await self.read()

    def seen_at(self, identities: Iterable[str]) -> datetime | None:
        """Up to when the agent has seen missed calls."""
        states = (self._states.get(identity) for identity in identities)
        return max((state.seen_at for state in states if state and state.seen_at), default=None)

    def present(self) -> set[str]:
        """The identities whose phone page is open."""
        return {identity for identity in self._states if self.is_present([identity])}

    async def be_present(self, identities: Sequence[str], *, present: bool = True) -> None:
        """Stores whether the phones of these agents are open. Raises InboxUnavailable."""
        now = datetime.now(UTC)
        lasts = PRESENT if present else LEAVES if self._inbox.is_shared else timedelta(0)
        await set_present(self._inbox, [(one, now + lasts) for one in identities])
        await self.read()

    def leaves(self, identity: str) -> bool:
        """Whether a replica has stored that the agent's page there was closed."""
        state = self._states.get(identity)
        until = state.present_until if state else None
        return until is not None and until < datetime.now(UTC) + PRESENT / 4

    async def read(self) -> None:
        """Reads what all agents said, to whichever replica. Raises InboxUnavailable."""
        # One at a time: of two, the later answer must not be the older one.
        async with self._reading:
            self._states = {state.identity: state for state in await all_states(self._inbox)}

    async def refresh(self) -> None:
        """Reads it where other replicas are told as well; without an answer the last one holds."""
        if not self._inbox.is_shared:
            return
        try:
            async with asyncio.timeout(WAITS_SECONDS):
                await self.read()
        except (InboxUnavailable, TimeoutError) as error:
            log.warning("availability.not_read", reason=str(error) or "no answer in time")

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Reads it now, and each second where other replicas are told as well."""
        await self.read()
        if not self._inbox.is_shared:
            yield
            return
        task = background.keep_running(self._follow, name="availability")
        try:
            yield
        finally:
            await background.stop(task)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await self.refresh()
