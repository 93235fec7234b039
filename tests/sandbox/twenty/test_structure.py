"""Objects and fields are made at run time, and are there at once."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

Ask = Callable[..., Awaitable[Any]]
Data = dict[str, Any]

OBJECT = "mutation ($i: CreateOneObjectInput!) {createOneObject(input: $i) {id fieldsList {name type}}}"
FIELD = """mutation ($i: CreateOneFieldMetadataInput!) {createOneField(input: $i) {
  id name type isUnique settings options
  relation {type targetObjectMetadata {nameSingular} targetFieldMetadata {name}}
  morphRelations {sourceFieldMetadata {name} targetFieldMetadata {name}} }}"""
VISIT = {
    "nameSingular": "visit",
    "namePlural": "visits",
    "labelSingular": "Visit",
    "labelPlural": "Visits",
}


@pytest.fixture
async def visit(ask: Ask) -> str:
    answer = await ask(OBJECT, to="/metadata", i={"object": VISIT})
    return str(answer["data"]["createOneObject"]["id"])


async def add(ask: Ask, owner: str, name: str, kind: str, **more: Any) -> Any:
    field = {"objectMetadataId": owner, "name": name, "label": name.title(), "type": kind, **more}
    return await ask(FIELD, to="/metadata", i={"field": field})


async def object_ids(ask: Ask) -> dict[str, str]:
    answer = await ask("{objects(paging: {first: 200}) {edges {node {id nameSingular}}}}", to="/metadata")
    edges = answer["data"]["objects"]["edges"]
    return {edge["node"]["nameSingular"]: edge["node"]["id"] for edge in edges}


async def test_a_new_object_has_the_recorded_fields(ask: Ask) -> None:
    answer = await ask(OBJECT, to="/metadata", i={"object": VISIT})
    names = [field["name"] for field in answer["data"]["createOneObject"]["fieldsList"]]
    own = ["name", "id", "createdAt", "createdBy", "deletedAt", "position", "updatedAt", "updatedBy"]
    related = ["searchVector", "timelineActivities", "attachments", "noteTargets", "taskTargets"]
    assert names == own + related


async def test_objects_are_listed_as_they_are_now(ask: Ask) -> None:
    before = await object_ids(ask)
    await ask(OBJECT, to="/metadata", i={"object": VISIT})
    assert set(await object_ids(ask)) - set(before) == {"visit"}


@pytest.mark.parametrize(
    ("kind", "more", "given", "read"),
    [
        ("TEXT", {}, "x", "x"),
        ("NUMBER", {}, 1.5, 1.5),
        ("BOOLEAN", {}, True, True),
        ("DATE_TIME", {}, "2026-11-22T11:00:00+01:00", "2026-11-22T10:00:00.000Z"),
        ("DATE", {}, "2026-11-22", "2026-11-22"),
        ("RAW_JSON", {}, {"a": [1, None]}, {"a": [1, None]}),
        ("RATING", {}, "RATING_4", "RATING_4"),
        ("UUID", {}, "5c498408-4fd5-4347-b2c6-043dcc635c4a", "5c498408-4fd5-4347-b2c6-043dcc635c4a"),
        ("SELECT", {"options": [{"label": "In", "value": "IN", "position": 0}]}, "IN", "IN"),
        ("MULTI_SELECT", {"options": [{"label": "In", "value": "IN", "position": 0}]}, ["IN"], ["IN"]),
        ("ARRAY", {}, ["a", "b"], ["a", "b"]),
    ],
)
async def test_a_field_of_each_kind(
    ask: Ask, visit: str, kind: str, more: Data, given: Any, read: Any
) -> None:
    assert "errors" not in await add(ask, visit, "thing", kind, **more)
    create = "mutation ($d: VisitCreateInput!) {createVisit(data: $d) {thing}}"
    assert (await ask(create, d={"thing": given}))["data"] == {"createVisit": {"thing": read}}
    assert (await ask(create, d={"thing": None}))["data"]["createVisit"]["thing"] == (
        "" if kind == "TEXT" else None
    )


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("NUMBER", "12"),
        ("NUMBER", True),
        ("BOOLEAN", "yes"),
        ("DATE_TIME", 1795358502),
        ("DATE", "tomorrow"),
        ("RAW_JSON", "{"),
        ("RATING", 4),
        ("UUID", "abc"),
        ("CURRENCY", {"amount": 1}),
        ("EMAILS", {"primaryEmail": "nope"}),
        ("LINKS", {"primaryLinkUrl": 1}),
    ],
)
async def test_a_value_of_another_kind_is_refused(ask: Ask, visit: str, kind: str, given: Any) -> None:
    await add(ask, visit, "thing", kind)
    create = "mutation ($d: VisitCreateInput!) {createVisit(data: $d) {id}}"
    answer = await ask(create, d={"thing": given})
    assert answer["errors"][0]["extensions"]["subCode"] == "INVALID_ARGS_DATA"


async def test_a_relation_leads_there_and_back(ask: Ask, visit: str) -> None:
    target = {"targetObjectMetadataId": (await object_ids(ask))["person"], "targetFieldLabel": "Made visits"}
    made = await add(
        ask, visit, "guest", "RELATION", relationCreationPayload={"type": "MANY_TO_ONE", **target}
    )
    field = made["data"]["createOneField"]
    assert field["settings"] == {
        "relationType": "MANY_TO_ONE",
        "joinColumnName": "guestId",
        "onDelete": "SET_NULL",
    }
    assert field["relation"]["targetFieldMetadata"] == {"name": "madeVisits"}
    person = (await ask('mutation {createPerson(data: {name: {firstName: "Ada"}}) {id}}'))["data"][
        "createPerson"
    ]
    create = "mutation ($i: ID) {createVisit(data: {guestId: $i}) {guest {name {firstName}}}}"
    made = await ask(create, i=person["id"])
    assert made["data"]["createVisit"]["guest"] == {"name": {"firstName": "Ada"}}
    found = await ask("{people {edges {node {madeVisits {totalCount}}}}}")
    assert found["data"]["people"]["edges"][0]["node"] == {"madeVisits": {"totalCount": 1}}


async def test_a_morph_relation_has_a_field_for_each_object(ask: Ask, visit: str) -> None:
    ids = await object_ids(ask)
    payload = [
        {"type": "MANY_TO_ONE", "targetObjectMetadataId": ids[name], "targetFieldLabel": "Party visits"}
        for name in ("person", "company")
    ]
    made = await add(ask, visit, "party", "MORPH_RELATION", morphRelationsCreationPayload=payload)
    field = made["data"]["createOneField"]
    assert (field["name"], field["relation"]) == ("partyPerson", None)
    assert [one["sourceFieldMetadata"]["name"] for one in field["morphRelations"]] == ["party", "party"]
    create = "mutation ($d: VisitCreateInput!) {createVisit(data: $d) {partyPersonId partyCompanyId}}"
    assert "errors" not in await ask(create, d={"partyPersonId": None, "partyCompanyId": None})


async def test_notes_can_be_about_a_new_object(ask: Ask, visit: str) -> None:
    assert visit
    made = await ask("mutation {createVisit(data: {}) {id}}")
    create = "mutation ($i: ID) {createNoteTarget(data: {targetVisitId: $i}) {targetVisit {id}}}"
    answer = await ask(create, i=made["data"]["createVisit"]["id"])
    assert answer["data"]["createNoteTarget"]["targetVisit"] == made["data"]["createVisit"]


async def test_a_deleted_object_is_gone_and_can_be_made_anew(ask: Ask, visit: str) -> None:
    delete = "mutation ($i: DeleteOneObjectInput!) {deleteOneObject(input: $i) {id}}"
    refused = await ask(delete, to="/metadata", i={"id": visit})
    assert refused["errors"][0]["extensions"]["code"] == "METADATA_VALIDATION_FAILED"
    update = "mutation ($i: UpdateOneObjectInput!) {updateOneObject(input: $i) {isActive}}"
    await ask(update, to="/metadata", i={"id": visit, "update": {"isActive": False}})
    assert "errors" not in await ask(delete, to="/metadata", i={"id": visit})
    assert "Cannot query field" in (await ask("{visits {totalCount}}"))["errors"][0]["message"]
    assert "errors" not in await ask(OBJECT, to="/metadata", i={"object": VISIT})
    assert (await ask("{visits {totalCount}}"))["data"] == {"visits": {"totalCount": 0}}


@pytest.mark.parametrize(
    ("name", "kind", "more"),
    [
        ("bad name", "TEXT", {}),
        ("Capital", "TEXT", {}),
        ("createdAt", "TEXT", {}),
        ("state", "SELECT", {}),
        ("state", "SELECT", {"options": [{"label": "a", "value": "lower", "position": 0}]}),
        ("guest", "RELATION", {"relationCreationPayload": {"type": "MANY_TO_ONE"}}),
    ],
)
async def test_a_field_that_cannot_be_made(ask: Ask, visit: str, name: str, kind: str, more: Data) -> None:
    answer = await add(ask, visit, name, kind, **more)
    assert answer["data"] is None
    assert answer["errors"][0]["extensions"]["code"] == "METADATA_VALIDATION_FAILED"


async def test_several_changes_in_one_request(ask: Ask, visit: str) -> None:
    query = """mutation ($a: CreateOneFieldMetadataInput!, $b: CreateOneFieldMetadataInput!) {
      a: createOneField(input: $a) {name} b: createOneField(input: $b) {name} }"""
    field = {"objectMetadataId": visit, "type": "TEXT", "label": "x"}
    given = {name: {"field": {**field, "name": name}} for name in ("a", "b")}
    answer = await ask(query, to="/metadata", **given)
    assert answer["data"] == {"a": {"name": "a"}, "b": {"name": "b"}}
    assert "errors" not in await ask('mutation {createVisit(data: {a: "1", b: "2"}) {id}}')
