"""Agents see their calls, missed ones and messages: their own, and no other agent's."""

from collections.abc import Awaitable, Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from bridge.inbox.store import open_inbox
from bridge.inbox.tables import transcripts
from tests.support import TEN
from tests.web.conftest import Bridge, OpenBridge
from tests.web.phone.desk import (
    RECORDING,
    ask,
    calls_in,
    leg,
    message,
    missed,
    new_sid,
    over,
    placed,
    taken,
    tell,
)

JANE, JOHN = "+33612345678", "+33698765432"
FICTION = "+33639980001"
"""A number that is not dialled."""
LINES = {"default": {"ring": [{"agents": ["alice", "bob"]}]}}


@pytest.fixture
async def bridge(open_bridge: OpenBridge) -> Bridge:
    names = ("alice", "bob", "carol", "dora")
    phone, tokens = {"supervisors": ("dora",)}, {"foreign": "accept"}
    return await open_bridge(agents={"names": names}, lines=LINES, phone=phone, tokens=tokens)


async def listed(bridge: Bridge, by: str, show: str = "recent", **query: object) -> list[tuple[str, str]]:
    answer = await ask(bridge, "/api/me/calls", by, show=show, **query)
    assert answer.status == 200, answer.text
    return [(call["sid"], call["state"]) for call in answer.json["calls"]]


async def count(bridge: Bridge, by: str = "alice") -> int:
    found: int = (await ask(bridge, "/api/me/calls", by)).json["missed"]
    return found


async def test_each_agent_sees_their_part_of_a_call(bridge: Bridge) -> None:
    sid = await taken(bridge, JANE, "alice", "bob")
    assert await listed(bridge, "alice") == [(sid, "talked")]
    assert await listed(bridge, "bob") == [(sid, "answered_elsewhere")]
    assert await listed(bridge, "carol") == []
    (call,) = (await ask(bridge, "/api/me/calls", "bob")).json["calls"]
    assert (call["number"], call["agent"]["identity"], call["recordings"]) == (JANE, "alice", [])


async def test_newest_first_and_page_by_page(bridge: Bridge) -> None:
    sids = [await missed(bridge, JANE, "alice") for _ in range(7)]
    found: list[str] = []
    before: dict[str, str] = {}
    while True:
        answer = await ask(bridge, "/api/me/calls", limit="3", **before)
        found += [call["sid"] for call in answer.json["calls"]]
        if not answer.json["next"]:
            break
        before = {"before": answer.json["next"]}
    assert found == sids[::-1]


async def test_missed_calls_count_until_they_are_seen(bridge: Bridge) -> None:
    await missed(bridge, JANE, "alice", "bob")
    await taken(bridge, JOHN, "bob", "alice")
    sid = await missed(bridge, JOHN, "alice")
    assert (await count(bridge), await count(bridge, "bob")) == (2, 1)
    missed_at = (await ask(bridge, f"/api/calls/{sid}")).json["missedAt"]
    # In UTC it is before all years.
    assert (await tell(bridge, "POST", "/api/me/calls/seen", until="0001-01-01T00:00:00+23:59")).status == 200
    assert (await tell(bridge, "POST", "/api/me/calls/seen", until=missed_at)).json == {"missed": 0}
    later = await missed(bridge, JOHN, "alice")
    assert (await count(bridge), await count(bridge, "bob")) == (1, 1)
    answer = await ask(bridge, "/api/me/calls", show="missed")
    assert [(call["sid"] == later, call["seen"]) for call in answer.json["calls"]] == [
        (True, False),
        (False, True),
        (False, True),
    ]


async def test_what_is_missed_later_than_a_page_s_clock_says_is_not_seen(bridge: Bridge) -> None:
    await tell(bridge, "POST", "/api/me/calls/seen", until="2100-01-01T00:00:00Z")
    await missed(bridge, JANE, "alice")
    assert await count(bridge) == 1


