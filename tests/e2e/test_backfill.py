"""`twenty-bridge backfill`: history for a new installation, with and without a bridge that runs."""

import asyncio
import json
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.demo.bridge import CONFIG, environment
from bridge.demo.process import running
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Party, TwilioSandbox
from tests.cli.support import typed_in
from tests.databases import begin
from tests.sandbox.twilio.conftest import running_app
from tests.support import ask, create_person, nodes_of, phone_calls, timeline

JANE, PAUL = "+33612345678", "+33698765432"
TASKS = "{ tasks { edges { node { title } } } }"


class Place:
    """Where the command is typed: a folder with settings and a database, no bridge running."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self.env, self.folder = env, folder

    async def backfill(self, *words: str, since: str = "30d") -> tuple[int, dict[str, int]]:
        """The exit status, and the summary."""
        command = ("backfill", "--since", since, "--json", *words)
        done = await typed_in(self.folder, *command, env=self.env)
        assert not done.stderr, done.stderr
        summary: dict[str, int] = json.loads(done.stdout)
        return done.exit_code, summary


@pytest.fixture
async def place(twilio: TwilioSandbox, twenty: TwentySandbox, tmp_path: Path) -> Place:
    tmp_path.joinpath("config.yaml").write_text(CONFIG)
    begin(tmp_path / "bridge.db")
    return Place(environment(twilio, twenty, tmp_path), tmp_path)


@pytest.fixture
async def jane(twilio: TwilioSandbox, twenty: TwentySandbox) -> str:
    """Who called and was called last month, before there was a bridge; so did Paul, whom nobody knows."""
    async with running_app() as elsewhere:
        twilio.voice_url = f"{elsewhere.url}/voice"
        twilio.parties[JANE] = Party.answers(talks=30)
        for days in (40, 20, 3):
            twilio.start = datetime.now(UTC) - timedelta(days=days)
            elsewhere.dial(f"<Number>{JANE}</Number>", callerId=twilio.phone_number)
            await twilio.call_from_browser("alice", JANE)
            elsewhere.dial("<Client>bob</Client>", timeout="20")
            await twilio.call_from_phone(PAUL)
            await twilio.call_from_phone(JANE)
    return await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)


FOUND = {"found": 6, "new": 6, "mended": 0, "forgotten": 0, "others": 0}
BECAME = {"waiting": 0, "parked": 0, "logged": 6, "matched": 4, "skipped": 0}
AGAIN = {"found": 0, "new": 0, "logged": 0, "matched": 0}


async def shown(twenty: TwentySandbox) -> list[tuple[Any, ...]]:
    calls = sorted((await phone_calls(twenty)).values(), key=lambda call: call["startedAt"])
    return [
        (call["direction"], call["status"], call["durationInSeconds"], call["personId"]) for call in calls
    ]


async def test_without_a_bridge_the_command_writes_itself(
    place: Place, twenty: TwentySandbox, jane: str
) -> None:
    assert await place.backfill() == (0, FOUND | BECAME)
    month = {
        ("OUTBOUND", "COMPLETED", 30, jane): 2,
        ("INBOUND", "MISSED", None, jane): 2,
        ("INBOUND", "MISSED", None, None): 2,
    }
    assert Counter(await shown(twenty)) == month
    assert len(await timeline(twenty)) == 4
    assert nodes_of(await ask(twenty, TASKS)) == []


async def test_beside_a_bridge_that_writes_them(place: Place, twenty: TwentySandbox, jane: str) -> None:
    async with running(place.env, place.folder):
        assert await place.backfill() == (0, FOUND | BECAME)
    assert {person for *_, person in await shown(twenty)} == {jane, None}


@pytest.mark.usefixtures("jane")
async def test_repeated_it_changes_nothing(place: Place, twenty: TwentySandbox) -> None:
    await place.backfill()
    first = await shown(twenty)
    assert await place.backfill() == (0, FOUND | BECAME | AGAIN)
    status, told = await place.backfill("--again")
    assert (status, told) == (0, FOUND | BECAME | {"new": 0})
    assert await shown(twenty) == first


@pytest.mark.usefixtures("jane")
async def test_it_goes_further_back(place: Place, twenty: TwentySandbox) -> None:
    await place.backfill()
    status, told = await place.backfill(since="60d")
    assert (status, told["new"]) == (0, 3)
    assert len(await shown(twenty)) == 9


@pytest.mark.usefixtures("jane")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("--dry-run",), 6),
        (("--number", "06 12 34 56 78"), 4),
        (("--until", "10d"), 3),
    ],
)
async def test_a_part_of_it(place: Place, twenty: TwentySandbox, words: tuple[str, ...], found: int) -> None:
    status, told = await place.backfill(*words)
    assert (status, told["found"]) == (0, found)
    assert len(await shown(twenty)) == (0 if "--dry-run" in words else found)


@pytest.mark.usefixtures("jane")
async def test_who_was_forgotten_does_not_come_back(place: Place, twenty: TwentySandbox) -> None:
    env = place.env | {"BRIDGE_FORGET_KEY": "0123456789abcdef"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "calls", "forget", JANE, "--yes"),
        env=env,
        cwd=place.folder,
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert await process.wait() == 0
    place.env = env
    status, told = await place.backfill()
    assert (status, told["found"], told["forgotten"]) == (0, 2, 4)
    assert {person for *_, person in await shown(twenty)} == {None}
