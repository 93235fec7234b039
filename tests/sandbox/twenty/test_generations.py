"""Timeline rows by name, and from 2.34 on by type, which refuses upsert."""

from collections.abc import Awaitable, Callable
from typing import Any

from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox

Ask = Callable[..., Awaitable[Any]]

INPUTS = '{__type(name: "TimelineActivityCreateInput") {inputFields {name}}}'
CREATE = """mutation ($d: [TimelineActivityCreateInput!]!, $u: Boolean) {
  createTimelineActivities(data: $d, upsert: $u) {id} }"""
TYPE = "5c498408-4fd5-4347-b2c6-043dcc635c4a"


async def input_names(ask: Ask) -> set[str]:
    answer = await ask(INPUTS)
    return {field["name"] for field in answer["data"]["__type"]["inputFields"]}


async def test_a_row_by_its_name_may_be_upserted(ask: Ask) -> None:
    assert {"name", "happensAt", "targetPhoneCallId"} <= await input_names(ask)
    assert "errors" not in await ask(CREATE, d=[{"name": "linked-phoneCall.created"}], u=True)


async def test_a_row_by_its_type_may_not(asker: Callable[[TwentySandbox], Ask]) -> None:
    async with twenty_sandbox(provisioned=True, generation="typed") as sandbox:
        ask = asker(sandbox)
        names = await input_names(ask)
        assert ("timelineActivityTypeId" in names, "name" in names) == (True, False)
        row = {"timelineActivityTypeId": TYPE}
        assert "errors" not in await ask(CREATE, d=[row])
        for given, upsert in (([row], True), ([{}], False), ([{**row, "name": "x"}], False)):
            answer = await ask(CREATE, d=given, u=upsert)
            assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
