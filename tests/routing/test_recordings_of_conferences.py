"""A call that was moved has a recording of each of its parts: each with its start, and Twenty links all."""

import pytest

from bridge.sandbox.twilio import Leg
from bridge.sandbox.twilio.recordings import Recording
from tests.routing.conftest import JANE, OpenPhone
from tests.routing.test_conferences import CONFIG, Talk, talking
from tests.support import ask, nodes_of, until

RECORDED = CONFIG.replace("{ring:", "{recording: {inbound: true, outbound: true, pause_on_hold: true}, ring:")
LINKS = """{ phoneCalls(first: 10) { edges { node {
  recording { primaryLinkUrl secondaryLinks }
} } } }"""


def made(talk: Talk) -> list[Recording]:
    return list(talk.twilio.account.recordings.values())


def statuses(talk: Talk, leg: Leg) -> list[str]:
    return [one.status for one in talk.twilio.account.recordings_of(leg.sid)]


@pytest.mark.parametrize("inbound", [True, False], ids=["in", "out"])
async def test_each_part_has_one(phone: OpenPhone, *, inbound: bool) -> None:
    async with talking(await phone(RECORDED), inbound=inbound) as talk:
        talk.twilio.skip(30)
        await talk.act("hold")
        customer = talk.leg(JANE)
        assert statuses(talk, customer)[-1] == "paused"
        talk.twilio.skip(20)
        await talk.act("resume")
        assert statuses(talk, customer)[-1] == "in-progress"
        await talk.act("transfer", to="client:bob", ask=True)
        await talk.comes("bob")
        assert statuses(talk, customer)[-1] == "paused"
        await talk.act("transfer/swap")
        assert statuses(talk, customer)[-1] == "in-progress"
        await talk.act("transfer/swap")
        assert statuses(talk, customer)[-1] == "paused"
        await talk.act("transfer/complete")
        assert statuses(talk, customer)[-1] == "in-progress"
        talk.twilio.skip(10)
        talk.hang_up("bob")
        await talk.seen()
        parts = [one for one in made(talk) if one.duration]
        assert len(parts) == 2
        assert parts[0].started < parts[1].started
        assert {one.call_sid for one in parts} == {talk.sid, customer.sid}

        async def linked() -> None:
            [node] = nodes_of(await ask(talk.company.twenty, LINKS))
            found = node["recording"]
            links = [found["primaryLinkUrl"], *(one["url"] for one in found["secondaryLinks"] or ())]
            assert [sum(one.sid in link for link in links) for one in parts] == [1, 1]

        await until(linked, AssertionError)
