"""What is printed can be put into docs/performance.md as it is: each row has the columns of its head."""

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks import goals, http, instructions, parts, whole

CPU = {"cpu_us": 100.0, "rps": 1000.0, "p50_ms": 1.0, "p99_ms": 2.0}
PERCENTILES = {"p50": 1.0, "p99": 2.0}
BY_PART = {**dict.fromkeys((*parts.PARTS, parts.OTHERS), 1.0)}
CALLS = {"calls_per_s": 1.0, "cpu_us_per_call": 900, "wrong": []}
WAITS = {"acknowledged_ms": PERCENTILES, "callback_to_twenty_ms": PERCENTILES}
HTTP = {"token": {"bridge": CPU, "express": {**CPU, "cpu_us": 250.0}, "ratio_to_express": 2.5}}
COUNTED = {"token": {"loop": 541.0, "all": 542.0, "bare": 212.0, "parts": BY_PART}}


@pytest.mark.parametrize(
    ("show", "figures", "row"),
    [
        (http.show, HTTP, "| token | bridge | 100 | 1000 | 1.0, 2.0 | 2.5 |  |"),
        (parts.show, {"token": BY_PART}, "| log | 1 |"),
        (instructions.show, COUNTED, "| aiohttp, bare | 212 |"),
        (
            whole.show,
            {"at": {"most": CALLS | WAITS}},
            "| as many as go | 1.0 | 1.0, 2.0 | 1.0, 2.0 | 0.9 | 0 |",
        ),
        (goals.show, {}, "| idle memory, MB |  | ≤ 80 | left out |"),
    ],
)
def test_tables(
    show: Callable[[Any], None], figures: Any, row: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show(figures)
    lines = capsys.readouterr().out.splitlines()
    assert row in lines
    assert len({line.count("|") for line in lines}) == 1
