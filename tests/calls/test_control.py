"""What an agent may do with a call, by what was heard of it."""

from collections.abc import Callable

import pytest

from bridge.calls.agent_call import agent_call
from bridge.calls.agents import Identity
from bridge.calls.callback import Callback, Kind
from bridge.calls.control import (
    Action,
    is_on_line,
    legs_of,
    line_of,
    next_status,
    recording_change,
    transferred_leg,
    was_in,
)
from bridge.calls.ends import check_moves, ends_of, own_end
from bridge.calls.fold.parties import Evidence
from bridge.errors import BridgeError, CallConflict, NotInCall
from tests.support import told

ROOT, ALICES, BOBS = ("CA" + digit * 32 for digit in "123")
CUSTOMER, COMPANY = "+33612345678", "+33159130001"


def out(*legs: Callback) -> Evidence:
    """Alice calls a customer."""
    return Evidence.of(
        [told(Kind.VOICE, ROOT, From="client:alice", To=CUSTOMER, CallStatus="ringing"), *legs]
    )


def called(status: str) -> Callback:
    """Of the leg to the customer."""
    return told(Kind.STATUS, ALICES, parent=ROOT, From=COMPANY, To=CUSTOMER, CallStatus=status)


def at_phone(who: str, sid: str, status: str) -> Callback:
    """Of the leg to an agent's phone."""
    return told(Kind.STATUS, sid, parent=ROOT, From=CUSTOMER, To=f"client:{who}", CallStatus=status)


def came_in(*others: Callback, **legs: str) -> Evidence:
    """A customer calls; agents are rung, each with a status."""
    rung = [*others, *(at_phone(who, {"alice": ALICES, "bob": BOBS}[who], to) for who, to in legs.items())]
    return Evidence.of([told(Kind.VOICE, ROOT, From=CUSTOMER, To=COMPANY, CallStatus="ringing"), *rung])


TRANSFER = told(Kind.TRANSFER, ROOT, To="client:bob", Agent="alice")


@pytest.mark.parametrize(
    ("heard", "who", "leg", "refused"),
    [
        (out(), "alice", ROOT, None),
        (out(called("in-progress")), "alice", ROOT, None),
        (out(called("completed")), "alice", None, CallConflict),
        (out(called("in-progress")), "bob", None, NotInCall),
        (out(called("completed")), "bob", None, NotInCall),
        (came_in(alice="in-progress", bob="canceled"), "alice", ALICES, None),
        (came_in(alice="in-progress", bob="canceled"), "bob", None, NotInCall),
        (came_in(alice="in-progress", bob="canceled"), "carol", None, NotInCall),
        (came_in(alice="ringing"), "alice", None, NotInCall),
        (came_in(alice="completed"), "alice", None, CallConflict),
        # She sent the caller on, and he took the call.
        (
            Evidence.of([*came_in(alice="completed", bob="in-progress").callbacks, TRANSFER]),
            "alice",
            None,
            CallConflict,
        ),
        (
            Evidence.of([*came_in(alice="completed", bob="in-progress").callbacks, TRANSFER]),
            "bob",
            BOBS,
            None,
        ),
    ],
)
def test_who_is_on_the_line(
    heard: Evidence, who: str, leg: str | None, refused: type[BridgeError] | None
) -> None:
    if refused:
        with pytest.raises(refused):
            line_of(Identity(who), heard)
    else:
        assert line_of(Identity(who), heard).sid == leg


@pytest.mark.parametrize(
    ("heard", "at", "leg"),
    [
        (out(called("ringing")), ROOT, ROOT),
        (came_in(alice="in-progress"), ALICES, ALICES),
        (came_in(alice="in-progress", bob="canceled"), ROOT, ALICES),
        # Her other phone took the call: this one rings, or has left it.
        (came_in(at_phone("alice", BOBS, "ringing"), alice="in-progress"), BOBS, None),
        (came_in(at_phone("alice", BOBS, "completed"), alice="in-progress"), BOBS, None),
    ],
)
def test_which_phone_is_on_the_line(heard: Evidence, at: str, leg: str | None) -> None:
    if leg is None:
        with pytest.raises(CallConflict):
            line_of(Identity("alice"), heard, at=at)
    else:
        assert line_of(Identity("alice"), heard, at=at).sid == leg


@pytest.mark.parametrize(
    ("heard", "who", "was"),
    [
        (came_in(alice="in-progress", bob="canceled"), "bob", True),
        (came_in(alice="completed"), "alice", True),
        (came_in(alice="completed"), "carol", False),
        (out(called("completed")), "alice", True),
        (out(called("completed")), "bob", False),
    ],
)
def test_who_had_a_part_in_it(heard: Evidence, who: str, *, was: bool) -> None:
    if was:
        was_in(Identity(who), heard)
    else:
        with pytest.raises(NotInCall):
            was_in(Identity(who), heard)


def test_who_is_sent_on_is_the_party_outside_the_company() -> None:
    alice = Identity("alice")
    assert transferred_leg(came_in(alice="in-progress"), by=alice).sid == ROOT
    heard = out(called("in-progress"))
    assert transferred_leg(heard, by=alice) == heard.legs[0]


