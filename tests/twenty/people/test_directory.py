"""Look-ups that were made lately."""

import asyncio

from bridge.calls.numbers import Number
from bridge.sandbox.twenty import TwentySandbox
from bridge.twenty.client.client import TwentyClient
from bridge.twenty.people.directory import Directory
from tests.support import create_person

JANE = Number("+33612345678")


async def test_what_was_asked_before_people_changed_is_not_remembered(
    client: TwentyClient, twenty: TwentySandbox
) -> None:
    directory = Directory(region="FR")
    twenty.faults.slow_seconds = 0.1
    asking = asyncio.create_task(directory.find(client, {JANE}))
    await asyncio.sleep(0)
    directory.forget()
    await asking
    twenty.faults.clear()
    await create_person(twenty, "Jane Doe", primaryPhoneNumber=JANE)
    assert len((await directory.find(client, {JANE}))[JANE]) == 1
