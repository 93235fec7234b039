"""Operators' commands beside a bridge that runs."""

import asyncio
import json
import sys
from typing import Any

import pytest

from bridge.demo.bridge import fetch_token
from bridge.demo.process import BridgeProcess
from bridge.sandbox.twenty import TwentySandbox
from bridge.sandbox.twilio import Party, TwilioSandbox
from tests.e2e.test_calls import until_finished
from tests.support import BOUND, create_person

JANE, PAUL = "+33612345678", "+33698765432"


async def typed(bridge: BridgeProcess, *words: str) -> Any:
    """What a command prints as JSON."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "calls", *words, "--json"),
        env={**bridge.env, "BRIDGE_FORGET_KEY": "0123456789abcdef"},
        cwd=bridge.folder,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    assert await process.wait() == 0
    return json.loads(told)


@pytest.fixture
async def called(bridge: BridgeProcess, twilio: TwilioSandbox, twenty: TwentySandbox) -> dict[str, str]:
    """A call to Jane and one to Paul, both in Twenty; the SIDs."""
    for name, number in (("Jane Doe", JANE), ("Paul Martin", PAUL)):
        await create_person(twenty, name, primaryPhoneNumber=number)
        twilio.parties[number] = Party.answers(talks=30)
    sids = {number: await call(bridge, twilio, number) for number in (JANE, PAUL)}
    await until_finished(twenty, set(sids.values()))
    return sids


async def call(bridge: BridgeProcess, twilio: TwilioSandbox, number: str) -> str:
    return (await twilio.call_from_token(await fetch_token(bridge.url, "alice"), number)).sid


async def test_a_call_is_shown_as_it_came(bridge: BridgeProcess, called: dict[str, str]) -> None:
    async with asyncio.timeout(BOUND):
        # The parent's end comes after the child's, and changes nothing in Twenty.
        while (shown := await typed(bridge, "show", called[JANE]))["state"] != "settled":
            pass
    assert shown["title"] == "Outbound call · Jane Doe · 30 s"
    assert {callback["kind"] for callback in shown["callbacks"]} >= {"voice", "status", "dial"}
    assert [leg["status"] for leg in shown["legs"]] == ["completed"]
    assert "written" in {attempt["outcome"] for attempt in shown["attempts"]}


async def test_who_is_forgotten_while_it_runs(
    bridge: BridgeProcess, twilio: TwilioSandbox, twenty: TwentySandbox, called: dict[str, str]
) -> None:
    told = await typed(bridge, "forget", JANE, "--yes")
    assert told["erased"] == 1
    assert called[JANE] in told["twilio"]["calls"]
    assert [row["sid"] for row in await typed(bridge, "list")] == [called[PAUL]]
    new = await call(bridge, twilio, JANE)
    shown = await until_finished(twenty, {new})
    assert shown[new]["name"] == "Outbound call · Jane Doe · 30 s"
    assert {row["sid"] for row in await typed(bridge, "list")} == {called[PAUL], new}
