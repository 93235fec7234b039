"""Which calls of an account are ours, and that Twilio's memory mends what was lost."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bridge.calls.agents import Agents, Allowed, Only
from bridge.calls.callback import JOINED_AS, OF_CALL, Callback, Kind
from bridge.calls.fold.call import Call, fold
from bridge.calls.fold.handling import handling
from bridge.calls.texts import ENGLISH
from bridge.sync.reconcile.comparison import Ours, lacking, numbers_of
from bridge.twilio.rest.resource_callbacks import call_callback, conference_callbacks, recording_callback
from bridge.twilio.rest.resources import CallResource, ConferenceResource, RecordingResource
from tests.calls.conftest import COMPANY, CUSTOMER, ROOT, made_up, shuffled, stamp
from tests.calls.conftest import callback as made
from tests.calls.conftest import leg as leg_of
from tests.calls.plays import Play
from tests.calls.test_story import (
    NAMES,
    cancelled,
    held,
    left_on_hold,
    listened,
    not_taken,
    passed_on,
    plays,
    swapped,
    third,
)
from tests.support import TEN

KEYS = {"desk": Only(["front.desk"]), "rooms": Allowed((), r"room [0-9]+")}
AGENTS = Agents(
    Allowed(["alice", "bob@example.com"], r"twenty-user-[0-9]+"),
    keys=KEYS,
    members={"jane.doe": "j@x.org"},
)
OURS = Ours({COMPANY}, AGENTS)
LATER = datetime(2026, 11, 22, 12, tzinfo=UTC)


def resource(from_: str, to: str, **more: object) -> CallResource:
    usual: dict[str, object] = {
        "sid": "CA" + "a" * 32,
        "parent_call_sid": None,
        "status": "completed",
        "direction": "inbound",
        "date_created": TEN,
        "start_time": TEN,
        "end_time": TEN,
        "duration": 0,
        "answered_by": None,
        "caller_name": None,
    }
    return CallResource(from_=from_, to=to, **{**usual, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "numbers"),
    [
        (CUSTOMER, {CUSTOMER}),
        (f"sip:{CUSTOMER}@example.com", {CUSTOMER, f"sip:{CUSTOMER}@example.com"}),
        (f"whatsapp:{CUSTOMER}", {CUSTOMER, f"whatsapp:{CUSTOMER}"}),
        ("sip:Bob@Example.com", {"sip:bob@example.com"}),
        ("anonymous", set()),
        ("client:alice", set()),
    ],
)
def test_whose_calls_a_person_is_forgotten_in(address: str, numbers: set[str]) -> None:
    assert {*numbers_of([resource(address, "client:alice")])} & numbers == numbers


def test_a_line_is_ours_in_each_of_its_spellings() -> None:
    mexican = Ours({"+525512345678"}, AGENTS)
    assert mexican.has(resource(CUSTOMER, "+5215512345678"))
    assert not mexican.has(resource(CUSTOMER, "+525512345679"))


@pytest.mark.parametrize(
    ("from_", "to", "ours"),
    [
        (CUSTOMER, COMPANY, True),
        (COMPANY, CUSTOMER, True),
        ("client:alice", CUSTOMER, True),
        ("client:bob_example_com", "", True),
        ("client:twenty-user-12", CUSTOMER, True),
        ("client:twenty_user_12", CUSTOMER, True),
        ("client:front_desk", CUSTOMER, True),
        ("client:room_7", CUSTOMER, True),
        ("client:jane_doe", CUSTOMER, True),
        ("client:twenty_user_", CUSTOMER, False),
        ("client:room_", CUSTOMER, False),
        ("client:wm_0123456789abcdef0123456789abcdef", CUSTOMER, True),
        ("client:wm_mallory", CUSTOMER, False),
        ("client:carol", CUSTOMER, False),
        ("client:alice2", CUSTOMER, False),
        (CUSTOMER, "+33159139999", False),
        ("sip:alice@example.com", CUSTOMER, False),
        ("", "", False),
    ],
)
def test_which_calls_are_ours(from_: str, to: str, ours: bool) -> None:
    assert OURS.has(resource(from_, to)) == ours


def remembered(told: list[Callback]) -> list[Callback]:
    """What Twilio answers when it is asked for the call that tells all this."""
    return [call_callback(leg, received_at=LATER) for leg in resources(told)]


def resources(told: list[Callback]) -> list[CallResource]:
    """The legs in Twilio's list of calls."""
    legs: dict[str, dict[str, str]] = {}
    for callback in told:
        if callback.kind is Kind.STATUS:
            legs.setdefault(callback.call_sid, {}).update(callback.parameters)
            legs[callback.call_sid].setdefault("began", callback.parameters["Timestamp"])
            if callback.get("CallStatus") == "in-progress":
                legs[callback.call_sid].setdefault("answered", callback.parameters["Timestamp"])
    return [_as_resource(leg) for leg in legs.values()]


