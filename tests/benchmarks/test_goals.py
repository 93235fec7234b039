"""The table at the end says of each goal whether it was met, missed or left out."""

from typing import Any

import pytest

from benchmarks import goals
from benchmarks.machine import machine

CALLS = {"wrong": [], "not_acknowledged": 0, "calls_per_s": 250.0, "acknowledged_ms": {"p99": 12.0}}
GOOD: dict[str, Any] = {
    "http": {
        kind: {"ratio_to_express": 5.5, "ratio_to_express_same_work": 2.5, "ratio_to_bare_aiohttp": 0.4}
        for kind in ("token", "voice", "status")
    },
    "durable": {"32": {"postgresql_to_same_work": 2.0}},
    "start": {"ready_s": 0.5, "idle_mb": 79.0},
    "drain": {"calls_per_root_field": 86.9, "cpu_us_per_call": 249},
    "whole": {"at": {"100": CALLS, "most": CALLS}},
}


@pytest.mark.parametrize(
    ("changed", "met", "missed", "left_out"),
    [
        ({}, 16, 0, 0),
        ({"http": {"token": {}, "voice": {}, "status": {}}}, 7, 0, 9),
        ({"start": {"ready_s": 0.6, "idle_mb": 81.0}}, 14, 2, 0),
        ({"whole": {"at": {"100": CALLS, "most": CALLS | {"wrong": ["one"]}}}}, 15, 1, 0),
        ({"drain": {"calls_per_root_field": 59.9, "cpu_us_per_call": 251}}, 14, 2, 0),
    ],
)
def test_goals(
    changed: dict[str, Any], met: int, missed: int, left_out: int, capsys: pytest.CaptureFixture[str]
) -> None:
    goals.show(GOOD | changed)
    lines = capsys.readouterr().out.splitlines()[2:]
    verdicts = ("met", "**missed**", "left out")
    counts = [sum(line.endswith(f"| {verdict} |") for line in lines) for verdict in verdicts]
    assert counts == [met, missed, left_out]


def test_the_machine_is_named() -> None:
    assert "Python 3." in machine()
