"""Notes are saved as agents type: none is lost, none is overwritten unseen, and none is another agent's."""

import asyncio
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.web.phone.notes import PER_MINUTE
from tests.web.conftest import KEY, Answer, Bridge, OpenBridge, payload

SID = "CA" + "1" * 32
LEGS = count()
HEADERS = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture
async def bridge(open_bridge: OpenBridge) -> Bridge:
    """With a call in that rang Alice, who talked, and Bob."""
    bridge = await open_bridge(agents={"names": ("alice", "bob", "carol"), "pattern": "device[0-9]+"})
    await rang(bridge, "alice", "bob")
    return bridge


async def rang(bridge: Bridge, *identities: str, sid: str = SID) -> None:
    for identity in identities:
        leg_sid = f"CA{next(LEGS):032x}"
        leg = payload("browser-out-5-status-completed", CallSid=leg_sid, To=f"client:{identity}")
        await bridge.twilio("/twilio/status?direction=inbound", {**leg, "ParentCallSid": sid})


async def save(bridge: Bridge, note: str, version: int, *, by: str = "alice", **more: Any) -> Answer:
    body = {"note": note, "version": version, "identity": by, **more}
    return await bridge.request("PUT", f"/api/calls/{SID}/note", json=body, headers=HEADERS)


def stored(bridge: Bridge) -> dict[str, str]:
    return {told["Agent"]: told["Note"] for kind, _, told in bridge.rows() if kind == "note"}


async def test_each_save_is_a_version_and_takes_the_place_of_the_one_before(bridge: Bridge) -> None:
    for version, text in enumerate(("W", "Wants", "Wants a quote")):
        answer = await save(bridge, text, version, outcome="Interested")
        assert (answer.status, answer.json["version"]) == (200, version + 1)
    assert (answer.json["note"], answer.json["outcome"]) == ("Wants a quote", "Interested")
    assert [told["Note"] for kind, _, told in bridge.rows() if kind == "note"] == ["Wants a quote"]


async def test_two_devices_do_not_overwrite_each_other_unseen(bridge: Bridge) -> None:
    await save(bridge, "One", 0)
    await save(bridge, "One, from the laptop", 1)
    answer = await save(bridge, "One, from the telephone", 1)
    assert answer.status == 409
    assert (answer.json["current"]["note"], answer.json["current"]["version"]) == ("One, from the laptop", 2)
    assert (await save(bridge, "Both", 2)).json["version"] == 3


@pytest.mark.parametrize("version", [0, 1, 2, 7])
async def test_a_second_try_of_the_same_text_is_saved_already(bridge: Bridge, version: int) -> None:
    await save(bridge, "One", 0)
    await save(bridge, "Two", 1)
    assert (await save(bridge, "Two", version)).json["version"] == 2


async def test_a_version_that_never_was_is_a_conflict(bridge: Bridge) -> None:
    answer = await save(bridge, "One", 3)
    assert (answer.status, answer.json["current"]["version"]) == (409, 0)
    assert stored(bridge) == {}


async def test_of_many_at_once_one_is_the_next_version(bridge: Bridge) -> None:
    answers = await asyncio.gather(*(save(bridge, f"text {number}", 0) for number in range(20)))
    (won,) = [answer.json for answer in answers if answer.status == 200]
    assert {answer.json["current"]["version"] for answer in answers if answer.status == 409} <= {0, 1}
    assert stored(bridge) == {"alice": won["note"]}


async def test_each_agent_of_a_call_has_a_note_and_no_other_agent_has_one(bridge: Bridge) -> None:
    await save(bridge, "Mine", 0)
    assert (await save(bridge, "Bob's", 0, by="bob")).status == 200
    assert (await save(bridge, "Carol's", 0, by="carol")).status == 403
    assert stored(bridge) == {"alice": "Mine", "bob": "Bob's"}


async def test_notes_a_minute(bridge: Bridge) -> None:
    answers = await asyncio.gather(*(save(bridge, "the same", 0) for _ in range(PER_MINUTE + 60)))
    statuses = [answer.status for answer in answers]
    assert statuses.count(200) in range(PER_MINUTE, PER_MINUTE + 60)
    assert set(statuses) == {200, 429}
    assert (await save(bridge, "Bob's", 0, by="bob")).status == 200


EXAMPLES = count()
TEXTS = st.lists(st.sampled_from(["", "a", "ab", "abc"]), min_size=1, max_size=8)


@given(devices=st.lists(TEXTS, min_size=1, max_size=3), order=st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_what_every_device_has_seen_is_what_is_stored(
    bridge: Bridge, devices: list[list[str]], order: Any
) -> None:
    """A device that saves on what it saw last never replaces a text that it has not seen."""
    agent = f"device{next(EXAMPLES)}"
    await rang(bridge, agent)
    known = [(await save(bridge, "?", 10**6, by=agent)).json["current"] for _ in devices]
    turns = [device for device, texts in enumerate(devices) for _ in texts]
    order.shuffle(turns)
    for device in turns:
        before = stored(bridge).get(agent, "")
        answer = await save(bridge, devices[device].pop(), known[device]["version"], by=agent)
        current = answer.json.get("current", answer.json)
        if answer.status == 200:
            assert before in (known[device]["note"], current["note"])
        known[device] = current
        assert stored(bridge).get(agent, "") == current["note"]
