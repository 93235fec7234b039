"""Calls out that a machine answers."""

import pytest

from bridge.sandbox.twilio import Party
from tests.support import finished
from tests.together.conftest import OpenHouse

MOBILE = "+33612345678"


@pytest.mark.parametrize(
    ("detection", "party", "status"),
    [
        (True, Party.machine(talks=20), "VOICEMAIL"),
        (True, Party.answers(talks=20), "COMPLETED"),
        (True, Party.busy(), "BUSY"),
        (False, Party.machine(talks=20), "COMPLETED"),
    ],
)
async def test_the_outcome_says_whether_a_machine_answered(
    open_house: OpenHouse, party: Party, status: str, *, detection: bool
) -> None:
    house = await open_house(voice={"machine_detection": detection})
    house.twilio.parties[MOBILE] = party
    played = await house.twilio.call_from_browser("alice", MOBILE)
    record = await finished(house.twenty, played.sid)
    assert record["status"] == status