def test_who_was_called_by_a_colleague_neither_sends_the_call_on_nor_holds_it() -> None:
    """The leg that is sent on is the dialled one: their own, and the call of the other would end."""
    voice = told(Kind.VOICE, ROOT, From="client:alice", To="client:bob", CallStatus="ringing")
    bobs = told(
        Kind.STATUS, BOBS, parent=ROOT, From="client:alice", To="client:bob", CallStatus="in-progress"
    )
    heard = Evidence.of([voice, bobs])
    assert transferred_leg(heard, by=Identity("alice")).sid == BOBS
    assert own_end(Identity("alice"), heard, ends_of(heard)).sid == ROOT
    for refused in (
        lambda: transferred_leg(heard, by=Identity("bob")),
        lambda: own_end(Identity("bob"), heard, ends_of(heard)),
    ):
        with pytest.raises(CallConflict) as conflict:
            refused()
        assert conflict.value.code == "call.internal"
    for who, can in (("alice", True), ("bob", False)):
        allowed = agent_call([Identity(who)], heard.callbacks).can
        assert (allowed.hold, allowed.transfer, allowed.hangup) == (can, can, True)


def test_calls_of_other_programs_and_unanswered_ones_are_not_sent_on() -> None:
    placed = told(
        Kind.STATUS, ROOT, From=COMPANY, To=CUSTOMER, Direction="outbound-api", CallStatus="in-progress"
    )
    for heard, code in (
        (out(called("ringing")), "call.not_answered"),
        (Evidence.of([placed]), "call.originated"),
    ):
        with pytest.raises(CallConflict) as refused:
            transferred_leg(heard, by=Identity("alice"))
        assert refused.value.code == code


NOT = "refused"


@pytest.mark.parametrize(
    ("action", "now", "becomes"),
    [
        ("start", None, "in-progress"),
        ("start", "stopped", "in-progress"),
        ("start", "in-progress", None),
        ("start", "paused", NOT),
        ("pause", "in-progress", "paused"),
        ("pause", "paused", None),
        ("pause", "stopped", NOT),
        ("pause", None, NOT),
        ("resume", "paused", "in-progress"),
        ("resume", "in-progress", None),
        ("resume", "stopped", NOT),
        ("stop", "in-progress", "stopped"),
        ("stop", "paused", "stopped"),
        ("stop", "stopped", None),
        ("stop", None, NOT),
    ],
)
def test_what_a_recording_becomes(action: Action, now: str | None, becomes: str | None) -> None:
    if becomes == NOT:
        with pytest.raises(CallConflict):
            next_status(action, now)
    else:
        assert next_status(action, now) == becomes


def turn(number: str, status: str, *, kind: Kind = Kind.RECORDING) -> Callback:
    return told(kind, ROOT, RecordingSid="RE1", RecordingStatus=status, Turn=number)


def test_the_last_change_of_a_recording_has_the_highest_number() -> None:
    changes = [turn("9", "paused"), turn("10", "in-progress"), turn("2", "stopped")]
    for order in (changes, changes[::-1]):
        assert recording_change(order) is changes[1]
    # What has no number is Twilio's own report, and of another kind a page's.
    assert recording_change([turn("", "paused"), turn("3", "paused", kind=Kind.STATUS)]) is None


@pytest.mark.parametrize(
    ("refused", "code", "said"),
    [
        (lambda: line_of(Identity("alice"), out(called("completed"))), "call.over", "The call is over."),
        (
            lambda: transferred_leg(out(called("ringing")), by=Identity("alice")),
            "call.not_answered",
            "The call has not been answered yet.",
        ),
        (
            lambda: transferred_leg(out(), by=Identity("alice")),
            "call.not_answered",
            "The call has not been answered yet.",
        ),
        (
            lambda: transferred_leg(
                Evidence.of([told(Kind.STATUS, ROOT, Direction="outbound-api", CallStatus="in-progress")]),
                by=Identity("alice"),
            ),
            "call.originated",
            "Another program placed this call; only calls of agents and callers can be transferred.",
        ),
        (
            lambda: check_moves(
                came_in(alice="in-progress"), ends_of(came_in(alice="in-progress")), is_emergency=True
            ),
            "call.emergency",
            "An emergency call is never held, moved or passed on.",
        ),
        (
            lambda: next_status("pause", None),
            "recording.none",
            "Nothing of this call is being recorded.",
        ),
        (
            lambda: transferred_leg(
                Evidence.of(
                    [
                        told(Kind.VOICE, ROOT, From="client:alice", To="client:bob", CallStatus="ringing"),
                        told(Kind.STATUS, BOBS, parent=ROOT, To="client:bob", CallStatus="in-progress"),
                    ]
                ),
                by=Identity("bob"),
            ),
            "call.internal",
            "Of two colleagues, only the one who called can hold the call, pass it on or add others.",
        ),
    ],
)
def test_what_an_agent_reads(refused: Callable[[], object], code: str, said: str) -> None:
    with pytest.raises(CallConflict) as conflict:
        refused()
    assert (conflict.value.code, str(conflict.value)) == (code, said)


def test_of_an_agents_legs_each_is_theirs() -> None:
    heard = came_in(at_phone("alice", BOBS, "ringing"), alice="in-progress")
    assert {leg.sid for leg in legs_of(Identity("alice"), heard)} == {ALICES, BOBS}
    assert [leg.sid for leg in legs_of(Identity("alice"), out(called("ringing")))] == [ROOT]
    assert legs_of(Identity("bob"), heard) == ()
    assert [is_on_line(Identity(who), heard) for who in ("alice", "bob")] == [True, False]
