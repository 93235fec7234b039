"""The schema that introspection shows is that of the workspace, under the original's names."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from graphql import build_client_schema, get_introspection_query, parse, print_type, validate

from bridge.sandbox.twenty import TwentySandbox, twenty_sandbox

Ask = Callable[..., Awaitable[Any]]

# As recorded, in order; callerId was an experiment, and handling is younger.
PHONE_CALL_INPUTS = {
    *("startedAt", "name", "id", "createdAt", "createdBy", "deletedAt", "position", "updatedAt", "updatedBy"),
    *("searchVector", "externalCallId", "direction", "status", "answeredAt", "endedAt", "durationInSeconds"),
    *("fromPhoneNumber", "toPhoneNumber", "recording", "transcript", "handling", "duration"),
    *("personId", "person", "agentId", "agent", "companyId", "company"),
}


async def test_the_whole_schema_can_be_read_and_validates_operations(ask: Ask) -> None:
    schema = build_client_schema((await ask(get_introspection_query()))["data"])
    document = """query ($f: PersonFilterInput, $o: [PersonOrderByInput]) {
      people(filter: $f, orderBy: $o, first: 10) { totalCount pageInfo { endCursor } edges { cursor node {
        id phones { additionalPhones } phoneCalls(first: 5) { edges { node { status } } } } } } }
    mutation ($d: [PhoneCallCreateInput!]!) { createPhoneCalls(data: $d, upsert: true) { id } }"""
    errors = validate(schema, parse(document))
    assert [error.message for error in errors if "anonymous" not in error.message] == []


async def test_an_error_stands_where_it_does_in_each_layout_of_a_document(ask: Ask) -> None:
    places = [
        (await ask(query))["errors"][0]["locations"] for query in ("{wrong}", "{\n  wrong\n}", "{wrong}")
    ]
    assert places == [[{"line": 1, "column": 2}], [{"line": 2, "column": 3}], [{"line": 1, "column": 2}]]


async def test_a_workspace_shows_its_own_objects_beside_one_that_has_others(
    ask: Ask, asker: Callable[[TwentySandbox], Ask]
) -> None:
    query = '{__type(name: "PhoneCall") {name}}'
    shown = {"data": {"__type": {"name": "PhoneCall"}}}
    async with twenty_sandbox() as bare:
        asked = [await ask(query), await asker(bare)(query), await ask(query)]
    assert asked == [shown, {"data": {"__type": None}}, shown]


async def test_the_inputs_of_a_phone_call_are_the_recorded_ones(ask: Ask) -> None:
    query = '{__type(name: "PhoneCallCreateInput") {inputFields {name type {kind name}}}}'
    fields = (await ask(query))["data"]["__type"]["inputFields"]
    kinds = {field["name"]: (field["type"]["kind"], field["type"]["name"]) for field in fields}
    assert set(kinds) == PHONE_CALL_INPUTS
    assert kinds["durationInSeconds"] == ("SCALAR", "Int")
    assert kinds["status"] == ("ENUM", "PhoneCallStatusEnum")
    assert kinds["fromPhoneNumber"] == ("INPUT_OBJECT", "PhonesCreateInput")
    assert kinds["person"] == ("INPUT_OBJECT", "PersonRelationInput")
    assert kinds["personId"] == ("SCALAR", "ID")


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("OrderByDirection", ["AscNullsFirst", "DescNullsLast"]),
        ("PhonesFilterInput", ["additionalPhones: RawJsonFilter", "primaryPhoneNumber: StringFilter"]),
        (
            "PhoneCallFilterInput",
            ["personId: UUIDFilter", "and: [PhoneCallFilterInput]", "startedAt: DateTimeFilter"],
        ),
        ("PhoneCallUpdateInput", ["toPhoneNumber: PhonesUpdateInput"]),
        ("PhoneCallWhereUniqueInput", ["id: ID", "externalCallId: String"]),
        ("PersonConnection", ["totalCount: Int", "edges: [PersonEdge!]!", "pageInfo: PageInfo!"]),
        ("PhoneCall", ["id: UUID!", "durationInSeconds: Int", "createdBy: Actor!", "person: Person"]),
        ("NoteTargetCreateInput", ["targetPhoneCallId: ID", "targetPerson: PersonRelationInput"]),
    ],
)
async def test_types_have_the_names_of_the_original(ask: Ask, name: str, lines: list[str]) -> None:
    schema = build_client_schema((await ask(get_introspection_query()))["data"])
    text = print_type(schema.type_map[name])
    assert [line for line in lines if line not in text] == []


async def test_introspection_beside_records_but_search_not(ask: Ask) -> None:
    both = await ask('{people {totalCount} t: __type(name: "Person") {name}}')
    assert both["data"] == {"people": {"totalCount": 0}, "t": {"name": "Person"}}
    mixed = await ask('{people {totalCount} search(searchInput: "x", limit: 1) {edges {cursor}}}')
    assert "cannot be executed as a single request" in mixed["errors"][0]["message"]


async def test_twenty_root_fields_at_most(ask: Ask) -> None:
    objects = await ask("{objects(paging: {first: 200}) {edges {node {namePlural}}}}", to="/metadata")
    names = [edge["node"]["namePlural"] for edge in objects["data"]["objects"]["edges"]]
    query = " ".join(f"{name} {{totalCount}}" for name in names[:20])
    assert "errors" not in await ask(f"{{{query}}}")
    answer = await ask(f"{{{query} {names[20]} {{totalCount}}}}")
    assert answer["data"] == {}
    assert "Too many root resolvers requested: 21" in answer["errors"][0]["message"]
