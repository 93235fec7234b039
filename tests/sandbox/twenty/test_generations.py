"""What each version of Twenty has, and refuses, that others do not."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from bridge.sandbox.twenty import GENERATIONS, NEWEST, OLDEST, TwentySandbox, twenty_sandbox
from bridge.sandbox.twenty.cli import Version

Ask = Callable[..., Awaitable[Any]]

INPUTS = "query ($n: String!) {__type(name: $n) {inputFields(includeDeprecated: true) {name isDeprecated}}}"
TYPES = "{timelineActivityTypes {id name}}"
LINKED = "{timelineActivityTypes {id universalIdentifier name isActive}}"
RECORD_LINKED = "20202020-0d1a-4f0e-8a55-1c0a2f0a2c05"
CREATE = """mutation ($d: [TimelineActivityCreateInput!]!, $u: Boolean) {
  createTimelineActivities(data: $d, upsert: $u) {id} }"""
UPDATE = (
    "mutation ($i: UUID!, $d: TimelineActivityUpdateInput!) {updateTimelineActivity(id: $i, data: $d) {id}}"
)
PERSON = 'mutation {createPerson(data: {name: {firstName: "Jane"}}) {id}}'
WIDGET = """mutation ($i: CreatePageLayoutWidgetInput!) {createPageLayoutWidget(input: $i) {id}}"""
NUMBERS = '{__type(name: "Phones") {fields {name type {kind ofType {fields {name}}}}}}'
LAYOUTS = "query ($o: String) {getPageLayouts(objectMetadataId: $o) {id isSystemSideEffect}}"
OBJECTS = "{objects(paging: {first: 100}) {edges {node {id nameSingular}}}}"


async def inputs(ask: Ask, name: str, *, to: str = "/graphql") -> dict[str, bool]:
    """The fields of an input type, and whether each is deprecated."""
    answer = await ask(INPUTS, to=to, n=name)
    return {field["name"]: field["isDeprecated"] for field in answer["data"]["__type"]["inputFields"]}


async def new_person(ask: Ask) -> str:
    return str((await ask(PERSON))["data"]["createPerson"]["id"])


async def linked(ask: Ask) -> str:
    """The id of the type that a client's rows may have."""
    types = (await ask(LINKED, to="/metadata"))["data"]["timelineActivityTypes"]
    (found,) = [one for one in types if one["universalIdentifier"] == RECORD_LINKED]
    assert (found["name"], found["isActive"]) == ("recordLinked", True)
    return str(found["id"])


def test_the_command_knows_all_of_them() -> None:
    assert list(Version) == list(GENERATIONS)


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_its_version_is_known(sandbox: TwentySandbox, generation: str) -> None:
    assert sandbox.generation == generation


@pytest.mark.parametrize(
    ("generation", "named", "lists"),
    [("2.21", True, False), ("2.33", True, True), ("2.38", False, True), ("2.43", False, True)],
)
@pytest.mark.usefixtures("generation")
async def test_the_input_says_whether_rows_have_a_name(ask: Ask, *, named: bool, lists: bool) -> None:
    names = await inputs(ask, "TimelineActivityCreateInput")
    assert ("name" in names, "timelineActivityTypeId" in names) == (named, not named)
    answer = await ask(TYPES, to="/metadata")
    assert ("recordLinked" in str(answer)) == lists


@pytest.mark.parametrize("generation", ["2.21", "2.33"])
async def test_a_row_by_its_name_may_be_upserted(ask: Ask) -> None:
    assert "errors" not in await ask(CREATE, d=[{"name": "linked-phoneCall.created"}], u=True)


@pytest.mark.parametrize("generation", ["2.38", "2.43"])
@pytest.mark.parametrize(
    ("changed", "upsert", "message"),
    [
        ({}, False, None),
        ({}, True, "Timeline activities cannot be upserted because their type is immutable"),
        ({"timelineActivityTypeId": None}, False, "A timeline activity type is required on creation"),
        ({"targetPersonId": None}, False, "exactly one target and complete linked record metadata"),
        ({"targetPhoneCallId": "{person}"}, False, "exactly one target and complete linked record metadata"),
        ({"linkedObjectMetadataId": None}, False, "exactly one target and complete linked record metadata"),
        ({"linkedRecordId": None}, False, "exactly one target and complete linked record metadata"),
        ({"timelineActivityTypeId": "{person}"}, False, "Active timeline activity type"),
        ({"name": "linked-phoneCall.created"}, False, 'doesn\'t have any "name" field'),
    ],
)
async def test_a_row_by_its_type(
    ask: Ask, changed: dict[str, Any], *, upsert: bool, message: str | None
) -> None:
    person = await new_person(ask)
    row = {
        "timelineActivityTypeId": await linked(ask),
        "targetPersonId": person,
        "linkedRecordId": person,
        "linkedObjectMetadataId": person,
    }
    row |= {key: value and value.format(person=person) for key, value in changed.items()}
    answer = await ask(CREATE, d=[row], u=upsert)
    if message is None:
        assert "errors" not in answer
    else:
        assert message in answer["errors"][0]["message"]


