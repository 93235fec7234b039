"""Hold, warm transfer and third parties, by the bridge's API and a Twilio that executes conferences."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest

from bridge.demo.bridge import WIDGET_KEY
from bridge.sandbox.twilio import Leg, Party, TwilioSandbox
from tests.routing.conftest import JANE, OpenPhone, Phone, Seen, answers, no_answer
from tests.support import eventually

CONFIG = """
agents: {names: [ann, bob, carl]}
phone: {supervisors: [carl]}
lines: {default: {ring: [{agents: [ann]}]}}
"""
HOLDS = answers(after=3, talks=None)
RINGS = replace(answers(after=15, talks=None), is_live=True)
"""Rings as a phone does that is connected, until time is skipped."""
THIRD = "+33698765432"


@dataclass
class Talk:
    """A call that goes on between Jane and ann, who called or was called."""

    company: Phone
    sid: str
    call: asyncio.Task[Any]
    inbound: bool
    http: aiohttp.ClientSession

    @property
    def twilio(self) -> TwilioSandbox:
        return self.company.twilio

    async def act(self, path: str, *, status: int = 204, agent: str = "ann", **body: Any) -> dict[str, Any]:
        answered, said = await self.try_act(path, agent=agent, **body)
        assert answered == status, said
        return said

    async def try_act(self, path: str, *, agent: str, **body: Any) -> tuple[int, dict[str, Any]]:
        method = "DELETE" if path.startswith("participants/") else "POST"
        url = f"{self.company.url}/api/calls/{self.sid}/{path}"
        key = body.pop("key", None)
        headers = {"Idempotency-Key": str(key)} if key else {}
        async with self.http.request(
            method, url, json={"identity": agent, **body}, headers=headers
        ) as answer:
            return answer.status, {} if answer.status == 204 else await answer.json()

    def leg(self, who: str) -> Leg:
        """The newest leg of a party."""
        legs = [leg for leg in self.twilio.account.calls.values() if self._is(leg, who)]
        return legs[-1]

    def _is(self, leg: Leg, who: str) -> bool:
        address = who if who.startswith("+") else f"client:{who}"
        return address in ((leg.from_,) if leg.parent_sid is None and leg.sid == self.sid else (leg.to,))

    def inside(self, who: str) -> bool:
        return any(
            sid == leg.sid and one.connected
            for leg in self.twilio.account.calls.values()
            if self._is(leg, who)
            for room in self.twilio.account.conferences.all()
            for sid, one in room.participants.items()
        )

    def held(self, who: str) -> bool:
        sid = self.leg(who).sid
        return any(sid in room.participants and room.participants[sid].held for room in self.rooms)

    @property
    def rooms(self) -> list[Any]:
        return list(self.twilio.account.conferences.all())

    async def comes(self, who: str) -> None:
        """Who is called is in the conference, and the bridge has heard of it."""
        await eventually(lambda: self.inside(who))
        sid = self.leg(who).sid
        await eventually(lambda: self.company.heard("participant-join", sid))

    def hang_up(self, who: str) -> None:
        self.twilio.command(self.leg(who), None)

    async def seen(self) -> Seen:
        return await self.company.seen(await self.call)


@asynccontextmanager
async def talking(company: Phone, *, inbound: bool) -> AsyncIterator[Talk]:
    company.scripted({"ann": HOLDS, "bob": HOLDS, "carl": HOLDS, JANE: HOLDS, THIRD: HOLDS})
    headers = {"Authorization": f"Bearer {WIDGET_KEY}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        before = frozenset(company.twilio.account.calls)
        if inbound:
            call: asyncio.Task[Any] = asyncio.create_task(company.twilio.call_from_phone(JANE))
            sid = await company.answered("client:ann", but=before)
        else:
            call = asyncio.create_task(company.twilio.call_from_browser("ann", JANE))
            sid = await company.answered(JANE, but=before)
        yield Talk(company, sid, call, inbound, http)


def legs(company: Phone) -> list[Leg]:
    return list(company.twilio.account.calls.values())


BOTH = pytest.mark.parametrize("inbound", [True, False], ids=["in", "out"])


@BOTH
async def test_hold_and_resume(phone: OpenPhone, *, inbound: bool) -> None:
    async with talking(await phone(CONFIG), inbound=inbound) as talk:
        talk.twilio.skip(60)
        await talk.act("hold")
        assert talk.held(JANE)
        assert not talk.held("ann")
        await talk.act("hold")
        talk.twilio.skip(40)
        await talk.act("resume")
        assert not talk.held(JANE)
        assert len(talk.rooms) == 1
        talk.twilio.skip(10)
        talk.hang_up(JANE)
        seen = await talk.seen()
        assert seen.record["status"] == "COMPLETED"
        begun = "Answered" if inbound else "Called"
        assert seen.handling
        assert seen.handling.startswith(f"{begun} by ann (1 min 1")
        assert ", on hold 4" in seen.handling
        assert len(await talk.company.records()) == 1


@BOTH
async def test_a_warm_transfer_is_completed(phone: OpenPhone, *, inbound: bool) -> None:
    async with talking(await phone(CONFIG), inbound=inbound) as talk:
        talk.twilio.skip(60)
        await talk.act("transfer", to="client:bob", ask=True)
        assert talk.held(JANE)
        await talk.comes("bob")
        talk.twilio.skip(20)
        for act in ("transfer/complete", "transfer/swap"):
            refused, said = await talk.try_act(act, agent="bob")
            assert (refused, said["code"]) == (409, "transfer.is_asked")
        await talk.act("transfer/complete", key="c1")
        assert not talk.held(JANE)
        await eventually(lambda: not talk.inside("ann"))
        await talk.act("transfer/complete", key="c1")
        assert talk.inside("bob")
        assert talk.inside(JANE)
        talk.twilio.skip(100)
        talk.hang_up("bob")
        await eventually(lambda: not talk.inside(JANE))
        seen = await talk.seen()
        assert seen.handling
        assert ", passed to bob (1 min 4" in seen.handling
        assert (await talk.company.tasks()) == []
        assert len(await talk.company.records()) == 1


@BOTH
async def test_a_warm_transfer_is_cancelled(phone: OpenPhone, *, inbound: bool) -> None:
    async with talking(await phone(CONFIG), inbound=inbound) as talk:
        await talk.act("transfer", to="client:bob", ask=True)
        await talk.comes("bob")
        await talk.act("transfer/cancel")
        assert not talk.held(JANE)
        await eventually(lambda: not talk.inside("bob"))
        assert talk.inside("ann")
        assert talk.inside(JANE)
        await talk.act("transfer", to="client:bob", ask=True)
        await talk.comes("bob")
        # Who is only asked does not end a customer's call.
        await talk.act("hangup", agent="bob")
        await eventually(lambda: not talk.inside("bob"))
        assert talk.inside(JANE)
        talk.hang_up("ann")
        await talk.seen()


@BOTH
async def test_who_does_not_answer_gives_the_customer_back(phone: OpenPhone, *, inbound: bool) -> None:
    async with talking(await phone(CONFIG), inbound=inbound) as talk:
        talk.company.scripted({"bob": no_answer})
        await talk.act("transfer", to="client:bob", ask=True)
        await eventually(lambda: talk.leg("bob").is_over)
        await eventually(lambda: not talk.held(JANE))
        assert talk.inside("ann")
        talk.hang_up(JANE)
        seen = await talk.seen()
        assert seen.handling
        assert seen.handling.endswith("Also rung: bob (no answer).")
        assert (await talk.company.tasks()) == []


async def test_swap(phone: OpenPhone) -> None:
    async with talking(await phone(CONFIG), inbound=True) as talk:
        await talk.act("transfer", to="client:bob", ask=True)
        await talk.comes("bob")
        await talk.act("transfer/swap")
        assert (talk.held("bob"), talk.held(JANE)) == (True, False)
        await talk.act("transfer/swap")
        assert (talk.held("bob"), talk.held(JANE)) == (False, True)
        talk.hang_up(JANE)
        await eventually(lambda: talk.leg("bob").is_over)
        await talk.seen()


@BOTH
async def test_a_third_joins_and_is_removed(phone: OpenPhone, *, inbound: bool) -> None:
    async with talking(await phone(CONFIG), inbound=inbound) as talk:
        await talk.act("participants", to=THIRD)
        await talk.comes(THIRD)
        talk.twilio.skip(30)
        await talk.act(f"participants/{talk.leg(JANE).sid}", status=409)
        await talk.act(f"participants/{talk.leg(THIRD).sid}")
        await eventually(lambda: talk.leg(THIRD).is_over)
        assert talk.inside("ann")
        talk.hang_up("ann")
        seen = await talk.seen()
        assert seen.handling
        assert "joined by +33 6 98 76 54 32 (3" in seen.handling


@BOTH
async def test_the_agent_leaves_the_third_with_the_customer(phone: OpenPhone, *, inbound: bool) -> None:
    async with talking(await phone(CONFIG), inbound=inbound) as talk:
        await talk.act("participants", to="client:bob")
        await talk.comes("bob")
        await eventually(lambda: not ends_on_exit(talk, "ann"))
        talk.hang_up("ann")
        await eventually(lambda: not talk.inside("ann"))
        await eventually(lambda: ends_on_exit(talk, "bob"))
        assert talk.inside(JANE)
        talk.hang_up("bob")
        await eventually(lambda: not talk.inside(JANE))
        await talk.seen()


@BOTH
@pytest.mark.parametrize("act", ["participants", "transfer"])
async def test_who_comes_in_the_moment_in_which_the_agent_leaves_stays(
    phone: OpenPhone, *, inbound: bool, act: str
) -> None:
    async with talking(await phone(CONFIG), inbound=inbound) as talk:
        talk.company.scripted({"ann": HOLDS, "bob": RINGS, JANE: HOLDS})
        # Adding a party takes no notice of `ask`.
        await talk.act(act, to="client:bob", ask=True)
        await eventually(lambda: not ends_on_exit(talk, "ann"))
        assert not talk.inside("bob")
        talk.twilio.skip(15)
        await eventually(lambda: talk.inside("bob"))
        talk.hang_up("ann")
        await eventually(lambda: not talk.inside("ann"))
        assert talk.inside(JANE)
        assert talk.inside("bob")
        await eventually(lambda: ends_on_exit(talk, "bob"))
        talk.hang_up("bob")
        await eventually(lambda: not talk.inside(JANE))
        await talk.seen()


def ends_on_exit(talk: Talk, who: str) -> bool:
    sid = talk.leg(who).sid
    return any(sid in room.participants and room.participants[sid].ends for room in talk.rooms)


@pytest.mark.parametrize("act", ["participants", "transfer"])
async def test_who_is_not_in_the_call_does_not_learn_whom_it_could_call(phone: OpenPhone, act: str) -> None:
    async with talking(await phone(CONFIG), inbound=True) as talk:
        for to in ("client:nobody", "12", "client:carl", "client:bob", "+33698765432"):
            problem = await talk.act(act, to=to, agent="carl", status=403)
            assert problem["code"] == "call.not_yours"


@BOTH
async def test_a_supervisor_listens_whispers_and_joins(phone: OpenPhone, *, inbound: bool) -> None:
    async with talking(await phone(CONFIG), inbound=inbound) as talk:
        await talk.act("listen", status=403, agent="bob")
        talk.company.scripted({"ann": HOLDS, "carl": RINGS, JANE: HOLDS})
        await talk.act("listen", agent="carl", mode="listen")
        # The phone of the supervisor rings.
        await talk.act("listen", agent="carl", mode="listen")
        problem = await talk.act("listen", agent="carl", mode="whisper", status=409)
        assert (problem["code"], talk.inside("carl")) == ("listen.ringing", False)
        talk.twilio.skip(15)
        await talk.comes("carl")
        talk.twilio.skip(30)
        await talk.act("listen", agent="carl", mode="whisper")
        await talk.act("hangup", agent="carl")
        await eventually(lambda: not talk.inside("carl"))
        assert talk.inside(JANE)
        await eventually(lambda: talk.leg("carl").is_over)
        await eventually(lambda: talk.company.heard("participant-leave", talk.leg("carl").sid))
        await talk.act("listen", agent="carl", mode="listen")
        await talk.comes("carl")
        await talk.act("listen", agent="carl", mode="join")
        talk.twilio.skip(20)
        await eventually(lambda: not ends_on_exit(talk, "ann"))
        talk.hang_up("ann")
        await eventually(lambda: ends_on_exit(talk, "carl"))
        problem = await talk.act("listen", agent="carl", mode="whisper", status=409)
        assert problem["code"] == "listen.alone"
        talk.hang_up(JANE)
        await eventually(lambda: talk.leg("carl").is_over)
        await talk.seen()


async def test_who_is_left_on_hold_is_called_back(phone: OpenPhone) -> None:
    async with talking(await phone(CONFIG), inbound=True) as talk:
        await talk.act("hold")
        talk.twilio.skip(40)
        talk.hang_up("ann")
        await eventually(lambda: not talk.inside(JANE))
        seen = await talk.seen()
        assert seen.record["status"] == "COMPLETED"


async def test_the_same_key_acts_once(phone: OpenPhone) -> None:
    async with talking(await phone(CONFIG), inbound=True) as talk:
        await talk.act("transfer", to="client:bob", ask=True, key="k1")
        await talk.comes("bob")
        await talk.act("transfer", to="client:bob", ask=True, key="k1")
        problem = await talk.act("transfer", to="client:carl", ask=True, key="k1", status=422)
        assert problem["code"] == "idempotency.reused"
        problem = await talk.act("transfer", to="client:bob", ask=True, key="k2", status=409)
        assert problem["code"] == "transfer.asking"
        assert len([leg for leg in legs(talk.company) if leg.to == "client:bob"]) == 1
        talk.hang_up(JANE)
        await talk.seen()


async def test_an_ask_whose_answer_is_lost_was_done_and_one_that_failed_is_done_again(
    phone: OpenPhone,
) -> None:
    async with talking(await phone(CONFIG), inbound=True) as talk:
        talk.twilio.rest.failing = "/Participants.json"
        await talk.act("transfer", to="client:bob", ask=True, key="k1", status=503)
        assert not talk.held(JANE)
        talk.twilio.rest.failing, talk.twilio.rest.unanswered = "", "/Participants.json"
        await talk.act("transfer", to="client:bob", ask=True, key="k1")
        talk.twilio.rest.unanswered = ""
        assert talk.held(JANE)
        await talk.comes("bob")
        await talk.act("transfer", to="client:bob", ask=True, key="k1")
        assert len([leg for leg in legs(talk.company) if leg.to == "client:bob"]) == 1
        await talk.act("transfer/complete")
        await eventually(lambda: not talk.inside("ann"))
        assert talk.inside("bob")
        talk.hang_up(JANE)
        await talk.seen()


@BOTH
async def test_a_call_that_comes_back_can_be_passed_on_again(phone: OpenPhone, *, inbound: bool) -> None:
    async with talking(await phone(CONFIG), inbound=inbound) as talk:
        before = talk.leg("ann").sid
        await talk.act("transfer", to="client:bob")
        await talk.company.talking("bob")
        await talk.act("transfer", to="client:ann", agent="bob")
        await eventually(
            lambda: talk.leg("ann").sid != before and talk.company.picked_up(talk.leg("ann").sid)
        )
        await talk.act("transfer", to="client:bob")
        await eventually(lambda: len([leg for leg in legs(talk.company) if leg.to == "client:bob"]) == 2)
        talk.hang_up(JANE)
        await talk.seen()


async def test_another_agents_call_is_not_held(phone: OpenPhone) -> None:
    async with talking(await phone(CONFIG), inbound=True) as talk:
        problem = await talk.act("hold", agent="bob", status=403)
        assert problem["code"] == "call.not_yours"
        talk.hang_up(JANE)
        await talk.seen()
        problem = await talk.act("hold", status=409)
        assert problem["code"] == "call.over"


async def test_a_call_out_is_passed_on_blindly(phone: OpenPhone) -> None:
    async with talking(await phone(CONFIG), inbound=False) as talk:
        talk.twilio.skip(60)
        talk.company.scripted({"bob": Party.answers(after=3, talks=100)})
        await talk.act("transfer", to="client:bob")
        await eventually(lambda: talk.leg(JANE).is_over)
        seen = await talk.seen()
        assert seen.handling
        assert ", passed to bob (1 min 40 s)." in seen.handling
        assert len(await talk.company.records()) == 1


RECORDED = CONFIG.replace("{ring:", "{recording: {inbound: true, pause_on_hold: true}, ring:")


async def test_the_recording_pauses_while_the_customer_is_on_hold(phone: OpenPhone) -> None:
    async with talking(await phone(RECORDED), inbound=True) as talk:

        def recorded() -> list[str]:
            every = talk.twilio.account.recordings_of(talk.leg(JANE).sid)
            return [one.status for one in every if one.status in {"in-progress", "paused"}]

        await talk.act("hold")
        assert recorded() == ["paused"]
        await talk.act("resume")
        assert recorded() == ["in-progress"]
        talk.hang_up(JANE)
        await talk.seen()


@pytest.mark.parametrize("told", [True, False])
async def test_a_customer_is_told_of_a_listener_where_the_settings_say_so(
    phone: OpenPhone, *, told: bool
) -> None:
    config = f"{CONFIG}voice: {{listening_announced: {str(told).lower()}}}\n"
    async with talking(await phone(config), inbound=True) as talk:
        await talk.act("listen", agent="carl", mode="listen")
        await talk.comes("carl")
        talk.hang_up(JANE)
        played = await talk.call
        assert any("/twilio/listening" in one.url for one in played.deliveries) == told


async def test_a_caller_who_was_passed_on_can_be_held(phone: OpenPhone) -> None:
    async with talking(await phone(CONFIG), inbound=True) as talk:
        await talk.act("transfer", to="client:bob")
        await talk.company.talking("bob")
        await talk.act("hold", agent="bob")
        assert talk.held(JANE)
        assert talk.inside("bob")
        talk.hang_up(JANE)
        await talk.seen()


@BOTH
async def test_a_call_in_a_conference_is_passed_on_blindly(phone: OpenPhone, *, inbound: bool) -> None:
    async with talking(await phone(CONFIG), inbound=inbound) as talk:
        await talk.act("hold")
        await talk.act("resume")
        talk.twilio.skip(60)
        talk.company.scripted({"bob": Party.answers(after=3, talks=100)})
        await talk.act("transfer", to="client:bob")
        await eventually(lambda: talk.leg("ann").is_over)
        seen = await talk.seen()
        assert seen.handling
        assert ", passed to bob (1 min 40 s)." in seen.handling
        assert seen.record["status"] == "COMPLETED"
        assert (await talk.company.tasks()) == []


@BOTH
async def test_a_third_stays_with_who_is_passed_on(phone: OpenPhone, *, inbound: bool) -> None:
    async with talking(await phone(CONFIG), inbound=inbound) as talk:
        await talk.act("participants", to=THIRD)
        await talk.comes(THIRD)
        await talk.act("transfer", to="client:bob")
        await talk.comes("bob")
        await eventually(lambda: not talk.inside("ann"))
        assert talk.inside(JANE)
        assert talk.inside(THIRD)
        talk.hang_up(JANE)
        await eventually(lambda: talk.leg("bob").is_over)
        await talk.seen()


EMERGENCY = CONFIG + "dialling: {emergency: true}\n"


async def test_an_emergency_call_is_left_as_it_is(phone: OpenPhone) -> None:
    company = await phone(EMERGENCY)
    company.twilio.parties |= {"client:ann": HOLDS, "client:bob": HOLDS, "client:carl": HOLDS, "112": HOLDS}
    headers = {"Authorization": f"Bearer {WIDGET_KEY}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        call = asyncio.create_task(company.twilio.call_from_browser("ann", "112"))
        talk = Talk(company, await company.answered("112"), call, inbound=False, http=http)
        acts: list[tuple[str, dict[str, Any]]] = [
            ("hold", {}),
            ("resume", {}),
            ("transfer", {"to": "client:bob"}),
            ("transfer", {"to": "client:bob", "ask": True}),
            ("transfer/complete", {}),
            ("transfer/cancel", {}),
            ("transfer/swap", {}),
            ("participants", {"to": "client:bob"}),
            (f"participants/{talk.sid}", {}),
            ("listen", {"mode": "listen", "agent": "carl"}),
        ]
        for path, body in acts:
            problem = await talk.act(path, status=409, **body)
            assert problem["code"] == "call.emergency", path
        async with http.get(f"{company.url}/api/calls/{talk.sid}?identity=ann") as answer:
            can = (await answer.json())["can"]
            assert (can["hold"], can["transfer"], can["hangup"]) == (False, False, True)
        assert talk.rooms == []
        company.hang_up(talk.sid)
        await talk.seen()


async def test_no_emergency_number_is_called_into_a_call(phone: OpenPhone) -> None:
    async with talking(await phone(EMERGENCY), inbound=True) as talk:
        refused: tuple[dict[str, Any], ...] = ({"path": "participants"}, {"path": "transfer", "ask": True})
        for act in refused:
            problem = await talk.act(status=409, to="112", **act)
            assert problem["code"] == "call.emergency"
        assert talk.rooms == []
        talk.hang_up(JANE)
        await talk.seen()


async def test_a_recording_goes_on_with_a_customer_who_is_given_back(phone: OpenPhone) -> None:
    async with talking(await phone(RECORDED), inbound=True) as talk:
        talk.company.scripted({"bob": no_answer})
        await talk.act("transfer", to="client:bob", ask=True)
        await eventually(lambda: not talk.held(JANE))
        await eventually(lambda: "in-progress" in recordings_of(talk))
        assert "paused" not in recordings_of(talk)
        talk.hang_up(JANE)
        await talk.seen()


def recordings_of(talk: Talk) -> list[str]:
    return [one.status for one in talk.twilio.account.recordings_of(talk.leg(JANE).sid)]


async def test_a_target_that_is_refused_leaves_the_customer_as_it_is(phone: OpenPhone) -> None:
    async with talking(await phone(CONFIG), inbound=True) as talk:
        refused: tuple[dict[str, Any], ...] = ({"path": "participants"}, {"path": "transfer", "ask": True})
        for act in refused:
            await talk.act(status=400, to="+33899123456", **act)
        assert talk.rooms == []
        talk.hang_up(JANE)
        await talk.seen()
