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
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bridge.demo.bridge import CONFIG, environment, known_to, set_up_twenty
from bridge.demo.process import running
from bridge.demo.twenty import Twenty, open_twenty
from bridge.sandbox.twenty import twenty_sandbox
from bridge.sandbox.twilio import Delivery, Party, PlayedCall, TwilioSandbox, twilio_sandbox
from bridge.sandbox.twilio.load import LoadPlan, run_load

PEOPLE = 500
ARRIVES_SECONDS = 120
LOOK_SECONDS = 0.2
BATCH = 200
UNLIMITED = "twenty: {requests_per_minute: 1000000}\n"


@dataclass(frozen=True, slots=True)
class Script:
    """A call and what Twenty shall show of it. `who` is None for a number that nobody has."""

    to: str
    party: Party
    who: str | None
    status: str
    seconds: int | None = None


def script(number: int, chance: random.Random) -> Script:
    """The n-th call: every number is called once, every other one is somebody's."""
    to = f"+336{number:08}"
    who = f"Person {number}" if number < PEOPLE else None
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


@dataclass(frozen=True, slots=True)
class Stage:
    """What the calls go through."""

    twilio: TwilioSandbox
    user: Twenty


@asynccontextmanager
async def open_stage(seed: int) -> AsyncIterator[Stage]:
    """Both sandboxes and the bridge; half of the numbers that are called first are somebody's."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        folder.joinpath("config.yaml").write_text(CONFIG + UNLIMITED)
        twenty = await stack.enter_async_context(twenty_sandbox(rate_limit=False))
        delivery = Delivery(seed=seed, shuffle=True, duplicate=0.2)
        twilio = await stack.enter_async_context(twilio_sandbox(delivery=delivery))
        env = environment(twilio, twenty, folder)
        await set_up_twenty(env, folder)
        user = await stack.enter_async_context(open_twenty(twenty.url, twenty.user_token))
        for first in range(0, PEOPLE, BATCH):
            await user.create_people([_person(number) for number in range(first, min(first + BATCH, PEOPLE))])
        process = await stack.enter_async_context(running(env, folder))
        known_to(twilio, listens_on=process.url)
        yield Stage(twilio, user)


def _person(number: int) -> dict[str, Any]:
    return {
        "name": {"firstName": "Person", "lastName": str(number)},
        "phones": {"primaryPhoneNumber": f"+336{number:08}"},
    }


async def soak(calls: int, seed: int, *, rate: float = 200) -> dict[str, Any]:
    """Plays the calls, and compares what Twenty has with what was scripted."""
    chance = random.Random(seed)
    scripts = [script(number, chance) for number in range(calls)]
    async with open_stage(seed) as stage:
        began = time.monotonic()
        played: dict[str, Script] = {}

        async def place(number: int) -> PlayedCall:
            wanted = scripts[number]
            stage.twilio.parties[wanted.to] = wanted.party
            call = await stage.twilio.call_from_browser("alice", wanted.to)
            played[call.sid] = wanted
            return call

        report = await run_load(stage.twilio, LoadPlan(calls=calls, rate=rate, at_once=100, seed=seed), place)
        wrong = await _until_right(stage.user, played)
        return {
            "calls": calls,
            "seconds": round(time.monotonic() - began, 1),
            "outcomes": dict(Counter(wanted.status for wanted in scripts)),
            "callbacks": report.sent,
            "not_acknowledged": report.refused + report.given_up,
            "wrong": wrong,
        }


async def _until_right(user: Twenty, played: dict[str, Script]) -> Sequence[str]:
    """What is still wrong when all had the time to arrive."""
    until = time.monotonic() + ARRIVES_SECONDS
    while (wrong := compare(played, await user.calls(played))) and time.monotonic() < until:
        await asyncio.sleep(LOOK_SECONDS)
    return wrong


def compare(played: dict[str, Script], records: dict[str, dict[str, Any]]) -> Sequence[str]:
    """A line for each call that Twenty shows otherwise, or not at all."""
    return [
        f"{sid}: {found} instead of {wanted}"
        for sid, script in played.items()
        if (found := _shown(records.get(sid))) != (wanted := (script.status, script.seconds, script.who))
    ]


def _shown(record: dict[str, Any] | None) -> tuple[str, int | None, str | None] | None:
    if record is None:
        return None
    person = record["person"]
    name = f"{person['name']['firstName']} {person['name']['lastName']}" if person else None
    return record["status"], record["durationInSeconds"], name


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=200)
    arguments = parser.parse_args()
    result = asyncio.run(soak(arguments.calls, arguments.seed, rate=arguments.rate))
    print(json.dumps(result))
    raise SystemExit(1 if result["wrong"] else 0)
