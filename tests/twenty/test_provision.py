"""The object and its fields: what is missing is made, what is there stays."""

from bridge.sandbox.twenty import TwentySandbox
from bridge.twenty.client.client import open_client
from bridge.twenty.provision import FIELDS, Result, provision
from bridge.twenty.schema.workspace import read_schema
from tests.support import twenty_settings
from tests.twenty.provisioning import OPTIONS, UPDATE_FIELD, run, tell, workspace

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


async def test_a_field_that_does_not_take_every_call_is_named(ready: TwentySandbox) -> None:
    there = await workspace(ready)
    status, handling = there.field_id("status"), there.field_id("handling")
    options = (await tell(ready, OPTIONS, id=status))["options"]
    fewer = [one for one in options if one["value"] not in ("CANCELED", "BUSY")]
    await tell(ready, UPDATE_FIELD, i={"id": status, "update": {"options": fewer}})
    await tell(ready, UPDATE_FIELD, i={"id": handling, "update": {"isUnique": True}})
    assert (await run(ready)).conflicts == (
        "phoneCall.status lacks BUSY, CANCELED: Twenty refuses the calls that have one of these. "
        "Add each as an option with this API value.",
        "phoneCall.handling is unique, but several calls can have the same: switch “Unique” off.",
    )


async def test_a_relation_that_leads_elsewhere_is_named(bare: TwentySandbox) -> None:
    async with open_client(twenty_settings(bare)) as client:
        made = await client.execute_metadata("CreateObject", input={"object": CALL})
        leads = {
            "type": "MANY_TO_ONE",
            "targetObjectMetadataId": (await workspace(bare)).objects["note"]["id"],
        }
        person = {
            "objectMetadataId": made["createOneObject"]["id"],
            "type": "RELATION",
            "name": "person",
            "label": "Person",
            "relationCreationPayload": leads | {"targetFieldLabel": "Calls", "targetFieldIcon": "IconPhone"},
        }
        await client.execute_metadata("CreateField", input={"field": person})
        done = await provision(client)
    assert done.conflicts == (
        "phoneCall.person is RELATION (note), not RELATION (person): rename it, run this again.",
    )


async def test_why_a_field_cannot_be_made_is_said(bare: TwentySandbox) -> None:
    """A person's own field has the name under which their calls would stand."""
    async with open_client(twenty_settings(bare)) as client:
        field = {"objectMetadataId": (await workspace(bare)).objects["person"]["id"], "type": "TEXT"}
        await client.execute_metadata(
            "CreateField", input={"field": field | {"name": "phoneCalls", "label": "Phone calls"}}
        )
        done = await provision(client)
    (refused,) = [one.sentence for one in done.outcomes if not one.well]
    assert refused == (
        'refused (Name "phoneCalls" is not available as it is already used by another field): '
        "create the field phoneCall.person"
    )
