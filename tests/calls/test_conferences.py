"""How a conference ended, by the reports that arrived."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.clocks import by_twilios_clock
from bridge.calls.fold.conference import conferences_of
from tests.calls.conftest import CUSTOMER, MORNING, ROOT, callback, late, stamp

ANNA, BOB = f"CA{1:032}", f"CA{2:032}"
HUNG_UP, ENDED, REDIRECTED = (
    "participant_hung_up",
    "moderator_ended_conference",
    "participant_updated_via_api",
)


def report(event: str, sid: str, *, at: float, of: str = "CF1", **more: str) -> Callback:
    told = {"CallSid": sid, "ConferenceSid": of, "StatusCallbackEvent": event, "Timestamp": stamp(at)}
    return callback(Kind.CONFERENCE, told, at=at, SequenceNumber=str(round(at)), **more)


def left(sid: str, reason: str, *, at: float = 60, of: str = "CF1") -> Callback:
    return report("participant-leave", sid, at=at, of=of, ReasonParticipantLeft=reason)


def ended(by: str, *, at: float = 60, of: str = "CF1") -> Callback:
    return report("conference-end", ROOT, at=at, of=of, CallSidEndingConference=by)


def sent_on(*, at: float) -> Callback:
    return callback(Kind.TRANSFER, Agent="anna", To=CUSTOMER, at=at)


@pytest.mark.parametrize(
    ("reports", "by"),
    [
        ([left(ANNA, HUNG_UP), left(ROOT, ENDED, at=61)], ANNA),
        # Too early to have ended it.
        ([left(BOB, HUNG_UP, at=30), left(ROOT, ENDED)], None),
        # Nobody was made to leave.
        ([left(ANNA, HUNG_UP), left(ROOT, HUNG_UP)], None),
        ([sent_on(at=59), left(ANNA, HUNG_UP), left(ROOT, ENDED)], None),
        ([left(ANNA, HUNG_UP), left(ROOT, ENDED), ended(ROOT, at=61)], ROOT),
    ],
)
def test_by_whom(reports: list[Callback], by: str | None) -> None:
    assert conferences_of(reports).ended_by == by
    assert conferences_of(reports[::-1]).ended_by == by


@pytest.mark.parametrize(
    ("reports", "passed_on"),
    [
        ([ended(ROOT), sent_on(at=60)], True),
        ([ended(ROOT), sent_on(at=69)], True),
        ([ended(ROOT), sent_on(at=30)], False),
        ([ended(ROOT), left(ROOT, REDIRECTED), sent_on(at=30)], True),
        # Redirected, but out of another conference, or another leg.
        ([ended(ROOT), left(ROOT, REDIRECTED, of="CF0"), sent_on(at=30)], False),
        ([ended(ROOT), left(BOB, REDIRECTED), sent_on(at=30)], False),
        ([ended(ROOT), left(ROOT, REDIRECTED)], False),
    ],
)
def test_passed_on_blindly_it_is_not_the_calls_last(reports: list[Callback], passed_on: bool) -> None:
    assert (conferences_of(reports).ended_at is None) == passed_on


def test_of_two_conferences_the_last_ends_the_call_and_of_two_ends_of_one_the_first() -> None:
    ends = [ended(ANNA), ended(BOB, at=90, of="CF2"), ended(ROOT, at=95, of="CF2")]
    for reports in (ends, ends[::-1]):
        found = conferences_of(reports)
        assert (found.ended_by, found.ended_at) == (BOB, MORNING + timedelta(seconds=90))


def test_the_last_blind_transfer_counts() -> None:
    sent = [sent_on(at=10), sent_on(at=50)]
    for callbacks in (sent, sent[::-1]):
        assert conferences_of(callbacks).passed_on_at == MORNING + timedelta(seconds=50)


@given(told=st.lists(st.tuples(st.integers(-90, 90), st.integers(-90, 90) | st.none())))
def test_no_act_is_put_before_a_report_that_arrived_before_it(told: list[tuple[int, int | None]]) -> None:
    """Whatever the bridge's clock says: it can be wrong, and be set while the call goes on."""
    arrived = [
        sent_on(at=at) if sent is None else late(report("participant-hold", ANNA, at=sent), by=at - sent)
        for at, sent in told
    ]
    in_order = list(by_twilios_clock(arrived))
    for n, act in enumerate(in_order):
        reported = [c.timestamp for c in in_order[:n] if c.kind is Kind.CONFERENCE]
        assert act.kind is Kind.CONFERENCE or all(at and at <= act.received_at for at in reported)
