"""Who rings: a table of lines, agents and moments."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bridge.calls.dialling.admission import Admitted
from bridge.calls.routing.hours import Hours, Span
from bridge.calls.routing.lines import Group, Line, Lines, Message, Owner, Step, Telephone, Voicemail
from bridge.calls.routing.steps import (
    MOST_LEGS,
    Decision,
    Forward,
    Phones,
    Ring,
    begin,
    go_on,
    rings_agents,
    spoken_since,
)
from bridge.calls.texts import ENGLISH

NOON, NIGHT = datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2026, 11, 23, 23, tzinfo=UTC)
DAYTIME = Hours(ZoneInfo("UTC"), ((Span(8 * 60, 18 * 60),),) * 7)
VOICEMAIL = Voicemail("Please leave a message.", 120, transcribe=True)
SORRY, CLOSED = Message(ENGLISH.no_inbound), Message("We are closed.")
MOBILE = "+33698765432"
TEAM = Group(("alice", "bob"), 25)


def line(*steps: Step) -> Line:
    return Line(
        name="a line",
        texts=ENGLISH,
        steps=steps,
        owner_days=0,
        voicemail=VOICEMAIL,
        ring_seconds=30,
        longest_call_seconds=None,
        machine_detection=False,
    )


KNOWN = {"carol@example.com": ("wm_1",), "dora": ("dora", "wm_2")}


def phones(*, owners: tuple[str, ...] = (), in_call: tuple[str, ...] = ()) -> Phones:
    return Phones(
        identities=KNOWN, owners=[(o,) for o in owners], in_call=lambda i: i in in_call, forward=Admitted
    )


@pytest.mark.parametrize(
    ("served", "reached", "decision"),
    [
        (line(TEAM), phones(), Ring(0, ("alice", "bob"), 25)),
        (line(TEAM), phones(in_call=("alice",)), Ring(0, ("bob",), 25)),
        (line(TEAM), phones(in_call=("alice", "bob")), VOICEMAIL),
        (
            line(TEAM, Telephone(MOBILE, 20)),
            phones(in_call=("alice", "bob")),
            Forward(1, Admitted(MOBILE), 20),
        ),
        (line(Group((), 25)), phones(), VOICEMAIL),
        (line(), phones(), VOICEMAIL),
        (replace(line(), voicemail=None), phones(), SORRY),
        (line(Group(("carol@example.com",), 9)), phones(), Ring(0, ("wm_1",), 9)),
        # Who may be reached under two identities is rung under both, after everybody was rung under one.
        (line(Group(("dora", "bob"), 9)), phones(), Ring(0, ("dora", "bob", "wm_2"), 9)),
        (line(Group(("dora", "bob"), 9)), phones(in_call=("wm_2",)), Ring(0, ("bob",), 9)),
        (
            line(Group(("dora", *"abcdefghi"), 9)),
            phones(),
            Ring(0, ("dora", *"abcdefghi"), 9),
        ),
        (line(Group(("alice", "alice"), 9)), phones(), Ring(0, ("alice",), 9)),
        (line(Message("Bye.")), phones(), Message("Bye.")),
        (line(Owner(15), TEAM), phones(), Ring(1, ("alice", "bob"), 25)),
        (line(Owner(15), TEAM), phones(owners=("jane", "bob")), Ring(0, ("jane",), 15)),
        (line(Owner(15), TEAM), phones(owners=("jane", "bob"), in_call=("jane",)), Ring(0, ("bob",), 15)),
        (line(Owner(15), TEAM), phones(owners=("jane",), in_call=("jane",)), Ring(1, ("alice", "bob"), 25)),
    ],
)
def test_begin(served: Line, reached: Phones, decision: Decision) -> None:
    assert begin(served, reached, now=NOON) == decision


@pytest.mark.parametrize(
    ("declined", "away", "rung"),
    [
        ("wm_2", "", ("bob",)),
        ("dora", "", ("bob",)),
        ("", "wm_2", ("bob",)),
        ("bob", "", ("dora", "wm_2")),
        ("", "bob", ("dora", "wm_2")),
    ],
)
def test_who_declined_or_is_away_under_one_identity_is_not_rung_under_another(
    declined: str, away: str, rung: tuple[str, ...]
) -> None:
    reached = replace(
        phones(), declined=lambda i: i == declined, available=lambda identities: away not in identities
    )
    assert begin(line(Group(("dora", "bob"), 9)), reached, now=NOON) == Ring(0, rung, 9)


@pytest.mark.parametrize(
    ("step", "decision"),
    [
        (0, Ring(0, ("alice", "bob"), 25)),
        (1, Forward(1, Admitted(MOBILE), 20)),
        (2, Ring(2, ("dave",), 10)),
        (3, VOICEMAIL),
        (99, VOICEMAIL),
    ],
)
def test_step_by_step(step: int, decision: Decision) -> None:
    assert go_on(line(TEAM, Telephone(MOBILE, 20), Group(("dave",), 10)), step, phones()) == decision


@pytest.mark.parametrize(
    ("served", "now", "decision"),
    [
        (replace(line(TEAM), hours=DAYTIME), NOON, Ring(0, ("alice", "bob"), 25)),
        (replace(line(TEAM), hours=DAYTIME), NIGHT, VOICEMAIL),
        (replace(line(TEAM), hours=DAYTIME, closed=CLOSED), NIGHT, CLOSED),
        (replace(line(TEAM), hours=DAYTIME, voicemail=None), NIGHT, SORRY),
        (replace(line(TEAM), hours=DAYTIME, closed=CLOSED), NOON, Ring(0, ("alice", "bob"), 25)),
    ],
)
def test_hours(served: Line, now: datetime, decision: Decision) -> None:
    assert begin(served, phones(), now=now) == decision


def test_a_call_that_came_in_time_goes_on_after_hours() -> None:
    assert go_on(replace(line(TEAM, TEAM), hours=DAYTIME), 1, phones()) == Ring(1, ("alice", "bob"), 25)


def test_lines_by_number() -> None:
    shop, other = line(TEAM), line()
    lines = Lines(other, {"+33159130001": shop})
    assert [lines.of(number) for number in ("+33159130001", "+33159130002", "", None)] == [
        *(shop, other, other, other)
    ]


def test_a_number_that_is_written_in_two_ways_has_one_line_unless_both_are_named() -> None:
    written, with_1 = "+525512345678", "+5215512345678"
    shop, mobile, other = line(TEAM), line(Owner(15)), line()
    assert Lines(other, {written: shop}).of(with_1) is shop
    both = Lines(other, {written: shop, with_1: mobile})
    assert (both.of(written), both.of(with_1)) == (shop, mobile)


@pytest.mark.parametrize(
    ("steps", "step", "rings"),
    [
        ((), 0, False),
        ((TEAM,), 0, True),
        ((Owner(15),), 0, True),
        ((Telephone(MOBILE, 20),), 0, False),
        ((Message("Bye."),), 0, False),
        ((Telephone(MOBILE, 20), TEAM), 0, True),
        ((TEAM, Telephone(MOBILE, 20)), 0, True),
        ((TEAM, Telephone(MOBILE, 20)), 1, False),
    ],
)
def test_who_calls_is_looked_up_only_where_a_step_rings_agents(
    steps: tuple[Step, ...], step: int, rings: bool
) -> None:
    assert rings_agents(line(*steps), step) is rings


AGENTS = st.sampled_from([f"agent{n}" for n in range(15)])
STEPS = st.lists(
    st.builds(Group, st.lists(AGENTS, max_size=15).map(tuple), st.integers(5, 60))
    | st.builds(Owner, st.integers(5, 60))
    | st.builds(Telephone, st.just(MOBILE), st.integers(5, 60)),
    max_size=6,
)


@given(steps=STEPS, busy=st.frozensets(AGENTS), owners=st.lists(AGENTS, max_size=2))
def test_every_call_comes_to_an_end_and_nobody_in_a_call_is_rung(
    steps: list[Step], busy: frozenset[str], owners: list[str]
) -> None:
    served, reached = (
        line(*steps),
        Phones(owners=[(o,) for o in owners], in_call=busy.__contains__, forward=Admitted),
    )
    decision = begin(served, reached, now=NOON)
    asked = 0
    while isinstance(decision, Ring | Forward):
        if isinstance(decision, Ring):
            assert 0 < len(decision.identities) <= MOST_LEGS
            assert not busy.intersection(decision.identities)
        assert decision.step >= asked
        asked = decision.step + 1
        decision = go_on(served, asked, reached)
    assert decision == VOICEMAIL


@pytest.mark.parametrize(
    ("served", "days_ago"),
    [
        (replace(line(Owner(15), TEAM), owner_days=30), 30),
        (replace(line(TEAM, Owner(15)), owner_days=1), 1),
        (replace(line(TEAM), owner_days=30), None),
        (replace(line(Telephone(MOBILE, 20)), owner_days=30), None),
        (replace(line(Owner(15)), owner_days=0), None),
    ],
)
def test_who_spoke_last_is_asked_only_where_a_step_needs_it(served: Line, days_ago: int | None) -> None:
    since = spoken_since(served, NOON)
    assert since == (NOON - timedelta(days=days_ago) if days_ago else None)
