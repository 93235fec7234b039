"""One agent under every spelling: the token that is issued, its renewal, calls in and out."""

from xml.etree import ElementTree as ET

import pytest

from bridge.web.authentication import keys
from tests.support import eventually
from tests.web.conftest import KEY, Bridge, OpenBridge, payload

IN, OUT = payload("inbound-1-voice-request"), payload("browser-out-1-voice-request")
OWN = "+33159130003"
DESK, ROOMS = "the-key-of-the-front-desk", "the-key-of-the-rooms"
SETTINGS: dict[str, dict[str, object]] = {
    "agents": {
        "names": ["jane.doe", "Alice@Example.com"],
        "pattern": r"team-[a-z]+(\.[a-z]+)?",
        "members": {"jane_doe": "jane@example.com"},
    },
    "auth": {
        "widget_keys": (KEY,),
        "keys": [
            {"name": "desk", "hash": keys.hashed(DESK), "identities": ["front.desk"]},
            {"name": "rooms", "hash": keys.hashed(ROOMS), "pattern": "room [0-9]"},
        ],
    },
    "dialling": {"own_caller_ids": {"jane.doe": [OWN], "front_desk": [OWN]}},
    "lines": {"default": {"owner": {"seconds": 0}}},
}


async def issued(bridge: Bridge, key: str, identity: str | None) -> tuple[int, str | None]:
    answer = await bridge.post(
        "/token", json={"identity": identity}, headers={"Authorization": f"Bearer {key}"}
    )
    return answer.status, answer.json.get("identity")


@pytest.mark.parametrize(
    ("key", "asked", "identity"),
    [
        (KEY, "jane.doe", "jane_doe"),
        (KEY, "alice@example.com", "alice_example_com"),
        (KEY, "ALICE@EXAMPLE.COM", "alice_example_com"),
        (KEY, "team-red.one", "team_red_one"),
        (ROOMS, "room 7", "room_7"),
        (DESK, "front.desk", "front_desk"),
        (DESK, "twenty-user-1763800000000", "front_desk"),
        (DESK, None, "front_desk"),
    ],
)
async def test_what_was_issued_is_renewed(
    open_bridge: OpenBridge, key: str, asked: str | None, identity: str
) -> None:
    bridge = await open_bridge(**SETTINGS)
    assert await issued(bridge, key, asked) == (200, identity)
    assert await issued(bridge, key, identity) == (200, identity)


@pytest.mark.parametrize(
    ("key", "asked"),
    [(KEY, "front.desk"), (KEY, "room_7"), (ROOMS, "jane_doe"), (KEY, "Jane.Doe"), (KEY, "team_7")],
)
async def test_spellings_open_nothing_more(open_bridge: OpenBridge, key: str, asked: str) -> None:
    assert await issued(await open_bridge(**SETTINGS), key, asked) == (400, None)


@pytest.mark.parametrize("agent", ["jane_doe", "front_desk"])
async def test_a_caller_id_of_their_own_is_shown(open_bridge: OpenBridge, agent: str) -> None:
    bridge = await open_bridge(**SETTINGS)
    answer = await bridge.twilio("/twilio/voice", {**OUT, "From": f"client:{agent}", "To": "+33612345678"})
    (dial,) = ET.fromstring(answer.text).iter("Dial")
    assert dial.attrib["callerId"] == OWN


async def test_a_page_does_not_set_the_time_of_its_call(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(**SETTINGS)
    await bridge.twilio("/twilio/voice", {**OUT, "Timestamp": "Mon, 01 Jan 1990 00:00:00 +0000"})
    await eventually(lambda: bool(bridge.rows()))
    ((_, _, parameters),) = bridge.rows()
    assert "Timestamp" not in parameters


async def test_what_registers_is_rung(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(**SETTINGS)
    (dial,) = ET.fromstring((await bridge.twilio("/twilio/voice", IN)).text).iter("Dial")
    assert [client.findtext("Identity") for client in dial] == ["jane_doe", "alice_example_com"]
