"""What the page shows: read from the inbox and from what the bridge knows in memory."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Literal, Protocol

from msgspec import Struct

from bridge.calls.fold.call import fold
from bridge.errors import InboxUnavailable, Standby
from bridge.inbox.operation import last_heard, lost_since
from bridge.inbox.queries import known_calls, parked_reasons
from bridge.inbox.rows import Backlog
from bridge.inbox.store import Inbox
from bridge.inbox.unreadable import concerning

MOST_CALLS = 2000
"""Calls of today that are counted, those that were heard of last."""

AT_ONCE = 20
"""Calls that are read in one turn of the event loop."""

FRESH = timedelta(seconds=10)
"""How long one reading serves all who look."""

LOST_WITHIN = timedelta(days=1)

Outcomes = Mapping[tuple[str, str], int]
"""`("INBOUND", "MISSED")` → how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosedText:
    """What a finding says, in one language."""

    reason: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosed(DiagnosedText):
    """One of doctor's findings, in English; `translations` has the other languages."""

    name: str
    status: Literal["ok", "warning", "error"]
    translations: Mapping[str, DiagnosedText] = field(default_factory=dict)


class Diagnosis(Struct, frozen=True):
    """Doctor's last run."""

    at: datetime
    findings: Sequence[Diagnosed]


class StoredState(Struct, frozen=True, kw_only=True):
    """What the inbox has; `is_cut` where today had more calls than were counted."""

    backlog: Backlog
    parked: Sequence[tuple[str, int]]
    lost: int
    heard: datetime | None
    today: Outcomes
    is_cut: bool


class Report(Struct, frozen=True, kw_only=True):
    """How the bridge is. `stored` is None where the database cannot be read."""

    at: datetime
    drain_reason: str | None
    needs_operator: bool
    stored: StoredState | None
    diagnosis: Diagnosis | None

    @property
    def waits(self) -> bool:
        """Whether no replica writes calls now."""
        return self.drain_reason not in (None, Standby.code)

    @property
    def needs_person(self) -> bool:
        """Whether something is to be mended."""
        stored, found = self.stored, self.diagnosis.findings if self.diagnosis else ()
        broken = stored is None or stored.backlog.parked or stored.lost or self.needs_operator
        return bool(broken) or any(one.status == "error" for one in found)


class Draining(Protocol):
    """What is shown of how calls get to Twenty."""

    @property
    def reason(self) -> str | None:
        """The code of what keeps calls from it, None where they are written."""

    @property
    def needs_operator(self) -> bool:
        """Whether that does not end by itself."""


class Reporter:
    """Reads the report, once for all who look within a few seconds. Days begin in `zone`."""

    def __init__(
        self,
        inbox: Inbox,
        *,
        drain: Draining,
        diagnosis: Callable[[], Diagnosis | None],
        zone: tzinfo,
    ) -> None:
        self._inbox = inbox
        self._drain = drain
        self._diagnosis = diagnosis
        self._zone = zone
        self._one_at_a_time = asyncio.Lock()
        self._stored: StoredState | None = None
        self._stored_at: datetime | None = None

    async def report(self, now: datetime) -> Report:
        """How the bridge is now."""
        return Report(
            at=now.astimezone(self._zone),
            drain_reason=self._drain.reason,
            needs_operator=self._drain.needs_operator,
            stored=await self._fresh(now),
            diagnosis=self._diagnosis(),
        )

    async def _fresh(self, now: datetime) -> StoredState | None:
        async with self._one_at_a_time:
            if self._stored_at is None or not self._stored_at <= now < self._stored_at + FRESH:
                try:
                    self._stored = await self._read(now)
                except InboxUnavailable:
                    self._stored = None
                self._stored_at = now
            return self._stored

    async def _read(self, now: datetime) -> StoredState:
        backlog = await self._inbox.backlog()
        midnight = now.astimezone(self._zone).replace(hour=0, minute=0, second=0, microsecond=0)
        today, is_cut = await self._today(midnight)
        return StoredState(
            backlog=backlog,
            parked=await parked_reasons(self._inbox) if backlog.parked else (),
            lost=await lost_since(self._inbox, now - LOST_WITHIN),
            heard=await last_heard(self._inbox),
            today=today,
            is_cut=is_cut,
        )

    async def _today(self, midnight: datetime) -> tuple[Outcomes, bool]:
        counted: Counter[tuple[str, str]] = Counter()
        seen = 0
        async for known in known_calls(self._inbox, since=midnight):
            if seen == MOST_CALLS:
                return counted, True
            seen += 1
            if seen % AT_ONCE == 0:
                await asyncio.sleep(0)
            if not known.callbacks:
                continue
            with concerning(known.root_sid):
                call = fold(known.callbacks)
                if call.started_at >= midnight:
                    counted[call.direction.value, call.status.value] += 1
        return counted, False
