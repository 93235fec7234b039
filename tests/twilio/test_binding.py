"""Calls out are bound to the tokens that we issued: nobody speaks for another agent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.twilio.binding import AGENT, PROOF, Binding, Bound

BINDING = Binding(["an-invented-auth-token", "the-one-before-it"])
ALICE, BOB = BINDING.parameters("alice"), BINDING.parameters("bob")
IDENTITIES = st.text("abcdefgXYZ019_", min_size=1, max_size=121)


@pytest.mark.parametrize(
    ("caller", "carried", "bound"),
    [
        ("client:alice", ALICE, Bound.OURS),
        ("client:alice", Binding(["the-one-before-it"]).parameters("alice"), Bound.OURS),
        ("client:alice", {}, Bound.FOREIGN),
        ("client:alice", BOB, Bound.FORGED),
        ("client:alice", {**BOB, AGENT: "alice"}, Bound.FORGED),
        ("client:alice", Binding(["another-auth-token"]).parameters("alice"), Bound.FORGED),
        ("client:alice", {AGENT: "alice"}, Bound.FORGED),
        ("client:alice", {PROOF: ALICE[PROOF]}, Bound.FORGED),
        ("client:alice", {**ALICE, PROOF: ""}, Bound.FORGED),
        ("client:alice", {**ALICE, PROOF: ALICE[PROOF][:-1]}, Bound.FORGED),
        ("client:alice", {**ALICE, PROOF: "é\udce9"}, Bound.FORGED),
        ("client:Alice", ALICE, Bound.FORGED),
        ("alice", ALICE, Bound.FORGED),
        ("+33612345678", ALICE, Bound.FORGED),
    ],
)
def test_whose_token_it_is(caller: str, carried: dict[str, str], bound: Bound) -> None:
    assert BINDING.check({"From": caller, "To": "+33612345678", **carried}) is bound


@given(owner=IDENTITIES, caller=IDENTITIES)
def test_a_token_is_good_for_its_agent_alone(owner: str, caller: str) -> None:
    found = BINDING.check({"From": f"client:{caller}", **BINDING.parameters(owner)})
    assert found is (Bound.OURS if owner == caller else Bound.FORGED)


@given(agent=st.none() | st.text(), proof=st.none() | st.text())
def test_nobody_makes_a_proof_up(agent: str | None, proof: str | None) -> None:
    carried = {name: value for name, value in ((AGENT, agent), (PROOF, proof)) if value is not None}
    found = BINDING.check({"From": f"client:{agent or 'alice'}", **carried})
    assert found is (Bound.FORGED if carried else Bound.FOREIGN)
