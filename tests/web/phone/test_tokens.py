"""The token endpoint: who may, as whom, in which body, from which page."""

from typing import Any

import jwt
import pytest
from structlog.testing import capture_logs

from tests.web.conftest import API_SECRET, FORM, KEY, PAGE, Bridge, OpenBridge

ALIASES = ["/api/twilio/token", "/token", "/webhook/twilio-token"]
WITH_KEY = {"Authorization": f"Bearer {KEY}"}
WIDGET = "twenty-user-1763800000000"
ANYONE: dict[str, object] = {"anonymous": True}
JSON = {"Content-Type": "application/json"}


def voice_grant(token: str) -> dict[str, Any]:
    grant: dict[str, Any] = jwt.decode(token, API_SECRET, algorithms=["HS256"])["grants"]["voice"]
    return grant


@pytest.mark.parametrize("path", ALIASES)
async def test_token(bridge: Bridge, path: str) -> None:
    answer = await bridge.post(path, json={"identity": WIDGET}, headers=WITH_KEY)
    assert answer.status == 200
    told = answer.json
    assert (told["identity"], told["phoneNumber"], told["ttl"], told["success"]) == (
        "twenty_user_1763800000000",
        "+33159130001",
        3600,
        True,
    )
    assert (
        jwt.decode(told["token"], API_SECRET, algorithms=["HS256"])["grants"]["identity"] == told["identity"]
    )
    assert voice_grant(told["token"])["incoming"] == {"allow": True}


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (f"Bearer {KEY}", 200),
        (f"bearer {KEY}", 200),
        (f"Bearer  {KEY} ", 200),
        ("Bearer another-widget-key", 401),
        (f"Bearer {KEY[:-1]}", 401),
        (f"Bearer {KEY}x", 401),
        (f"Basic {KEY}", 401),
        (KEY, 401),
        ("Bearer", 401),
        ("Bearer é", 401),
        ("", 401),
        (None, 401),
    ],
)
async def test_widget_key(bridge: Bridge, authorization: str | None, status: int) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    assert (await bridge.post("/token", json={"identity": WIDGET}, headers=headers)).status == status


async def test_without_any_key_nobody_gets_in(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(auth={"widget_keys": ()})
    for authorization in ("Bearer", "Bearer ", "Bearer x"):
        headers = {"Authorization": authorization, "Origin": PAGE}
        assert (await bridge.post("/token", json={"identity": WIDGET}, headers=headers)).status == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": PAGE}, 200),
        ({"Origin": "https://evil.example.com"}, 403),
        ({"Origin": f"{PAGE}.evil.example"}, 403),
        ({"Origin": PAGE.replace("https", "http")}, 403),
        ({"Origin": f"{PAGE}:8443"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
        ({"Origin": PAGE, "Authorization": "Bearer another-widget-key"}, 401),
        (WITH_KEY, 200),
    ],
)
async def test_anonymous(open_bridge: OpenBridge, headers: dict[str, str], status: int) -> None:
    bridge = await open_bridge(auth=ANYONE)
    assert (await bridge.post("/token", json={"identity": WIDGET}, headers=headers)).status == status


@pytest.mark.parametrize(
    ("auth", "headers", "incoming"),
    [
        (ANYONE, {"Origin": PAGE}, False),
        (ANYONE | {"anonymous_incoming": True}, {"Origin": PAGE}, True),
        (ANYONE, WITH_KEY, True),
    ],
)
async def test_who_may_be_called(
    open_bridge: OpenBridge, auth: dict[str, object], headers: dict[str, str], incoming: bool
) -> None:
    bridge = await open_bridge(auth=auth)
    told = (await bridge.post("/token", json={"identity": WIDGET}, headers=headers)).json
    assert ("incoming" in voice_grant(told["token"])) == incoming


async def test_an_open_door_is_shouted_about_at_each_start(open_bridge: OpenBridge) -> None:
    with capture_logs() as logs:
        await open_bridge(auth=ANYONE)
    assert [entry["log_level"] for entry in logs if entry["event"] == "auth.ANYONE_MAY_CALL"] == ["warning"]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b'{"identity": "alice"}', JSON, 200),
        (b'{"identity": "alice", "more": 1}', {"Content-Type": "application/json; charset=utf-8"}, 200),
        (b'{"identity": "alice"}', {"Content-Type": "application/json; charset=bogus"}, 200),
        (b"identity=alice", FORM, 200),
        (b"identity=%61lice&more=1", FORM, 200),
        (b"{", JSON, 400),
        (b"[]", JSON, 400),
        (b'["alice"]', JSON, 400),
        (b'"alice"', JSON, 400),
        (b"null", JSON, 400),
        (b'{"identity": 5}', JSON, 400),
        (b'{"identity": true}', JSON, 400),
        (b'{"identity": 0.5}', JSON, 400),
        (b'{"identity": {"name": "alice"}}', JSON, 400),
        (b'{"identity": "\\ud800"}', JSON, 400),
        (b'{"identity": "\\u0000"}', JSON, 400),
        (b'{"identity": ["alice"]}', JSON, 400),
        (b'{"identity": "\xff"}', JSON, 400),
        (b"[" * 60_000, JSON, 400),
        (b'{"identity": "mallory"}', JSON, 400),
        (b'{"identity": "alice\\n"}', JSON, 400),
        (b"identity=mallory", FORM, 400),
        (b"identity=%ff", FORM, 400),
        (b"{}", JSON, 400),
        (b'{"identity": null}', JSON, 400),
        (b"", {}, 400),
        (b"identity=alice", {"Content-Type": "text/plain"}, 415),
        (b"alice", {"Content-Type": "multipart/form-data; boundary=x"}, 415),
        (b"x" * (64 * 1024 + 1), JSON, 413),
        (b"x" * (64 * 1024 + 1), FORM, 413),
    ],
)
async def test_body(open_bridge: OpenBridge, body: bytes, headers: dict[str, str], status: int) -> None:
    bridge = await open_bridge(agents={"names": ("alice",), "pattern": None})
    answer = await bridge.post("/token", data=body, headers={**headers, **WITH_KEY})
    assert answer.status == status
    assert status != 200 or answer.json["identity"] == "alice"


