"""For operators: health, readiness, capabilities, the specification, and problems for all else."""

import asyncio
import shutil
from pathlib import Path

import pytest
import yaml
from structlog.testing import capture_logs

from tests.support import BOUND
from tests.web.conftest import SPECIFICATION, Bridge, OpenBridge, payload


async def test_health(bridge: Bridge) -> None:
    assert (await bridge.get("/health")).json["status"] == "ok"


async def test_ready_although_twenty_is_away(bridge: Bridge) -> None:
    assert (await bridge.get("/ready")).json == {"ready": True, "reasons": []}
    await bridge.twilio("/twilio/status", payload("browser-out-5-status-completed"))
    async with asyncio.timeout(BOUND):
        while not (told := (await bridge.get("/ready")).json)["reasons"]:  # noqa: ASYNC110 - only /ready tells
            await asyncio.sleep(0.01)
    assert told == {"ready": True, "reasons": ["twenty.unavailable"]}


async def test_a_database_that_was_removed_is_restored(bridge: Bridge, sqlite_file: Path) -> None:
    """What is acknowledged stands in the file that has the name."""
    sqlite_file.unlink()
    assert (await bridge.twilio("/twilio/status", payload("browser-out-5-status-completed"))).status == 204
    assert len(bridge.rows()) == 1
    assert (await bridge.get("/ready")).status == 200


async def test_a_database_that_was_removed_and_has_no_place_any_more(
    bridge: Bridge, sqlite_file: Path
) -> None:
    """What would be lost is not acknowledged, though SQLite would take it."""
    shutil.rmtree(sqlite_file.parent)
    sqlite_file.parent.touch()
    answers = [await bridge.twilio("/twilio/status", payload("browser-out-5-status-completed")) for _ in "12"]
    assert [answer.status for answer in answers] == [503, 503]
    ready = await bridge.get("/ready")
    assert (ready.status, ready.json["ready"], ready.json["reasons"][0]) == (503, False, "inbox.unavailable")


@pytest.mark.parametrize(
    ("auth", "names", "incoming"),
    [
        ({}, ["alice"], True),
        ({}, [], False),
        ({"anonymous": True}, ["alice"], False),
        ({"anonymous": True, "anonymous_incoming": True}, ["alice"], True),
    ],
)
async def test_capabilities(
    open_bridge: OpenBridge, auth: dict[str, object], names: list[str], incoming: bool
) -> None:
    bridge = await open_bridge(auth=auth, agents={"names": names})
    told = (await bridge.get("/capabilities")).json
    assert (told["phoneNumber"], told["twimlAppSid"]) == ("+33159130001", "AP" + "0" * 32)
    assert (told["features"]["incomingCalls"], told["features"]["voicemail"]) == (incoming, True)


async def test_without_voicemail_there_is_none(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(lines={"default": {"voicemail": {"enabled": False}}})
    assert (await bridge.get("/capabilities")).json["features"]["voicemail"] is False


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/twilio", 404),
        ("POST", "/twilio/status/", 404),
        ("GET", "/../etc/passwd", 404),
        ("GET", "/twilio/status", 405),
        ("GET", "/token", 405),
        ("POST", "/health", 405),
        ("DELETE", "/capabilities", 405),
    ],
)
async def test_what_there_is_not(bridge: Bridge, method: str, path: str, status: int) -> None:
    answer = await bridge.request(method, path)
    assert answer.status == status
    assert ("Allow" in answer.headers) == (status == 405)


async def test_the_specification_is_served(bridge: Bridge) -> None:
    assert yaml.safe_load((await bridge.get("/openapi.yaml")).text) == SPECIFICATION


@pytest.mark.parametrize("prefix", ["", "/phone"])
async def test_every_route_is_specified_and_the_other_way_round(open_bridge: OpenBridge, prefix: str) -> None:
    bridge = await open_bridge(server={"public_url": f"https://crm.example.com{prefix}"})
    served = {
        (route.method, route.resource.canonical)
        for route in bridge.app.router.routes()
        # Preflight is CORS's affair, and aiohttp answers HEAD where it answers GET.
        if route.resource and route.method not in ("OPTIONS", "HEAD")
    }
    specified = {
        (method.upper(), path)
        for path, item in SPECIFICATION["paths"].items()
        for method in item
        if method != "head"
    }
    # A public URL that ends in `/phone` is the page's own address, with or without its path.
    root = {("GET", "/")} if prefix else set()
    assert served == specified | {(method, prefix + path) for method, path in specified} | root


@pytest.mark.parametrize("path", SPECIFICATION["paths"])
def test_every_operation_says_what_the_limits_answer(path: str) -> None:
    for method, operation in SPECIFICATION["paths"][path].items():
        limits = {"414", "503"} | ({"400", "408", "413", "415"} if method not in ("get", "head") else set())
        assert limits - operation["responses"].keys() == set()


@pytest.mark.parametrize(
    "path", ["/phone/health", "/phone/ready", "/phone/capabilities", "/phone/openapi.yaml"]
)
async def test_under_a_path(open_bridge: OpenBridge, path: str) -> None:
    bridge = await open_bridge(server={"public_url": "https://crm.example.com/phone"})
    async with bridge.client.get(path) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("path", ["/" + "x-" * 4000 + "token=", "/nothing/+33639980001", "/" + "x-" * 1000])
async def test_a_path_without_a_route_is_not_logged(bridge: Bridge, path: str) -> None:
    with capture_logs() as logs:
        answer = await bridge.post(path, data=b"{}", headers={"Content-Encoding": "gzip"})
    assert answer.status in (404, 414, 415)
    assert not [entry for entry in logs if path[1:20] in str(entry)]


async def test_settings_of_a_former_version_are_warned_about_at_each_start(open_bridge: OpenBridge) -> None:
    with capture_logs() as logs:
        await open_bridge(twenty={"batch": 60})
    (entry,) = (entry for entry in logs if entry["event"] == "settings.changed")
    assert (entry["log_level"], entry["what"].partition(" ")[0]) == ("warning", "twenty.batch")
