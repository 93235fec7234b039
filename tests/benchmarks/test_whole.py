"""Calls go the whole way, and those that Twenty shows otherwise are told."""

import pytest

from benchmarks.stage import Script, compare
from benchmarks.whole import measure
from bridge.sandbox.twilio import Party
from bridge.sandbox.twilio.load import LoadPlan

SID = "CA" + "0" * 32
PERSON = {"name": {"firstName": "Person", "lastName": "1"}}
SHOWN = {"status": "COMPLETED", "durationInSeconds": 60, "person": PERSON}


async def test_every_call_is_carried_and_logged() -> None:
    figures = await measure({"50": LoadPlan(calls=20, rate=50)}, warm_up=1)
    found = figures["at"]["50"]
    assert (found["calls"], found["wrong"], found["not_acknowledged"]) == (20, [], 0)
    assert found["callbacks_per_call"] >= 4
    assert found["calls_per_s"] > 0
    assert found["cpu_us_per_call"] > 0


@pytest.mark.parametrize(
    ("record", "wrong"),
    [
        (SHOWN, 0),
        (None, 1),
        ({**SHOWN, "status": "MISSED"}, 1),
        ({**SHOWN, "durationInSeconds": 61}, 1),
        ({**SHOWN, "person": None}, 1),
    ],
)
def test_what_is_shown_otherwise_is_wrong(record: dict[str, object] | None, wrong: int) -> None:
    script = Script("+33600000001", Party.answers(talks=60), "Person 1", "COMPLETED", 60)
    assert len(compare({SID: script}, {SID: record} if record else {})) == wrong
