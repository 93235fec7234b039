"""A database in a file survives a restart: records, structure, keys."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox

Ask = Callable[..., Awaitable[Any]]

OBJECT = "mutation ($i: CreateOneObjectInput!) {createOneObject(input: $i) {id}}"
FIELD = "mutation ($i: CreateOneFieldMetadataInput!) {createOneField(input: $i) {id}}"


async def test_what_was_made_is_there_again(tmp_path: Path, asker: Callable[[TwentySandbox], Ask]) -> None:
    database = tmp_path / "twenty.sqlite"
    async with twenty_sandbox(database=database) as sandbox:
        ask, key = asker(sandbox), sandbox.api_key
        names = {"nameSingular": "visit", "namePlural": "visits"}
        labels = {"labelSingular": "Visit", "labelPlural": "Visits"}
        made = await ask(OBJECT, to="/metadata", i={"object": names | labels})
        field = {"objectMetadataId": made["data"]["createOneObject"]["id"], "type": "TEXT"}
        await ask(FIELD, to="/metadata", i={"field": {**field, "name": "room", "label": "Room"}})
        await ask('mutation {createVisit(data: {name: "Monday", room: "12"}) {id}}')
    async with twenty_sandbox(database=database) as sandbox:
        ask = asker(sandbox)
        answer = await ask("{visits {edges {node {name room}}}}", token=key)
        assert answer == {"data": {"visits": {"edges": [{"node": {"name": "Monday", "room": "12"}}]}}}
        members = await ask("{workspaceMembers {totalCount}}")
        assert members["data"]["workspaceMembers"]["totalCount"] == 3
