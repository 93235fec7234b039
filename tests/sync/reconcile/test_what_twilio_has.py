"""Which of Twilio's calls are stored, and how what was found is counted: without a server."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from bridge.calls.agents import Agents, Allowed
from bridge.calls.callback import Callback, Kind
from bridge.errors import TwilioRefused
from bridge.inbox.forgetting import Forgotten
from bridge.inbox.queries import stored_calls
from bridge.inbox.retention import drop
from bridge.inbox.store import Inbox, open_inbox
from bridge.sync.reconcile.comparison import Ours, began, by_root, is_over, last_moved, outlives
from bridge.sync.reconcile.twilio_calls import Asking, Found, Wanted
from bridge.twilio.rest.resources import (
    CallResource,
    ConferenceResource,
    ParticipantResource,
    RecordingResource,
)
from tests.databases import begin
from tests.support import TEN, told
from tests.sync.reconcile.test_comparison import resource

NUMBER, COMPANY = "+33639980001", "+33159130001"
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
CLOCKS_DISAGREE, CLOCK_IS_WRONG = 5 * MINUTE, MINUTE
ROOT, LEG, OTHER = (f"CA{digit * 32}" for digit in "123")
KEY = "0123456789abcdef"


def leg(sid: str = ROOT, **more: Any) -> CallResource:
    """A call in to the company that ended at ten."""
    return resource(**{"from_": NUMBER, "to": COMPANY, "sid": sid, **more})


@pytest.mark.parametrize(
    ("moved", "is_new"),
    [
        (TEN, False),
        (TEN + timedelta(seconds=1), True),
        (TEN + CLOCKS_DISAGREE - timedelta(seconds=1), True),
        # How new a change of the future is, is not known.
        (TEN + CLOCKS_DISAGREE, False),
    ],
)
def test_a_change_is_new_while_its_webhooks_can_be_on_their_way(moved: datetime, *, is_new: bool) -> None:
    wanted = Wanted(quiet_since=TEN)
    assert wanted.is_new(moved) is is_new
    assert wanted.has([leg(end_time=moved)]) is not is_new


@pytest.mark.parametrize(
    ("legs", "more", "has"),
    [
        ([leg()], {}, True),
        ([leg(status="in-progress", end_time=None)], {}, True),
        ([leg(status="in-progress", end_time=None)], {"over": True}, False),
        ([leg(), leg(LEG, status="ringing")], {"over": True}, False),
        ([leg()], {"over": True}, True),
        ([leg()], {"number": NUMBER}, True),
        ([leg()], {"number": "+33639980002"}, False),
        ([leg(start_time=None, end_time=None, date_created=None)], {}, False),
    ],
)
def test_which_calls_are_wanted(legs: list[CallResource], more: dict[str, Any], has: bool) -> None:
    assert Wanted(quiet_since=TEN, **more).has(legs) is has


def test_the_times_of_legs() -> None:
    early, late = TEN - MINUTE, TEN + MINUTE
    legs = [leg(start_time=None, date_created=late, end_time=None), leg(start_time=TEN, date_created=early)]
    assert (began(legs), last_moved(legs)) == (TEN, late)
    assert (began([]), last_moved([])) == (None, None)
    assert last_moved([leg(start_time=late, end_time=None)]) == late
    root = leg(end_time=TEN)
    ends = [TEN, late, None]
    assert [outlives(leg(LEG, end_time=end), root) for end in ends] == [False, True, True]
    assert not outlives(leg(LEG, end_time=None), leg(end_time=None))
    assert (is_over([root, leg(status="busy")]), is_over([root, leg(status="ringing")])) == (True, False)


def test_legs_of_legs_are_of_one_call_up_to_a_bound() -> None:
    chain = [leg(f"CA{number}", parent_call_sid=f"CA{number - 1}" if number else None) for number in range(9)]
    found = by_root([*chain, leg(OTHER, parent_call_sid="CAelsewhere")])
    assert {sid: len(legs) for sid, legs in found.items()} == {"CA0": 7, "CA1": 1, "CA2": 1, "CAelsewhere": 1}


def test_a_call_that_was_asked_for_twice_keeps_its_first_outcome() -> None:
    found = Found(unknown={"a"}, unfinished={"b"}, complete={"c"}, forgotten=1, others=2)
    found.add(
        Found(
            unknown={"b", "d"},
            unfinished={"a", "e"},
            complete={"a", "b", "f"},
            forgotten=10,
            others=20,
            undecided_since=TEN,
        )
    )
    assert (found.unknown, found.unfinished, found.complete) == ({"a", "d"}, {"b", "e"}, {"c", "f"})
    assert (found.forgotten, found.others, found.undecided_since) == (11, 22, TEN)
    assert (found.lost, found.ours) == ({"a", "b", "d", "e"}, {"a", "b", "c", "d", "e", "f"})
    for since, first in ((TEN + MINUTE, TEN), (TEN - MINUTE, TEN - MINUTE), (None, TEN - MINUTE)):
        found.add(Found(undecided_since=since))
        assert found.undecided_since == first


@dataclass
class Twilio:
    """What Twilio has of an account."""

    legs: list[CallResource] = field(default_factory=list)
    made: list[RecordingResource] = field(default_factory=list)
    rooms: list[ConferenceResource] = field(default_factory=list)
    present: list[ParticipantResource] = field(default_factory=list)
    clock_ahead: timedelta = timedelta()
    asked: list[str] = field(default_factory=list)
    listed: list[Any] = field(default_factory=list)
    """What was asked of lists."""

    async def calls(self, *, parent_sid: str | None = None, **between: Any) -> AsyncIterator[CallResource]:
        self.listed.append(("legs", parent_sid) if parent_sid else between)
        for one in self.legs:
            if parent_sid is None or one.parent_call_sid == parent_sid:
                yield one

    async def call(self, sid: str) -> CallResource:
        self.asked.append(sid)
        for one in self.legs:
            if one.sid == sid:
                return one
        raise TwilioRefused("not found", status=404)

    async def recordings(
        self, *, call_sid: str | None = None, **between: Any
    ) -> AsyncIterator[RecordingResource]:
        self.listed.append(("recordings", call_sid) if call_sid else between)
        for one in self.made:
            if call_sid in (None, one.call_sid):
                yield one

    async def conferences(
        self, *, name: str | None = None, **between: Any
    ) -> AsyncIterator[ConferenceResource]:
        for one in self.rooms:
            if name in (None, one.friendly_name):
                yield one

    async def requested_urls(self, call_sid: str) -> list[str]:
        return []

    async def participants(self, conference_sid: str) -> AsyncIterator[ParticipantResource]:
        for one in self.present:
            yield one


@pytest.fixture
async def inbox(sqlite_file: Path) -> AsyncIterator[Inbox]:
    async with open_inbox(f"sqlite+aiosqlite:///{begin(sqlite_file)}") as opened:
        yield opened


def asking(inbox: Inbox, twilio: Twilio, *, dry: bool = False) -> Asking:
    ours = Ours({COMPANY}, Agents(Allowed(["alice"])))
    account = "https://api.twilio.com/2010-04-01/Accounts/AC1"
    return Asking(inbox, twilio, ours, Forgotten(inbox, [KEY]), account_url=account, dry=dry)


WANTED = Wanted(quiet_since=TEN + MINUTE)


async def between(asking: Asking) -> Found:
    return await asking.between(TEN - MINUTE, TEN + MINUTE, WANTED)


def recording(sid: str = "RE1", call_sid: str = ROOT, **more: Any) -> RecordingResource:
    usual: dict[str, Any] = {"status": "completed", "source": "DialVerb", "channels": 2, "date_created": TEN}
    return RecordingResource(sid=sid, call_sid=call_sid, duration=9, **{**usual, **more})


@pytest.mark.parametrize(
    ("ahead", "by"),
    [
        (timedelta(), timedelta()),
        (CLOCK_IS_WRONG, timedelta()),
        (-CLOCK_IS_WRONG, timedelta()),
        (2 * CLOCK_IS_WRONG, -2 * CLOCK_IS_WRONG),
        (-2 * CLOCK_IS_WRONG, 2 * CLOCK_IS_WRONG),
    ],
)
async def test_what_time_it_is_for_twilio(inbox: Inbox, ahead: timedelta, by: timedelta) -> None:
    assert asking(inbox, Twilio(clock_ahead=ahead)).by_twilio(TEN) == TEN + by


async def test_what_the_inbox_lacks_is_stored_once_and_not_by_a_dry_run(inbox: Inbox) -> None:
    others = leg(OTHER, from_="+33639980009", to="+33639980008")
    made = [recording(), recording("RE2", status="processing"), recording("RE3", OTHER)]
    twilio = Twilio([leg(), leg(LEG, parent_call_sid=ROOT, to="client:alice"), others], made)
    for dry, stored in ((True, 0), (False, 3)):
        found = await between(asking(inbox, twilio, dry=dry))
        assert (found.unknown, found.others) == ({ROOT}, 1)
        assert len((await stored_calls(inbox, [ROOT])).stored(ROOT)) == stored
    again = await between(asking(inbox, twilio))
    assert (again.unknown, again.complete) == (set(), {ROOT})
    # Of a call that the inbox purged nothing comes back.
    await drop(inbox, [ROOT])
    found = await between(asking(inbox, twilio))
    assert (found.lost, found.complete) == (set(), {ROOT})
    assert (await stored_calls(inbox, [ROOT])).stored(ROOT) == ()


async def test_calls_of_people_who_were_forgotten_stay_out_but_for_later_ones(inbox: Inbox) -> None:
    twilio = Twilio([leg(), leg(OTHER, start_time=TEN + MINUTE, end_time=TEN + MINUTE)])
    await Forgotten(inbox, [KEY]).remember(NUMBER, now=TEN)
    found = await between(asking(inbox, twilio))
    assert (found.forgotten, found.unknown) == (1, {OTHER})
    twilio.legs = [replace(leg(), start_time=None, date_created=None)]
    assert (await between(asking(inbox, twilio))).forgotten == 1


async def test_calls_that_are_asked_for_by_any_of_their_legs(inbox: Inbox) -> None:
    root = leg(end_time=TEN)
    child = leg(LEG, parent_call_sid=ROOT, to="client:alice", end_time=TEN + MINUTE / 2)
    passed_on = leg(OTHER, parent_call_sid=LEG, to="client:bob")
    rang = leg("CA" + "4" * 32, parent_call_sid=ROOT, to="client:carol", status="no-answer", end_time=TEN)
    twilio = Twilio([root, child, passed_on, rang])
    found = await asking(inbox, twilio).these([LEG, "CAunknown"], WANTED)
    assert (found.unknown, twilio.asked) == ({ROOT}, [LEG, ROOT, "CAunknown"])
    # Only a leg that outlived the first one dials further ones.
    assert twilio.listed == [
        ("legs", ROOT),
        ("legs", LEG),
        *(("recordings", sid) for sid in (LEG, "CAunknown")),
    ]
    stored = (await stored_calls(inbox, [ROOT])).stored(ROOT)
    assert {one.call_sid for one in stored} == {ROOT, LEG, OTHER, rang.sid}


def room(status: str, root_sid: str = ROOT, updated: datetime = TEN) -> ConferenceResource:
    return ConferenceResource(
        sid="CF1",
        friendly_name=root_sid,
        status=status,
        date_created=TEN,
        date_updated=updated,
        reason_conference_ended=None,
        call_sid_ending_conference=None,
    )


async def test_in_a_conference_dialled_legs_are_recorded_too(inbox: Inbox) -> None:
    twilio = Twilio([leg(), leg(LEG, parent_call_sid=ROOT, to="client:alice")], [recording("RE5", LEG)])
    for rooms, recordings in (([], {None}), ([room("completed")], {None, "RE5"})):
        twilio.rooms = rooms
        await asking(inbox, twilio).these([ROOT], WANTED)
        stored = (await stored_calls(inbox, [ROOT])).stored(ROOT)
        assert {one.get("RecordingSid") for one in stored} == recordings


async def test_of_several_calls_the_legs_of_that_with_a_conference_are_recorded(inbox: Inbox) -> None:
    legs = [leg(), leg(LEG, parent_call_sid=ROOT), leg(OTHER), leg("CA4", parent_call_sid=OTHER)]
    twilio = Twilio(legs, rooms=[room("completed", OTHER)])
    await asking(inbox, twilio).these([ROOT, OTHER], WANTED)
    recorded = [sid for what, sid in twilio.listed if what == "recordings"]
    assert recorded == [ROOT, OTHER, "CA4"]


async def test_calls_of_a_time_are_those_that_began_in_it_or_whose_conference_ended_in_it(
    inbox: Inbox,
) -> None:
    since, until = TEN - MINUTE, TEN + MINUTE
    ends = {since - SECOND: False, since: True, until - SECOND: True, until: False}
    rooms = [
        *(room("completed", f"CA{number}" + "0" * 31, end) for number, end in enumerate(ends)),
        room("in-progress", OTHER),
        room("completed"),
    ]
    twilio = Twilio([leg()], rooms=rooms)
    await between(asking(inbox, twilio))
    started = {"started_after": since, "started_before": until}
    assert twilio.listed == [started, {"created_after": since, "created_before": until}]
    of_conferences = [one.friendly_name for one, is_of in zip(rooms, ends.values(), strict=False) if is_of]
    # That of a call that began then is known already.
    assert sorted(twilio.asked) == [*of_conferences, OTHER]


@pytest.mark.parametrize(
    ("stored", "asks"),
    [
        ([], True),
        ([told(Kind.RECORDING, ROOT, RecordingSid="RE1", RecordingUrl="/")], True),
        ([told(Kind.VOICE, ROOT, From=NUMBER, To=COMPANY, Direction="inbound")], False),
    ],
)
@pytest.mark.parametrize("is_purged", [False, True])
async def test_a_leg_of_a_call_of_before_is_asked_for_with_its_call_unless_its_direction_is_known(
    inbox: Inbox, stored: list[Callback], *, asks: bool, is_purged: bool
) -> None:
    for one in stored:
        await inbox.store(one)
    if is_purged:
        await drop(inbox, [ROOT])
    root, child = leg(), leg(LEG, parent_call_sid=ROOT, from_=COMPANY, to="+33639980002")
    twilio = Twilio([child])
    known: list[str] = []

    async def call(sid: str) -> CallResource:
        known.append(sid)
        return root

    twilio.call = call  # type: ignore[method-assign]
    await between(asking(inbox, twilio))
    is_purged = is_purged and bool(stored)
    assert known == ([ROOT] if asks and not is_purged else [])


async def test_recordings_of_calls_that_the_inbox_knows_are_stored_whenever_they_began(inbox: Inbox) -> None:
    """Of a call by its own SID, or by a leg's; nothing of a call that was never reported."""
    await inbox.store(told(Kind.VOICE, ROOT, From=NUMBER, To=COMPANY))
    await inbox.store(told(Kind.STATUS, LEG, parent=ROOT, CallStatus="completed", To="client:alice"))
    made = [
        recording("RE1"),
        recording("RE2", LEG),
        recording("RE3", OTHER),
        recording("RE4", status="absent"),
    ]
    found = await between(asking(inbox, Twilio(made=made)))
    assert (found.unfinished, found.unknown) == ({ROOT}, set())
    stored = (await stored_calls(inbox, [ROOT])).stored(ROOT)
    assert {one.get("RecordingSid") for one in stored if one.kind is Kind.RECORDING} == {"RE1", "RE2"}