def _as_resource(leg: dict[str, str]) -> CallResource:
    return resource(
        leg["From"],
        leg["To"],
        sid=leg["CallSid"],
        parent_call_sid=leg.get("ParentCallSid") or None,
        status=leg["CallStatus"],
        start_time=parsedate_to_datetime(leg["began"]),
        end_time=parsedate_to_datetime(leg["Timestamp"]),
        duration=_duration(leg),
    )


def _duration(leg: dict[str, str]) -> int | None:
    if "CallDuration" in leg or "answered" not in leg:
        return int(leg["CallDuration"]) if "CallDuration" in leg else None
    return (parsedate_to_datetime(leg["Timestamp"]) - parsedate_to_datetime(leg["answered"])).seconds


def consistent(told: list[Callback]) -> bool:
    """The Dial says of its leg what the leg does. Of one that was answered and never connected
    (`DialBridged`) Twilio's call resource tells nothing.
    """
    ends = {(c.call_sid, c.get("CallStatus")) for c in told if c.kind is Kind.STATUS}
    dials = [c for c in told if c.kind is Kind.DIAL]
    return all(
        c.get("DialBridged") != "false" and (c.get("DialCallSid"), c.get("DialCallStatus")) in ends
        for c in dials
    )


@given(data=st.data(), told=made_up().filter(consistent))
def test_whatever_was_lost_is_mended(data: st.DataObject, told: list[Callback]) -> None:
    heard = data.draw(st.lists(st.sampled_from(told), unique_by=id))
    asked = remembered(told)
    mended = fold([*heard, *lacking(heard, asked)])
    whole = fold(told)
    assert (mended.status, mended.ended, mended.talk_seconds) == (whole.status, True, whole.talk_seconds)
    assert (mended.direction, mended.other_party) == (whole.direction, whole.other_party)
    assert set(mended.agents) == set(whole.agents)
    assert lacking([*heard, *lacking(heard, asked)], asked) == []


def by_the_log_alone(play: Play) -> Call:
    """A play as Twilio's lists of calls and conferences show it, once it is over."""
    named = {c.call_sid: c.get(JOINED_AS) for c in play.told if c.get(OF_CALL)}
    # A leg that joined later has no parent for Twilio; the sandbox's reconciliation finds its call.
    told = [
        replace(c, parameters={**c.parameters, "ParentCallSid": ""}) if c.get(OF_CALL) else c
        for c in play.told
    ]
    found = [
        call_callback(leg, root_sid=ROOT, joined_as=named.get(leg.sid), received_at=LATER)
        for leg in resources(told)
    ]
    for c in play.told:
        if c.get("StatusCallbackEvent") == "conference-end":
            ended = ConferenceResource(
                sid=c.parameters["ConferenceSid"],
                friendly_name=ROOT,
                status="completed",
                date_created=TEN,
                date_updated=c.timestamp,
                reason_conference_ended="last-participant-left",
                call_sid_ending_conference=c.get("CallSidEndingConference"),
            )
            found += conference_callbacks(ended, [], received_at=LATER)
    return fold(found)


