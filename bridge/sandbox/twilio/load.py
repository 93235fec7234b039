"""Thousands of scripted calls at a given rate, and a report of what came of their webhooks."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bridge.sandbox.twilio.calls import PlayedCall
from bridge.sandbox.twilio.delivered import Delivered
from bridge.sandbox.twilio.errors import LoadRefused
from bridge.sandbox.twilio.origins import is_loopback, local_url
from bridge.sandbox.twilio.parties import Party
from bridge.sandbox.twilio.sandbox import TwilioSandbox

MOST_CALLS = 100_000
MOST_SECONDS = 3600
_ENDINGS = (
    Party.answers(after=4, talks=90),
    Party.answers(after=2, talks=15),
    Party.answers(after=9, talks=600),
    Party.busy(),
    Party.no_answer(),
    Party.machine(),
)

Place = Callable[[int], Awaitable[PlayedCall]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """So many calls, so many a second, for at most so many seconds; from at most so many agents."""

    calls: int = 1000
    rate: float = 100.0
    seconds: float = 600.0
    at_once: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises LoadRefused for what has no bound."""
        if not 0 < self.calls <= MOST_CALLS or not 0 < self.seconds <= MOST_SECONDS or self.rate <= 0:
            raise LoadRefused(f"1 to {MOST_CALLS} calls, up to {MOST_SECONDS} seconds, at a rate above 0")


@dataclass(slots=True)
class LoadReport:
    """Counts of calls and of webhooks; latencies in milliseconds, of what was acknowledged."""

    calls: int = 0
    failed_calls: int = 0
    seconds: float = 0.0
    calls_per_second: float = 0.0
    sent: int = 0
    acknowledged: int = 0
    retried: int = 0
    refused: int = 0
    given_up: int = 0
    dropped: int = 0
    webhooks_per_second: float = 0.0
    errors: dict[str, int] = field(default_factory=dict)
    latency_ms: dict[str, float] = field(default_factory=dict)


async def run_load(sandbox: TwilioSandbox, plan: LoadPlan, place: Place | None = None) -> LoadReport:
    """Places the calls of a plan; `place` makes the n-th one, by default from a browser to anybody.

    Raises LoadRefused if the webhooks would leave this machine.
    """
    if place is None and not is_loopback(local_url(sandbox.voice_url or "", sandbox.routes)):
        raise LoadRefused(f"{sandbox.voice_url} is not on this machine")
    report, latencies = LoadReport(), list[float]()
    began = time.monotonic()
    await _place_all(plan, place or _mixed(sandbox, plan), report, latencies)
    _sum_up(report, latencies, time.monotonic() - began)
    return report


async def _place_all(plan: LoadPlan, place: Place, report: LoadReport, latencies: list[float]) -> None:
    slots = asyncio.Semaphore(plan.at_once)
    began = time.monotonic()

    async def one(number: int) -> None:
        try:
            _count(report, latencies, await place(number))
        finally:
            slots.release()

    async with asyncio.TaskGroup() as group:
        for number in range(plan.calls):
            await _until(began + number / plan.rate)
            await slots.acquire()
            if time.monotonic() - began > plan.seconds:
                slots.release()
                return
            group.create_task(one(number))


async def _until(moment: float) -> None:
    ahead = moment - time.monotonic()
    if ahead > 0:
        await asyncio.sleep(ahead)


def _mixed(sandbox: TwilioSandbox, plan: LoadPlan) -> Place:
    """Calls out of 20 browsers to as many numbers as there are calls, with all kinds of endings."""
    chance = random.Random(plan.seed)

    async def place(number: int) -> PlayedCall:
        to = f"+336{number:08d}"
        sandbox.parties[to] = chance.choice(_ENDINGS)
        return await sandbox.call_from_browser(f"agent{number % 20 + 1}", to)

    return place


def _count(report: LoadReport, latencies: list[float], played: PlayedCall) -> None:
    report.calls += 1
    report.failed_calls += played.status != "completed"
    for code, _message in played.errors:
        report.errors[str(code)] = report.errors.get(str(code), 0) + 1
    for delivered in played.deliveries:
        _count_delivery(report, latencies, delivered)


def _count_delivery(report: LoadReport, latencies: list[float], delivered: Delivered) -> None:
    report.dropped += delivered.dropped
    report.sent += not delivered.dropped
    report.retried += max(0, delivered.attempts - 1)
    if delivered.acknowledged_at is not None:
        report.acknowledged += 1
        latencies.append((delivered.acknowledged_at - delivered.sent_at) * 1000)
    elif delivered.status_code is not None:
        report.refused += 1
    elif not delivered.dropped:
        report.given_up += 1


def _sum_up(report: LoadReport, latencies: list[float], seconds: float) -> None:
    report.seconds = round(seconds, 3)
    report.calls_per_second = round(report.calls / seconds, 1)
    report.webhooks_per_second = round(report.sent / seconds, 1)
    latencies.sort()
    for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)):
        if latencies:
            report.latency_ms[name] = round(
                latencies[min(len(latencies) - 1, int(len(latencies) * share))], 2
            )
