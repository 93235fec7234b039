"""Who one is: a user of Twenty, a holder of a key; and why no call rings them, and whom to ask."""

from collections.abc import Mapping
from typing import Any

import pytest

from bridge.sandbox.twenty import NEWEST, TwentySandbox
from bridge.web.authentication import keys
from tests.web.authentication.test_caller import ADMIN, BELA, at, bearer, member, signed_in, with_cookie
from tests.web.conftest import KEY, Answer, Bridge, OpenBridge

Section = Mapping[str, object]
ALICE, BOTH = keys.new(), keys.new()
KEYS = {
    "keys": [
        {"name": "desk", "hash": keys.hashed(ALICE), "identities": ["alice"]},
        {"name": "both", "hash": keys.hashed(BOTH), "identities": ["alice", "bob"]},
    ]
}


async def me(bridge: Bridge, token: str, query: str = "") -> Answer:
    return await bridge.get(f"/api/me{query}", headers=bearer(token))


async def told(bridge: Bridge, token: str, query: str = "") -> Any:
    answer = await me(bridge, token, query)
    assert answer.status == 200, answer.text
    return answer.json


@pytest.mark.parametrize(
    ("sections", "agent", "rings", "codes"),
    [
        ({}, False, False, ["not_an_agent"]),
        ({"agents": {"names": [BELA]}}, True, True, []),
        ({"agents": {"names": ["bela"], "members": {"bela": BELA}}}, True, True, []),
        ({"agents": {"members": {"desk": BELA}}}, True, True, []),
        ({"agents": {"names": [ADMIN]}}, False, False, ["not_an_agent"]),
        ({"lines": {"default": {"ring": [{"agents": [BELA]}]}}}, True, True, []),
        (
            {"agents": {"names": [BELA]}, "lines": {"default": {"ring": [{"agents": [ADMIN]}]}}},
            True,
            False,
            ["not_rung"],
        ),
        ({"auth": {"members": [ADMIN]}, "agents": {"names": [BELA]}}, False, False, ["not_allowed"]),
    ],
)
async def test_a_user_of_twenty(
    open_bridge: OpenBridge,
    twenty: TwentySandbox,
    sections: dict[str, Section],
    agent: bool,
    rings: bool,
    codes: list[str],
) -> None:
    bridge = await open_bridge(twenty=at(twenty), phone={"contact": "Ines, room 12"}, **sections)
    found = await told(bridge, await signed_in(twenty, BELA))
    assert found["identity"] == "wm_" + (await member(twenty, BELA)).replace("-", "")
    assert (found["agent"], found["rings"]) == (agent, rings)
    assert [reason["code"] for reason in found["whyNot"]] == codes
    assert found["calls"] == ("not_allowed" not in codes)
    expected = f"Ask Ines, room 12. They need your name: {BELA}." if codes else None
    assert found["contact"] == expected
    assert found["ask"] == ({"whom": "Ines, room 12", "name": BELA} if codes else None)


async def test_name_and_numbers_are_ones_own(open_bridge: OpenBridge, twenty: TwentySandbox) -> None:
    bridge = await open_bridge(
        twenty=at(twenty),
        agents={"names": [ADMIN, BELA]},
        dialling={"own_caller_ids": {BELA: ["+33159130003"]}, "caller_ids": ["+33159130002"]},
    )
    bela, admin = [await told(bridge, await signed_in(twenty, email)) for email in (BELA, ADMIN)]
    assert (bela["name"], bela["callerIds"]) == ("Bela Berger", ["+33159130003"])
    assert (admin["name"], admin["callerIds"]) == ("Ada Admin", ["+33159130001", "+33159130002"])
    assert admin["readable"] == {"+33159130001": "+33 1 59 13 00 01", "+33159130002": "+33 1 59 13 00 02"}
    assert "+33159130003" not in str(admin)


async def test_a_key_of_one_agent_and_one_of_several(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(auth=KEYS, agents={"names": ["carol"]})
    assert (await told(bridge, ALICE, "?identity=bob"))["identity"] == "alice"
    assert (await told(bridge, BOTH, "?identity=bob"))["identity"] == "bob"
    assert (await me(bridge, BOTH)).status == 400
    assert (await me(bridge, BOTH, "?identity=carol")).status == 400
    found = await told(bridge, ALICE)
    assert (found["agent"], [one["code"] for one in found["whyNot"]]) == (True, ["not_rung"])
    assert found["contact"].startswith("Ask the administrator of this bridge.")


@pytest.mark.parametrize(("allowed", "told_allowed"), [({}, False), ({"emergency": True}, True)])
async def test_emergency_numbers_are_known_before_anything_is_dialled(
    open_bridge: OpenBridge, allowed: Section, told_allowed: bool
) -> None:
    bridge = await open_bridge(dialling=allowed)
    emergency = (await told(bridge, KEY, "?identity=twenty-user-1"))["emergency"]
    assert emergency["allowed"] == told_allowed
    assert {"112", "15", "17", "18"} <= set(emergency["numbers"])
    assert "urgence" in emergency["text"]


async def test_without_twenty_a_key_is_answered_all_the_same(bridge: Bridge) -> None:
    assert (await told(bridge, KEY, "?identity=twenty-user-1"))["identity"] == "twenty_user_1"


@pytest.mark.parametrize("generation", [NEWEST])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 401),
        ({"Sec-Fetch-Site": "cross-site"}, 401),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example.com"}, 401),
        ({}, 401),
    ],
)
async def test_a_session_counts_for_a_get_of_our_own_pages(
    open_bridge: OpenBridge, twenty: TwentySandbox, headers: dict[str, str], status: int
) -> None:
    bridge = await open_bridge(twenty=at(twenty), server={"public_url": f"{twenty.url}/phone"})
    answer = await bridge.get("/api/me", headers=with_cookie(twenty, None) | headers)
    assert answer.status == status


@pytest.mark.parametrize("headers", [{}, bearer("guess")])
async def test_strangers_are_nobody(bridge: Bridge, headers: dict[str, str]) -> None:
    assert (await bridge.get("/api/me", headers=headers)).status == 401
