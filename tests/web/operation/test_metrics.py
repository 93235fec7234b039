"""What Prometheus gets of a running bridge, and the line that each request leaves."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
import structlog
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families
from pytest_aiohttp import AiohttpClient
from structlog.testing import LogCapture

from bridge.observability import context
from bridge.wiring.application import SCRAPE
from tests.web.conftest import FORM, KEY, Bridge, OpenBridge, payload

STATUS = payload("browser-out-5-status-completed")


@pytest.fixture
def lines() -> Iterator[list[dict[str, object]]]:
    """What is logged, with the context that it was logged in."""
    capture = LogCapture()
    before = structlog.get_config()["processors"]
    # In place, as loggers that were used before hold on to the list.
    kept = list(before)
    before[:] = [context.merge, capture]
    yield capture.entries  # type: ignore[misc]
    before[:] = kept


async def scrape(bridge: Bridge, aiohttp_client: AiohttpClient) -> dict[str, float]:
    """Sample with its labels → value."""
    client = await aiohttp_client(bridge.app[SCRAPE].application())
    answer = await client.get("/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    found = text_string_to_metric_families(await answer.text())
    return {
        " ".join([s.name.removeprefix("twenty_bridge_"), *s.labels.values()]): s.value
        for family in found
        for s in family.samples
    }


async def test_what_passes_the_edge_is_counted(bridge: Bridge, aiohttp_client: AiohttpClient) -> None:
    before = await scrape(bridge, aiohttp_client)
    await bridge.twilio("/twilio/status", STATUS)
    await bridge.twilio("/twilio/voice", payload("browser-out-1-voice-request"))
    await bridge.twilio("/twilio/voice", payload("browser-out-1-voice-request", To="not a number"))
    await bridge.post("/twilio/status", data="CallSid=CA1", headers=FORM)
    await bridge.post(
        "/token", json={"identity": "twenty-user-1"}, headers={"Authorization": f"Bearer {KEY}"}
    )
    await bridge.post("/token", json={"identity": "twenty-user-1"})
    await bridge.get("/nowhere/+33612345678")
    after = await scrape(bridge, aiohttp_client)
    changed = {name: after[name] - before.get(name, 0) for name in after if "bucket" not in name}
    for name, times in {
        "callbacks_total status": 1,
        "callbacks_total voice": 1,
        "callbacks_total refused": 1,
        "twiml_total dialled": 1,
        "twiml_total refused": 1,
        "numbers_refused_total invalid": 1,
        "requests_refused_total NotAllowed": 1,
        "requests_refused_total NotAuthenticated": 1,
        "tokens_total issued": 1,
        "tokens_total refused": 1,
        "request_duration_seconds_count /twilio/status 204": 1,
        "request_duration_seconds_count /twilio/status 403": 1,
        "request_duration_seconds_count none 404": 1,
    }.items():
        assert changed[name] == times, name


async def test_gauges_tell_of_now(bridge: Bridge, aiohttp_client: AiohttpClient) -> None:
    assert (await scrape(bridge, aiohttp_client))["due_calls"] == 0
    await bridge.twilio("/twilio/status", STATUS)
    found = await scrape(bridge, aiohttp_client)
    # Twenty is away.
    assert found["due_calls"] == 1
    assert found["parked_calls"] == 0
    assert found["oldest_due_call_age_seconds"] >= 0
    assert found["twenty_budget_left_root_fields"] <= 100


async def test_a_database_that_is_gone_costs_its_gauges_alone(
    bridge: Bridge, aiohttp_client: AiohttpClient
) -> None:
    def drop() -> None:
        with closing(sqlite3.connect(bridge.database)) as connection:
            connection.execute("drop table calls")

    # In a thread: a transaction of the bridge that is under way ends meanwhile.
    await asyncio.to_thread(drop)
    found = await scrape(bridge, aiohttp_client)
    assert found["due_calls"] != found["due_calls"]  # NaN
    assert "twenty_budget_left_root_fields" in found


async def test_a_request_leaves_one_line_that_names_its_call(
    bridge: Bridge, lines: list[dict[str, object]]
) -> None:
    await bridge.twilio("/twilio/status", STATUS)
    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["method"], line["route"], line["status"]) == ("POST", "/twilio/status", 204)
    assert line["call_sid"] == STATUS["ParentCallSid"]
    assert isinstance(line["ms"], float)
    assert line["request_id"]


async def test_lines_of_one_request_share_its_id(bridge: Bridge, lines: list[dict[str, object]]) -> None:
    await bridge.post("/token")
    await bridge.post("/token")
    events = [(line["event"], line["request_id"]) for line in lines if line.get("request_id")]
    (refused, first), (line, same), (_, second), (_, also) = events
    assert (refused, line) == ("request.refused", "request")
    assert first == same != second == also


async def test_the_line_of_a_token_tells_whose_it_is(bridge: Bridge, lines: list[dict[str, object]]) -> None:
    await bridge.post(
        "/token", json={"identity": "twenty-user-1"}, headers={"Authorization": f"Bearer {KEY}"}
    )
    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["identity"], line["to"], line["incoming"]) == ("twenty_user_1", "widget key 1", True)


async def test_no_line_holds_what_a_caller_makes_up(bridge: Bridge, lines: list[dict[str, object]]) -> None:
    await bridge.get("/nowhere/+33612345678")
    await bridge.get("/api/callers/+33612345678")
    assert "612345678" not in json.dumps([line for line in lines if line["event"] == "request"])


async def test_no_line_where_none_is_wanted(open_bridge: OpenBridge, lines: list[dict[str, object]]) -> None:
    bridge = await open_bridge(log={"requests": False})
    await bridge.post("/token")
    assert [line for line in lines if line["event"] == "request"] == []


def test_metrics_are_not_on_the_bridges_own_port(bridge: Bridge) -> None:
    paths = {resource.canonical for resource in bridge.app.router.resources()}
    assert "/metrics" not in paths
    assert isinstance(bridge.app, web.Application)