async def test_a_call_that_rang_meanwhile_and_is_missed_later_is_not_seen(bridge: Bridge) -> None:
    """What an agent has seen, they have seen as missed: when a call began does not matter."""
    rings = await calls_in(bridge, JANE)
    await leg(bridge, rings, "alice", "ringing", number=JANE)
    shown = await missed(bridge, JOHN, "alice")
    missed_at = (await ask(bridge, f"/api/calls/{shown}")).json["missedAt"]
    await tell(bridge, "POST", "/api/me/calls/seen", until=missed_at)
    assert await count(bridge) == 0
    await over(bridge, rings, JANE, "no-answer")
    assert await count(bridge) == 1
    listed = (await ask(bridge, "/api/me/calls", show="missed")).json["calls"]
    assert {call["sid"]: call["seen"] for call in listed} == {rings: False, shown: True}
    # What comes of a call that was seen makes it no news.
    await tell(bridge, "POST", "/api/me/calls/seen", until=max(call["missedAt"] for call in listed))
    await tell(bridge, "PUT", f"/api/calls/{rings}/note", note="Later", version=0)
    assert await count(bridge) == 0


@pytest.mark.parametrize(("ends", "left"), [("completed", 1), ("no-answer", 1), ("busy", 1)])
async def test_who_is_called_back_is_missed_no_more(bridge: Bridge, ends: str, left: int) -> None:
    await missed(bridge, JANE, "alice")
    await missed(bridge, JOHN, "alice")
    await placed(bridge, "alice", JANE, ends=ends)
    assert await count(bridge) == left
    answer = await ask(bridge, "/api/me/calls", show="missed")
    assert {call["number"]: call["calledBack"] for call in answer.json["calls"]} == {JANE: True, JOHN: False}


@pytest.mark.parametrize("how", ["placed", "taken"])
async def test_a_call_back_by_a_colleague_counts_before_twenty_has_it(bridge: Bridge, how: str) -> None:
    """No page is open at this replica, so no stream has seen it."""
    await missed(bridge, JANE, "alice")
    await missed(bridge, JOHN, "alice")
    await (placed(bridge, "carol", JANE) if how == "placed" else taken(bridge, JANE, "carol"))
    assert await count(bridge) == 1
    answer = await ask(bridge, "/api/me/calls", show="missed")
    assert {call["number"]: call["calledBack"] for call in answer.json["calls"]} == {JANE: True, JOHN: False}


async def test_a_refused_call_back_is_none(open_bridge: OpenBridge) -> None:
    bridge = await open_bridge(agents={"names": ("alice",)}, lines=LINES)
    await missed(bridge, FICTION, "alice")
    await placed(bridge, "alice", FICTION)
    assert (await ask(bridge, "/api/me/calls")).json["calls"][0]["state"] == "refused"
    assert await count(bridge) == 1


async def test_a_call_that_rang_no_agent_is_missed_by_the_agents_of_its_line(bridge: Bridge) -> None:
    sid = await missed(bridge, JANE)
    for agent in ("alice", "bob"):
        assert await listed(bridge, agent, "missed") == [(sid, "waiting")]
        assert (await ask(bridge, f"/api/calls/{sid}", agent)).json["ended"]
    assert await listed(bridge, "alice") == await listed(bridge, "carol", "missed") == []
    assert (await ask(bridge, f"/api/calls/{sid}", "carol")).status == 403


async def test_what_rang_another_agent_is_not_missed_by_the_line(bridge: Bridge) -> None:
    sid = await missed(bridge, JANE, "bob")
    assert await listed(bridge, "alice", "missed") == []
    assert (await ask(bridge, f"/api/calls/{sid}", "alice")).status == 403


async def test_messages_are_heard_and_read(bridge: Bridge) -> None:
    sid = await message(bridge, JANE, "alice")
    await missed(bridge, JOHN, "alice")
    assert await listed(bridge, "alice", "voicemails") == [(sid, "missed")]
    (call,) = (await ask(bridge, "/api/me/calls", show="voicemails")).json["calls"]
    assert call["voicemail"]["transcript"] == "Call me back."
    (recording,) = call["voicemail"]["recordings"]
    assert recording["durationInSeconds"] == 17
    row = {"recording_sid": RECORDING, "root_sid": sid, "language": "en", "engine": "openai", "model": ""}
    heard = [["customer", JANE, 0, 1, text, None] for text in ("Please call", "me back today.")]
    async with open_inbox(f"sqlite+aiosqlite:///{bridge.database}") as inbox:
        await inbox.change(insert(transcripts).values(**row, segments=heard, starts_at=TEN, created_at=TEN))
    (call,) = (await ask(bridge, "/api/me/calls", show="voicemails")).json["calls"]
    assert call["voicemail"]["transcript"] == "Please call me back today."
    assert f"/recordings/{RECORDING}?signature=" in recording["url"]
    assert await listed(bridge, "bob", "voicemails") == []


