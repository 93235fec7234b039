"""How a conference ended, by the reports that arrived."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.calls.callback import Callback, Kind
from bridge.calls.fold.clocks import by_twilios_clock
from bridge.calls.fold.conference import Participant, Points, conferences_of
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


def act(at: float, **more: str) -> Callback:
    return callback(Kind.ACT, Agent="anna", at=at, **more)


def shown(points: Points) -> list[float]:
    """Seconds at which a state begins; below zero, less a thousand, at which it ends."""
    return [(moment - MORNING).total_seconds() - (0 if is_on else 1000) for moment, is_on in points]


def off(at: float) -> float:
    return at - 1000


JOINS, HOLDS, UNHOLDS = (f"participant-{event}" for event in ("join", "hold", "unhold"))


@pytest.mark.parametrize(
    ("reports", "inside", "held", "silent", "let_go"),
    [
        ([report(JOINS, ANNA, at=5)], [5], [], [], None),
        # What a report says beside its event: whether the leg is on hold, muted, or heard by one alone.
        ([report(JOINS, ANNA, at=5, Hold="true")], [5], [5], [], None),
        ([report(JOINS, ANNA, at=5, Hold="False", Muted="false")], [5], [off(5)], [off(5)], None),
        ([report(JOINS, ANNA, at=5, Muted="True")], [5], [], [5], None),
        ([report(JOINS, ANNA, at=5, Coaching="true", Muted="false")], [5], [], [5], None),
        ([report(JOINS, ANNA, at=5, Coaching="false")], [5], [], [off(5)], None),
        # The event outweighs it.
        ([report(HOLDS, ANNA, at=5, Hold="false")], [5], [5], [], None),
        ([report(UNHOLDS, ANNA, at=5, Hold="true")], [5], [off(5)], [], None),
        (
            [report(JOINS, ANNA, at=5), left(ANNA, HUNG_UP, at=9)],
            [5, off(9)],
            [off(9)],
            [off(9)],
            None,
        ),
        # The conference ends for all in it; other events are of no participant.
        (
            [report(JOINS, ANNA, at=5), ended(BOB, at=9), report("conference-start", ANNA, at=4)],
            [5, off(9)],
            [off(9)],
            [off(9)],
            None,
        ),
        ([report("speech-begins", ANNA, at=4)], [], [], [], None),
        # Within one second the sequence numbers tell the order.
        (
            [
                report(UNHOLDS, ANNA, at=5, of="CF1"),
                callback(
                    Kind.CONFERENCE,
                    {"CallSid": ANNA, "StatusCallbackEvent": HOLDS, "Timestamp": stamp(5)},
                    at=5,
                    SequenceNumber="10",
                ),
            ],
            [5, 5],
            [off(5), 5],
            [],
            None,
        ),
        # Acts whose reports did not arrive.
        ([act(5, Act="hold", Held=ANNA)], [], [5], [], None),
        ([act(5, Act="resume", Resumed=ANNA)], [], [off(5)], [], None),
        ([act(5, Act="swap", Held=ANNA, Resumed=BOB)], [], [5], [], None),
        ([act(5, Act="hold", Held=ANNA), report(HOLDS, ANNA, at=15)], [15], [15], [], None),
        ([act(5, Act="hold", Held=ANNA), report(HOLDS, ANNA, at=16)], [16], [5, 16], [], None),
        ([act(5, Act="hold", Held=ANNA), report(UNHOLDS, ANNA, at=6)], [6], [5, off(6)], [], None),
        ([act(5, Act="hold", Held=ANNA), report(JOINS, ANNA, at=6, Hold="true")], [6], [5, 6], [], None),
        # Of two acts the nearer has the report.
        (
            [
                act(1, Act="hold", Held=ANNA),
                act(6, Act="hold", Held=ANNA, Again="1"),
                report(HOLDS, ANNA, at=7),
            ],
            [7],
            [1, 7],
            [],
            None,
        ),
        # An act comes after the report of the one before it.
        (
            [
                act(1, Act="hold", Held=ANNA),
                report(HOLDS, ANNA, at=4),
                act(2, Act="resume", Resumed=ANNA),
            ],
            [4],
            [4, off(4)],
            [],
            None,
        ),
        # Hung up on, and no report that it left.
        ([act(9, Act="remove", Participant=ANNA)], [], [], [], 9),
        ([act(9, Act="cancel", Participant=ANNA), report(JOINS, ANNA, at=5)], [5], [], [], 9),
        ([act(9, Act="complete", Participant=ANNA), report(JOINS, ANNA, at=5)], [5], [], [], None),
        (
            [act(9, Act="remove", Participant=ANNA), left(ANNA, HUNG_UP, at=8)],
            [off(8)],
            [off(8)],
            [off(8)],
            None,
        ),
    ],
)
def test_what_is_known_of_one_in_it(
    reports: list[Callback],
    inside: list[float],
    held: list[float],
    silent: list[float],
    let_go: float | None,
) -> None:
    for order in (reports, reports[::-1]):
        found = conferences_of(order).of(ANNA)
        assert (shown(found.inside), shown(found.held), shown(found.silent)) == (inside, held, silent)
        assert found.let_go_at == (None if let_go is None else MORNING + timedelta(seconds=let_go))


def test_who_is_in_it_and_who_hung_up() -> None:
    found = conferences_of(
        [
            report(JOINS, BOB, at=1),
            left(BOB, HUNG_UP, at=9),
            left(ROOT, ENDED, at=9),
            act(3, Act="hold", Held="CA7"),
            act(4, Act="remove", Participant="CA8"),
            act(4, Act="remove"),
            callback(Kind.STATUS, ReasonParticipantLeft=HUNG_UP),
        ]
    )
    assert list(found.participants) == sorted([BOB, ROOT, "CA7", "CA8"])
    assert (found.ended_at, found.ended_by, found.passed_on_at) == (None, BOB, None)
    assert found.hung_up == frozenset({BOB})
    assert found.of("CA9") == Participant()


@pytest.mark.parametrize(
    ("reports", "by"),
    [
        # Of those who left by themselves as the others were made to leave: the last.
        ([left(ANNA, HUNG_UP, at=59), left(BOB, HUNG_UP, at=60), left(ROOT, ENDED, at=60)], BOB),
        ([left(ANNA, HUNG_UP, at=61), left(ROOT, ENDED, at=60), left(BOB, ENDED, at=63)], ANNA),
        ([left(ANNA, HUNG_UP, at=62), left(ROOT, ENDED, at=60)], None),
        ([left(ANNA, HUNG_UP, at=58), left(ROOT, ENDED, at=60)], None),
        ([left(ROOT, ENDED, at=60)], None),
        ([report(JOINS, ANNA, at=60), left(ROOT, ENDED, at=60)], None),
        ([], None),
        # It was reported, though not by whom.
        ([report("conference-end", ROOT, at=61), left(ANNA, HUNG_UP), left(ROOT, ENDED)], None),
    ],
)
def test_by_whom_where_no_report_says_so(reports: list[Callback], by: str | None) -> None:
    for order in (reports, reports[::-1]):
        assert conferences_of(order).ended_by == by
