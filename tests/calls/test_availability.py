"""Whether an agent takes calls, and whether their phone rings at all: tables of what was said and set."""

from datetime import datetime, timedelta

import pytest

from bridge.calls.availability import Availability, AvailabilityStatus, Said, availability
from bridge.calls.phone_access import Lack, PhoneAccess, phone_access
from tests.support import TEN

AVAILABLE, BUSY, AWAY, AFTER_CALL = AvailabilityStatus


def at(seconds: float | None) -> datetime | None:
    return None if seconds is None else TEN + timedelta(seconds=seconds)


def said(status: AvailabilityStatus, since: float, until: float | None = None) -> Said:
    return Said(status=status, since=TEN + timedelta(seconds=since), until=at(until))


@pytest.mark.parametrize(
    ("told", "talked_until", "status", "since", "until"),
    [
        # What they said last holds, at 100 seconds, until it ends by itself.
        ([], None, AVAILABLE, None, None),
        ([said(AVAILABLE, 10)], None, AVAILABLE, 10, None),
        ([said(BUSY, 10)], None, BUSY, 10, None),
        ([said(AWAY, 20), said(BUSY, 10)], None, AWAY, 20, None),
        ([said(AVAILABLE, 20), said(BUSY, 10)], None, AVAILABLE, 20, None),
        ([said(AWAY, 10, 101)], None, AWAY, 10, 101),
        ([said(AWAY, 10, 100)], None, AVAILABLE, 100, None),
        ([said(AWAY, 10, 50)], None, AVAILABLE, 50, None),
        # For 30 seconds after a talk they take none.
        ([], 71, AFTER_CALL, 71, 101),
        ([], 70, AVAILABLE, 100, None),
        ([said(AVAILABLE, 70)], 71, AFTER_CALL, 71, 101),
        ([said(AVAILABLE, 71)], 71, AVAILABLE, 71, None),
        ([said(AVAILABLE, 72)], 71, AVAILABLE, 72, None),
        ([said(AWAY, 10, 80)], 75, AFTER_CALL, 75, 105),
        ([said(AWAY, 80, 90)], 75, AVAILABLE, 90, None),
        ([said(BUSY, 10)], 75, BUSY, 10, None),
        # Since when: the later of what they said, and the end of the rest.
        ([said(AVAILABLE, 10)], 40, AVAILABLE, 70, None),
        ([said(AVAILABLE, 80)], 40, AVAILABLE, 80, None),
    ],
)
def test_whether_an_agent_takes_calls(
    told: list[Said],
    talked_until: float | None,
    status: AvailabilityStatus,
    since: float | None,
    until: float | None,
) -> None:
    rest = timedelta(seconds=30)
    now = TEN + timedelta(seconds=100)
    for order in (told, told[::-1]):
        found = availability(order, talked_until=at(talked_until), after_call=rest, now=now)
        assert found == Availability(status=status, since=at(since), until=at(until))
        assert found.takes_calls == (status is AVAILABLE)


def test_without_a_rest_a_talk_changes_nothing() -> None:
    now = TEN + timedelta(seconds=100)
    found = availability([], talked_until=at(99), after_call=timedelta(), now=now)
    assert found == Availability()


@pytest.mark.parametrize(
    ("configured", "rung", "incoming", "access"),
    [
        (True, ["bob", "alice"], True, PhoneAccess(agent=True)),
        (False, ["alice"], True, PhoneAccess(agent=True)),
        (True, ["alice"], False, PhoneAccess(agent=True, lacks=(Lack.CALLS_OUT_ONLY,))),
        (True, ["bob"], True, PhoneAccess(agent=True, lacks=(Lack.NOT_RUNG,))),
        (True, [], False, PhoneAccess(agent=True, lacks=(Lack.NOT_RUNG,))),
        (False, ["bob"], True, PhoneAccess(lacks=(Lack.NOT_AN_AGENT,))),
    ],
)
def test_why_a_phone_does_not_ring(
    configured: bool, rung: list[str], incoming: bool, access: PhoneAccess
) -> None:
    found = phone_access(configured=configured, rung=rung, own=["alice", "alice_doe"], incoming=incoming)
    assert found == access
    assert (found.rings, found.calls) == (not access.lacks, True)
