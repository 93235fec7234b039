"""Calls of more than two ends of which no webhook arrived: Twilio's lists and Events tell their story."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from bridge.inbox.checkpoints import Checkpoints
from bridge.inbox.store import Inbox
from bridge.sandbox.twilio import Leg, Party, PlayedCall
from bridge.sync.reconcile.reconciler import MARK
from tests.sandbox.twilio.conferences.support import HOLDS
from tests.sandbox.twilio.support import START, calling_the_api, dial, events, until
from tests.sync.reconcile.test_reconciler import COMPANY, JANE, NOW, Stage, stage

__all__ = ["stage"]

ALICE, BOB, CAROL = "client:alice", "client:bob", "client:carol"
PAUL = "+33639980007"


@pytest.fixture
async def rest(stage: Stage) -> AsyncIterator[aiohttp.ClientSession]:
    async with calling_the_api(stage.twilio) as session:
        yield session


class Meeting:
    """A call in between Jane and Alice, which is moved into its conference as the bridge moves it."""

    def __init__(self, stage: Stage, rest: aiohttp.ClientSession) -> None:
        self.stage, self.twilio, self.rest = stage, stage.twilio, rest
        self.twilio.parties = dict.fromkeys((ALICE, BOB, CAROL, PAUL, JANE), HOLDS)
        self.call: asyncio.Task[PlayedCall]
        self.root = ""

    def leg(self, to: str) -> Leg:
        return next(leg for leg in reversed(self.twilio.account.calls.values()) if leg.to == to)

    async def begin(self) -> None:
        self.stage.app.dial(f"<Client {events()}>alice</Client>", action="/dial")
        self.call = asyncio.create_task(self.twilio.call_from_phone(JANE))
        await until(lambda: len(self.twilio.account.calls) == 2)
        await until(lambda: self.leg(ALICE).status == "in-progress")
        self.root = self.leg(COMPANY).sid
        room = dial(f"<Conference waitUrl='' endConferenceOnExit='true'>{self.root}</Conference>")
        self.stage.app.on("/room", room)
        self.stage.app.on("/dial", room)
        self.twilio.skip(30)
        await self.post(f"Calls/{self.leg(ALICE).sid}", Url=f"{self.stage.app.url}/room")
        await self.inside(ALICE, COMPANY)

    async def inside(self, *addresses: str) -> None:
        sids = {self.leg(address).sid for address in addresses}
        rooms = self.twilio.account.conferences
        await until(lambda: all(rooms.of(sid) for sid in sids))

    async def post(self, path: str, **form: str) -> None:
        async with self.rest.post(f"{path}.json", data=form) as response:
            assert response.status in {200, 201}, await response.text()

    async def invite(self, to: str, act: str, **form: str) -> None:
        told = f"{self.stage.app.url}/twilio/status?joins={self.root}&as={act}"
        form |= {"From": COMPANY if to.startswith("+") else ALICE, "To": to, "StatusCallback": told}
        await self.post(f"Conferences/{self.root}/Participants", **form)
        await until(lambda: any(leg.to == to for leg in self.twilio.account.calls.values()))
        await self.inside(to)

    async def leave(self, address: str) -> None:
        sid = self.leg(address).sid
        [room] = self.twilio.account.conferences.all()
        await self.post(f"Conferences/{room.sid}/Participants/{sid}", EndConferenceOnExit="false")
        self.twilio.command(self.leg(address), None)
        await until(lambda: self.leg(address).is_over)

    async def end(self, address: str) -> None:
        self.twilio.command(self.leg(address), None)
        await until(lambda: self.twilio.account.conferences.all()[0].is_over)
        await self.call

    async def passed_on(self) -> None:
        """Alice asks Bob, who takes the call over, and adds Paul for a time."""
        await self.begin()
        await self.invite(BOB, "ask-1", EndConferenceOnExit="true")
        self.twilio.skip(20)
        await self.leave(ALICE)
        self.twilio.skip(50)
        await self.invite(PAUL, "add-1")
        self.twilio.skip(10)
        await self.leave(PAUL)
        self.twilio.skip(40)
        await self.end(BOB)


async def told(stage: Stage, root: str) -> tuple[dict[str, int], str | None, bool]:
    """Who talked with Jane, in tens of seconds, who ended it, and whether it is known from the log alone."""
    call = await stage.call(root)
    assert call
    assert call.story
    talks = {one.address: one.seconds // 10 * 10 for one in call.story.talks}
    return talks, call.story.ended_by, call.story.rebuilt


async def test_a_warm_transfer_and_a_third(stage: Stage, rest: aiohttp.ClientSession) -> None:
    meeting = Meeting(stage, rest)
    await meeting.passed_on()
    found = await stage.once()
    assert (found.unknown, found.others, found.undecided_since) == ({meeting.root}, 0, None)
    talks, ended_by, rebuilt = await told(stage, meeting.root)
    assert (list(talks), ended_by, rebuilt) == ([ALICE, BOB, PAUL], BOB, True)
    # Bob has Jane once Alice has left: 50, 10 and 40 seconds.
    assert (talks[PAUL], talks[BOB] // 100) == (10, 1)
    again = await stage.once(NOW + timedelta(minutes=5))
    assert (again.unknown, again.unfinished) == (set(), set())


async def test_without_events_the_only_conference_of_the_agent_tells(
    stage: Stage, rest: aiohttp.ClientSession
) -> None:
    """Twilio keeps requests for 30 days; of a telephone that was called then no list tells the call."""
    meeting = Meeting(stage, rest)
    await meeting.passed_on()
    meeting.twilio.account.requests.clear()
    found = await stage.once()
    assert found.unknown == {meeting.root, meeting.leg(PAUL).sid}
    talks, _, _ = await told(stage, meeting.root)
    assert list(talks) == [ALICE, BOB]


async def test_a_leg_whose_events_are_not_there_yet_is_asked_for_again(
    stage: Stage, rest: aiohttp.ClientSession
) -> None:
    meeting = Meeting(stage, rest)
    await meeting.passed_on()
    ended = max(leg.ended for leg in meeting.twilio.account.calls.values() if leg.ended)
    early = await stage.once(ended + timedelta(minutes=5))
    assert (early.ours, early.undecided_since) == ({meeting.root}, meeting.leg(BOB).started)
    assert (await Checkpoints(stage.inbox).get(MARK) or NOW) <= meeting.leg(BOB).started
    late = await stage.once()
    assert (late.unknown, late.unfinished) == (set(), {meeting.root})
    talks, _, _ = await told(stage, meeting.root)
    assert list(talks) == [ALICE, BOB, PAUL]


async def test_who_is_in_a_conference_that_goes_on(stage: Stage, rest: aiohttp.ClientSession) -> None:
    meeting = Meeting(stage, rest)
    await meeting.begin()
    [room] = meeting.twilio.account.conferences.all()
    sid = meeting.leg(COMPANY).sid
    await meeting.post(f"Conferences/{room.sid}/Participants/{sid}", Hold="true")
    assert (await stage.once()).unknown == {meeting.root}
    call = await stage.call(meeting.root)
    assert call
    assert call.story
    assert (call.ended, call.story.rebuilt, len(call.story.holds)) == (False, False, 1)
    assert (await stage.once(NOW + timedelta(minutes=5))).unfinished == set()
    meeting.twilio.skip(20)
    await meeting.end(ALICE)
    # Heard of at the machine's time, which is not the scenario's.
    later = datetime.now(UTC) + timedelta(hours=1)
    await Checkpoints(stage.inbox).save(MARK, later)
    late = await stage.once(later + timedelta(hours=1))
    assert late.unfinished == {meeting.root}
    call = await stage.call(meeting.root)
    assert call
    assert call.story
    assert (call.ended, call.story.ended_by, call.left_alone) == (True, ALICE, True)


async def test_a_call_out_that_was_passed_on_is_one_call(stage: Stage) -> None:
    """The party's leg dials the colleague: Twilio names that leg as the parent."""
    app, twilio = stage.app, stage.twilio
    app.dial(f"<Number {events()}>{JANE}</Number>", callerId=COMPANY, action="/dial")
    app.on("/passed", dial("<Client>bob</Client>", action="/dial", record="record-from-answer-dual"))
    twilio.parties |= {JANE: HOLDS, BOB: Party.answers(after=3, talks=40)}
    call = asyncio.create_task(twilio.call_from_browser("alice", JANE))
    await until(lambda: [leg.status for leg in twilio.account.calls.values()] == ["in-progress"] * 2)
    root, child = twilio.account.calls.values()
    async with calling_the_api(twilio) as rest:
        await rest.post(f"Calls/{child.sid}.json", data={"Url": f"{app.url}/passed"})
        await call
    found = await stage.once()
    assert found.unknown == {root.sid}
    passed = await stage.call(root.sid)
    assert passed
    assert (passed.agents, passed.other_party, passed.ended) == (("alice", "bob"), JANE, True)
    assert [(leg.to, leg.duration) for leg in passed.legs if leg.joined] == [(BOB, 40)]
    [recording] = passed.recordings
    assert [one.sid for one in twilio.account.recordings_of(child.sid)] == [recording.sid]
    assert (await stage.once(NOW + timedelta(minutes=5))).unfinished == set()


