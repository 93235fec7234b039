"""Scripted calls through sandbox Twilio, bridge and sandbox Twenty; each must end as one activity, and right.

`python -m benchmarks.soak --calls 10000 --seed 1` prints `{"calls", "wrong", "seconds", …}` and ends with 1
if anything is wrong. Deliveries come shuffled and twice, all drawn from the seed.
"""

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from typing import Any

from benchmarks.stage import Script, open_stage, person_of, phone
from bridge.sandbox.twilio import Delivery, Party, PlayedCall
from bridge.sandbox.twilio.load import LoadPlan, run_load


def script(number: int, chance: random.Random) -> Script:
    """The n-th call: every number is called once, every other one is somebody's."""
    to, who = phone(number), person_of(number)
    seconds = chance.randint(1, 3600)
    return chance.choice(
        (
            Script(to, Party.answers(after=chance.randint(1, 25), talks=seconds), who, "COMPLETED", seconds),
            Script(to, Party.busy(), who, "BUSY"),
            Script(to, Party.rejects(), who, "BUSY"),
            Script(to, Party.no_answer(), who, "MISSED"),
            Script(to, Party.unreachable(), who, "MISSED"),
            Script(to, Party.failed(), who, "FAILED"),
            Script(f"0{number % 10}", Party.no_answer(), None, "FAILED"),
            Script(f"client:agent{number}", Party.answers(talks=seconds), None, "COMPLETED", seconds),
        )
    )


async def soak(calls: int, seed: int, *, rate: float = 200) -> dict[str, Any]:
    """Plays the calls, and compares what Twenty has with what was scripted."""
    chance = random.Random(seed)
    scripts = [script(number, chance) for number in range(calls)]
    async with open_stage(delivery=Delivery(seed=seed, shuffle=True, duplicate=0.2)) as stage:
        began = time.monotonic()

        async def place(number: int) -> PlayedCall:
            return await stage.play(scripts[number])

        report = await run_load(stage.twilio, LoadPlan(calls=calls, rate=rate, at_once=100, seed=seed), place)
        wrong = await stage.until_right()
        return {
            "calls": calls,
            "seconds": round(time.monotonic() - began, 1),
            "outcomes": dict(Counter(wanted.status for wanted in scripts)),
            "callbacks": report.sent,
            "not_acknowledged": report.refused + report.given_up,
            "wrong": wrong,
        }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=200)
    arguments = parser.parse_args()
    result = asyncio.run(soak(arguments.calls, arguments.seed, rate=arguments.rate))
    print(json.dumps(result))
    raise SystemExit(1 if result["wrong"] else 0)
