"""Where scripted calls are played: sandbox Twilio, the bridge, sandbox Twenty; and whether Twenty shows them.

Twilio plays in this process, the others are processes of their own. Half of the numbers that are called
first are somebody's in Twenty.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.servers import Server
from bridge.demo.bridge import CONFIG, environment, known_to
from bridge.demo.process import running, sandbox_twenty
from bridge.demo.twenty import Record, Twenty, open_twenty
from bridge.sandbox.twilio import Delivery, Party, PlayedCall, TwilioSandbox, twilio_sandbox

PEOPLE = 500
BATCH = 200
ARRIVES_SECONDS = 120
LOOK_SECONDS = 0.2
UNLIMITED = "twenty: {requests_per_minute: 1000000}\n"


@dataclass(frozen=True, slots=True)
class Script:
    """A call and what Twenty shall show of it. `who` is None for a number that nobody has."""

    to: str
    party: Party
    who: str | None
    status: str
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """What the calls go through, and those that were played, by SID."""

    twilio: TwilioSandbox
    bridge: Server
    user: Twenty
    played: dict[str, Script] = field(default_factory=dict)

    async def play(self, script: Script) -> PlayedCall:
        """One call out of a browser, back when all of it is delivered."""
        self.twilio.parties[script.to] = script.party
        call = await self.twilio.call_from_browser("alice", script.to)
        self.played[call.sid] = script
        return call

    async def until_right(self) -> Sequence[str]:
        """What is still wrong in Twenty when all had the time to arrive."""
        until = time.monotonic() + ARRIVES_SECONDS
        while (
            wrong := compare(self.played, await self.user.calls(self.played))
        ) and time.monotonic() < until:
            await asyncio.sleep(LOOK_SECONDS)
        return wrong


@asynccontextmanager
async def open_stage(*, config: str = "", delivery: Delivery | None = None) -> AsyncIterator[Stage]:
    """The bridge has a core of its own, where there are two."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        folder.joinpath("config.yaml").write_text(CONFIG + UNLIMITED + config)
        cores = sorted(os.sched_getaffinity(0))
        stack.enter_context(_on(cores[1:] or cores))
        twenty = await stack.enter_async_context(sandbox_twenty())
        twilio = await stack.enter_async_context(twilio_sandbox(delivery=delivery))
        user = await stack.enter_async_context(open_twenty(twenty.url, twenty.user_token))
        for first in range(0, PEOPLE, BATCH):
            await user.create_people([_person(number) for number in range(first, min(first + BATCH, PEOPLE))])
        env = environment(twilio, twenty, folder)
        with _on(cores[:1]):
            bridge = await stack.enter_async_context(running(env, folder))
        known_to(twilio, listens_on=bridge.url)
        yield Stage(twilio, Server("bridge", bridge.url, bridge.pid, bridge.started_in), user)


@contextmanager
def _on(cores: Sequence[int]) -> Iterator[None]:
    """Processes that are started meanwhile run on these cores alone."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def person_of(number: int) -> str | None:
    """Whose the n-th number is."""
    return f"Person {number}" if number < PEOPLE else None


def _person(number: int) -> Record:
    return {
        "name": {"firstName": "Person", "lastName": str(number)},
        "phones": {"primaryPhoneNumber": phone(number)},
    }


def phone(number: int) -> str:
    """The n-th number that is called."""
    return f"+336{number:08}"


def compare(played: Mapping[str, Script], records: Mapping[str, Record]) -> Sequence[str]:
    """A line for each call that Twenty shows otherwise, or not at all."""
    return [
        f"{sid}: {found} instead of {wanted}"
        for sid, script in played.items()
        if (found := _shown(records.get(sid))) != (wanted := (script.status, script.seconds, script.who))
    ]


def _shown(record: Record | None) -> tuple[str, int | None, str | None] | None:
    if record is None:
        return None
    person = record["person"]
    name = f"{person['name']['firstName']} {person['name']['lastName']}" if person else None
    return record["status"], record["durationInSeconds"], name
