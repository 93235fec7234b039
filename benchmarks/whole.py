"""The whole way: scripted calls through sandbox Twilio, the bridge on a core of its own, and sandbox Twenty.

`python -m benchmarks.whole --json` prints `{"at": {"1"|"10"|"100"|"most": {"calls", "calls_per_s",
"callbacks_per_call", "not_acknowledged", "wrong", "acknowledged_ms": {"p50", "p99"},
"callback_to_twenty_ms": {"p50", "p99"}, "cpu_us_per_call"}}}`.

Each call is placed from a browser, dials out, rings, is answered and ends: a voice request, four status
callbacks of the leg, a Dial action and the call's own end. It must stand in Twenty as it was scripted.
`acknowledged_ms` is what Twilio waits for a 204. `callback_to_twenty_ms` runs from the 204 of the callback
that ends the call until its record in Twenty changes no more. At 1, 10 and 100 calls come at that rate,
whether the former are over or not; at "most" as fast as they are carried, from the first to the last record.
`live: off`, and neither Twilio nor Twenty has a limit: it is the bridge that is measured, though the two
sandboxes share the other core.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import count
from statistics import quantiles
from typing import Any

from benchmarks import command
from benchmarks.stage import Script, Stage, open_stage, person_of, phone
from bridge.sandbox.twilio import Party, PlayedCall
from bridge.sandbox.twilio.load import LoadPlan, run_load

AT: Mapping[str, LoadPlan] = {
    "1": LoadPlan(calls=15, rate=1),
    "10": LoadPlan(calls=150, rate=10),
    "100": LoadPlan(calls=2000, rate=100),
    "most": LoadPlan(calls=4000, rate=10_000, at_once=64),
}
WARM_UP = 100
CONFIG = "activities: {live: 'off'}\n"
_numbers = count()


async def measure(at: Mapping[str, LoadPlan] = AT, *, warm_up: int = WARM_UP) -> dict[str, Any]:
    """The figures of each load, on one stage; `warm_up` is how many calls come before."""
    async with open_stage(config=CONFIG) as stage:
        await _play(stage, LoadPlan(calls=warm_up))
        return {"at": {name: await _play(stage, plan) for name, plan in at.items()}}


async def _play(stage: Stage, plan: LoadPlan) -> dict[str, Any]:
    played: list[PlayedCall] = []

    async def place(_number: int) -> PlayedCall:
        played.append(await stage.play(_script(next(_numbers))))
        return played[-1]

    stage.played.clear()
    cpu, began = stage.bridge.cpu_seconds(), time.time()
    report = await run_load(stage.twilio, plan, place)
    wrong = await stage.until_right()
    used = stage.bridge.cpu_seconds() - cpu
    changed = await _changed(stage)
    return {
        "calls": len(played),
        "calls_per_s": round(len(played) / (max(changed.values()) - began), 1),
        "callbacks_per_call": round(report.sent / len(played), 2),
        "not_acknowledged": report.refused + report.given_up,
        "wrong": wrong,
        "acknowledged_ms": _percentiles([seconds for call in played for seconds in _waits(call)]),
        "callback_to_twenty_ms": _percentiles([changed[call.sid] - _over(call) for call in played]),
        "cpu_us_per_call": round(used / len(played) * 1e6),
    }


def _script(number: int) -> Script:
    party = Party.answers(after=2, talks=60)
    return Script(phone(number), party, person_of(number), "COMPLETED", 60)


async def _changed(stage: Stage) -> dict[str, float]:
    """When the record of each call was last written, by Twenty's clock, which is this machine's."""
    records = await stage.user.calls(stage.played)
    return {sid: datetime.fromisoformat(record["updatedAt"]).timestamp() for sid, record in records.items()}


def _waits(call: PlayedCall) -> Sequence[float]:
    return [
        d.acknowledged_at - d.sent_at for d in call.deliveries if d.status_code == 204 and d.acknowledged_at
    ]


def _over(call: PlayedCall) -> float:
    """When the 204 came of the callback that tells that the leg is over."""
    (over,) = (
        d.acknowledged_at
        for d in call.deliveries
        if d.params.get("ParentCallSid") and d.params["CallStatus"] == "completed" and d.acknowledged_at
    )
    return over


def _percentiles(seconds: list[float]) -> dict[str, float]:
    hundredths = quantiles(seconds, n=100) if len(seconds) > 1 else seconds * 99
    return {"p50": round(hundredths[49] * 1000, 1), "p99": round(hundredths[98] * 1000, 1)}


def show(figures: dict[str, Any]) -> None:
    """A table."""
    heads = (
        "calls a second",
        "carried",
        "204: p50, p99 ms",
        "to Twenty: p50, p99 ms",
        "CPU ms a call",
        "wrong",
    )
    print(f"| {' | '.join(heads)} |\n| --- |{' ---: |' * (len(heads) - 1)}")
    for name, f in figures["at"].items():
        cells = [
            "as many as go" if name == "most" else name,
            f["calls_per_s"],
            *(f"{f[what]['p50']}, {f[what]['p99']}" for what in ("acknowledged_ms", "callback_to_twenty_ms")),
            f"{f['cpu_us_per_call'] / 1000:.1f}",
            len(f["wrong"]),
        ]
        print(f"| {' | '.join(map(str, cells))} |")


if __name__ == "__main__":
    result = command.run(__doc__, measure, show)
    raise SystemExit(1 if any(f["wrong"] for f in result["at"].values()) else 0)
