"""The object and its fields: what is missing is made, what is there stays."""

from bridge.sandbox.twenty import TwentySandbox
from bridge.twenty.client.client import open_client
from bridge.twenty.provision import FIELDS, Result, provision
from bridge.twenty.schema.workspace import read_schema
from tests.support import twenty_settings

CALL = {
    "nameSingular": "phoneCall",
    "namePlural": "phoneCalls",
    "labelSingular": "Call",
    "labelPlural": "Calls",
}


async def test_a_bare_workspace_gets_it_all_and_a_second_run_nothing(bare: TwentySandbox) -> None:
    async with open_client(twenty_settings(bare)) as client:
        assert not (await read_schema(client)).has_phone_calls
        first = await provision(client)
        second = await provision(client)
        schema = await read_schema(client)
    assert len(first.steps(Result.DONE)) == 1 + len(FIELDS)
    assert (second.outcomes, second.conflicts) == ((), ())
    assert schema.has_phone_calls
    assert schema.timeline
    assert {"personId", "companyId", "agentId", "recording", "transcript"} <= schema.phone_call_fields


async def test_a_missing_field_is_added_to_what_is_there(bare: TwentySandbox) -> None:
    async with open_client(twenty_settings(bare)) as client:
        await client.execute_metadata("CreateObject", input={"object": CALL})
        done = await provision(client)
    assert done.steps(Result.DONE) == tuple(f"create the field phoneCall.{field.name}" for field in FIELDS)


async def test_a_field_that_is_something_else_is_named(bare: TwentySandbox) -> None:
    async with open_client(twenty_settings(bare)) as client:
        made = await client.execute_metadata("CreateObject", input={"object": CALL})
        status = {"objectMetadataId": made["createOneObject"]["id"], "type": "TEXT"}
        await client.execute_metadata(
            "CreateField", input={"field": status | {"name": "status", "label": "Status"}}
        )
        done = await provision(client)
    assert done.conflicts == ("phoneCall.status is TEXT, not SELECT: rename it, run this again.",)
