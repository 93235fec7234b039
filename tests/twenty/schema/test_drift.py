"""What a workspace lacks is named, with what it disables; to find out delays and ends nothing."""

import asyncio
from collections.abc import Callable, MutableMapping
from functools import partial
from typing import Any

import pytest
from graphql import DocumentNode, build_schema, introspection_from_schema, parse
from structlog.testing import capture_logs

from bridge.sandbox.twenty import OLDEST, TwentySandbox, twenty_sandbox
from bridge.twenty.client.client import Executes, TwentyClient, open_client
from bridge.twenty.client.documents import operations
from bridge.twenty.schema import check
from bridge.twenty.schema.check import Comparison
from bridge.twenty.schema.drift import drifts, find_drifts
from bridge.twenty.schema.features import GIVEN, RECORDS, Feature
from tests.support import BOUND, eventually, twenty_settings

Json = dict[str, Any]
Logs = list[MutableMapping[str, Any]]


def remove(introspection: Json, name: str) -> None:
    """Takes a field away, as `Person.phones`."""
    type_name, field = name.split(".")
    (holder,) = [one for one in introspection["__schema"]["types"] if one["name"] == type_name]
    for kind in ("fields", "inputFields", "enumValues"):
        holder[kind] = [one for one in holder[kind] or () if one["name"] != field]


class Altered:
    """A client to a workspace whose introspection is another one."""

    def __init__(self, client: TwentyClient, alter: Callable[[Json], None]) -> None:
        self._client = client
        self._alter = alter

    async def execute(self, name: str, **variables: Any) -> Json:
        answer = await self._client.execute(name, **variables)
        self._alter(answer)
        return answer

    async def execute_metadata(self, name: str, **variables: Any) -> Json:
        return await self._client.execute_metadata(name, **variables)


async def test_a_whole_workspace_has_not_drifted(client: TwentyClient) -> None:
    assert await find_drifts(client) == []


LATE = ("ChangedPeople", Feature.LATE_PEOPLE)
NORMALISING = {(operation, Feature.NORMALISING) for operation in ("PhonesOfPeople", "UpdatePerson")}


@pytest.mark.parametrize(
    ("lacks", "expected"),
    [
        (
            "Query.people",
            {
                ("FindPeople", Feature.MATCHING),
                LATE,
                ("CallerProfile", Feature.SCREEN_POP),
                ("ExistingPeople", Feature.NEW_PEOPLE),
                ("PhonesOfPeople", Feature.NORMALISING),
            },
        ),
        ("Person.phones", {("FindPeople", Feature.MATCHING), LATE, *NORMALISING}),
        ("Person.companyId", {("FindPeople", Feature.PERSON_DETAILS)}),
        ("Phones.additionalPhones", {("FindPeople", Feature.ADDITIONAL_PHONES), LATE, *NORMALISING}),
        ("PersonFilterInput.phones", {("FindPeople", Feature.MATCHING)}),
        (
            "OrderByDirection.AscNullsLast",
            {
                ("FindPeople", Feature.MATCHING),
                LATE,
                ("ChangedPhoneCalls", Feature.CORRECTIONS),
                ("DeletedPhoneCalls", Feature.CORRECTIONS),
                ("PhonesOfPeople", Feature.NORMALISING),
            },
        ),
        ("Person.avatarUrl", {("CallerProfile", Feature.SCREEN_POP)}),
        (
            "PhoneCall.durationInSeconds",
            {("LastCalls", Feature.LAST_CALLS), ("WrittenPhoneCalls", Feature.CORRECTED_FIELDS)},
        ),
        ("WorkspaceMember.userEmail", {("WorkspaceMembers", Feature.AGENTS)}),
        (
            "PhoneCall.personId",
            {
                ("WrittenPhoneCalls", Feature.CORRECTIONS),
                ("ChangedPhoneCalls", Feature.CORRECTIONS),
                ("PartyOfCall", Feature.CALL_BUTTON),
            },
        ),
        ("PhoneCallCreateInput.externalCallId", {("CreatePhoneCalls", Feature.CALLS)}),
        ("PhoneCallCreateInput.personId", {("CreatePhoneCalls", Feature.CALL_ON_PERSON)}),
        ("PhoneCallCreateInput.transcript", {("CreatePhoneCalls", Feature.CALL_DETAILS)}),
        ("TimelineActivityCreateInput.targetPersonId", {("…TimelineActivities", Feature.TIMELINE)}),
        ("NoteCreateInput.bodyV2", {("UpsertNotes", Feature.NOTES), ("CreateNotes", Feature.NOTES)}),
        ("NoteTargetCreateInput.targetPersonId", {("UpsertNoteTargets", Feature.NOTES)}),
        ("NoteTargetCreateInput.targetPhoneCallId", {("UpsertNoteTargets", Feature.NOTES_ON_CALLS)}),
        ("PersonCreateInput.phones", {("CreatePeople", Feature.NEW_PEOPLE)}),
        ("TaskCreateInput.dueAt", {("CreateTasks", Feature.TASKS)}),
        ("Mutation.createTaskTargets", {("UpsertTaskTargets", Feature.TASKS)}),
    ],
)
async def test_what_is_missing_is_named_with_what_it_disables(
    client: TwentyClient, lacks: str, expected: set[tuple[str, Feature]], generation: str
) -> None:
    found = await find_drifts(Altered(client, lambda answer: remove(answer, lacks)))
    rows = "Upsert" if generation == OLDEST else "Create"
    expected = {(name.replace("…", rows), feature) for name, feature in expected}
    assert {(drift.operation, drift.disables) for drift in found} == expected
    field = lacks.split(".")[1]
    assert all(field in message for drift in found for message in drift.missing)


