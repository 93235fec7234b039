"""The live_calls: who is in a call, and who placed how many, in any order of hearing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.calls.callback import Callback, Kind
from bridge.calls.live_calls import FEW_LEGS, MOST, MOST_LEGS, LiveCalls, Tally
from tests.support import TEN, told

OUT, LEG, IN, RUNG, OTHER = (f"CA{name:>032}" for name in ("out", "leg", "in", "rung", "other"))
HOUR = timedelta(hours=1)
NUMBER, COLLEAGUE = "+33639980001", "client:carol"


def voice(sid: str = OUT, *, at: float = 0, agent: str = "alice", to: str = "+33612345678") -> Callback:
    return told(Kind.VOICE, sid, at=at, From=f"client:{agent}", To=to, CallStatus="ringing")


def refused(sid: str, *, at: float = 0, agent: str = "alice", reason: str = "invalid") -> Callback:
    return told(Kind.REFUSED, sid, at=at, From=f"client:{agent}", To="12", Reason=reason)


def status(of: str, sid: str, said: str, *, at: float = 0, to: str = "+33612345678") -> Callback:
    return told(Kind.STATUS, sid, at=at, parent=of, To=to, CallStatus=said)


def dial(sid: str, callee: str | None = None, *, at: float = 0) -> Callback:
    named = {"DialCallSid": callee} if callee else {}
    return told(Kind.DIAL, sid, at=at, CallStatus="in-progress", DialCallStatus="completed", **named)


def unbridged(sid: str, callee: str, *, at: float = 0) -> Callback:
    """The dialled leg was answered, and its call was over before the two were connected."""
    said = {"DialCallStatus": "completed", "DialBridged": "false"}
    return told(Kind.DIAL, sid, at=at, CallStatus="in-progress", DialCallSid=callee, **said)


def end(sid: str, *, at: float = 0) -> Callback:
    return told(Kind.STATUS, sid, at=at, CallStatus="completed", From="client:alice", To="+33612345678")


def after(callbacks: Sequence[Callback]) -> LiveCalls:
    board = LiveCalls()
    for callback in callbacks:
        board.add(callback)
    return board


def soon(seconds: float = 60) -> datetime:
    return TEN + timedelta(seconds=seconds)


ALICE_CALLS = [voice(), status(OUT, LEG, "in-progress", at=5)]
BOB_TAKES = [
    told(Kind.VOICE, IN, From="+33612345678", To="+33159130001", CallStatus="ringing"),
    status(IN, RUNG, "ringing", at=1, to="client:bob"),
    status(IN, OTHER, "ringing", at=1, to="client:carol"),
    status(IN, RUNG, "in-progress", at=5, to="client:bob"),
    status(IN, OTHER, "canceled", at=5, to="client:carol"),
]
BETWEEN_COLLEAGUES = [
    voice(to="client:bob"),
    told(
        Kind.STATUS, OUT, From="client:alice", To="client:bob", Direction="inbound", CallStatus="in-progress"
    ),
    status(OUT, LEG, "in-progress", at=5, to="client:bob"),
]


def lone_leg(direction: str) -> Callback:
    return told(Kind.STATUS, RUNG, To="client:bob", Direction=direction, CallStatus="in-progress")


@pytest.mark.parametrize(
    ("heard", "on_the_line"),
    [
        ([], set()),
        ([voice()], {"alice"}),
        (ALICE_CALLS, {"alice"}),
        ([*ALICE_CALLS, status(OUT, LEG, "completed", at=9)], set()),
        ([*ALICE_CALLS, status(OUT, LEG, "busy", at=9)], set()),
        ([*ALICE_CALLS, dial(OUT, LEG, at=9)], set()),
        ([voice(), dial(OUT)], set()),
        ([*ALICE_CALLS, end(OUT, at=9)], set()),
        ([*ALICE_CALLS, voice(LEG, at=10)], {"alice"}),
        ([refused(OUT)], set()),
        (BOB_TAKES[:3], set()),
        (BOB_TAKES, {"bob"}),
        ([*BOB_TAKES, dial(IN, RUNG, at=9)], set()),
        ([*BOB_TAKES, dial(IN, OTHER, at=9)], {"bob"}),
        ([*BOB_TAKES, status(IN, RUNG, "completed", at=9, to="client:bob")], set()),
        ([*BOB_TAKES, told(Kind.STATUS, IN, at=9, CallStatus="completed")], set()),
        (BETWEEN_COLLEAGUES, {"alice", "bob"}),
        ([*BETWEEN_COLLEAGUES, dial(OUT, LEG, at=9)], set()),
        ([told(Kind.RECORDING, OUT, RecordingSid="RE1")], set()),
        # A leg that does not name its call, which Twilio dialled; and an agent's own first leg.
        ([lone_leg("outbound-dial")], {"bob"}),
        ([lone_leg("inbound")], set()),
    ],
)
def test_who_is_in_a_call_whatever_the_order(heard: list[Callback], on_the_line: set[str]) -> None:
    orders = permutations(heard) if len(heard) <= 5 else [heard, heard[::-1], heard[3:] + heard[:3]]
    for order in orders:
        board = after([*order, *order[:2]])
        assert {who for who in ("alice", "bob", "carol") if board.in_call(who, soon())} == on_the_line


TAKEN = [told(Kind.VOICE, IN, From="+33612345678", CallStatus="ringing"), *BOB_TAKES[3:4]]


@pytest.mark.parametrize(
    ("heard", "until"),
    [
        ([*ALICE_CALLS, status(OUT, LEG, "completed", at=9)], {"alice": 9}),
        ([*ALICE_CALLS, status(OUT, LEG, "busy", at=9)], {}),
        ([voice(), dial(OUT, LEG, at=9)], {"alice": 9}),
        ([voice(), told(Kind.DIAL, OUT, at=9, DialCallSid=LEG, DialCallStatus="no-answer")], {}),
        (TAKEN, {}),
        ([*TAKEN, dial(IN, RUNG, at=9)], {"bob": 9}),
        ([*TAKEN, dial(IN, RUNG, at=9), status(IN, RUNG, "completed", at=8, to="client:bob")], {"bob": 8}),
        ([*TAKEN, dial(IN, OTHER, at=9)], {}),
        ([*ALICE_CALLS, dial(OUT, LEG, at=9), voice(IN, at=10), dial(IN, at=20)], {"alice": 20}),
        ([*ALICE_CALLS, unbridged(OUT, LEG, at=9)], {}),
        ([*ALICE_CALLS, status(OUT, LEG, "completed", at=8), unbridged(OUT, LEG, at=9)], {}),
        ([*TAKEN, status(IN, RUNG, "completed", at=8, to="client:bob"), unbridged(IN, RUNG, at=9)], {}),
        ([voice(), unbridged(OUT, LEG, at=9), dial(OUT, OTHER, at=20)], {"alice": 9}),
        ([voice(), unbridged(OUT, LEG, at=9), status(OUT, OTHER, "completed", at=20)], {"alice": 9}),
    ],
)
def test_when_an_agent_last_talked_whatever_the_order(heard: list[Callback], until: dict[str, int]) -> None:
    for order in permutations(heard):
        board = after([*order, *order[:2]])
        ends = {who: board.talked_until(who) for who in ("alice", "bob", "carol")}
        assert {who: at for who, at in ends.items() if at} == {who: soon(at) for who, at in until.items()}


def test_the_call_of_a_leg_whatever_the_order() -> None:
    for of_leg in ([dial(IN, RUNG)], [status(IN, RUNG, "ringing")], [dial(IN, RUNG), end(RUNG)]):
        for order in permutations([*of_leg, voice(OUT)]):
            assert [after(order).root_of(sid) for sid in (RUNG, IN, OUT, LEG)] == [IN, IN, OUT, LEG]
    # Of a call out the customer's leg dials those to whom it is passed on.
    assert after([status(OUT, OTHER, "ringing"), dial(LEG, OTHER)]).root_of(OTHER) == OUT


def test_a_call_whose_end_was_lost_ends_after_the_longest_possible() -> None:
    board = LiveCalls(longest=HOUR)
    board.add(voice())
    assert board.in_call("alice", soon(3600))
    assert not board.in_call("alice", soon(3600 + 601))


def test_calls_placed_are_counted_by_agent_and_in_all() -> None:
    calls = [voice(f"CA{n:032}", at=n * 10, agent=("alice", "bob")[n % 2]) for n in range(10)]
    board = after([*calls, *calls])
    assert (board.placed(TEN - HOUR), board.placed_by("alice", TEN - HOUR)) == (10, 5)
    assert (board.placed(soon(60)), board.placed_by("alice", soon(60)), board.placed_by("bob", soon(60))) == (
        3,
        1,
        2,
    )
    assert [board.in_calls(n, "alice", soon()) for n in (5, 6)] == [True, False]
    assert board.placed_by("carol", TEN) == 0


def test_a_refused_call_is_counted_apart_and_once() -> None:
    board = after([refused(OUT), refused(OUT, at=5), refused(LEG, reason="country")])
    assert (board.refused_to("alice", TEN - HOUR), board.placed_by("alice", TEN - HOUR)) == (2, 0)
    assert not board.was_placed(OUT)
    assert (board.why_refused(OUT), board.why_refused(LEG), board.why_refused(IN)) == (
        "invalid",
        "country",
        None,
    )


def test_of_two_reasons_the_same_counts_whatever_the_order() -> None:
    for order in permutations([refused(OUT, reason="invalid"), refused(OUT, reason="country")]):
        assert after(order).why_refused(OUT) == "country"


def test_a_call_whose_request_was_not_stored_was_placed_by_whom_its_leg_names() -> None:
    leg = told(Kind.STATUS, LEG, parent=OUT, To=NUMBER, CallStatus="ringing", PlacedBy="alice")
    for order in ([leg], [leg, voice()], [voice(), leg]):
        board = after([*order, *order])
        assert (board.placed(TEN - HOUR), board.placed_by("alice", TEN - HOUR)) == (1, 1)
        assert (board.was_placed(OUT), board.in_call("alice", soon())) == (True, True)
    assert after([voice(agent="bob"), leg]).call_of("bob", soon()) == OUT


def test_a_call_in_that_was_forwarded_is_counted_once() -> None:
    forwarded = told(Kind.VOICE, IN, at=10, From=NUMBER, CallStatus="ringing", Forwarded="+33639980002")
    board = after([BOB_TAKES[0], forwarded, forwarded])
    assert [board.forwarded(soon(at)) for at in (0, 10)] == [1, 0]
    assert after(BOB_TAKES).forwarded(TEN - HOUR) == 0


def test_legs_that_join_a_call_or_leave_it_do_not_end_it() -> None:
    joined = told(Kind.STATUS, OTHER, at=20, parent=OUT, To=NUMBER, OfCall=OUT, CallStatus="completed")
    moved = told(Kind.DIAL, OUT, at=21, DialCallSid=LEG, DialCallStatus="completed", Next="conference")
    for order in permutations([*ALICE_CALLS, joined, moved]):
        board = after(order)
        assert (board.in_call("alice", soon()), board.talked_until("alice")) == (True, None)
    assert len(after([end(OUT)])) == 1


DECLINED = told(Kind.DECLINED, IN, at=3, Agent="carol")
BUSY = status(IN, OTHER, "busy", at=3, to="client:carol")
BUSY_DIAL = told(Kind.DIAL, IN, at=4, DialCallStatus="busy", DialCallSid=OTHER, CallStatus="in-progress")


@pytest.mark.parametrize("heard", [[DECLINED], [BUSY], [BOB_TAKES[2], BUSY_DIAL], [*BOB_TAKES[:3], BUSY]])
def test_who_declined_is_known_whatever_the_order(heard: list[Callback]) -> None:
    for order in permutations(heard):
        board = after([*order, *order])
        assert [board.declined(IN, who) for who in ("carol", "bob", "alice")] == [True, False, False]
        assert not board.declined(OUT, "carol")


ATTEMPT = "1b4e28ba-2fa1-4d2f-883f-0016d3cca427"


def test_a_call_is_found_by_the_name_that_its_own_phone_gave_it() -> None:
    placed = told(Kind.VOICE, OUT, From="client:alice", To="12", Attempt=ATTEMPT)
    again = told(Kind.REFUSED, LEG, From="client:alice", To="12", Reason="invalid", Attempt=ATTEMPT)
    for order in permutations([placed, again]):
        board = after(order)
        assert board.placed_as("alice", ATTEMPT) == min(OUT, LEG)
        assert board.placed_as("bob", ATTEMPT) is None
    crowd = [told(Kind.VOICE, f"CA{n:032}", at=1e6, From="client:bob", To="1") for n in range(FEW_LEGS + 1)]
    assert after([placed, *crowd]).placed_as("alice", ATTEMPT) is None


def test_a_dial_that_ends_as_its_caller_is_passed_on_is_not_the_last() -> None:
    passed_on = told(Kind.TRANSFER, IN, at=10, To="client:carol", Agent="bob")
    board = after([*BOB_TAKES, passed_on])
    assert board.move(IN, soon(11)) == "dial"
    assert board.move(IN, soon(60)) == ""
    assert board.conferences(soon(11)) == []
    of_a_call_out = told(Kind.TRANSFER, OUT, at=10, To="client:bob", Agent="alice", Customer=LEG)
    assert after([*ALICE_CALLS, of_a_call_out]).move(OUT, soon(11)) == "left"


def test_a_call_that_moved_into_a_conference_can_go_on_for_the_longest_possible() -> None:
    board = LiveCalls(longest=HOUR)
    for callback in (*BOB_TAKES, told(Kind.ACT, IN, at=10, Act="move", Agent="bob"), voice()):
        board.add(callback)
    assert [board.conferences(soon(after)) for after in (11, 3600 + 599, 3600 + 600)] == [[IN], [IN], []]


@pytest.mark.parametrize(
    ("heard", "placed"),
    [
        (told(Kind.TRANSFER, IN, To=NUMBER, Agent="bob"), 1),
        (told(Kind.TRANSFER, IN, To=COLLEAGUE, Agent="bob"), 0),
        (told(Kind.ACT, IN, Act="ask", To=NUMBER, Agent="bob"), 1),
        (told(Kind.ACT, IN, Act="ask", To=COLLEAGUE, Agent="bob"), 0),
        (told(Kind.ACT, IN, Act="hold", Agent="bob"), 0),
        # A parameter of that name, which any page can add to its call.
        (told(Kind.STATUS, IN, To=NUMBER, Agent="bob", CallStatus="ringing"), 0),
    ],
)
def test_a_number_that_an_agent_has_called_for_a_call_counts_as_theirs(heard: Callback, placed: int) -> None:
    board = after([heard, heard])
    assert (board.placed_by("bob", TEN - HOUR), board.placed(TEN - HOUR)) == (placed, placed)
    assert not board.in_call("bob", soon())


def test_who_typed_a_note_did_not_decline() -> None:
    typed = told(Kind.NOTE, IN, Agent="carol", Note="Wants two", Version="1")
    assert not after([*BOB_TAKES[:3], typed]).declined(IN, "carol")


def test_a_call_is_known_again() -> None:
    board = after([voice()])
    assert board.was_placed(OUT)
    assert not board.was_placed(LEG)


def test_a_call_heard_again_later_counts_at_its_first_time() -> None:
    for order in ([voice(at=0), voice(at=100)], [voice(at=100), voice(at=0)]):
        board = after(order)
        assert (board.placed(TEN - HOUR), board.placed(soon(50))) == (1, 0)


def test_what_is_over_for_long_is_forgotten() -> None:
    board = LiveCalls(longest=HOUR)
    alices = {FEW_LEGS // 5 * 2: OUT, FEW_LEGS // 5 * 3: OTHER}
    for n in range(FEW_LEGS):
        if n in alices:
            board.add(voice(alices[n], at=n * 60, agent="alice"))
        board.add(voice(f"CA{n:032}", at=n * 60, agent=f"agent{n}"))
        board.add(status(f"CA{n:032}", f"CA{n:031}f", "completed", at=n * 60 + 30))
    assert len(board) <= FEW_LEGS + 1
    assert len(board._placed_by) <= FEW_LEGS / 2 + 1
    assert (board.was_placed(OUT), board.was_placed(OTHER)) == (False, True)
    assert board.placed_by("alice", soon(FEW_LEGS * 36 - 1)) == 1, "her later call still counts"


def test_memory_is_bounded_within_an_hour_too() -> None:
    board = LiveCalls()
    for n in range(MOST_LEGS + 100):
        board.add(voice(f"CA{n:032}", at=n / 100, agent=f"agent{n}"))
    assert len(board) == MOST_LEGS
    assert not board.in_call("agent0", soon())
    assert board.in_call(f"agent{MOST_LEGS}", soon())


SIDS = {OUT: "alice", IN: None, LEG: "alice"}


@st.composite
def callbacks(draw: st.DrawFn) -> Callback:
    """Anything about three calls out and in, and a few legs of each."""
    root, at = draw(st.sampled_from(sorted(SIDS))), draw(st.integers(0, 600))
    agent = SIDS[root]
    leg = f"{root[:-1]}{draw(st.sampled_from('12'))}"
    match draw(st.sampled_from(["voice", "refused", "status", "root", "dial"])):
        case "voice" if agent:
            return voice(root, at=at, agent=agent)
        case "refused" if agent:
            return refused(root, at=at, agent=agent, reason=draw(st.sampled_from(["country", "invalid"])))
        case "dial":
            return dial(root, draw(st.sampled_from([None, leg])), at=at)
        case "root":
            return end(root, at=at)
        case _:
            said = draw(st.sampled_from(["ringing", "in-progress", "completed", "busy"]))
            return status(root, leg, said, at=at, to=f"client:agent{leg[-1]}")


def seen(board: LiveCalls) -> list[object]:
    agents = ("alice", "agent1", "agent2")
    return [
        [[board.in_calls(n, agent, soon(900)) for n in range(5)] for agent in agents],
        [
            (board.placed_by(agent, soon(at)), board.refused_to(agent, soon(at)))
            for agent in agents
            for at in (-1, 300)
        ],
        [board.placed(soon(at)) for at in (-1, 300)],
        [(board.was_placed(sid), board.why_refused(sid)) for sid in SIDS],
        [(board.call_of(agent, soon(900)), board.talked_until(agent)) for agent in agents],
        [[board.declined(sid, agent) for agent in agents] for sid in SIDS],
        [board.root_of(f"{sid[:-1]}{n}") for sid in SIDS for n in "12"],
    ]


@given(st.lists(callbacks(), max_size=12), st.randoms())
def test_order_and_duplicates_change_nothing(heard: list[Callback], random: Random) -> None:
    shuffled = [*heard, *random.sample(heard, len(heard) // 2)]
    random.shuffle(shuffled)
    assert seen(after(shuffled)) == seen(after(heard))


@given(st.lists(st.integers(0, 3600), min_size=1), st.integers(-10, 3700))
def test_a_tally_counts_what_is_after(moments: list[int], since: int) -> None:
    tally = Tally()
    for moment in moments:
        tally.add(soon(moment))
    assert tally.since(soon(since)) == sum(m > max(since, max(moments) - 3600) for m in moments)


def test_what_a_tally_forgets_and_corrects() -> None:
    tally = Tally()
    assert (tally.since(soon(0)), tally.nothing_after(soon(0))) == (0, True)
    for moment in (20, 10, 10, 0):
        tally.add(soon(moment))
    assert [tally.since(soon(moment)) for moment in (-1, 0, 9, 10, 20)] == [4, 3, 3, 1, 0]
    assert [tally.nothing_after(soon(moment)) for moment in (19, 20)] == [False, True]
    # One of the two was earlier than it was thought to be; of one that is forgotten, the earlier one counts.
    for wrong, right in ((10, 5), (9, 1)):
        tally.move(soon(wrong), to=soon(right))
    assert [tally.since(soon(moment)) for moment in (-1, 0, 1, 5, 10)] == [5, 4, 3, 2, 1]
    for _ in range(MOST):
        tally.add(soon(30))
    assert (tally.since(soon(29)), tally.since(soon(-1))) == (MOST, MOST)


def test_a_test_call_counts_and_keeps_no_agent_busy() -> None:
    """That it is over, only the status callback of the TwiML App says."""
    board = after([told(Kind.VOICE, OUT, From="client:alice", Preflight="true", CallStatus="ringing")])
    assert (board.placed_by("alice", TEN - HOUR), board.in_call("alice", soon())) == (1, False)


SIDS_BY_NAME = {"out": OUT, "leg": LEG, "in": IN, "rung": RUNG, "other": OTHER}
AGENTS = ("alice", "bob", "carol")
BEFORE = TEN - HOUR


def known(*heard: Callback, at: float = 60) -> dict[str, object]:
    """All that is known of some callbacks, at a time: what is nothing is left out."""
    board, now = after(heard), soon(at)
    named = {sid: name for name, sid in SIDS_BY_NAME.items()}
    found: dict[str, object] = {"legs": len(board)}
    for who in AGENTS:
        until = board.talked_until(who)
        found |= {
            f"{who} on": named.get(board.call_of(who, now) or ""),
            f"{who} talked until": until and (until - TEN).total_seconds(),
            f"{who} placed": board.placed_by(who, BEFORE),
            f"{who} refused": board.refused_to(who, BEFORE),
            f"{who} attempt": named.get(board.placed_as(who, ATTEMPT) or ""),
            f"{who} declined": " ".join(n for n, sid in SIDS_BY_NAME.items() if board.declined(sid, who)),
        }
        assert board.in_call(who, now) is (found[f"{who} on"] is not None)
    for name, sid in SIDS_BY_NAME.items():
        found |= {
            f"{name} was placed": board.was_placed(sid),
            f"{name} refused": board.why_refused(sid),
            f"{name} of": named[root] if (root := board.root_of(sid)) != sid else "",
            f"{name} moves": board.move(sid, now),
            f"{name} passes on": " ".join(
                n for n, of in SIDS_BY_NAME.items() if board.passes_on(sid, of, now)
            ),
        }
    found |= {
        "placed": board.placed(BEFORE),
        "refused": board.refused(BEFORE),
        "forwarded": board.forwarded(BEFORE),
        "conferences": " ".join(named[sid] for sid in board.conferences(now)),
    }
    return {name: value for name, value in found.items() if value not in (None, "", 0, False)}


PLACED = {"legs": 1, "alice placed": 1, "placed": 1, "out was placed": True}
TALKING = {**PLACED, "legs": 2, "leg of": "out", "alice on": "out"}
BOBS = {"legs": 2, "rung of": "in"}


@pytest.mark.parametrize(
    ("heard", "facts"),
    [
        ([voice()], {**PLACED, "alice on": "out"}),
        # A caller who is no agent, or sends no address, places nothing.
        ([told(Kind.VOICE, IN, From=NUMBER, To="+33159130001", CallStatus="ringing")], {"legs": 1}),
        ([told(Kind.VOICE, IN, CallStatus="ringing")], {"legs": 1}),
        ([told(Kind.STATUS, OUT, From="client:alice", To=NUMBER, CallStatus="ringing")], {"legs": 1}),
        (
            [told(Kind.VOICE, OUT, From="client:alice", Attempt=ATTEMPT)],
            {**PLACED, "alice on": "out", "alice attempt": "out"},
        ),
        ([told(Kind.VOICE, OUT, From="client:alice", Preflight="1")], PLACED),
        # The name of an attempt is of who calls.
        ([told(Kind.STATUS, OUT, From="client:alice", Attempt=ATTEMPT, CallStatus="ringing")], {"legs": 1}),
        ([refused(OUT)], {"legs": 1, "alice refused": 1, "refused": 1, "out refused": "invalid"}),
        ([told(Kind.REFUSED, OUT, From="client:alice")], {"legs": 1, "alice refused": 1, "refused": 1}),
        # Refused, and placed as its leg shows.
        (
            [refused(OUT), told(Kind.STATUS, LEG, parent=OUT, CallStatus="ringing", PlacedBy="alice")],
            {**TALKING, "alice refused": 1, "refused": 1},
        ),
        ([told(Kind.STATUS, LEG, CallStatus="ringing", PlacedBy="alice")], {"legs": 1}),
        ([told(Kind.RECORDING, LEG, parent=OUT, PlacedBy="alice")], {"legs": 1, "leg of": "out"}),
        # A leg that is answered is on its agent's phone; a caller's own is not.
        ([status(IN, RUNG, "ringing", to="client:bob")], {"legs": 1, "rung of": "in"}),
        ([status(IN, RUNG, "in-progress", to="client:bob")], {"legs": 1, "rung of": "in", "bob on": "rung"}),
        ([status(IN, RUNG, "in-progress")], {"legs": 1, "rung of": "in"}),
        ([status(IN, RUNG, "answered", to="client:bob")], {"legs": 1, "rung of": "in"}),
        # How it ends: by the leg, by its caller's, by the Dial.
        (
            [status(IN, RUNG, "in-progress", to="client:bob"), status(IN, RUNG, "completed", at=9)],
            {**BOBS, "bob talked until": 9},
        ),
        (
            [status(IN, RUNG, "in-progress", to="client:bob"), dial(IN, RUNG, at=9)],
            {**BOBS, "bob talked until": 9},
        ),
        ([status(IN, RUNG, "in-progress", to="client:bob"), dial(IN, at=9)], {**BOBS, "bob on": "rung"}),
        (
            [status(IN, RUNG, "in-progress", to="client:bob"), told(Kind.STATUS, IN, CallStatus="canceled")],
            BOBS,
        ),
        # Moved, that is: the Dial says nothing of its leg.
        *(
            (
                [
                    status(IN, RUNG, "in-progress", to="client:bob"),
                    told(Kind.DIAL, IN, at=9, DialCallSid=RUNG, DialCallStatus="completed", Next=following),
                ],
                {**BOBS, "bob on": "rung"},
            )
            for following in ("conference", "left")
        ),
        # Of a call out that was passed on the first leg is over; of one that moved it is not.
        (
            [voice(), told(Kind.DIAL, OUT, at=9, DialCallStatus="completed", Next="left")],
            {**PLACED, "alice talked until": 9},
        ),
        (
            [voice(), told(Kind.DIAL, OUT, at=9, DialCallStatus="completed", Next="conference")],
            {**PLACED, "alice on": "out"},
        ),
        (
            [voice(), told(Kind.DIAL, OUT, at=9, DialCallStatus="answered")],
            {**PLACED, "alice talked until": 9},
        ),
        ([voice(), told(Kind.DIAL, OUT, at=9, DialCallStatus="busy")], PLACED),
        # A browser that is busy has declined: by its own report, or by the Dial's and who rang.
        ([status(IN, RUNG, "busy", to="client:bob")], {**BOBS, "bob declined": "in"}),
        ([status(IN, RUNG, "busy")], BOBS),
        ([told(Kind.STATUS, IN, To="client:bob", CallStatus="busy")], {"legs": 1}),
        ([told(Kind.RECONCILED, RUNG, parent=IN, To="client:bob", CallStatus="busy")], BOBS),
        (
            [
                status(IN, RUNG, "ringing", to="client:bob"),
                told(Kind.DIAL, IN, DialCallSid=RUNG, DialCallStatus="busy"),
            ],
            {**BOBS, "bob declined": "in"},
        ),
        (
            [
                status(IN, RUNG, "ringing", to="client:bob"),
                told(Kind.DIAL, IN, DialCallSid=RUNG, DialCallStatus="no-answer"),
            ],
            BOBS,
        ),
        ([told(Kind.DECLINED, IN, Agent="bob")], {"legs": 1, "bob declined": "in"}),
        ([told(Kind.DECLINED, IN)], {"legs": 1}),
        # A blind transfer and an act: counted where a number is called, and what moves.
        (
            [told(Kind.TRANSFER, IN, at=40, To=NUMBER, Agent="bob", PassedBy=RUNG)],
            {"legs": 2, "bob placed": 1, "placed": 1, "in moves": "dial", "in passes on": "rung"},
        ),
        (
            [told(Kind.TRANSFER, IN, at=30, To=COLLEAGUE, Agent="bob", PassedBy=RUNG)],
            {"legs": 1},
        ),
        (
            [told(Kind.TRANSFER, IN, at=30.5, To=COLLEAGUE, Agent="bob", Customer=OUT)],
            {"legs": 1, "in moves": "left", "conferences": "in"},
        ),
        ([told(Kind.TRANSFER, IN, at=40, To=NUMBER)], {"legs": 1, "in moves": "dial"}),
        (
            [told(Kind.ACT, IN, at=40, Act="move", Agent="bob")],
            {"legs": 1, "in moves": "conference", "conferences": "in"},
        ),
        (
            [
                told(Kind.ACT, IN, at=40, Act="move", Agent="bob"),
                told(Kind.ACT, IN, at=41, Act="move-failed", Agent="bob"),
            ],
            {"legs": 1, "in moves": "stays", "conferences": "in"},
        ),
        ([told(Kind.ACT, IN, at=40, Act="hold", Agent="bob")], {"legs": 1}),
        (
            [told(Kind.ACT, IN, at=40, Act="add", Agent="bob", To=NUMBER)],
            {"legs": 2, "bob placed": 1, "placed": 1},
        ),
        ([told(Kind.NOTE, IN, at=40, Act="move", Agent="bob", To=NUMBER)], {"legs": 1}),
        ([told(Kind.VOICE, IN, From=NUMBER, Forwarded=NUMBER)], {"legs": 2, "forwarded": 1}),
        # Who joined a call later is in it though the first leg is over, and leaves it alone.
        (
            [
                told(Kind.STATUS, OTHER, parent=IN, To=COLLEAGUE, OfCall=IN, CallStatus="in-progress"),
                told(Kind.STATUS, IN, at=9, CallStatus="completed"),
            ],
            {"legs": 2, "other of": "in", "carol on": "other"},
        ),
        (
            [
                voice(),
                told(Kind.STATUS, OTHER, at=9, parent=OUT, To=COLLEAGUE, OfCall=OUT, CallStatus="completed"),
            ],
            {**PLACED, "legs": 2, "other of": "out", "alice on": "out"},
        ),
    ],
)
def test_what_is_known_of_what_was_heard(heard: list[Callback], facts: dict[str, object]) -> None:
    assert known(*heard) == facts
    assert known(*heard[::-1], *heard) == facts


def test_without_an_end_a_call_lasts_as_long_as_twilio_lets_it() -> None:
    longest = timedelta(hours=4, minutes=10)
    board = after([voice()])
    assert board.keeps == longest
    moments = [TEN + longest - timedelta(seconds=1), TEN + longest]
    assert [board.in_call("alice", now) for now in moments] == [True, False]
    assert LiveCalls(timedelta(minutes=5)).keeps == HOUR
    assert LiveCalls(timedelta(minutes=50)).keeps == HOUR
    assert LiveCalls(timedelta(minutes=51)).keeps == HOUR + timedelta(minutes=1)


def test_of_two_legs_on_which_an_agent_is_the_first_by_its_name_is_theirs() -> None:
    for order in ([voice(LEG), voice(OTHER)], [voice(OTHER), voice(LEG)]):
        board = after(order)
        assert board.call_of("alice", soon()) == min(LEG, OTHER)
        board.add(dial(min(LEG, OTHER)))
        assert board.call_of("alice", soon()) == max(LEG, OTHER)
        board.add(dial(max(LEG, OTHER)))
        assert board.call_of("alice", soon()) is None
        assert not board._on_line


def test_the_last_talk_is_the_one_that_ended_last() -> None:
    for order in ((LEG, OTHER), (OTHER, LEG)):
        board = after([one for n, sid in enumerate(order) for one in (voice(sid), dial(sid, at=10 * n + 5))])
        assert board.talked_until("alice") == soon(15)
