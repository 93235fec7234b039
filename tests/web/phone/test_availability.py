"""Who takes calls: as agents say, for a while after a talk, at every replica and after a restart."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.web.conftest import Bridge, OpenBridge
from tests.web.phone.desk import OURS, ask, calls_in, leg, new_sid, over, placed, taken, tell

JANE = "+33639980001"
LINES = {"default": {"ring": [{"agents": ["alice", "bob"]}]}}
AGENTS = {"names": ("alice", "bob", "carol")}


@pytest.fixture
async def bridge(open_bridge: OpenBridge) -> Bridge:
    return await open_bridge(agents=AGENTS, lines=LINES)


async def rung(bridge: Bridge) -> set[str]:
    """Whom a call rings now."""
    form = {"CallSid": new_sid(), "From": JANE, "To": OURS, "Direction": "inbound", "CallStatus": "ringing"}
    answer = await bridge.twilio("/twilio/voice", form)
    return {agent for agent in AGENTS["names"] if f">{agent}<" in answer.text}


async def say(bridge: Bridge, status: str, by: str = "alice", **more: object) -> int:
    return (await tell(bridge, "PUT", "/api/me/availability", by, status=status, **more)).status


@pytest.mark.parametrize("status", ["busy", "away"])
async def test_who_takes_no_calls_is_not_rung(bridge: Bridge, status: str) -> None:
    assert await rung(bridge) == {"alice", "bob"}
    assert await say(bridge, status) == 200
    assert await rung(bridge) == {"bob"}
    await say(bridge, status, "bob")
    assert await rung(bridge) == set()
    await say(bridge, "available")
    assert await rung(bridge) == {"alice"}


async def test_replicas_and_a_restart_forget_nothing(open_bridge: OpenBridge, postgres_url: str) -> None:
    sections: Any = {"agents": AGENTS, "lines": LINES, "inbox": {"database_url": postgres_url}}
    one, other = await open_bridge(**sections), await open_bridge(**sections)
    assert await rung(other) == {"alice", "bob"}
    await say(one, "away", until=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    # Of a call a moment later, too.
    assert await rung(other) == {"bob"}
    restarted = await open_bridge(**sections)
    assert await rung(restarted) == {"bob"}
    assert (await ask(restarted, "/api/me")).json["availability"]["status"] == "away"
    await say(restarted, "available")
    assert await rung(one) == {"alice", "bob"}


@pytest.mark.parametrize(
    "wrong", [{"status": "gone"}, {"until": "yesterday"}, {"until": "2020-01-01T00:00:00Z"}]
)
async def test_what_cannot_be_is_refused(bridge: Bridge, wrong: dict[str, str]) -> None:
    assert await say(bridge, **{"status": "away", **wrong}) == 400


async def test_after_a_talk_an_agent_is_not_rung_for_a_while(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(agents=AGENTS, lines=LINES, phone={"after_call_seconds": 600})
    await taken(bridge, JANE, "alice", "bob")
    assert await rung(bridge) == {"bob"}
    (one,) = [a for a in (await ask(bridge, "/api/agents")).json["agents"] if a["me"]]
    assert one["availability"]["status"] == "after_call"
    await placed(bridge, "bob", JANE, ends="no-answer")
    assert await rung(bridge) == {"bob"}
    await placed(bridge, "bob", JANE)
    assert await rung(bridge) == set()
    await say(bridge, "available", "bob")
    assert await rung(bridge) == {"bob"}


async def test_colleagues_are_seen_by_presence_alone(bridge: Bridge) -> None:
    await say(bridge, "away", "bob")
    sid = await calls_in(bridge, JANE)
    await leg(bridge, sid, "carol", "ringing", "in-progress")
    found = {a["identity"]: a for a in (await ask(bridge, "/api/agents")).json["agents"]}
    assert list(found) == ["alice", "bob", "carol"]
    assert [a["me"] for a in found.values()] == [True, False, False]
    assert found["bob"]["availability"]["status"] == "away"
    assert (found["carol"]["inCall"], found["carol"]["call"], found["bob"]["inCall"]) == (True, None, False)
    (own,) = [a for a in (await ask(bridge, "/api/agents", "carol")).json["agents"] if a["me"]]
    assert (own["call"]["number"], own["call"]["direction"]) == (JANE, "inbound")
    await over(bridge, sid, JANE, "completed")
    assert not any(a["inCall"] for a in (await ask(bridge, "/api/agents")).json["agents"])


@pytest.mark.parametrize(
    ("phone", "seen", "number"),
    [
        ({"colleagues": "none"}, 1, None),
        ({"colleagues": "calls"}, 3, JANE),
        ({"colleagues": "none", "supervisors": ("alice",)}, 3, JANE),
    ],
)
async def test_the_settings_say_what_is_seen_of_others(
    open_bridge: OpenBridge, phone: dict[str, object], seen: int, number: str | None
) -> None:
    bridge = await open_bridge(agents=AGENTS, lines=LINES, phone=phone)
    await leg(bridge, await calls_in(bridge, JANE), "carol", "ringing", "in-progress")
    found = (await ask(bridge, "/api/agents")).json["agents"]
    assert len(found) == seen
    assert [a["call"]["number"] for a in found if a["call"]] == ([number] if number else [])
