"""Whatever the plan, whatever everybody does, in whatever order it is told: Twenty shows what happened."""

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.sandbox.twenty import twenty_sandbox
from bridge.sandbox.twilio import Delivery, Party
from tests.routing.conftest import Phone, Seen, open_phone

SETUP_SECONDS = 1
"""From dialling to ringing, in the sandbox."""


@dataclass(frozen=True)
class Step:
    """Agents (by number) or, without any, a telephone; rung for so many seconds."""

    agents: tuple[int, ...]
    seconds: int
    sequential: bool


@dataclass(frozen=True)
class Script:
    """A line's plan, what each of its parties does, and what the caller does."""

    steps: tuple[Step, ...]
    parties: tuple[Party, ...]
    voicemail: bool
    says: str
    hangs_up_after: int | None


PARTIES = st.one_of(
    st.builds(Party.answers, after=st.integers(0, 40), talks=st.integers(1, 300)),
    st.sampled_from([Party.rejects(), Party.busy(), Party.no_answer(), Party.unreachable(), Party.failed()]),
)
STEPS = st.builds(
    Step, st.lists(st.integers(0, 4), max_size=5, unique=True).map(tuple), st.integers(5, 30), st.booleans()
)
SCRIPTS = st.builds(
    Script,
    steps=st.lists(STEPS, max_size=4).map(tuple),
    parties=st.tuples(*[PARTIES] * 6),
    voicemail=st.booleans(),
    says=st.sampled_from(["", "Please call me back."]),
    hangs_up_after=st.none() | st.integers(1, 90),
)


def own_number(line: int) -> str:
    return f"+3315913{line:04}"


def agent(line: int, n: int) -> str:
    """Every line has agents of its own, so that nobody is in another call."""
    return f"agent_{line}_{n}"


def mobile(line: int) -> str:
    return f"+3369876{line:04}"


def who(line: int, step: Step) -> list[str]:
    return [f"client:{agent(line, n)}" for n in step.agents] or [mobile(line)]


def config(scripts: Sequence[Script]) -> str:
    numbers = {
        own_number(line): {
            "owner": {"seconds": 0},
            "ring": [_ring(line, step) for step in script.steps],
            "voicemail": {"enabled": script.voicemail},
        }
        for line, script in enumerate(scripts)
    }
    return yaml.safe_dump({"lines": {"numbers": numbers}})


def _ring(line: int, step: Step) -> dict[str, object]:
    if not step.agents:
        return {"number": mobile(line), "seconds": step.seconds}
    order = "sequential" if step.sequential else "simultaneous"
    return {
        "agents": [agent(line, n) for n in step.agents],
        "seconds": step.seconds,
        "order": order,
    }


def rung(line: int, step: Step) -> Iterator[list[str]]:
    """Who is rung at once, one Dial after the other."""
    yield from ([one] for one in who(line, step)) if step.sequential else [who(line, step)]


def party(line: int, script: Script, address: str) -> Party:
    return script.parties[-1 if address == mobile(line) else int(address.rpartition("_")[2])]


def expected(line: int, script: Script) -> tuple[list[str], str, str | None, int | None]:
    """Of a caller who waits: the phones that ring, the status, who answers, how long they talk."""
    phones: list[str] = []
    for step in script.steps:
        for at_once in rung(line, step):
            phones += at_once
            in_time = {
                address: does.after
                for address in at_once
                if (does := party(line, script, address)).outcome == "answered"
                and does.after is not None
                and does.after + SETUP_SECONDS <= step.seconds
            }
            if in_time:
                first = min(in_time, key=lambda address: in_time[address])
                return phones, "COMPLETED", first, int(party(line, script, first).talks or 0)
    left = script.voicemail and script.says
    return phones, "VOICEMAIL" if left else "MISSED", None, None


def rang(line: int, script: Script, phones: Sequence[str], legs: Sequence[str]) -> Iterator[str]:
    """Those of `phones` that rang: an agent who declined a step may be left out of the next ones.

    Whether they are depends on whether the status of their leg came before the next step began.
    """
    told = list(legs)
    for place, phone in enumerate(phones):
        again = phone in phones[:place] and phone != mobile(line)
        declined = again and party(line, script, phone).outcome == "busy"
        if told[:1] == [phone]:
            yield told.pop(0)
        elif not declined:
            yield phone


def happened(company: Phone, seen: Seen) -> tuple[str, int | None]:
    """The status and the length that the sandbox's own account of the call has."""
    talked = [leg for leg in seen.played.legs if leg.answered_at is not None]
    if talked:
        return "COMPLETED", sum(leg.duration or 0 for leg in talked)
    recordings = company.twilio.account.recordings_of(seen.played.sid)
    return "VOICEMAIL" if any(r.duration for r in recordings) else "MISSED", None


async def play(scripts: Sequence[Script], seed: int) -> None:
    """All at once, on one bridge; each call must come out as its script says."""
    delivery = Delivery(seed=seed, shuffle=True, duplicate=0.3)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        twenty = await stack.enter_async_context(twenty_sandbox(provisioned=True, rate_limit=False))
        company = await stack.enter_async_context(
            open_phone(config(scripts), twenty, folder, delivery=delivery)
        )
        calls = [_call(company, line, script) for line, script in enumerate(scripts)]
        for line, (script, seen) in enumerate(zip(scripts, await asyncio.gather(*calls), strict=True)):
            check(company, line, script, seen)
        assert len(await company.records()) == len(scripts)


async def _call(company: Phone, line: int, script: Script) -> Seen:
    number = company.twilio.account.add_number(own_number(line))
    number.voice_application_sid = company.twilio.app_sid
    company.twilio.parties |= {f"client:{agent(line, n)}": does for n, does in enumerate(script.parties[:-1])}
    company.twilio.parties[mobile(line)] = script.parties[-1]
    return await company.call(
        to=own_number(line), says=script.says, caller_hangs_up_after=script.hangs_up_after
    )


def check(company: Phone, line: int, script: Script, seen: Seen) -> None:
    phones, status, first, talked = expected(line, script)
    legs = [leg.to for leg in seen.played.legs]
    shown = (seen.record["status"], seen.record["durationInSeconds"])
    assert shown == happened(company, seen)
    ringing = list(rang(line, script, phones, legs))
    assert legs == ringing[: len(legs)]
    if script.hangs_up_after is None:
        assert (legs, *shown) == (ringing, status, talked)
    if first and shown[0] == "COMPLETED" and first.startswith("client:"):
        assert (seen.handling or "").startswith(f"Answered by {first.removeprefix('client:')} ")
    assert seen.record["direction"] == "INBOUND"
    assert seen.record["endedAt"]


BATCHES = st.lists(SCRIPTS, min_size=6, max_size=10)
UNHURRIED = [HealthCheck.too_slow, HealthCheck.large_base_example, HealthCheck.data_too_large]


@settings(max_examples=6, suppress_health_check=UNHURRIED)
@given(scripts=BATCHES, seed=st.integers(0, 1000))
def test_the_outcome_in_twenty_is_the_script_s(scripts: list[Script], seed: int) -> None:
    asyncio.run(play(scripts, seed))


@pytest.mark.slow
@settings(max_examples=100, suppress_health_check=UNHURRIED)
@given(scripts=BATCHES, seed=st.integers(0, 100_000))
def test_the_outcome_in_twenty_is_the_script_s_a_thousand_times(scripts: list[Script], seed: int) -> None:
    asyncio.run(play(scripts, seed))