@pytest.mark.parametrize(
    ("body", "headers"),
    [(b"", {}), (b" \n", JSON), (b"", FORM), (b"{}", JSON), (b'{"identity": ""}', JSON), (b"other=1", FORM)],
)
async def test_default_identity(open_bridge: OpenBridge, body: bytes, headers: dict[str, str]) -> None:
    bridge = await open_bridge(agents={"names": ("alice",), "default": "alice"})
    answer = await bridge.post("/token", data=body, headers={**headers, **WITH_KEY})
    assert (answer.status, answer.json["identity"]) == (200, "alice")


@pytest.mark.parametrize(
    ("agents", "asked", "issued"),
    [
        ({}, WIDGET, "twenty_user_1763800000000"),
        ({}, "twenty-user-", None),
        ({}, f"x{WIDGET}", None),
        ({}, f"{WIDGET}x", None),
        ({"names": ("jane.doe@example.com",)}, "jane.doe@example.com", "jane_doe_example_com"),
        ({"names": ("alice",)}, "Alice", None),
        ({"pattern": ".*"}, "Zoë", "Zo_"),
        ({"pattern": ".*"}, "a" * 121, "a" * 121),
        ({"pattern": ".*"}, "a" * 122, None),
        ({"pattern": ".*"}, "wm_1", None),
        ({"pattern": ".*"}, "wm-1", None),
        ({"pattern": ".*"}, "wm.1", None),
    ],
)
async def test_identity(
    open_bridge: OpenBridge, agents: dict[str, object], asked: str, issued: str | None
) -> None:
    bridge = await open_bridge(agents=agents)
    answer = await bridge.post("/token", json={"identity": asked}, headers=WITH_KEY)
    assert (answer.status, answer.json.get("identity")) == ((200, issued) if issued else (400, None))


PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}


@pytest.mark.parametrize("path", ALIASES)
async def test_preflight(bridge: Bridge, path: str) -> None:
    answer = await bridge.request("OPTIONS", path, headers={"Origin": PAGE, **PREFLIGHT})
    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert answer.headers["Access-Control-Allow-Methods"] == "POST"
    allowed = answer.headers["Access-Control-Allow-Headers"].lower().split(",")
    assert sorted(allowed) == ["authorization", "content-type"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example.com", f"{PAGE}.evil.example", "null", f"{PAGE}:8443"]
)
async def test_other_pages_are_told_nothing(bridge: Bridge, origin: str) -> None:
    preflight = await bridge.request("OPTIONS", "/token", headers={"Origin": origin, **PREFLIGHT})
    answer = await bridge.post("/token", json={"identity": WIDGET}, headers={"Origin": origin, **WITH_KEY})
    assert preflight.status == 403
    assert "cors.origins" in preflight.json["detail"]
    assert "Access-Control-Allow-Origin" not in {**preflight.headers, **answer.headers}


@pytest.mark.parametrize(("headers", "status"), [(WITH_KEY, 200), ({}, 401)])
async def test_pages_may_read_answers_and_problems(
    bridge: Bridge, headers: dict[str, str], status: int
) -> None:
    answer = await bridge.post("/token", json={"identity": WIDGET}, headers={"Origin": PAGE, **headers})
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (status, PAGE)
