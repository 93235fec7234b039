"""Writing and reading records, beyond what the recorded scenarios tell."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

Ask = Callable[..., Awaitable[Any]]

CALLS = """mutation ($d: [PhoneCallCreateInput!]!, $u: Boolean) {
  createPhoneCalls(data: $d, upsert: $u) {id name status} }"""
NOTE_AND_TARGET = """mutation ($n: NoteCreateInput!, $t: NoteTargetCreateInput!) {
  createNote(data: $n) {id} createNoteTarget(data: $t) {id} }"""


def identifier(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


async def test_root_fields_of_one_request_come_in_no_order(ask: Ask) -> None:
    """A note target may come before its note, and then fails; so the original does, 27 times of 40."""
    outcomes = set()
    for number in range(1, 41):
        note = {"id": identifier(number), "title": "one request"}
        answer = await ask(NOTE_AND_TARGET, n=note, t={"noteId": note["id"]})
        assert answer["data"]["createNote"] == {"id": note["id"]}
        outcomes.add("errors" in answer)
    assert outcomes == {True, False}


async def test_existing_records_come_first_in_the_result(ask: Ask) -> None:
    await ask(CALLS, d=[{"externalCallId": "CA2", "name": "old"}])
    batch = [{"externalCallId": f"CA{n}", "status": "BUSY"} for n in (1, 2, 3)]
    answer = await ask(CALLS, d=batch, u=True)
    assert [row["name"] for row in answer["data"]["createPhoneCalls"]] == ["old", "", ""]


@pytest.mark.parametrize("known", [False, True])
async def test_an_id_twice_in_a_batch_refuses_it(ask: Ask, known: bool) -> None:
    row = {"id": identifier(1), "name": "first"}
    if known:
        await ask(CALLS, d=[row])
    answer = await ask(CALLS, d=[{**row, "name": "second"}, {**row, "name": "third"}], u=True)
    assert answer["errors"][0]["message"] == "A duplicate entry was detected"
    found = await ask("{phoneCalls {edges {node {name}}}}")
    names = [edge["node"]["name"] for edge in found["data"]["phoneCalls"]["edges"]]
    assert names == (["first"] if known else [])


async def test_two_records_that_match_one_are_a_conflict(ask: Ask) -> None:
    await ask(CALLS, d=[{"id": identifier(1)}, {"externalCallId": "CA1"}])
    answer = await ask(CALLS, d=[{"id": identifier(1), "externalCallId": "CA1"}], u=True)
    assert answer["errors"][0]["extensions"]["subCode"] == "UPSERT_MULTIPLE_MATCHING_RECORDS_CONFLICT"


async def test_a_duplicate_says_whose_value_it_is(ask: Ask) -> None:
    await ask(CALLS, d=[{"id": identifier(1), "externalCallId": "CA1"}])
    error = (await ask(CALLS, d=[{"externalCallId": "CA1"}]))["errors"][0]
    assert error["extensions"] == {
        "userFriendlyMessage": "This External call id value is already in use."
        " Please check your data and try again.",
        "conflictingRecordId": identifier(1),
        "conflictingObjectNameSingular": "phoneCall",
        "code": "BAD_USER_INPUT",
    }


async def test_an_upsert_leaves_who_created_it(ask: Ask, sandbox: Any) -> None:
    read = "{phoneCalls {edges {node {createdBy {source name} updatedBy {source name}}}}}"
    await ask(CALLS, d=[{"externalCallId": "CA1"}])
    await ask(CALLS, d=[{"externalCallId": "CA1"}], u=True, token=sandbox.user_token)
    node = (await ask(read))["data"]["phoneCalls"]["edges"][0]["node"]
    assert node["createdBy"] == {"source": "API", "name": "phone integration"}
    assert node["updatedBy"] == {"source": "MANUAL", "name": "Ada Admin"}


async def test_a_deleted_record_is_shown_neither_itself_nor_by_its_id_beside_it(ask: Ask) -> None:
    """In reads and in the answers of mutations; its id alone is shown as it is stored."""
    jane, call = identifier(1), identifier(2)
    await ask("mutation ($i: UUID!) {createPerson(data: {id: $i}) {id}}", i=jane)
    await ask("mutation ($i: UUID!) {deletePerson(id: $i) {id}}", i=jane)
    create = "mutation ($d: [PhoneCallCreateInput!]!) {createPhoneCalls(data: $d) {personId person {id}}}"
    answers = [(await ask(create, d=[{"id": call, "personId": jane}]))["data"]["createPhoneCalls"][0]]
    update = 'mutation ($i: UUID!) {updatePhoneCall(id: $i, data: {name: "x"}) {personId person {id}}}'
    answers.append((await ask(update, i=call))["data"]["updatePhoneCall"])
    read = "query ($i: UUID!) {phoneCall(filter: {id: {eq: $i}}) {personId person {id}}}"
    answers.append((await ask(read, i=call))["data"]["phoneCall"])
    assert answers == [{"personId": None, "person": None}] * 3
    alone = await ask(read.replace("person {id}", ""), i=call)
    assert alone["data"]["phoneCall"] == {"personId": jane}
    await ask("mutation ($i: UUID!) {restorePerson(id: $i) {id}}", i=jane)
    assert (await ask(read, i=call))["data"]["phoneCall"] == {"personId": jane, "person": {"id": jane}}


async def test_connecting_by_a_unique_field(ask: Ask) -> None:
    connect = """mutation ($e: String!) {createPhoneCall(data: {
      agent: {connect: {where: {userEmail: $e}}} }) {agent {userEmail}}}"""
    made = await ask(connect, e="admin@sandbox.example")
    assert made["data"]["createPhoneCall"]["agent"] == {"userEmail": "admin@sandbox.example"}
    assert "found 0" in (await ask(connect, e="nobody@sandbox.example"))["errors"][0]["message"]


async def test_a_deleted_persons_calls_stay_and_a_destroyed_ones_lose_them(ask: Ask) -> None:
    await ask("mutation ($i: ID) {createPerson(data: {id: $i}) {id}}", i=identifier(1))
    await ask(CALLS, d=[{"personId": identifier(1)}])
    for verb, left in (("deletePerson", identifier(1)), ("destroyPerson", None)):
        await ask(f"mutation ($i: UUID!) {{{verb}(id: $i) {{id}}}}", i=identifier(1))
        (edge,) = (await ask("{phoneCalls {edges {node {personId}}}}"))["data"]["phoneCalls"]["edges"]
        assert edge["node"] == {"personId": left}


async def test_many_at_once_by_filter(ask: Ask) -> None:
    await ask(CALLS, d=[{"status": "RINGING"}] * 3 + [{"status": "BUSY"}])
    ringing = "filter: {status: {eq: RINGING}}"
    for change, count in (
        (f'updatePhoneCalls({ringing}, data: {{name: "x"}})', 3),
        (f"deletePhoneCalls({ringing})", 3),
        ("restorePhoneCalls(filter: {deletedAt: {is: NOT_NULL}})", 3),
        ('destroyPhoneCalls(filter: {name: {eq: "x"}})', 3),
    ):
        (changed,) = (await ask(f"mutation {{{change} {{id}}}}"))["data"].values()
        assert len(changed) == count
    assert (await ask("{phoneCalls {totalCount}}"))["data"]["phoneCalls"]["totalCount"] == 1


async def test_no_more_than_200_change_at_once(ask: Ask) -> None:
    for _ in range(2):
        await ask(CALLS, d=[{}] * 101)
    answer = await ask("mutation {deletePhoneCalls(filter: {}) {id}}")
    assert answer["errors"][0]["message"] == "Cannot update more than 200 records at once"


async def test_connections_count_and_sum(ask: Ask) -> None:
    await ask(CALLS, d=[{"durationInSeconds": n, "startedAt": f"2026-11-2{n}T10:00:00Z"} for n in (1, 2, 6)])
    await ask(CALLS, d=[{}])
    answer = await ask("""{phoneCalls {totalCount avgDurationInSeconds sumDurationInSeconds
      maxDurationInSeconds
      minStartedAt countEmptyDurationInSeconds percentageNotEmptyStartedAt countUniqueValuesStatus}}""")
    assert answer["data"]["phoneCalls"] == {
        "totalCount": 4,
        "avgDurationInSeconds": 3,
        "sumDurationInSeconds": 9,
        "maxDurationInSeconds": 6,
        "minStartedAt": "2026-11-21T10:00:00.000Z",
        "countEmptyDurationInSeconds": 1,
        "percentageNotEmptyStartedAt": 0.75,
        "countUniqueValuesStatus": 0,
    }


async def test_a_relation_gives_sixty(ask: Ask) -> None:
    await ask("mutation ($i: ID) {createPerson(data: {id: $i}) {id}}", i=identifier(1))
    await ask(CALLS, d=[{"personId": identifier(1)}] * 70)
    answer = await ask("{people {edges {node {phoneCalls {totalCount edges {node {id}}}}}}}")
    calls = answer["data"]["people"]["edges"][0]["node"]["phoneCalls"]
    assert (calls["totalCount"], len(calls["edges"])) == (60, 60)


async def test_to_many_within_to_many_is_too_complex(ask: Ask) -> None:
    answer = await ask("{companies {edges {node {people {edges {node {noteTargets {totalCount}}}}}}}}")
    assert answer["errors"][0]["extensions"]["subCode"] == "TOO_COMPLEX_QUERY"


@pytest.mark.parametrize(
    ("query", "sub_code"),
    [
        ("mutation {createNote(data: null) {id}}", "INVALID_QUERY_INPUT"),
        ("mutation {createNotes(data: {}) {id}}", "INVALID_QUERY_INPUT"),
        ('mutation {createNote(data: {}, upsert: "yes") {id}}', "INVALID_QUERY_INPUT"),
        ('mutation {updateNote(id: "nope", data: {}) {id}}', "INVALID_QUERY_INPUT"),
        ("mutation {createNote(data: {noteTargets: {}}) {id}}", "INVALID_ARGS_DATA"),
        ("mutation {createNote(data: {searchVector: 1}) {id}}", "INVALID_ARGS_DATA"),
        ('mutation {createPhoneCall(data: {recording: {primaryLinkUrl: "not a url"}}) {id}}', "INVALID_URL"),
        ("{note {id}}", "INVALID_QUERY_INPUT"),
        ("{notes(first: 1, last: 1) {totalCount}}", "ARGS_CONFLICT"),
        ('{notes(first: "1") {totalCount}}', "INVALID_QUERY_INPUT"),
    ],
)
async def test_what_is_refused(ask: Ask, query: str, sub_code: str) -> None:
    assert (await ask(query))["errors"][0]["extensions"]["subCode"] == sub_code


async def test_fragments_directives_and_aliases(ask: Ask) -> None:
    await ask('mutation {createNote(data: {title: "t"}) {id}}')
    query = """query ($yes: Boolean!) { all: notes { __typename ...Page edges { __typename node {
      __typename label: title position @skip(if: $yes)
      bodyV2 @include(if: $yes) { __typename markdown } } } } }
      fragment Page on NoteConnection { totalCount }"""
    answer = await ask(query, yes=True)
    body = {"__typename": "RichText", "markdown": ""}
    node = {"__typename": "Note", "title": "t", "bodyV2": body}
    assert answer["data"] == {
        "all": {
            "__typename": "NoteConnection",
            "totalCount": 1,
            "edges": [{"__typename": "NoteEdge", "node": node}],
        }
    }


async def test_blocks_and_markdown_are_each_others(ask: Ask) -> None:
    create = (
        "mutation ($b: RichTextCreateInput) {createNote(data: {bodyV2: $b}) {bodyV2 {markdown blocknote}}}"
    )
    blocks = '[{"type": "paragraph", "content": [{"type": "text", "text": "hello", "styles": {}}]}]'
    made = await ask(create, b={"blocknote": blocks})
    assert made["data"]["createNote"]["bodyV2"]["markdown"] == "hello\n"
    made = await ask(create, b={"markdown": "- one"})
    assert '"bulletListItem"' in made["data"]["createNote"]["bodyV2"]["blocknote"]