class Meanwhile(Forgotten):
    """An operator forgets a caller as soon as the round asked who is forgotten."""

    async def among(self, numbers: Collection[str]) -> dict[str, datetime]:
        found = await super().among(numbers)
        await self.remember(NUMBER, now=TEN + MINUTE)
        return found


async def test_who_is_forgotten_meanwhile_is_erased_and_nobody_else(inbox: Inbox) -> None:
    twilio = Twilio([leg(), leg(OTHER, from_="+33639980002")])
    late = asking(inbox, twilio)
    late._forgotten = Meanwhile(inbox, [KEY])
    assert (await between(late)).unknown == {ROOT, OTHER}
    known = await stored_calls(inbox, [ROOT, OTHER])
    assert [len(known.stored(sid)) for sid in (ROOT, OTHER)] == [0, 1]


@pytest.mark.parametrize(
    ("more", "is_forgotten"),
    [
        ({"start_time": TEN}, True),
        ({"start_time": TEN + SECOND}, False),
        ({"from_": COMPANY, "to": NUMBER}, True),
        ({"from_": "+33639980002"}, False),
        # One of two who were forgotten, each at a time of their own.
        ({"to": "+33639980009", "start_time": TEN + SECOND}, True),
    ],
)
async def test_which_calls_were_before_one_of_their_people_was_forgotten(
    inbox: Inbox, more: dict[str, Any], *, is_forgotten: bool
) -> None:
    forgotten = Forgotten(inbox, [KEY])
    await forgotten.remember(NUMBER, now=TEN)
    await forgotten.remember("+33639980009", now=TEN + MINUTE)
    ask = asking(inbox, Twilio([leg(**more)]))
    ask._ours = Ours({COMPANY, "+33639980009", NUMBER}, Agents(Allowed(["alice"])))
    assert (await between(ask)).forgotten == int(is_forgotten)


@pytest.mark.parametrize(
    ("status", "updated", "present"),
    [
        ("in-progress", TEN, [ROOT]),
        ("in-progress", None, [ROOT]),
        ("completed", TEN, []),
        # Webhooks about that can be on their way.
        ("in-progress", TEN + 2 * MINUTE, []),
    ],
)
async def test_who_is_in_a_conference_that_goes_on(
    inbox: Inbox, status: str, updated: datetime | None, present: list[str]
) -> None:
    there = [
        ParticipantResource(call_sid=ROOT, hold=True, status="connected", date_updated=updated),
        ParticipantResource(call_sid=LEG, hold=False, status="ringing"),
    ]
    found = await asking(inbox, Twilio(present=there))._present(room(status), WANTED)
    assert [one.call_sid for one in found] == present