async def test_a_key_that_may_not_list_conferences_reconciles_calls(
    stage: Stage, rest: aiohttp.ClientSession
) -> None:
    meeting = Meeting(stage, rest)
    await meeting.passed_on()
    needed = {"/twilio/voice/calls/list", "/twilio/voice/calls/read", "/twilio/voice/recordings/list"}
    stage.twilio.account.keys[stage.twilio.api_key].allow = frozenset(needed)
    assert meeting.root in (await stage.once()).unknown
    call = await stage.call(meeting.root)
    assert call
    assert (call.ended, call.agents) == (True, ("alice",))


@pytest.mark.parametrize("began", [timedelta(hours=1), timedelta(days=2)])
async def test_another_program_of_the_account_may_place_calls(
    stage: Stage, inbox: Inbox, rest: aiohttp.ClientSession, began: timedelta
) -> None:
    """While a conference goes on, or on another day: they stay calls of their own."""
    del inbox
    meeting = Meeting(stage, rest)
    await meeting.begin()
    meeting.twilio.start = START + began - timedelta(minutes=59)
    stage.app.on("/other", "<Response><Pause length='5'/></Response>")
    await meeting.post("Calls", To=PAUL, From=COMPANY, Url=f"{stage.app.url}/other")
    await meeting.twilio.finished(meeting.leg(PAUL).sid)
    await meeting.end(ALICE)
    found = await stage.once(NOW + began)
    assert found.unknown == {meeting.root, meeting.leg(PAUL).sid}
