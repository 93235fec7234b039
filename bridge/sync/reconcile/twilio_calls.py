"""Asks Twilio for its calls, and stores what the inbox lacks of them as callbacks."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from msgspec import Struct, field

from bridge.calls.callback import Callback
from bridge.calls.fold.parties import Evidence
from bridge.calls.numbers import line_at
from bridge.errors import TwilioRefused
from bridge.inbox.forgetting import Forgotten, erase
from bridge.inbox.queries import StoredCalls, roots_of_legs, stored_calls
from bridge.inbox.store import Inbox
from bridge.sync.reconcile.comparison import (
    Ours,
    began,
    by_root,
    is_over,
    lacking,
    last_moved,
    numbers_of,
    outlives,
)
from bridge.sync.reconcile.joined import RequestLog, conferences_between, conferences_of, joined_later
from bridge.twilio.rest.resource_callbacks import call_callback, conference_callbacks, recording_callback
from bridge.twilio.rest.resources import (
    CallResource,
    ConferenceResource,
    ParticipantResource,
    RecordingResource,
)

CLOCKS_DISAGREE = timedelta(minutes=5)
"""A change that is so much newer than the newest quiet one is of the future: the clocks disagree."""

CLOCK_IS_WRONG = timedelta(minutes=1)
"""The time that an answer is under way, and the whole seconds of its `Date`, are less apart."""

AT_ONCE = 200
"""Callbacks that are stored together: they share their commits."""


class Remembers(RequestLog, Protocol):
    """The part of `TwilioRest` that is used here; each method raises TwilioError."""

    @property
    def clock_ahead(self) -> timedelta: ...

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

    def participants(self, conference_sid: str) -> AsyncIterator[ParticipantResource]: ...


class Found(Struct):
    """The calls that Twilio has, by SID; `forgotten` and `others` (not the bridge's) are counts."""

    unknown: set[str] = field(default_factory=set)
    """The inbox had no callback of them."""
    unfinished: set[str] = field(default_factory=set)
    """The inbox lacked a callback that changes them."""
    complete: set[str] = field(default_factory=set)
    """The inbox lacked nothing, or has purged the call."""
    forgotten: int = 0
    others: int = 0
    undecided_since: datetime | None = None
    """When the first leg began of which Twilio does not tell yet whose it is."""

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
        undecided = (at for at in (self.undecided_since, more.undecided_since) if at)
        self.undecided_since = min(undecided, default=None)


class Wanted(Struct, frozen=True, kw_only=True):
    """Which calls are stored: those without any change after `quiet_since`.

    With `over` only calls that have ended; with `number` (E.164) only calls of that number.
    """

    quiet_since: datetime
    over: bool = False
    number: str | None = None

    def has(self, legs: Sequence[CallResource]) -> bool:
        """Whether this call is one of them."""
        moved = last_moved(legs)
        if moved is None or self.is_new(moved) or (self.over and not is_over(legs)):
            return False
        return self.number is None or line_at(self.number) in map(line_at, numbers_of(legs))

    def is_new(self, change: datetime) -> bool:
        """Whether webhooks about a change can be on their way. How new one of the future is, is not known."""
        return self.quiet_since < change < self.quiet_since + CLOCKS_DISAGREE


class _Listed(Struct, frozen=True):
    """What Twilio lists: the legs and the conferences of each call, by its SID.

    `acts` has the acts that called legs which joined later.
    """

    legs: dict[str, list[CallResource]]
    conferences: Sequence[ConferenceResource]
    acts: Mapping[str, str]
    wanted: Wanted

    def conferences_of(self, root_sid: str) -> list[ConferenceResource]:
        """The conferences of a call: they have its name."""
        return [one for one in self.conferences if one.friendly_name == root_sid]


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

    def by_twilio(self, now: datetime) -> datetime:
        """What time it is for Twilio, whose calls have its times, where this machine's clock is wrong."""
        ahead = self._twilio.clock_ahead
        return now - ahead if abs(ahead) > CLOCK_IS_WRONG else now

    async def between(self, since: datetime, until: datetime, wanted: Wanted) -> Found:
        """The calls that began, and the recordings that were made, in this time."""
        legs = [leg async for leg in self._twilio.calls(started_after=since, started_before=until)]
        made = [one async for one in self._twilio.recordings(created_after=since, created_before=until)]
        conferences = await conferences_between(self._twilio, since, until)
        listed = by_root(legs)
        for root in {one.friendly_name for one in conferences if _is_of(one, since, until)} - listed.keys():
            listed |= by_root(await self._whole(root))
        return await self._take(listed, conferences, made, wanted)

    async def these(self, root_sids: Collection[str], wanted: Wanted) -> Found:
        """These calls, each with its legs and recordings."""
        legs: list[CallResource] = []
        made: list[RecordingResource] = []
        conferences: list[ConferenceResource] = []
        for sid in root_sids:
            legs += await self._whole(sid)
            made += [one async for one in self._twilio.recordings(call_sid=sid)]
            conferences += (named := await conferences_of(self._twilio, sid))
            # In a conference the customer's leg is recorded, which can be a dialled one.
            for leg in (leg for leg in legs if named and leg.parent_call_sid == sid):
                made += [one async for one in self._twilio.recordings(call_sid=leg.sid)]
        return await self._take(by_root(legs), conferences, made, wanted)

    async def _whole(self, root_sid: str) -> list[CallResource]:
        """A call with its legs; empty where Twilio does not know it. The SID can be that of a dialled leg."""
        try:
            root = await self._twilio.call(root_sid)
        except TwilioRefused:
            return []
        if root.parent_call_sid:
            return await self._whole(root.parent_call_sid)
        legs = [leg async for leg in self._twilio.calls(parent_sid=root_sid)]
        # The party of a call out who is passed on outlives the agent, and dials legs of its own.
        for leg in [leg for leg in legs if outlives(leg, root)]:
            legs += [one async for one in self._twilio.calls(parent_sid=leg.sid)]
        return [root, *legs]

    async def _take(
        self,
        listed: dict[str, list[CallResource]],
        conferences: Sequence[ConferenceResource],
        made: Sequence[RecordingResource],
        wanted: Wanted,
    ) -> Found:
        found = Found()
        listed, acts = await self._with_joined(listed, conferences, wanted, found)
        of_leg = await self._roots(listed, made)
        known = await stored_calls(self._inbox, {*listed, *(of_leg[one.call_sid] for one in made)})
        quiet = {sid: legs for sid, legs in listed.items() if wanted.has(legs)}
        # Legs of calls that began before this time. Where no webhook reported the call, or no more than its
        # recording, a leg that was forwarded to a telephone looks like one that an agent called.
        without_root = [sid for sid, legs in quiet.items() if not _has_root(sid, legs)]
        for sid in [sid for sid in without_root if not _shows_direction(known, sid)]:
            quiet |= by_root([*await self._whole(sid), *quiet.pop(sid)])
        ours = {sid: legs for sid, legs in quiet.items() if self._concerns(sid, legs, known)}
        found.others = len(quiet) - len(ours)
        recorded = self._recorded(made, of_leg, {*ours, *(root for root in of_leg.values() if root in known)})
        forgotten = await self._whom_to_forget(ours)
        found.forgotten = len(forgotten)
        asked = _Listed(ours, conferences, acts, wanted)
        await self._put(asked, recorded, known, forgotten, found)
        return found

    async def _with_joined(
        self,
        listed: dict[str, list[CallResource]],
        conferences: Sequence[ConferenceResource],
        wanted: Wanted,
        found: Found,
    ) -> tuple[dict[str, list[CallResource]], Mapping[str, str]]:
        """The same, with legs that joined a call later among its own, and which acts called those."""
        roots = await roots_of_legs(self._inbox, listed)
        joined = await joined_later(
            self._twilio,
            listed,
            conferences,
            is_possible=lambda leg: leg.sid not in roots and self._ours.has(leg),
            quiet_since=wanted.quiet_since,
        )
        found.undecided_since = joined.undecided_since
        roots |= joined.roots
        gone = {*roots, *(leg.sid for leg in joined.undecided)}
        kept = {sid: list(legs) for sid, legs in listed.items() if sid not in gone}
        for sid, root_sid in roots.items():
            kept.setdefault(root_sid, []).extend(listed[sid])
        return kept, joined.acts

    def _concerns(self, sid: str, legs: Sequence[CallResource], known: StoredCalls) -> bool:
        return sid in known or any(self._ours.has(leg) for leg in legs if leg.sid == sid)

    async def _roots(
        self, listed: Mapping[str, Sequence[CallResource]], made: Sequence[RecordingResource]
    ) -> dict[str, str]:
        """Leg SID → call SID, of the legs that were recorded."""
        of_leg = {leg.sid: root for root, legs in listed.items() for leg in legs}
        others = {one.call_sid for one in made} - of_leg.keys()
        return {sid: sid for sid in others} | of_leg | await roots_of_legs(self._inbox, others)

    def _recorded(
        self, made: Sequence[RecordingResource], of_leg: Mapping[str, str], of: Collection[str]
    ) -> dict[str, list[Callback]]:
        by_call: dict[str, list[Callback]] = {}
        for one in made:
            if (root := of_leg[one.call_sid]) in of and one.status == "completed":
                callback = recording_callback(
                    one, root_sid=root, account_url=self._account_url, received_at=_now()
                )
                by_call.setdefault(root, []).append(callback)
        return by_call

    async def _whom_to_forget(self, listed: dict[str, list[CallResource]]) -> set[str]:
        """The SIDs of calls with people who were forgotten afterwards."""
        numbers = {number for legs in listed.values() for number in numbers_of(legs)}
        forgotten = await self._forgotten.among(numbers)
        return {sid for sid, legs in listed.items() if _before(legs, forgotten)} if forgotten else set()

    async def _asked(self, sid: str, listed: _Listed) -> list[Callback]:
        """What Twilio has of a call, as callbacks."""
        legs = [
            call_callback(leg, root_sid=sid, joined_as=listed.acts.get(leg.sid), received_at=_now())
            for leg in listed.legs.get(sid, ())
        ]
        for conference in listed.conferences_of(sid) if legs else ():
            present = await self._present(conference, listed.wanted)
            legs += conference_callbacks(conference, present, received_at=_now())
        return legs

    async def _present(self, conference: ConferenceResource, wanted: Wanted) -> list[ParticipantResource]:
        """Who is in a conference; none while webhooks about them can be on their way."""
        if conference.is_over:
            return []
        present = [one async for one in self._twilio.participants(conference.sid)]
        is_new = any(one.date_updated and wanted.is_new(one.date_updated) for one in present)
        return [] if is_new else [one for one in present if one.status == "connected"]

    async def _put(
        self,
        listed: _Listed,
        recorded: dict[str, list[Callback]],
        known: StoredCalls,
        forgotten: Collection[str],
        found: Found,
    ) -> None:
        puts: list[Callback] = []
        for sid in {*listed.legs, *recorded} - set(forgotten):
            stored = known.stored(sid)
            asked = await self._asked(sid, listed)
            lacked = [] if sid in known.purged else lacking(stored, [*asked, *recorded.get(sid, ())])
            puts += lacked
            which = found.complete if not lacked else found.unfinished if stored else found.unknown
            which.add(sid)
        if self.dry:
            return
        for first in range(0, len(puts), AT_ONCE):
            await asyncio.gather(*map(self._inbox.store, puts[first : first + AT_ONCE]))
        # An operator can have forgotten a person meanwhile.
        if late := await self._whom_to_forget(listed.legs):
            await erase(self._inbox, late & {callback.root_sid for callback in puts})


def _has_root(sid: str, legs: Sequence[CallResource]) -> bool:
    return any(leg.sid == sid for leg in legs)


def _shows_direction(known: StoredCalls, sid: str) -> bool:
    """Whether what is stored of a call shows its direction; of a purged one nothing is asked."""
    stored = known.stored(sid)
    return sid in known.purged or (bool(stored) and Evidence.of(stored).knows_direction)


def _is_of(conference: ConferenceResource, since: datetime, until: datetime) -> bool:
    """Whether it ended in this time, or goes on."""
    ended_at = conference.date_updated if conference.is_over else None
    return ended_at is None or since <= ended_at < until


def _before(legs: Sequence[CallResource], forgotten: dict[str, datetime]) -> bool:
    """Whether a call began before one of its people was forgotten."""
    began_at = began(legs)
    moments = [at for number in numbers_of(legs) if (at := forgotten.get(number))]
    return any(began_at is None or began_at <= at for at in moments)


def _now() -> datetime:
    return datetime.now(UTC)
