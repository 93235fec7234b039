"""Pages learn what changes as it changes: each of their own agent's calls, and none is missed in a break."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientResponse
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import InboxUnavailable
from bridge.inbox.agent_calls import agents_of_calls
from bridge.inbox.agent_states import set_present, states_of
from bridge.inbox.store import Inbox, open_inbox
from bridge.sandbox.twenty import TwentySandbox
from bridge.web.authentication.caller import Caller
from bridge.web.availabilities import PRESENT
from bridge.web.phone.agents import Agent
from bridge.web.phone.events import OF_ONE_AGENT
from bridge.web.phone.streams import MOST_WAITING, EventStream
from tests.support import BOUND, create_person
from tests.web.authentication.test_caller import BELA, at, bearer, signed_in
from tests.web.conftest import Bridge, OpenBridge
from tests.web.phone.desk import HEADERS, OURS, ask, calls_in, leg, missed, new_sid, over, placed, taken, tell

JANE, JOHN = "+33612345678", "+33698765432"
SECTIONS: Any = {
    "agents": {"names": ("alice", "bob", "carol")},
    "lines": {"default": {"ring": [{"agents": ["alice", "bob"]}]}},
    "tokens": {"foreign": "accept"},
}


@pytest.fixture
async def bridge(open_bridge: OpenBridge) -> Bridge:
    return await open_bridge(**SECTIONS)


class Page:
    """What a page has read so far."""

    def __init__(self, response: ClientResponse) -> None:
        self.response = response
        self.last = ""
        self.events: list[tuple[str, Any]] = []

    async def until(self, enough: Callable[[str, Any], bool]) -> Any:
        """Reads on until an event is enough; its data."""
        async with asyncio.timeout(BOUND):
            while True:
                name, data = await self._next()
                self.events.append((name, data))
                if enough(name, data):
                    return data

    async def _next(self) -> tuple[str, Any]:
        fields: dict[str, str] = {}
        while line := (await self.response.content.readline()).decode().strip():
            name, _, value = line.partition(": ")
            fields[name] = value
            self.last = value if name == "id" else self.last
        return fields.get("event", ""), json.loads(fields.get("data", "null"))


@asynccontextmanager
async def page(bridge: Bridge, by: str = "alice", **query: str) -> AsyncIterator[Page]:
    asked = {"identity": by, **query}
    async with bridge.client.get("/api/events", params=asked, headers=HEADERS) as response:
        assert (response.status, response.content_type) == (200, "text/event-stream")
        opened = Page(response)
        opened.events.append(("hello", await opened.until(lambda name, _: True)))
        yield opened


def ends(sid: str, state: str) -> Callable[[str, Any], bool]:
    return lambda name, data: (
        name == "call" and data["sid"] == sid and data["state"] == state and data["ended"]
    )


async def test_the_first_event_says_how_things_are(bridge: Bridge) -> None:
    await missed(bridge, JANE, "alice")
    async with page(bridge) as opened:
        name, hello = opened.events[0]
        assert (name, hello["resumed"], hello["missed"]) == ("hello", False, 1)
        assert [agent["identity"] for agent in hello["agents"]] == ["alice", "bob", "carol"]
        assert [agent["present"] for agent in hello["agents"]] == [True, False, False]


async def test_calls_come_as_they_change_to_their_agents_alone(bridge: Bridge) -> None:
    async with page(bridge) as alice, page(bridge, "carol") as carol:
        sid = await calls_in(bridge, JANE)
        await leg(bridge, sid, "alice", "ringing", number=JANE)
        await alice.until(lambda name, data: name == "call" and data["state"] == "ringing")
        await over(bridge, sid, JANE, "no-answer")
        await alice.until(ends(sid, "missed"))
        assert (await alice.until(lambda name, _: name == "missed")) == {"missed": 1}
        await placed(bridge, "alice", JANE)
        assert (await alice.until(lambda name, _: name == "missed")) == {"missed": 0}
        other = await taken(bridge, JOHN, "carol")
        await carol.until(ends(other, "talked"))
        assert {data["sid"] for name, data in carol.events if name == "call"} == {other}


async def test_a_note_of_another_device_and_what_was_seen_there_come(bridge: Bridge) -> None:
    sid = await taken(bridge, JANE, "alice")
    await missed(bridge, JOHN, "alice")
    async with page(bridge) as opened:
        for version, text in enumerate(("W", "Wants 3")):
            await tell(bridge, "PUT", f"/api/calls/{sid}/note", note=text, version=version)
        await opened.until(lambda name, data: name == "call" and data["note"]["note"] == "Wants 3")
        await tell(bridge, "POST", "/api/me/calls/seen", until="2100-01-01T00:00:00Z")
        assert (await opened.until(lambda name, _: name == "missed")) == {"missed": 0}


async def test_availability_of_oneself_and_of_others_comes(bridge: Bridge) -> None:
    async with page(bridge) as opened:
        await tell(bridge, "PUT", "/api/me/availability", "bob", status="away")
        await opened.until(
            lambda name, data: name == "agent" and data["availability"]["status"] == "away" and not data["me"]
        )
        await tell(bridge, "PUT", "/api/me/availability", status="busy")
        assert (await opened.until(lambda name, _: name == "availability"))["status"] == "busy"


async def test_after_a_break_nothing_is_missing(bridge: Bridge) -> None:
    async with page(bridge) as opened:
        first = await taken(bridge, JANE, "alice")
        await opened.until(ends(first, "talked"))
    later = [await missed(bridge, number, "alice") for number in (JANE, JOHN)]
    await taken(bridge, JOHN, "carol")
    async with page(bridge, after=opened.last) as again:
        assert again.events[0][1]["resumed"]
        for sid in later:
            if not any(ends(sid, "missed")(*event) for event in again.events):
                await again.until(ends(sid, "missed"))
        told = {data["sid"] for name, data in again.events if name == "call"}
        # The first call may have changed after its last event, too.
        assert set(later) <= told <= {first, *later}


async def test_the_person_comes_once_twenty_has_them(
    open_bridge: OpenBridge, twenty: TwentySandbox, postgres_url: str
) -> None:
    # Either may be the one that writes.
    shared: Any = {**SECTIONS, "inbox": {"database_url": postgres_url}, "twenty": at(twenty)}
    first, second = await open_bridge(**shared), await open_bridge(**shared)
    person = await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    async with page(first) as one, page(second) as other:
        sid = await taken(first, JANE, "alice")
        for opened in (one, other):
            told = await opened.until(lambda name, data: name == "call" and data["person"])
            assert (told["sid"], told["person"]["id"], told["ended"]) == (sid, person, True)


async def test_a_change_of_a_leg_that_does_not_name_its_call_comes_to_all_its_agents(bridge: Bridge) -> None:
    async with page(bridge) as alice, page(bridge, "bob") as bob:
        sid = await calls_in(bridge, JANE)
        await leg(bridge, sid, "bob", "ringing", number=JANE)
        form = {"CallSid": await leg(bridge, sid, "alice", "ringing", number=JANE), "From": JANE}
        lone = {**form, "To": "client:alice", "Direction": "outbound-dial"}
        await bridge.twilio("/twilio/status?direction=inbound", {**lone, "CallStatus": "in-progress"})
        for opened, state in ((alice, "talking"), (bob, "answered_elsewhere")):
            told = await opened.until(
                lambda name, data, state=state: name == "call" and data["state"] == state  # type: ignore[misc]
            )
            assert told["sid"] == sid


async def test_what_comes_of_a_missed_call_that_was_called_back_counts_it_no_more(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.web.phone.events.JUST_ENDED", timedelta(0))
    async with page(bridge) as opened:
        sid = await missed(bridge, JANE, "alice")
        await opened.until(lambda name, data: (name, data) == ("missed", {"missed": 1}))
        await placed(bridge, "alice", JANE)
        await opened.until(lambda name, data: (name, data) == ("missed", {"missed": 0}))
        await tell(bridge, "PUT", f"/api/calls/{sid}/note", note="Was wrong", version=0)
        told = await opened.until(lambda name, data: name == "call" and data["sid"] == sid)
        assert told["calledBack"]
        await missed(bridge, JOHN, "alice")
        assert await opened.until(lambda name, _: name == "missed") == {"missed": 1}


async def test_a_leg_of_no_agents_call_concerns_no_agent(bridge: Bridge) -> None:
    async with page(bridge) as opened:
        form = {"CallSid": new_sid(), "From": OURS, "To": JOHN, "Direction": "outbound-dial"}
        await bridge.twilio("/twilio/status?direction=outbound", {**form, "CallStatus": "completed"})
        sid = await missed(bridge, JANE, "alice")
        await opened.until(ends(sid, "missed"))
        assert {data["sid"] for name, data in opened.events if name == "call"} == {sid}


async def test_what_was_read_while_the_database_failed_comes_afterwards(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = asyncio.Event()

    async def fails_once(*given: Any) -> dict[str, set[str]]:
        if failed.is_set():
            return await agents_of_calls(*given)
        failed.set()
        raise InboxUnavailable("The database does not answer.")

    sid = await taken(bridge, JANE, "alice")
    async with page(bridge) as opened:
        monkeypatch.setattr("bridge.web.phone.events.agents_of_calls", fails_once)
        await tell(bridge, "PUT", f"/api/calls/{sid}/note", note="Wants 3", version=0)
        await failed.wait()
        await opened.until(lambda name, data: name == "call" and data["note"]["note"] == "Wants 3")


async def test_a_call_back_by_any_agent_reaches_the_count_and_the_list_of_an_open_page(
    bridge: Bridge,
) -> None:
    sid = await missed(bridge, JANE, "alice")
    await missed(bridge, JOHN, "alice")
    async with page(bridge) as opened:
        assert opened.events[0][1]["missed"] == 2
        await placed(bridge, "carol", JANE)
        assert await opened.until(lambda name, _: name == "missed") == {"missed": 1}
        told = await opened.until(lambda name, data: name == "call" and data["sid"] == sid)
        assert told["calledBack"]
        # Twenty has none of these calls yet.
        assert (await ask(bridge, "/api/me/calls")).json["missed"] == 1
    async with page(bridge) as again:
        assert again.events[0][1]["missed"] == 1
        await taken(bridge, JOHN, "carol")
        assert await again.until(lambda name, _: name == "missed") == {"missed": 0}


async def test_a_user_of_twenty_who_closes_the_phone_is_gone_for_others(
    open_bridge: OpenBridge, twenty: TwentySandbox
) -> None:
    bridge = await open_bridge(**{**SECTIONS, "twenty": at(twenty)})
    asked = bearer(await signed_in(twenty, BELA))
    async with page(bridge) as opened:
        async with bridge.client.get("/api/events", headers=asked):
            came = await opened.until(
                lambda name, data: name == "agent" and data["identity"].startswith("wm_")
            )
        assert came["present"]
        await opened.until(lambda name, data: of(came["identity"], name, data) and not data["present"])


def of(identity: str, name: str, data: Any) -> bool:
    return bool(name == "agent" and data["identity"] == identity)


async def test_an_agent_whose_page_at_another_replica_closes_stays_with_one_that_is_open(
    open_bridge: OpenBridge, postgres_url: str
) -> None:
    inbox = {"inbox": {"database_url": postgres_url}}
    one, other = await open_bridge(**SECTIONS, **inbox), await open_bridge(**SECTIONS, **inbox)
    async with open_inbox(postgres_url) as shared, page(one, "bob") as bob, page(one):
        await bob.until(lambda name, data: of("alice", name, data) and data["present"])
        # As the other replica does where her page is closed, with more time for a busy machine.
        leaves = datetime.now(UTC) + PRESENT / 5
        await set_present(shared, [("alice", leaves)])
        async with asyncio.timeout(BOUND):
            while await present_until(shared, "alice") <= leaves:  # noqa: ASYNC110 - it is in the database
                await asyncio.sleep(0.05)
        await tell(one, "PUT", "/api/me/availability", "carol", status="away")
        await bob.until(lambda name, data: of("carol", name, data))
        assert all(data["present"] for name, data in bob.events if of("alice", name, data))
    async with page(one, "bob") as bob:
        async with page(other, "carol"):
            await bob.until(lambda name, data: of("carol", name, data) and data["present"])
        await bob.until(lambda name, data: of("carol", name, data) and not data["present"])


async def present_until(inbox: Inbox, identity: str) -> datetime:
    (state,) = await states_of(inbox, [identity])
    assert state.present_until
    return state.present_until


@pytest.mark.parametrize("after", ["", "x", "-1", "9" * 30, "999999999"])
async def test_who_was_away_too_long_reads_the_lists(bridge: Bridge, after: str) -> None:
    async with page(bridge, after=after) as opened:
        assert not opened.events[0][1]["resumed"]


async def test_another_replicas_calls_come(open_bridge: OpenBridge, postgres_url: str) -> None:
    inbox = {"inbox": {"database_url": postgres_url}}
    one, other = await open_bridge(**SECTIONS, **inbox), await open_bridge(**SECTIONS, **inbox)
    async with page(one) as opened:
        sid = await missed(other, JANE, "alice")
        await opened.until(ends(sid, "missed"))
    async with page(other, after=opened.last) as moved:
        assert moved.events[0][1]["resumed"]


async def test_pages_of_one_agent_are_bounded_and_who_goes_makes_room(bridge: Bridge) -> None:
    asked: Any = {"params": {"identity": "alice"}, "headers": HEADERS}
    opened = [await bridge.client.get("/api/events", **asked) for _ in range(OF_ONE_AGENT + 1)]
    assert [response.status for response in opened] == [200] * OF_ONE_AGENT + [429]
    async with page(bridge, "bob"):
        pass
    for response in opened:
        response.close()
    async with asyncio.timeout(BOUND):
        while (again := await bridge.client.get("/api/events", **asked)).status == 429:
            again.close()
    again.close()


def stream() -> EventStream:
    agent = Agent(Caller(kind="key", name="key", incoming=True), ())
    return EventStream(agent, frozenset())


async def test_a_slow_reader_is_cut_off_and_costs_no_memory() -> None:
    slow = stream()
    for number in range(MOST_WAITING + 2):
        slow.push("call", str(number), b"{}")
    assert b'"slow"' in await slow.batch(1)
    assert slow.bye == "slow"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.booleans()), max_size=40))
def test_what_was_read_to_its_id_is_the_newest_state_of_everything(
    changes: list[tuple[str, int, bool]],
) -> None:
    """However pushes and reads mix, a page that takes the last event of each thing has what is."""

    async def run() -> None:
        one, read, now = stream(), dict[str, str](), dict[str, str]()
        for position, (key, value, reads) in enumerate([*changes, ("a", 0, True)], 1):
            now[key] = str(value)
            one.push(key, "", now[key].encode())
            one.reached(position)
            if reads:
                *others, last = (await one.batch(1)).decode().split("\n\n")[:-1]
                assert not any("id: " in event for event in others)
                assert f"id: {position}\n" in last
                for event in (*others, last):
                    fields = dict(line.split(": ") for line in event.splitlines())
                    read[fields["event"]] = fields["data"]
                assert read == now

    asyncio.run(run())
