"""`setup twenty`: what is missing is made, what is there stays, who may not is told what they lack."""

from collections.abc import AsyncIterator

import pytest

from bridge.errors import TwentyDenied
from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox
from bridge.twenty.client import open_client
from bridge.twenty.provision import FIELDS, provision
from bridge.twenty.schema import read_schema
from tests.support import twenty_settings

CALL = {
    "nameSingular": "phoneCall",
    "namePlural": "phoneCalls",
    "labelSingular": "Call",
    "labelPlural": "Calls",
}


@pytest.fixture
async def bare() -> AsyncIterator[TwentySandbox]:
    """A workspace as Twenty makes it."""
    async with twenty_sandbox(rate_limit=False) as sandbox:
        yield sandbox


async def test_a_bare_workspace_gets_it_all_and_a_second_run_nothing(bare: TwentySandbox) -> None:
    async with open_client(twenty_settings(bare)) as client:
        assert not (await read_schema(client)).has_phone_calls
        first = await provision(client)
        second = await provision(client)
        schema = await read_schema(client)
    assert len(first.created) == 1 + len(FIELDS)
    assert second.created == second.conflicts == ()
    assert schema.has_phone_calls
    assert schema.timeline_object_id
    assert {"personId", "companyId", "agentId", "recording", "transcript"} <= schema.phone_call_fields


async def test_a_missing_field_is_added_to_what_is_there(bare: TwentySandbox) -> None:
    async with open_client(twenty_settings(bare)) as client:
        await client.execute_metadata("CreateObject", input={"object": CALL})
        done = await provision(client)
    assert done.created == tuple(f"field phoneCall.{field.name}" for field in FIELDS)


async def test_a_field_that_is_something_else_is_named(bare: TwentySandbox) -> None:
    async with open_client(twenty_settings(bare)) as client:
        made = await client.execute_metadata("CreateObject", input={"object": CALL})
        status = {"objectMetadataId": made["createOneObject"]["id"], "type": "TEXT"}
        await client.execute_metadata(
            "CreateField", input={"field": status | {"name": "status", "label": "Status"}}
        )
        done = await provision(client)
    assert done.conflicts == ("phoneCall.status is TEXT, not SELECT: rename it, run this again.",)


async def test_a_role_without_the_right_is_told_which(bare: TwentySandbox) -> None:
    async with open_client(twenty_settings(bare, api_token=bare.readonly_key)) as client:
        with pytest.raises(TwentyDenied, match="Settings permissions → Data model"):
            await provision(client)
