"""Who spoke with a caller last is rung first."""

import pytest

from bridge.calls.agents import RESERVED
from bridge.sandbox.twilio import Party
from tests.support import ask, create_person, finished, nodes_of
from tests.together.conftest import House, OpenHouse

JANE, JOHN = "+33612345678", "+33698765432"
MEMBERS = {"alice": "admin@sandbox.example", "bob": "bela@sandbox.example", "carol": "chloe@sandbox.example"}


@pytest.fixture
async def house(open_house: OpenHouse) -> House:
    """Each agent is a member of the workspace; whoever is rung answers."""
    house = await open_house(agents={"members": MEMBERS})
    house.twilio.parties |= {f"client:{agent}": Party.answers(talks=20) for agent in MEMBERS}
    house.twilio.parties |= {number: Party.answers(talks=20) for number in (JANE, JOHN)}
    return house


async def speaks(house: House, agent: str, number: str) -> None:
    """The agent calls the number, and Twenty has the call with the agent."""
    played = await house.twilio.call_from_browser(agent, number)
    await finished(house.twenty, played.sid)
    assert await agent_in_twenty(house, played.sid) == MEMBERS[agent]


async def agent_in_twenty(house: House, sid: str) -> str:
    """The e-mail address of the agent of a call."""
    asked = "query ($sid: String!) { phoneCalls(filter: { externalCallId: { eq: $sid } }) { edges { node {"
    (call,) = nodes_of(await ask(house.twenty, asked + " agent { userEmail } } } } }", sid=sid))
    email: str = call["agent"]["userEmail"]
    return email


async def rung_first(house: House, number: str) -> set[str]:
    """The agents that a call from the number rings at first, without the members that they are as well."""
    played = await house.twilio.call_from_phone(number)
    await finished(house.twenty, played.sid)
    rung = {leg.to.removeprefix("client:") for leg in played.legs}
    return {identity for identity in rung if not identity.startswith(RESERVED)}


async def test_who_spoke_with_the_caller_last_is_rung_first(house: House) -> None:
    await create_person(house.twenty, "Jane Doe", primaryPhoneNumber=JANE)
    await create_person(house.twenty, "John Roe", primaryPhoneNumber=JOHN)
    for agent in ("alice", "bob"):
        await speaks(house, agent, JANE)
        assert await rung_first(house, JANE) == {agent}
    # Of another caller it says nothing: all are rung.
    assert await rung_first(house, JOHN) == set(MEMBERS)
    # Bob is the last one who spoke with Jane until Carol does.
    assert await rung_first(house, JANE) == {"bob"}
    await speaks(house, "carol", JANE)
    assert await rung_first(house, JANE) == {"carol"}
