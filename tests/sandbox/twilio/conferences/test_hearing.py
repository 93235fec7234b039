"""Who hears whom: a table."""

from datetime import UTC, datetime

import pytest

from bridge.sandbox.twilio.conferences import Conference, Participant, heard_by
from bridge.sandbox.twilio.legs import Leg
from bridge.sandbox.twilio.times import Clock

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
ALL = {"agent": {"customer", "trainer"}, "customer": {"agent", "trainer"}, "trainer": {"agent", "customer"}}


@pytest.mark.parametrize(
    ("who", "member", "value", "changed"),
    [
        ("agent", "muted", False, {}),
        ("agent", "muted", True, {"customer": {"trainer"}, "trainer": {"customer"}}),
        ("customer", "held", True, {"agent": {"trainer"}, "customer": set(), "trainer": {"agent"}}),
        ("trainer", "coached", "agent", {"customer": {"agent"}}),
        ("trainer", "coached", "customer", {"agent": {"customer"}}),
        ("trainer", "coached", "gone", {"agent": {"customer"}, "customer": {"agent"}}),
        ("trainer", "left", "participant_hung_up", {"agent": {"customer"}, "customer": {"agent"}}),
    ],
)
def test_who_is_heard(who: str, member: str, value: bool | str, changed: dict[str, set[str]]) -> None:
    conference = Conference(account_sid="AC", name="room", at=NOW)
    for name in ALL:
        leg = Leg(name, "+33639980001", "+33159130001", "inbound", Clock(NOW), status="in-progress")
        one = Participant(leg=leg, created=NOW)
        conference.admit(one)
        assert (heard_by(conference, one) == []) is (len(conference.connected) == 1), "one alone waits"
    setattr(conference.participants[who], member, value)
    for name, expected in {**ALL, **changed}.items():
        if name != who or member != "left":
            heard = heard_by(conference, conference.participants[name])
            assert {other.leg.sid for other in heard} == expected
