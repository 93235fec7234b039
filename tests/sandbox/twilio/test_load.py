"""Many calls at a rate, and what is counted."""

from typing import Any

import pytest
from aiohttp import web

from bridge.sandbox.twilio import Delivery, TwilioSandbox
from bridge.sandbox.twilio.errors import LoadRefused
from bridge.sandbox.twilio.load import LoadPlan, run_load
from tests.sandbox.twilio.support import App, Connect, Received, dial, events

FAST = 1e6


@pytest.fixture
def dialling(app: App) -> App:
    def answer(request: Received) -> str:
        number = f"<Number {events()}>{request.params['To']}</Number>"
        return dial(number, callerId="+33159130001", action="/dial")

    app.on("/voice", answer)
    return app


async def test_everything_is_acknowledged(dialling: App, sandbox: TwilioSandbox) -> None:
    report = await run_load(sandbox, LoadPlan(calls=100, rate=FAST))
    assert (report.calls, report.failed_calls, report.errors) == (100, 0, {})
    assert report.sent == report.acknowledged == len(dialling.received)
    assert (report.refused, report.retried, report.given_up) == (0, 0, 0)
    assert 0 < report.latency_ms["p50"] <= report.latency_ms["p99"] <= report.latency_ms["max"]
    assert report.calls_per_second > 0


async def test_refused_and_retried_are_counted(dialling: App, sandbox: TwilioSandbox) -> None:
    number = f"<Number {events('/status#rc=1&amp;rp=5xx')}>+33612345678</Number>"
    dialling.on("/voice", dial(number, callerId="+33159130001"))
    dialling.on("/status", web.Response(status=503))
    report = await run_load(sandbox, LoadPlan(calls=10, rate=FAST))
    assert report.refused == report.retried == 10 * report.errors["15003"] / 10
    assert report.acknowledged == 10


async def test_dropped_are_not_sent(dialling: App, connect: Connect) -> None:
    async with connect(dialling, delivery=Delivery(drop=1.0)) as sandbox:
        report = await run_load(sandbox, LoadPlan(calls=5, rate=FAST))
    assert report.sent == 10
    assert report.dropped >= 10


async def test_time_is_bounded(dialling: App, sandbox: TwilioSandbox) -> None:
    report = await run_load(sandbox, LoadPlan(calls=100_000, rate=50, seconds=0.1))
    assert 1 <= report.calls <= 10


@pytest.mark.parametrize("asked", [{"calls": 100_001}, {"calls": 0}, {"seconds": 3601}, {"rate": 0}])
def test_what_has_no_bound_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(LoadRefused):
        LoadPlan(**asked)


async def test_it_stays_on_this_machine(sandbox: TwilioSandbox) -> None:
    sandbox.voice_url = "https://bridge.example/twilio/voice"
    with pytest.raises(LoadRefused, match="not on this machine"):
        await run_load(sandbox, LoadPlan(calls=1))
