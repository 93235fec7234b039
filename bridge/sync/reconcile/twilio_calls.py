"""Asks Twilio for its calls, and stores what the inbox lacks of them as callbacks."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from bridge.calls.callback import Callback
from bridge.calls.numbers import line_at
from bridge.errors import TwilioRefused
from bridge.inbox.forgetting import Forgotten, erase
from bridge.inbox.queries import StoredCalls, roots_of_legs, stored_calls
from bridge.inbox.store import Inbox
from bridge.sync.reconcile.comparison import Ours, began, by_root, is_over, lacking, last_moved, numbers_of
from bridge.twilio.rest.resource_callbacks import call_callback, recording_callback
from bridge.twilio.rest.resources import CallResource, RecordingResource

AT_ONCE = 200
"""Callbacks that are stored together: they share their commits."""


class Remembers(Protocol):
    """The part of `TwilioRest` that is used here; each method raises TwilioError."""

    def calls(
        self,
        *,
        started_after: datetime | None = None,
        started_before: datetime | None = None,
        parent_sid: str | None = None,
    ) -> AsyncIterator[CallResource]: ...

    async def call(self, sid: str) -> CallResource: ...

    def recordings(
        self,
        *,
        call_sid: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
    ) -> AsyncIterator[RecordingResource]: ...


@dataclass(slots=True)
class Found:
    """The calls that Twilio has, by SID; `forgotten` and `others` (not the bridge's) are counts."""

    unknown: set[str] = field(default_factory=set)
    """The inbox had no callback of them."""
    unfinished: set[str] = field(default_factory=set)
    """The inbox lacked a callback that changes them."""
    complete: set[str] = field(default_factory=set)
    """The inbox lacked nothing, or has purged the call."""
    forgotten: int = 0
    others: int = 0

    @property
    def ours(self) -> set[str]:
        """The bridge's calls, without those of forgotten people."""
        return self.unknown | self.unfinished | self.complete

    @property
    def lost(self) -> set[str]:
        """The calls of which Twilio had more than its webhooks had reported."""
        return self.unknown | self.unfinished

    def add(self, more: "Found") -> None:
        """Adds these; a call that was asked for twice keeps its first outcome."""
        self.unknown |= more.unknown - self.unfinished
        self.unfinished |= more.unfinished - self.unknown
        self.complete |= more.complete - self.unknown - self.unfinished
        self.forgotten += more.forgotten
        self.others += more.others


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which calls are stored: those without any change after `quiet_since`.

    With `over` only calls that have ended; with `number` (E.164) only calls of that number.
    """

    quiet_since: datetime
    over: bool = False
    number: str | None = None

    def has(self, legs: Sequence[CallResource]) -> bool:
        """Whether this call is one of them."""
        moved = last_moved(legs)
        if moved is None or moved > self.quiet_since or (self.over and not is_over(legs)):
            return False
        return self.number is None or line_at(self.number) in map(line_at, numbers_of(legs))


class Asking:
    """Reads calls from Twilio's REST API at `account_url`; with `dry` it stores nothing.

    The methods raise TwilioError, InboxUnavailable and ForgetKeyWrong.
    """

    def __init__(
        self,
        inbox: Inbox,
        twilio: Remembers,
        ours: Ours,
        forgotten: Forgotten,
        *,
        account_url: str,
        dry: bool = False,
    ) -> None:
        self._inbox = inbox
        self._twilio = twilio
        self._ours = ours
        self._forgotten = forgotten
        self._account_url = account_url
        self.dry = dry

    async def between(self, since: datetime, until: datetime, wanted: Wanted) -> Found:
        """The calls that began, and the recordings that were made, in this time."""
        legs = [leg async for leg in self._twilio.calls(started_after=since, started_before=until)]
        made = [one async for one in self._twilio.recordings(created_after=since, created_before=until)]
        return await self._take(by_root(legs), made, wanted)

    async def these(self, root_sids: Collection[str], wanted: Wanted) -> Found:
        """These calls, each with its legs and recordings."""
        legs: list[CallResource] = []
        made: list[RecordingResource] = []
        for sid in root_sids:
            legs += await self._whole(sid)
            made += [one async for one in self._twilio.recordings(call_sid=sid)]
        return await self._take(by_root(legs), made, wanted)

    async def _whole(self, root_sid: str) -> list[CallResource]:
        """A call with its legs; empty where Twilio does not know it."""
        try:
            root = await self._twilio.call(root_sid)
        except TwilioRefused:
            return []
        return [root, *[leg async for leg in self._twilio.calls(parent_sid=root_sid)]]

    async def _take(
        self, listed: dict[str, list[CallResource]], made: Sequence[RecordingResource], wanted: Wanted
    ) -> Found:
        listed = await self._with_joined(listed)
        known = await stored_calls(self._inbox, {*listed, *(one.call_sid for one in made)})
        found = Found()
        quiet = {sid: legs for sid, legs in listed.items() if wanted.has(legs)}
        # Legs of calls that began before this time, and that no webhook reported.
        for sid in [sid for sid, legs in quiet.items() if sid not in known and not _has_root(sid, legs)]:
            quiet[sid] = await self._whole(sid)
        ours = {sid: legs for sid, legs in quiet.items() if self._concerns(sid, legs, known)}
        found.others = len(quiet) - len(ours)
        recorded = self._recorded(made, {*ours, *(one.call_sid for one in made if one.call_sid in known)})
        forgotten = await self._whom_to_forget(ours)
        found.forgotten = len(forgotten)
        await self._put(ours, recorded, known, forgotten, found)
        return found

    async def _with_joined(self, listed: dict[str, list[CallResource]]) -> dict[str, list[CallResource]]:
        """The same, with legs that joined a call later among its own: Twilio names that call nowhere."""
        roots = await roots_of_legs(self._inbox, listed)
        found = {sid: legs for sid, legs in listed.items() if sid not in roots}
        for sid, root_sid in roots.items():
            joined = [replace(leg, parent_call_sid=root_sid) for leg in listed[sid]]
            found[root_sid] = [*found.get(root_sid, ()), *joined]
        return found

    def _concerns(self, sid: str, legs: Sequence[CallResource], known: StoredCalls) -> bool:
        return sid in known or any(self._ours.has(leg) for leg in legs if leg.sid == sid)

    def _recorded(self, made: Sequence[RecordingResource], of: Collection[str]) -> dict[str, list[Callback]]:
        by_call: dict[str, list[Callback]] = {}
        for one in made:
            if one.call_sid in of and one.status == "completed":
                callback = recording_callback(one, account_url=self._account_url, received_at=_now())
                by_call.setdefault(one.call_sid, []).append(callback)
        return by_call

    async def _whom_to_forget(self, listed: dict[str, list[CallResource]]) -> set[str]:
        """The SIDs of calls with people who were forgotten afterwards."""
        numbers = {number for legs in listed.values() for number in numbers_of(legs)}
        forgotten = await self._forgotten.among(numbers)
        return {sid for sid, legs in listed.items() if _before(legs, forgotten)} if forgotten else set()

    async def _put(
        self,
        listed: dict[str, list[CallResource]],
        recorded: dict[str, list[Callback]],
        known: StoredCalls,
        forgotten: Collection[str],
        found: Found,
    ) -> None:
        puts: list[Callback] = []
        for sid in {*listed, *recorded} - set(forgotten):
            stored = known.stored(sid)
            asked = [call_callback(leg, received_at=_now()) for leg in listed.get(sid, ())]
            lacked = [] if sid in known.purged else lacking(stored, [*asked, *recorded.get(sid, ())])
            puts += lacked
            which = found.complete if not lacked else found.unfinished if stored else found.unknown
            which.add(sid)
        if self.dry:
            return
        for first in range(0, len(puts), AT_ONCE):
            await asyncio.gather(*map(self._inbox.store, puts[first : first + AT_ONCE]))
        # An operator can have forgotten a person meanwhile.
        if late := await self._whom_to_forget(listed):
            await erase(self._inbox, late & {callback.root_sid for callback in puts})


def _has_root(sid: str, legs: Sequence[CallResource]) -> bool:
    return any(leg.sid == sid for leg in legs)


def _before(legs: Sequence[CallResource], forgotten: dict[str, datetime]) -> bool:
    """Whether a call began before one of its people was forgotten."""
    began_at = began(legs)
    moments = [at for number in numbers_of(legs) if (at := forgotten.get(number))]
    return any(began_at is None or began_at <= at for at in moments)


def _now() -> datetime:
    return datetime.now(UTC)