async def test_a_workspace_that_was_not_set_up_lacks_phone_calls_alone(bare: TwentySandbox) -> None:
    async with open_client(twenty_settings(bare)) as client:
        found = await find_drifts(client)
    assert {drift.operation: drift.disables for drift in found} == {
        "LastCalls": Feature.LAST_CALLS,
        "LastSpoken": Feature.LAST_SPOKEN,
        "PartyOfCall": Feature.CALL_BUTTON,
        "WrittenPhoneCalls": Feature.CORRECTIONS,
        "ChangedPhoneCalls": Feature.CORRECTIONS,
        "DeletedPhoneCalls": Feature.CORRECTIONS,
        "MayWritePhoneCalls": Feature.DOCTOR,
        "CreatePhoneCalls": Feature.CALLS,
        "UpsertPhoneCalls": Feature.CALLS,
        "UpdatePhoneCalls": Feature.CALLS,
        "WithdrawPhoneCalls": Feature.WITHDRAWALS,
        "UpsertNoteTargets": Feature.NOTES_ON_CALLS,
    }


async def test_a_timeline_of_the_newer_kind_takes_rows_as_well() -> None:
    async with (
        twenty_sandbox(provisioned=True, rate_limit=False, generation="2.38") as typed,
        open_client(twenty_settings(typed)) as client,
    ):
        assert {drift.disables for drift in await find_drifts(client)} <= {Feature.SETUP}


def document(text: str) -> DocumentNode:
    return parse(text, no_location=True)


@pytest.mark.parametrize(
    ("name", "schema", "text", "missing"),
    [
        (
            "Objects",
            "type Query { objects(paging: Int): [Object] } type Object { id: ID }",
            "query Objects { objects(paging: 1) { id fieldsList } }",
            ("Cannot query field 'fieldsList' on type 'Object'.",),
        ),
        (
            "Objects",
            "type Query { objects: Object } type Object { id: ID }",
            "query Objects { objects(paging: 1) { id } }",
            ("Unknown argument 'paging' on field 'Query.objects'.",),
        ),
        (
            "RecordPages",
            "type Query { page: Page } union Page = A | B type A { a: ID } type B { b: ID }",
            "query RecordPages { page { ... on A { a } ... on B { a } ... on C { c } } }",
            ("Cannot query field 'a' on type 'B'.", "Unknown type 'C'."),
        ),
        (
            "CreateField",
            "type Query { a: ID }",
            "mutation CreateField($input: FieldInput!) { createField(input: $input) { id } }",
            ("The mutation operation is not supported by the schema.", "Unknown type 'FieldInput'."),
        ),
        (
            "CreatePeople",
            """type Query { a: ID } type Mutation { createPeople(data: [PersonCreateInput!]!): [ID] }
            input PersonCreateInput { id: ID name: Name phones: Phones } scalar Phones
            input Name { firstName: String }""",
            "mutation CreatePeople($data: [PersonCreateInput!]!) { createPeople(data: $data) }",
            ("Field 'lastName' is not defined by type 'Name'.",),
        ),
        (
            "Cyclic",
            """type Query { people(filter: Filter, other: Other!): [Person] } scalar Other
            input Filter { and: [Filter!] other: Other } type Person { friends: [Person!]! id: ID }""",
            "query Cyclic($f: Filter, $o: Other!) { people(filter: $f, other: $o) { friends { id } } }",
            (),
        ),
    ],
)
def test_of_schemas_in_small(name: str, schema: str, text: str, missing: tuple[str, ...]) -> None:
    introspection: Any = introspection_from_schema(build_schema(schema))
    found = drifts(introspection, {name: document(text)})
    assert [message for drift in found for message in drift.missing] == list(missing)


def test_the_tables_name_operations_that_there_are() -> None:
    assert RECORDS.keys() | {given.operation for given in GIVEN} <= operations().keys()


def compared(client: Executes, *, after: float = 0) -> Comparison:
    return Comparison(partial(find_drifts, client), partial(client.execute, "WorkspaceMembers"), after=after)