def shown(call: Call) -> dict[str, object]:
    """What Twilio's log can show of a call."""
    return {
        "status": (call.status, call.ended, call.direction),
        "party": (call.other_party, call.from_, call.to),
        "ended_at": call.ended_at,
        "ended_by": call.story and call.story.ended_by,
        "joined": {leg.sid: (leg.to, leg.joined_as) for leg in call.legs if leg.joined},
        "listened": [(one.address, one.seconds) for one in call.story.listened] if call.story else [],
    }


def talks(call: Call) -> dict[str, int]:
    return {one.address: one.seconds for one in call.story.talks} if call.story else {}


@pytest.mark.parametrize(
    ("script", "stored", "news"),
    [
        # Whether it can still be answered, or was.
        (held, 1, 1),
        (held, 2, 3),
        # Who left first and so ended it; who is in the conference, on hold or not.
        (held, 15, 15),
        (held, 2, 4),
        (held, 5, 7),
        (swapped, 12, 14),
        (swapped, 13, 15),
        (passed_on, 14, 17),
        # Who talked, and who was called into it.
        (passed_on, 13, 14),
        (not_taken, 10, 12),
    ],
)
def test_what_one_callback_changes_in_a_conference_is_lacking(
    script: Callable[[Play], None], stored: int, news: int
) -> None:
    script(play := Play(inbound=True))
    known, told_late = play.told[:stored], play.told[news]
    assert lacking(known, [told_late]) == [told_late]
    assert lacking([*known, told_late], [told_late]) == []


def ended(**more: str) -> Callback:
    usual = {"From": CUSTOMER, "To": COMPANY, "CallStatus": "completed", "Timestamp": stamp(30)}
    return made(Kind.STATUS, usual, at=30, **more)


RECORDED = made(Kind.RECORDING, at=40, RecordingSid="RE1", RecordingUrl="/", RecordingStatus="completed")
RINGS = made(Kind.VOICE, {"From": CUSTOMER, "To": COMPANY, "CallStatus": "ringing"})


@pytest.mark.parametrize(
    ("stored", "asked", "lacks"),
    [
        # Of a call of which nothing was reported all is stored.
        ([], [RINGS], True),
        ([RINGS], [RINGS], False),
        ([RINGS], [ended()], True),
        ([RINGS, leg_of(1, "completed", at=29), ended()], [leg_of(1, "completed", CallDuration="9")], True),
        ([ended(From="")], [ended()], True),
        ([RINGS, ended()], [RECORDED], True),
        ([RINGS, ended(), RECORDED], [RECORDED], False),
        # Neither is what changes nothing.
        ([RINGS, ended()], [ended(CallerName="JANE DOE")], False),
    ],
)
def test_what_a_call_lacks(stored: list[Callback], asked: list[Callback], *, lacks: bool) -> None:
    assert lacking(stored, asked) == (asked if lacks else [])


def test_of_what_is_asked_only_what_was_not_reported_is_stored() -> None:
    assert lacking([RINGS], [RINGS, ended(), RECORDED]) == [ended(), RECORDED]


@given(play=plays())
def test_the_log_alone_tells_the_same_story_without_the_holds(play: Play) -> None:
    whole, rebuilt = fold(play.told), by_the_log_alone(play)
    assert shown(rebuilt) == shown(whole)
    assert rebuilt.talk_seconds is not None
    assert play.talk <= rebuilt.talk_seconds <= play.talk + play.hold
    assert (rebuilt.story is not None and rebuilt.story.rebuilt) == play.moved
    if not play.hold:
        assert (talks(rebuilt), rebuilt.agents) == (talks(whole), whole.agents)
        assert rebuilt.talk_seconds == whole.talk_seconds


LOG = "By Twilio's log, which shows no holds: the times include them."


