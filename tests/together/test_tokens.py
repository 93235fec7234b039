"""From a user of Twenty to a call under them in Twenty; and nobody on the way can be somebody else."""

from typing import Any

import pytest

from bridge.sandbox.twilio import Party
from bridge.twilio.binding import AGENT, PROOF, Binding
from tests.support import ask, finished
from tests.together.conftest import House, OpenHouse

MOBILE = "+33612345678"
MEMBER = (
    """query ($e: String!) { workspaceMembers(filter: {userEmail: {eq: $e}}) { edges { node { id } } } }"""
)
AGENT_OF = """query ($sid: String!) { phoneCalls(filter: {externalCallId: {eq: $sid}}) {
  edges { node { agentId } } } }"""


async def token(house: House, **headers: str) -> dict[str, Any]:
    """What the widget gets, with the identity that it always makes up."""
    body = {"identity": "twenty-user-123"}
    async with house.session.post(f"{house.url}/token", json=body, headers=headers) as answer:
        assert answer.status == 200
        told: dict[str, Any] = await answer.json()
        return told


@pytest.mark.parametrize("foreign", ["accept", "refuse"])
async def test_a_call_is_under_the_user_who_placed_it(open_house: OpenHouse, foreign: str) -> None:
    house = await open_house(tokens={"foreign": foreign})
    house.twilio.parties[MOBILE] = Party.answers(talks=20)
    told = await token(house, Authorization=f"Bearer {house.twenty.user_token}")
    played = await house.twilio.call_from_token(told["token"], MOBILE)
    assert played.errors == []
    record = await finished(house.twenty, played.sid)
    member = (await ask(house.twenty, MEMBER, e="admin@sandbox.example"))["workspaceMembers"]["edges"][0]
    agent = (await ask(house.twenty, AGENT_OF, sid=played.sid))["phoneCalls"]["edges"][0]["node"]["agentId"]
    assert (record["status"], agent) == ("COMPLETED", member["node"]["id"])


async def test_what_a_browser_says_of_itself_counts_for_nothing(open_house: OpenHouse) -> None:
    house = await open_house(tokens={"foreign": "refuse"})
    house.twilio.parties[MOBILE] = Party.answers(talks=20)
    told = await token(house, Authorization=f"Bearer {house.twenty.user_token}")
    claims = {"From": "client:bob", AGENT: "bob", PROOF: "0" * 64}
    played = await house.twilio.call_from_token(told["token"], MOBILE, parameters=claims)
    assert (await finished(house.twenty, played.sid))["status"] == "COMPLETED"


async def test_another_agents_proof_opens_no_call(house: House) -> None:
    """By a token that another server of the company issued, with what somebody read in their own."""
    proof = Binding([house.twilio.auth_token]).parameters("bob")
    played = await house.twilio.call_from_browser("alice", MOBILE, parameters=proof)
    record = await finished(house.twenty, played.sid)
    assert record["status"] == "FAILED"
    assert "Not placed: the phone was not signed in here" in record["name"]