async def told_by(client: Executes, enough: Callable[[Logs], bool]) -> Logs:
    """The log of a comparison, until there is enough of it."""
    with capture_logs() as logs:
        async with compared(client).running():
            await eventually(lambda: enough(logs))
    return logs


def ended(logs: Logs) -> bool:
    return any(entry["event"] in ("twenty.compared", "twenty.not_compared") for entry in logs)


async def test_each_drift_is_a_warning(client: TwentyClient) -> None:
    lacking = Altered(client, lambda answer: remove(answer, "TaskCreateInput.dueAt"))
    assert await told_by(lacking, ended) == [
        {
            "event": "twenty.drift",
            "log_level": "warning",
            "operation": "CreateTasks",
            "missing": ("Field 'dueAt' is not defined by type 'TaskCreateInput'.",),
            "disables": "tasks for missed calls",
        },
        {"event": "twenty.compared", "log_level": "info", "drifts": 1},
    ]


async def test_a_twenty_that_is_away_is_asked_again(
    client: TwentyClient, twenty: TwentySandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(check, "TRIES", 10_000)
    twenty.faults.status = 503

    def comes_back(logs: Logs) -> bool:
        if len(logs) >= 2:
            twenty.faults.clear()
        return any(entry["event"] == "twenty.compared" for entry in logs)

    *away, last = await told_by(client, comes_back)
    assert {(entry["event"], entry["log_level"]) for entry in away} == {("twenty.not_compared", "info")}
    assert last["drifts"] == 0


async def test_a_key_that_twenty_refuses_is_an_error_until_it_is_taken(
    client: TwentyClient, twenty: TwentySandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "PAUSE_SECONDS", 0.001)
    twenty.faults.status = 401
    with capture_logs() as logs:
        comparison = compared(client)
        async with comparison.running():
            await eventually(lambda: len(logs) > check.TRIES)
            refused_for = comparison.reason
            twenty.faults.clear()
            await eventually(lambda: logs[-1]["event"] == "twenty.compared")
    assert (refused_for, comparison.reason) == ("twenty.unauthenticated", None)
    assert {(entry["event"], entry["log_level"]) for entry in logs[:-1]} == {("twenty.not_compared", "error")}


async def test_a_key_that_is_taken_again_is_known_before_the_next_comparison(
    client: TwentyClient, twenty: TwentySandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "PROBE_SECONDS", 0.01)
    twenty.faults.status = 401
    comparison = compared(client)
    async with comparison.running():
        await eventually(lambda: comparison.reason == "twenty.unauthenticated")
        twenty.faults.clear()
        await eventually(lambda: comparison.reason is None)


async def test_a_workspace_that_was_not_set_up_is_one_line_with_what_to_do(bare: TwentySandbox) -> None:
    async with open_client(twenty_settings(bare)) as client:
        lacking = Altered(client, lambda answer: remove(answer, "TaskCreateInput.dueAt"))
        not_set_up, other, compared_with = await told_by(lacking, ended)
    assert (not_set_up["event"], not_set_up["fix"]) == ("twenty.not_set_up", "twenty-bridge setup twenty")
    assert (other["operation"], compared_with["drifts"]) == ("CreateTasks", 13)


async def test_an_introspection_that_makes_no_sense_harms_nobody(client: TwentyClient) -> None:
    (entry,) = await told_by(Altered(client, lambda answer: answer.clear()), ended)
    assert (entry["event"], entry["log_level"]) == ("twenty.not_compared", "error")


TYPED = """
    type Query { people: [Person] }
    type Person { id: ID phones: Phones link: Link }
    type Phones { additionalPhones: [Entry!]! }
    type Entry { number: String callingCode: String countryCode: String }
    type Link { url: String }
"""
FIND = "query FindPeople { people { phones { additionalPhones { number callingCode countryCode } } link } }"


@pytest.mark.parametrize(
    ("schema", "missing"),
    [
        (TYPED, []),
        (TYPED.replace("[Entry!]!", "JSON") + "scalar JSON", []),
        (TYPED.replace("countryCode: String", ""), ["Cannot query field 'countryCode' on type 'Entry'."]),
    ],
)
def test_both_forms_of_lists_are_as_they_should_be(schema: str, missing: list[str]) -> None:
    """`link` as well: /graphql answers an object that is selected bare."""
    introspection: Any = introspection_from_schema(build_schema(schema))
    found = drifts(introspection, {"FindPeople": document(FIND)})
    assert [message for drift in found for message in drift.missing] == missing
    assert all(drift.disables is Feature.ADDITIONAL_PHONES for drift in found)


@pytest.mark.parametrize("after", [0, 10 * BOUND])
async def test_the_end_does_not_wait_for_it(client: TwentyClient, after: float) -> None:
    async with asyncio.timeout(BOUND), compared(client, after=after).running():
        await asyncio.sleep(0)
