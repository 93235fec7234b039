"""The sandbox answers as the recorded Twenty did."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bridge.sandbox.conformance import Player, Scenario, Server, Verdict, read_all
from bridge.sandbox.twenty import twenty_sandbox

SCENARIOS = read_all(Path(__file__).parents[2] / "conformance")


@pytest.fixture
async def player(session: aiohttp.ClientSession) -> AsyncIterator[Player]:
    async with twenty_sandbox(provisioned=True, rate_limit=False) as sandbox:
        tokens = {"key": sandbox.api_key, "user": sandbox.user_token, "readonly": sandbox.readonly_key}
        yield Player(Server(session, sandbox.url, tokens), random.Random(1))


async def test_every_scenario_is_answered_as_recorded(player: Player) -> None:
    verdicts = [await player.play(scenario) for scenario in SCENARIOS]
    assert len(verdicts) >= 123 + 252
    assert [str(verdict) for verdict in verdicts if verdict.outcome != "equal"] == []


@pytest.mark.parametrize("scenario", SCENARIOS[::30], ids=lambda scenario: scenario.name)
async def test_a_scenario_needs_nothing_from_another(player: Player, scenario: Scenario) -> None:
    assert await player.play(scenario) == Verdict(scenario.name, "equal")


@pytest.mark.parametrize(
    ("expect", "reason"),
    [
        ([{"status": 200, "data": {"people": {"totalCount": 1}}}], "step 1: expected"),
        ([{"status": 400}], "step 1: expected"),
        ([], "0 answers expected, 1 got"),
    ],
)
async def test_a_difference_is_told(player: Player, expect: list[object], reason: str) -> None:
    verdict = await player.play(Scenario(name="s", steps=({"query": "{people{totalCount}}"},), expect=expect))
    assert (verdict.outcome, verdict.reason.startswith(reason)) == ("different", True)


async def test_what_the_operator_did_not_give_is_left_out(session: aiohttp.ClientSession) -> None:
    player = Player(Server(session, "http://127.0.0.1:1", {"key": "k", "user": None}))
    verdict = await player.play(Scenario(name="s", steps=(), expect=[], needs=("user",)))
    assert verdict == Verdict("s", "left out", "no user")
