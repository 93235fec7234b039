"""What an agent says of a call has bounds, as all of it is read when the call is written; declining it."""

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.web.phone.calls import MOST_DISPOSITIONS, PER_MINUTE
from tests.web.conftest import KEY, Bridge, OpenBridge, payload
from tests.web.phone.desk import calls_in, leg, tell

SID = "CA" + "1" * 32


@pytest.fixture
async def bridge(open_bridge: OpenBridge) -> Bridge:
    return await open_bridge(agents={"names": ("alice", "bob")})


async def dispose(bridge: Bridge, note: str, *, identity: str = "alice") -> int:
    headers = {"Authorization": f"Bearer {KEY}"}
    body = {"identity": identity, "note": note}
    # 503: a disk that is busy with other things did not take it in time; the page's user tries again.
    for _ in range(2):
        answer = await bridge.post(f"/api/calls/{SID}/disposition", json=body, headers=headers)
        if answer.status != 503:
            break
    return answer.status


async def in_call(bridge: Bridge, *identities: str) -> None:
    for number, identity in enumerate(identities):
        leg = payload("browser-out-5-status-completed", CallSid=f"CA{number:032x}", To=f"client:{identity}")
        await bridge.twilio("/twilio/status?direction=inbound", {**leg, "ParentCallSid": SID})


async def test_what_is_said_of_a_call_is_bounded(bridge: Bridge) -> None:
    await in_call(bridge, "alice", "bob")
    said = [await dispose(bridge, f"note {number}") for number in range(MOST_DISPOSITIONS + 2)]
    assert said == [204] * MOST_DISPOSITIONS + [429] * 2
    assert await dispose(bridge, "one more", identity="bob") == 429
    kept = [kind for kind, _, _ in bridge.rows() if kind == "disposition"]
    assert len(kept) == MOST_DISPOSITIONS


async def test_an_agent_says_so_much_a_minute_and_no_more(bridge: Bridge) -> None:
    await in_call(bridge, "alice", "bob")
    said = await asyncio.gather(*(dispose(bridge, "the same") for _ in range(2 * PER_MINUTE)))
    assert said.count(204) in range(PER_MINUTE, PER_MINUTE + PER_MINUTE // 2)
    assert set(said) == {204, 429}
    assert await dispose(bridge, "another agent's", identity="bob") == 204


async def test_a_decline_leaves_the_phone_that_answers_meanwhile(open_bridge: OpenBridge) -> None:
    """Of the answer on the other phone Twilio has yet to tell: that leg is not hung up."""
    statuses: dict[str, str] = {}
    ended: list[str] = []

    async def call(request: web.Request) -> web.Response:
        sid = request.match_info["sid"]
        if request.method == "POST":
            ended.append(sid)
        return web.json_response({"sid": sid, "status": statuses[sid]})

    twilio = web.Application()
    twilio.router.add_route("*", "/2010-04-01/Accounts/{account}/Calls/{sid}.json", call)
    async with TestServer(twilio) as server:
        bridge = await open_bridge(
            agents={"names": ("alice",)}, twilio={"api_url": str(server.make_url("")).rstrip("/")}
        )
        root = await calls_in(bridge, "+33639980001")
        declines, answers, rings = [await leg(bridge, root, "alice", "ringing") for _ in range(3)]
        statuses |= {answers: "in-progress", rings: "ringing"}
        assert (await tell(bridge, "POST", f"/api/calls/{declines}/decline")).status == 204
    assert ended == [rings]
