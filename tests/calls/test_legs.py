"""Legs that do not name their call: which callbacks are of one, and which legs a call names."""

import pytest

from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.legs import is_leg, legs_named, may_be_leg
from tests.calls.conftest import ROOT, callback, leg

UNSAID = callback(Kind.STATUS, CallStatus="ringing")
DIALLED = callback(Kind.STATUS, CallStatus="ringing", Direction="outbound-dial")
RECORDED = callback(Kind.RECORDING, RecordingSid="RE1")
FIRST = [
    callback(Kind.STATUS, CallStatus="ringing", Direction=direction)
    for direction in ("inbound", "outbound-api")
]


@pytest.mark.parametrize(
    ("callbacks", "can_be", "is_one"),
    [
        ([], False, False),
        ([UNSAID], True, False),
        ([RECORDED], True, False),
        ([DIALLED], True, True),
        ([RECORDED, UNSAID, DIALLED], True, True),
        *(([DIALLED, first], False, False) for first in FIRST),
        ([DIALLED, callback(Kind.VOICE)], False, False),
        ([DIALLED, callback(Kind.DIAL)], False, False),
        ([leg(1, "ringing", Direction="outbound-dial")], False, False),
    ],
)
def test_what_can_be_a_leg_of_another_call(callbacks: list[Callback], can_be: bool, is_one: bool) -> None:
    assert (may_be_leg(callbacks), is_leg(callbacks)) == (can_be, is_one)
    assert (may_be_leg(callbacks[::-1]), is_leg(callbacks[::-1])) == (can_be, is_one)


def test_the_legs_that_a_call_names() -> None:
    named = [
        callback(Kind.VOICE, DialCallSid="CA8"),
        leg(1, "ringing"),
        leg(1, "completed"),
        callback(Kind.DIAL, DialCallSid="CA9"),
        callback(Kind.DIAL, DialCallStatus="failed"),
    ]
    assert legs_named(named) == {f"CA{1:032}", "CA9"}
    assert ROOT not in legs_named(named)
