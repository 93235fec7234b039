"""The demo: what it places stands in the newest Twenty, on the timeline of whom it concerns."""

import asyncio
from collections import Counter
from typing import Any

from bridge.demo.play import open_stage, play
from bridge.sandbox.twenty import NEWEST, TwentySandbox
from tests.support import ask, nodes_of, timeline


async def people_of_calls(twenty: TwentySandbox) -> dict[str, str]:
    calls = nodes_of(await ask(twenty, "{ phoneCalls { edges { node { id personId } } } }"))
    return {call["id"]: call["personId"] for call in calls if call["personId"]}


async def test_each_call_with_a_person_has_one_row_on_their_timeline() -> None:
    async with open_stage() as stage:
        assert stage.twenty.generation == NEWEST
        records = [outcome.record for outcome in await play(stage)]
        assert all(records)
        wanted = await people_of_calls(stage.twenty)
        # The call comes before what names it.
        rows: list[dict[str, Any]] = []
        async with asyncio.timeout(20):
            while len(rows) < len(wanted):
                rows = await timeline(stage.twenty)
    assert len(wanted) > len(records) / 2
    assert Counter(row["linkedRecordId"] for row in rows) == Counter(wanted.keys())
    assert {row["linkedRecordId"]: row["targetPersonId"] for row in rows} == wanted