@pytest.mark.parametrize(
    ("script", "text"),
    [
        (held, "Answered by Anna (2 min 50 s)."),
        (passed_on, "Answered by Anna (2 min 50 s), passed to Bob (5 min 2 s)."),
        (cancelled, "Answered by Anna (1 min 25 s)."),
        (not_taken, "Answered by Anna (1 min 5 s). Also rung: Bob (no answer)."),
        (swapped, "Answered by Anna (1 min 35 s)."),
        (third, "Answered by Anna (2 min 5 s), joined by Carol (1 min 0 s)."),
        (listened, "Answered by Anna (1 min 35 s), listened to by Carol (1 min 0 s)."),
        (left_on_hold, "Answered by Anna (1 min 20 s)."),
    ],
)
def test_the_story_by_the_log_says_what_it_lacks(script: Callable[[Play], None], text: str) -> None:
    script(play := Play(inbound=True))
    rebuilt = by_the_log_alone(play)
    assert handling(rebuilt, NAMES, texts=ENGLISH) == f"{text} {LOG}"
    assert not rebuilt.left_alone, "whether the customer was on hold is not known"


def test_a_customer_who_was_passed_on_out_of_a_conference_did_not_end_the_call_by_that() -> None:
    def ended(sid: str, from_: str, to: str, end: int, duration: int) -> CallResource:
        parent = None if sid == ROOT else ROOT
        at = TEN + timedelta(seconds=end)
        return resource(from_, to, sid=sid, parent_call_sid=parent, end_time=at, duration=duration)

    legs = [
        ended(ROOT, CUSTOMER, COMPANY, 200, 200),
        ended("CA1", CUSTOMER, "client:anna", 100, 90),
        ended("CA2", CUSTOMER, "client:bob", 200, 80),
    ]
    room = ConferenceResource(
        sid="CF" + "c" * 32,
        friendly_name=ROOT,
        status="completed",
        date_created=TEN,
        date_updated=TEN + timedelta(seconds=100),
        reason_conference_ended="participant-with-end-conference-on-exit-left",
        call_sid_ending_conference=ROOT,
    )
    told = [call_callback(leg, root_sid=ROOT, received_at=LATER) for leg in legs]
    call = fold([*told, *conference_callbacks(room, [], received_at=LATER)])
    assert call.story
    assert talks(call) == {"client:anna": 90, "client:bob": 80}
    assert (call.story.ended_by, call.ended_at) == (None, TEN + timedelta(seconds=200))


@given(data=st.data(), told=made_up())
def test_of_what_was_told_in_full_nothing_is_lacking(data: st.DataObject, told: list[Callback]) -> None:
    assert lacking(data.draw(shuffled(told)), remembered(told)) == []


def test_the_same_state_is_the_same_callback() -> None:
    one = resource(CUSTOMER, COMPANY)
    first, second = call_callback(one, received_at=TEN), call_callback(one, received_at=LATER)
    assert first.digest == second.digest
    assert first.timestamp == TEN
    other = call_callback(resource(CUSTOMER, COMPANY, duration=5), received_at=TEN)
    assert other.digest != first.digest


@pytest.mark.parametrize(
    ("source", "kind", "status"),
    [("RecordVerb", Kind.VOICEMAIL, "VOICEMAIL"), ("DialVerb", Kind.RECORDING, "MISSED")],
)
def test_a_message_is_told_from_a_recording(source: str, kind: Kind, status: str) -> None:
    parent = resource(CUSTOMER, COMPANY)
    made = RecordingResource(
        sid="RE1",
        call_sid=parent.sid,
        status="completed",
        source=source,
        channels=1,
        date_created=TEN,
        duration=9,
    )
    recording = recording_callback(made, account_url="https://api.twilio.com/AC1", received_at=LATER)
    call = fold([call_callback(parent, received_at=LATER), recording])
    assert (recording.kind, call.status) == (kind, status)
    assert [(one.sid, one.url, one.duration) for one in call.recordings] == [
        ("RE1", "https://api.twilio.com/AC1/Recordings/RE1", 9)
    ]
