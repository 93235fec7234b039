"""The demo: what it places stands in the newest Twenty, on the timeline of whom it concerns."""

import asyncio
import io
import json
import re
import signal
import sys
from collections import Counter
from typing import Any

import aiohttp
import pytest
from rich.console import Console

from bridge.demo.play import Stage, open_stage, play
from bridge.demo.show import as_json, where_to_look
from bridge.sandbox.twenty import NEWEST, TwentySandbox
from tests.support import ask, nodes_of, timeline, until


async def people_of_calls(twenty: TwentySandbox) -> dict[str, str]:
    calls = nodes_of(await ask(twenty, "{ phoneCalls { edges { node { id personId } } } }"))
    return {call["id"]: call["personId"] for call in calls if call["personId"]}


SHOWN = [
    ("COMPLETED", "Jane Doe"),
    ("COMPLETED", "Paul Martin"),
    ("BUSY", "Paul Martin"),
    ("MISSED", "Claire Petit"),
    ("COMPLETED", "Claire Petit"),
    ("VOICEMAIL", "Nora Weber"),
    ("COMPLETED", "Nora Weber"),
    ("COMPLETED", None),
    ("COMPLETED", None),
    ("MISSED", "Jane Doe"),
    ("FAILED", None),
]
"""Status and person of each call."""


async def test_all_calls_arrive_and_phones_and_a_telephone_are_a_click_away() -> None:
    async with open_stage() as stage:
        assert stage.twenty.generation == NEWEST
        outcomes = await play(stage)
        all_arrived(json.loads(as_json(outcomes)))
        said = [outcome.transcript for outcome in outcomes if outcome.script.is_transcribed]
        assert [text.count("### Summary") + text.count("### Transcript") for text in said] == [2, 2]
        assert "**Paul Martin** (0:04): Hello, this is Paul Martin." in said[0]
        await each_with_a_person_has_one_row_on_their_timeline(stage.twenty)
        await a_timeline_shows_the_calls_own_titles(stage.twenty)
        await can_be_opened(stage)


def all_arrived(shown: dict[str, Any]) -> None:
    assert shown["lost"] == 0
    assert [(call["status"], call["person"]) for call in shown["calls"]] == SHOWN
    assert [call["direction"] for call in shown["calls"]].count("INBOUND") == 3
    assert all(call["latency_ms"] is not None and call["activity_id"] for call in shown["calls"])


async def each_with_a_person_has_one_row_on_their_timeline(twenty: TwentySandbox) -> None:
    wanted = await people_of_calls(twenty)
    assert len(wanted) == sum(person is not None for _, person in SHOWN)

    async def has() -> list[dict[str, Any]]:
        rows = await timeline(twenty)
        assert len(rows) >= len(wanted)
        return rows

    # The call comes before what names it.
    rows = await until(has, AssertionError)
    assert Counter(row["linkedRecordId"] for row in rows) == Counter(wanted.keys())
    assert {row["linkedRecordId"]: row["targetPersonId"] for row in rows} == wanted


async def a_timeline_shows_the_calls_own_titles(twenty: TwentySandbox) -> None:
    """A call that rang as an inbound one and was missed is a missed one there, too."""
    calls = nodes_of(await ask(twenty, "{ phoneCalls { edges { node { name personId } } } }"))
    async with aiohttp.ClientSession(twenty.url) as session:
        for call in (one for one in calls if one["personId"]):
            async with session.get(f"/people/{call['personId']}") as page:
                assert f">{call['name']}</a>" in await page.text()


async def can_be_opened(stage: Stage) -> None:
    out = io.StringIO()
    await where_to_look(stage, Console(file=out, width=80))
    addresses = re.findall(r"https?://\S+", out.getvalue())
    alice, bob = (one for one in addresses if "#sign-in=" in one)
    async with aiohttp.ClientSession() as session:
        for page in addresses[:-1]:
            async with session.get(page) as answer:
                assert (answer.status, answer.content_type) == (200, "text/html"), page
        for link, identity in ((alice, "alice"), (bob, "bob")):
            secret = {"secret": link.partition("#sign-in=")[2], "device": False}
            async with session.post(f"{stage.bridge_url}/api/sign-in", json=secret) as answer:
                assert (await answer.json())["identity"] == identity


@pytest.mark.slow
async def test_as_a_command_it_prints_json() -> None:
    """The tutorial plays it, too, as a table."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "demo", "--once", "--json"),
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    assert process.returncode == 0
    all_arrived(json.loads(told))


@pytest.mark.slow
async def test_a_terminal_that_is_closed_leaves_no_bridge() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "demo"), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async for line in process.stdout:
        if listens := re.search(rb"The bridge listens on http://127\.0\.0\.1:(\d+)", line):
            break
    assert listens
    process.send_signal(signal.SIGHUP)
    assert await process.wait() == 0
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", int(listens[1]))
