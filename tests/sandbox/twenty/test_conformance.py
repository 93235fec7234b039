"""The sandbox answers as the recorded Twenty did."""

import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bridge.sandbox.conformance import Player, Scenario, Server, Verdict, read_all
from bridge.sandbox.twenty import GENERATIONS, NEWEST, OLDEST, twenty_sandbox

FOLDER = Path(__file__).parents[2] / "conformance"
LATER = FOLDER / "later"
ALL = read_all(FOLDER)
SCENARIOS = [scenario for scenario in ALL if scenario.recorded]
READ = [scenario for scenario in ALL if not scenario.recorded]


@asynccontextmanager
async def playing(session: aiohttp.ClientSession, generation: str = OLDEST) -> AsyncIterator[Player]:
    async with twenty_sandbox(provisioned=True, rate_limit=False, generation=generation) as sandbox:
        tokens = {"key": sandbox.api_key, "user": sandbox.user_token, "readonly": sandbox.readonly_key}
        yield Player(Server(session, sandbox.url, tokens), random.Random(1))


@pytest.fixture
async def player(session: aiohttp.ClientSession) -> AsyncIterator[Player]:
    async with playing(session) as one:
        yield one


async def test_every_scenario_is_answered_as_recorded(player: Player) -> None:
    verdicts = [await player.play(scenario) for scenario in SCENARIOS]
    assert len(verdicts) >= 123 + 252
    assert [str(verdict) for verdict in verdicts if verdict.outcome != "equal"] == []


@pytest.mark.slow
async def test_later_versions_answer_as_recorded_what_they_still_have(session: aiohttp.ClientSession) -> None:
    """Rows of the timeline with a name, and places in a grid, are of earlier versions."""
    async with playing(session, NEWEST) as player:
        verdicts = [await player.play(scenario) for scenario in SCENARIOS]
    others = [verdict for verdict in verdicts if verdict.outcome != "equal"]
    assert [str(verdict) for verdict in others if verdict.outcome != "of another version"] == []
    assert len(others) < 20


async def test_what_was_read_of_later_versions_holds_where_it_applies(session: aiohttp.ClientSession) -> None:
    played: dict[str, set[str]] = {generation: set() for generation in GENERATIONS}
    for generation, equal in played.items():
        async with playing(session, generation) as player:
            verdicts = [await player.play(scenario) for scenario in READ]
        assert [str(verdict) for verdict in verdicts if verdict.outcome == "different"] == []
        equal |= {verdict.name for verdict in verdicts if verdict.outcome == "equal"}
    assert not played[OLDEST]
    assert played["2.33"] == {"timeline-named-with-types"}
    assert played["2.38"] == played[NEWEST] == {one.name for one in READ} - played["2.33"]


def test_what_was_read_says_so() -> None:
    texts = [json.loads(path.read_text())["about"] for path in LATER.glob("*.json")]
    assert len(texts) == len(READ) >= 12
    assert [text for text in texts if not text.startswith("Read, not recorded: ")] == []


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
