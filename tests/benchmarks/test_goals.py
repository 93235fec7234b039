"""The table at the end says of each goal whether it was met, missed or left out."""

from typing import Any

import pytest

from benchmarks import goals
from benchmarks.machine import machine

CALLS = {"wrong": [], "not_acknowledged": 0, "calls_per_s": 250.0, "acknowledged_ms": {"p99": 12.0}}
GOOD: dict[str, Any] = {
    "http": {
        "token": {"ratio_to_express": 6.5},
        "voice": {"ratio_to_express": 2.5},
        "status": {"ratio_to_express": 2.1},
    },
    "start": {"ready_s": 0.8, "idle_mb": 110.0},
    "drain": {"calls_per_root_field": 86.9},
    "whole": {"at": {"100": CALLS, "most": CALLS}},
}


@pytest.mark.parametrize(
    ("changed", "met", "missed", "left_out"),
    [
        ({}, 8, 0, 0),
        ({"http": {"token": {}, "voice": {}, "status": {}}}, 5, 0, 3),
        ({"start": {"ready_s": 2.1, "idle_mb": 131.0}}, 6, 2, 0),
        ({"whole": {"at": {"100": CALLS, "most": CALLS | {"wrong": ["one"]}}}}, 7, 1, 0),
        ({"drain": {"calls_per_root_field": 59.9}}, 7, 1, 0),
    ],
)
def test_goals(
    changed: dict[str, Any], met: int, missed: int, left_out: int, capsys: pytest.CaptureFixture[str]
) -> None:
    goals.show(GOOD | changed)
    lines = capsys.readouterr().out.splitlines()[1:]
    counts = [sum(line.endswith(word) for line in lines) for word in ("met", "MISSED", "left out")]
    assert counts == [met, missed, left_out]


def test_the_machine_is_named() -> None:
    assert "Python 3." in machine()