async def test_a_note_stands_in_the_list_on_every_device(bridge: Bridge) -> None:
    sid = await taken(bridge, JANE, "alice", "bob")
    await tell(bridge, "PUT", f"/api/calls/{sid}/note", note="Wants 3", outcome="Sold", version=0)
    for by, note in (("alice", "Wants 3"), ("bob", "")):
        assert (await ask(bridge, "/api/me/calls", by)).json["calls"][0]["note"]["note"] == note


async def test_supervisors_see_all_agents_calls_and_others_do_not(bridge: Bridge) -> None:
    sid = await taken(bridge, JANE, "alice")
    assert await listed(bridge, "dora", agent="alice") == [(sid, "talked")]
    assert (await ask(bridge, f"/api/calls/{sid}", "dora")).json["state"] == "talked"
    assert (await ask(bridge, "/api/me/calls", "bob", agent="alice")).status == 403
    for no_agent in ("", "x" * 200):
        answer = await ask(bridge, "/api/me/calls", "dora", agent=no_agent)
        assert (answer.status, answer.json["detail"][:6]) == (400, "agent:")


async def test_a_leg_that_does_not_name_its_call_is_that_call(bridge: Bridge) -> None:
    lone = {
        "CallSid": (leg_sid := new_sid()),
        "From": JANE,
        "To": "client:alice",
        "Direction": "outbound-dial",
    }
    await bridge.twilio("/twilio/status", {**lone, "CallStatus": "completed", "CallDuration": "9"})
    sid = await missed(bridge, JANE)
    form = {"CallSid": sid, "From": JANE, "To": "+33159130001", "CallStatus": "in-progress"}
    done = {"DialCallSid": leg_sid, "DialCallStatus": "completed"}
    await bridge.twilio("/twilio/dial?step=0", {**form, **done})
    assert await listed(bridge, "alice") == [(sid, "talked")]


@pytest.mark.parametrize(
    "query",
    [
        {"show": "all"},
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "٣"},
        {"before": "9" * 17 + "-CA" + "0" * 32},
        {"before": "1-CA"},
        {"before": "-1-CA" + "0" * 32},
    ],
)
async def test_what_is_asked_for_wrongly_is_told_so(bridge: Bridge, query: dict[str, str]) -> None:
    assert (await ask(bridge, "/api/me/calls", **query)).status == 400


ACTS: dict[str, Callable[[Bridge, str, str], Awaitable[str]]] = {
    "missed": missed,
    "taken": taken,
    "placed": lambda bridge, number, agent: placed(bridge, agent, number),
}
CALLS = st.lists(st.tuples(st.sampled_from(sorted(ACTS)), st.sampled_from([JANE, JOHN])), max_size=6)


@given(calls=CALLS, limit=st.integers(1, 4))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_pages_together_are_the_list(bridge: Bridge, calls: list[tuple[str, str]], limit: int) -> None:
    """However calls mix, each is on one page, the count is that of calls without a later talk."""
    agent, reached = "carol", dict[str, int]()
    before = len(await listed(bridge, agent, limit=100))
    await tell(bridge, "POST", "/api/me/calls/seen", agent, until="2100-01-01T00:00:00Z")
    for number, (kind, other) in enumerate(calls):
        await ACTS[kind](bridge, other, agent)
        if kind != "missed":
            reached[other] = number
    left = sum(kind == "missed" and reached.get(other, -1) < n for n, (kind, other) in enumerate(calls))
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = (await ask(bridge, "/api/me/calls", agent, limit=str(limit), **cursor)).json
        found += [call["sid"] for call in answer["calls"]]
        if not answer["next"]:
            break
        cursor = {"before": answer["next"]}
    assert len(found) == len(set(found)) == before + len(calls)
    assert answer["missed"] == left
