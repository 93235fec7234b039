"""The demo: what it places stands in the newest Twenty, on the timeline of whom it concerns."""

import asyncio
import io
import re
from collections import Counter
from typing import Any

import aiohttp
from rich.console import Console

from bridge.demo.play import open_stage, play
from bridge.demo.show import where_to_look
from bridge.sandbox.twenty import NEWEST, TwentySandbox
from tests.support import BOUND, ask, nodes_of, timeline


async def people_of_calls(twenty: TwentySandbox) -> dict[str, str]:
    calls = nodes_of(await ask(twenty, "{ phoneCalls { edges { node { id personId } } } }"))
    return {call["id"]: call["personId"] for call in calls if call["personId"]}


async def test_each_call_with_a_person_has_one_row_on_their_timeline() -> None:
    async with open_stage() as stage:
        assert stage.twenty.generation == NEWEST
        outcomes = await play(stage)
        records = [outcome.record for outcome in outcomes]
        assert all(records)
        said = [outcome.transcript for outcome in outcomes if outcome.script.is_transcribed]
        assert [text.count("### Summary") + text.count("### Transcript") for text in said] == [2, 2]
        assert "**Paul Martin** (0:04): Hello, this is Paul Martin." in said[0]
        wanted = await people_of_calls(stage.twenty)
        # The call comes before what names it.
        rows: list[dict[str, Any]] = []
        async with asyncio.timeout(BOUND):
            while len(rows) < len(wanted):
                rows = await timeline(stage.twenty)
    assert len(wanted) > len(records) / 2
    assert Counter(row["linkedRecordId"] for row in rows) == Counter(wanted.keys())
    assert {row["linkedRecordId"]: row["targetPersonId"] for row in rows} == wanted


async def test_phones_and_a_customer_s_telephone_are_a_click_away() -> None:
    out = io.StringIO()
    async with open_stage() as stage, aiohttp.ClientSession() as session:
        await where_to_look(stage, Console(file=out, width=80))
        addresses = re.findall(r"https?://\S+", out.getvalue())
        alice, bob = (one for one in addresses if "#sign-in=" in one)
        for page in addresses[:-1]:
            async with session.get(page) as answer:
                assert (answer.status, answer.content_type) == (200, "text/html"), page
        for link, identity in ((alice, "alice"), (bob, "bob")):
            secret = {"secret": link.partition("#sign-in=")[2], "device": False}
            async with session.post(f"{stage.bridge_url}/api/sign-in", json=secret) as answer:
                assert (await answer.json())["identity"] == identity