@pytest.mark.parametrize("generation", [NEWEST])
async def test_a_row_moves_but_keeps_its_type(ask: Ask) -> None:
    row = {"timelineActivityTypeId": await linked(ask), "targetPersonId": await new_person(ask)}
    row_id = (await ask(CREATE, d=[row]))["data"]["createTimelineActivities"][0]["id"]
    assert "errors" not in await ask(UPDATE, i=row_id, d={"targetPersonId": await new_person(ask)})
    refused = await ask(UPDATE, i=row_id, d={"timelineActivityTypeId": row["timelineActivityTypeId"]})
    assert refused["errors"][0]["message"] == "A timeline activity type is immutable after creation"


@pytest.mark.parametrize(("generation", "has"), [("2.21", True), ("2.33", True), ("2.38", False)])
@pytest.mark.usefixtures("generation")
async def test_a_widget_with_a_place_in_a_grid(ask: Ask, *, has: bool) -> None:
    assert ("gridPosition" in await inputs(ask, "CreatePageLayoutWidgetInput", to="/metadata")) == has
    widget = {"pageLayoutTabId": "0", "title": "Calls", "type": "FIELD", "configuration": {}}
    grid = {"gridPosition": {"row": 0, "column": 0, "rowSpan": 1, "columnSpan": 12}}
    for given, fits in ((widget | grid, has), (widget, not has)):
        refused = await ask(WIDGET, to="/metadata", i=given)
        assert ("gridPosition" in refused["errors"][0]["message"]) != fits


@pytest.mark.parametrize(("generation", "deprecated"), [("2.21", False), ("2.33", True), ("2.43", True)])
@pytest.mark.usefixtures("generation")
async def test_where_a_record_opens_is_no_longer_asked_of_a_view(ask: Ask, *, deprecated: bool) -> None:
    fields = await inputs(ask, "CreateViewInput", to="/metadata")
    assert fields["openRecordIn"] == deprecated
    assert not fields["name"]


@pytest.mark.parametrize(("generation", "typed"), [("2.21", False), ("2.33", False), ("2.38", True)])
@pytest.mark.usefixtures("generation")
async def test_additional_numbers_have_a_type_and_read_the_same(ask: Ask, *, typed: bool) -> None:
    fields = (await ask(NUMBERS))["data"]["__type"]["fields"]
    (kind,) = [field["type"] for field in fields if field["name"] == "additionalPhones"]
    assert kind["kind"] == ("LIST" if typed else "SCALAR")
    create = "mutation ($d: PersonCreateInput!) {createPerson(data: $d) {phones {additionalPhones%s}}}"
    number = {"number": "639980011", "callingCode": "+33", "countryCode": "FR"}
    for selected in ("", " {number callingCode countryCode}"):
        answer = await ask(create % selected, d={"phones": {"additionalPhones": [number]}})
        assert answer["data"]["createPerson"]["phones"] == {"additionalPhones": [number]}


@pytest.mark.parametrize(("generation", "known"), [("2.21", False), ("2.33", True), (NEWEST, True)])
async def test_only_later_ones_know_a_browser_by_its_cookie(
    sandbox: TwentySandbox, session: aiohttp.ClientSession, *, known: bool
) -> None:
    headers = {"Cookie": f"twenty-session={sandbox.session}", "Origin": sandbox.url}
    body = {"query": "{currentUser {email}}"}
    async with session.post(f"{sandbox.url}/metadata", json=body, headers=headers) as answer:
        assert ("errors" not in await answer.json()) == known


async def test_an_application_may_show_records_on_a_page_of_its_own(
    asker: Callable[[TwentySandbox], Ask],
) -> None:
    async with twenty_sandbox(generation="2.33", application_pages=("person",)) as sandbox:
        ask = asker(sandbox)
        nodes = [edge["node"] for edge in (await ask(OBJECTS, to="/metadata"))["data"]["objects"]["edges"]]
        ids = {node["nameSingular"]: node["id"] for node in nodes}
        for name, expected in (("person", [True, False]), ("company", [True])):
            layouts = (await ask(LAYOUTS, to="/metadata", o=ids[name]))["data"]["getPageLayouts"]
            assert [layout["isSystemSideEffect"] for layout in layouts] == expected


async def test_the_oldest_has_one_page_for_each_object() -> None:
    with pytest.raises(ValueError, match="one page for each object"):
        async with twenty_sandbox(generation=OLDEST, application_pages=("person",)):
            raise AssertionError


async def test_a_workspace_keeps_its_version(tmp_path: Any) -> None:
    async with twenty_sandbox(database=tmp_path / "twenty.db", generation="2.33"):
        pass
    async with twenty_sandbox(database=tmp_path / "twenty.db", generation=NEWEST) as sandbox:
        assert sandbox.generation == "2.33"
