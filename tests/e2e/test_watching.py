"""What an operator sees of a call: its lines in the log, from Twilio's request to Twenty, and the metrics."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bridge.demo.bridge import CONFIG, environment, fetch_token, known_to
from bridge.demo.process import BridgeProcess
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Party, TwilioSandbox
from bridge.wiring.examination import Examination, doctor_command
from tests.support import TEN, create_person, eventually, settled

JANE = "+33612345678"


@pytest.fixture
async def bridge(
    twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path
) -> AsyncIterator[BridgeProcess]:
    """The bridge, and its log in a file."""
    folder = tmp_path / "bridge"
    folder.mkdir(mode=0o700)
    folder.joinpath("config.yaml").write_text(CONFIG)
    bridge = BridgeProcess(environment(twilio, twenty, folder), folder, log=tmp_path / "log")
    try:
        await bridge.start()
        known_to(twilio, listens_on=bridge.url)
        yield bridge
    finally:
        await bridge.stop()


def logged(bridge: BridgeProcess) -> list[dict[str, Any]]:
    """What has been logged so far."""
    assert bridge.log
    return [json.loads(line) for line in bridge.log.read_text().splitlines() if line.startswith("{")]


async def test_a_call_is_followed_from_twilio_to_twenty(
    bridge: BridgeProcess, twilio: TwilioSandbox, twenty: TwentySandbox
) -> None:
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    twilio.parties[JANE] = Party.answers(talks=60)
    played = await twilio.call_from_token(await fetch_token(bridge.url, "alice"), JANE)
    await eventually(lambda: any(line.get("status") == "COMPLETED" for line in logged(bridge)))
    of_the_call = [line for line in logged(bridge) if line.get("call_sid") == played.sid]
    requests = [line for line in of_the_call if line["event"] == "request"]
    assert {line["route"] for line in requests} >= {"/twilio/voice", "/twilio/status", "/twilio/dial"}
    assert all(line["delivery"] and line["request_id"] for line in requests)
    assert len({line["request_id"] for line in requests}) == len(requests)
    (written,) = [line for line in of_the_call if line.get("status") == "COMPLETED"]
    assert written["event"] == "activity.written"
    # The dial's own callback, and the call's end, may still be on their way.
    await eventually(lambda: settled(bridge.folder / "bridge.db"))
    counted = await scraped(bridge)
    assert counted["twenty_bridge_callbacks_total", "status"] == 5
    assert counted["twenty_bridge_tokens_total", "issued"] == 1
    assert counted["twenty_bridge_matches_total", "person"] == 1
    assert counted["twenty_bridge_due_calls",] == 0
    assert counted["twenty_bridge_draining",] == 1
    assert counted["twenty_bridge_twenty_requests_total", "CreatePhoneCalls", "ok"] >= 1


async def scraped(bridge: BridgeProcess) -> dict[tuple[str, ...], float]:
    """Sample and its labels → value, from where the log says that they are."""
    (url,) = [line["url"] for line in logged(bridge) if line["event"] == "metrics.ready"]
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        families = text_string_to_metric_families(await answer.text())
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


async def test_doctor_looks_at_both_systems(bridge: BridgeProcess) -> None:
    command = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "doctor", "--json"),
        *("settings", "database", "twenty", "twilio.api_key", "twilio.numbers"),
        env=bridge.env,
        cwd=bridge.folder,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await command.communicate()
    checks = {one["name"]: one["status"] for one in json.loads(told)["checks"]}
    # The sandboxes are as they come: no webhook is registered.
    assert {name for name, status in checks.items() if status != "ok"} - {"database.space"} == {
        "twenty.webhook"
    }
    assert command.returncode == 0


async def test_the_bridge_examines_itself_by_a_process(
    bridge: BridgeProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it does itself, in its folder and with its environment; some checks stand for all."""
    monkeypatch.chdir(bridge.folder)
    for name, value in bridge.env.items():
        monkeypatch.setenv(name, value)
    asked = ("database.writable", "twenty.key", "twilio.api_key")
    examination = Examination([*doctor_command(None), *asked])
    await examination.once(TEN)
    assert examination.last
    found = {one.name: one.status for one in examination.last.findings}
    assert {found[name] for name in asked} == {"ok"}, found
