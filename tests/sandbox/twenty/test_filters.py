"""Filters, sorting and paging over a handful of people."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

Ask = Callable[..., Awaitable[Any]]

CREATE = "mutation ($d: [PersonCreateInput!]!) {createPeople(data: $d) {id}}"
FIND = """query ($f: PersonFilterInput, $o: [PersonOrderByInput], $n: Int, $l: Int, $a: String, $b: String) {
  people(filter: $f, orderBy: $o, first: $n, last: $l, after: $a, before: $b) {
    totalCount edges {cursor node {name {firstName}}}
    pageInfo {hasNextPage hasPreviousPage startCursor endCursor} } }"""

PEOPLE: list[dict[str, Any]] = [
    {"name": {"firstName": "Ada"}, "jobTitle": "CEO", "phones": {"primaryPhoneNumber": "+33159130001"}},
    {"name": {"firstName": "bob"}, "jobTitle": "CTO", "emails": {"primaryEmail": "Bob@Example.com"}},
    {"name": {"firstName": "Chloé"}, "createdAt": "2026-01-01T00:00:00Z"},
    {
        "name": {"firstName": "Dan_100%"},
        "phones": {"primaryPhoneNumber": "+442079460958", "additionalPhones": [{"number": "+33612345678"}]},
    },
]


@pytest.fixture
async def people(ask: Ask) -> Ask:
    """Asks for people, of whom there are four."""
    company = await ask('mutation {createCompany(data: {name: "Acme"}) {id}}')
    employed = {**PEOPLE[0], "companyId": company["data"]["createCompany"]["id"]}
    answer = await ask(CREATE, d=[employed, *PEOPLE[1:]])
    assert "errors" not in answer
    return ask


def names(answer: Any) -> list[str]:
    return [edge["node"]["name"]["firstName"] for edge in answer["data"]["people"]["edges"]]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, {"Ada", "bob", "Chloé", "Dan_100%"}),
        ({"jobTitle": {"eq": "CEO"}}, {"Ada"}),
        ({"jobTitle": {"neq": "CEO"}}, {"bob"}),
        ({"jobTitle": {"eq": ""}}, {"Chloé", "Dan_100%"}),
        ({"jobTitle": {"is": "NULL"}}, {"Chloé", "Dan_100%"}),
        ({"jobTitle": {"in": ["CEO", "CTO"]}}, {"Ada", "bob"}),
        ({"jobTitle": {"gte": "CF"}}, {"bob"}),
        ({"name": {"firstName": {"like": "ada"}}}, set()),
        ({"name": {"firstName": {"ilike": "ada"}}}, {"Ada"}),
        ({"name": {"firstName": {"ilike": "%LOÉ"}}}, {"Chloé"}),
        ({"name": {"firstName": {"startsWith": "Dan_"}}}, {"Dan_100%"}),
        ({"name": {"firstName": {"startsWith": "D_"}}}, set()),
        ({"name": {"firstName": {"endsWith": "0%"}}}, {"Dan_100%"}),
        ({"emails": {"primaryEmail": {"eq": "bob@example.com"}}}, {"bob"}),
        ({"phones": {"primaryPhoneNumber": {"eq": "159130001"}}}, {"Ada"}),
        ({"phones": {"primaryPhoneNumber": {"eq": "+33159130001"}}}, set()),
        ({"phones": {"additionalPhones": {"like": '%"number": "612345678"%'}}}, {"Dan_100%"}),
        ({"phones": {"additionalPhones": {"like": '%"number":"612345678"%'}}}, set()),
        ({"phones": {"additionalPhones": {"is": "NOT_NULL"}}}, {"Dan_100%"}),
        ({"createdAt": {"lt": "2026-02-01T01:00:00+01:00"}}, {"Chloé"}),
        ({"companyId": {"is": "NOT_NULL"}}, {"Ada"}),
        ({"company": {"name": {"eq": "Acme"}}}, {"Ada"}),
        ({"company": {"name": {"is": "NULL"}}}, {"bob", "Chloé", "Dan_100%"}),
        ({"not": {"company": {"name": {"eq": "Evil"}}}}, {"Ada"}),
        ({"position": {"lt": "1 of many"}}, {"Ada", "bob", "Chloé", "Dan_100%"}),
        ({"or": [{"jobTitle": {"eq": "CEO"}}, {"jobTitle": {"eq": "CTO"}}]}, {"Ada", "bob"}),
        ({"not": {"or": [{"jobTitle": {"is": "NULL"}}, {"jobTitle": {"eq": "CEO"}}]}}, {"bob"}),
        ({"and": [{"jobTitle": {"gte": "A"}}, {"jobTitle": {"lt": "CF"}}]}, {"Ada"}),
    ],
)
async def test_who_is_found(people: Ask, given: dict[str, Any], found: set[str]) -> None:
    answer = await people(FIND, f=given)
    assert (set(names(answer)), answer["data"]["people"]["totalCount"]) == (found, len(found))


@pytest.mark.parametrize(
    ("given", "sub_code"),
    [
        ({"jobTitle": {"gte": "A", "lt": "B"}}, "INVALID_ARGS_FILTER"),
        ({"jobTitle": {}}, "INVALID_ARGS_FILTER"),
        ({"jobTitle": {"in": "CEO"}}, "INVALID_ARGS_FILTER"),
        ({"position": {"lt": "one"}}, "INVALID_ARGS_FILTER"),
        ({"company": {"accountOwner": {"userEmail": {"is": "NULL"}}}}, "INVALID_ARGS_FILTER"),
        ({"jobTitle": "CEO"}, "INVALID_ARGS_FILTER"),
        ({"jobTitle": {"regex": "^C"}}, "INVALID_ARGS_FILTER"),
        ({"jobTitle": {"in": []}}, "INVALID_QUERY_INPUT"),
        ({"jobTitle": {"is": "EMPTY"}}, "INVALID_ARGS_FILTER"),
        ({"phones": {"number": {"eq": "1"}}}, "INVALID_ARGS_FILTER"),
        ({"phones": {"additionalPhones": {"contains": "1"}}}, "INVALID_ARGS_FILTER"),
        ({"createdAt": {"gte": "yesterday"}}, "INVALID_ARGS_FILTER"),
        ({"id": {"eq": "nope"}}, "INVALID_ARGS_FILTER"),
        ({"id": {"eq": "019ac3a0-0000-7000-8000-000000000001"}}, "INVALID_ARGS_FILTER"),
        ({"id": {"eq": "00000000-0000-0000-0000-000000000000"}}, "INVALID_ARGS_FILTER"),
        ({"company": {"eq": "Acme"}}, "INVALID_ARGS_FILTER"),
        ({"noteTargets": {"id": {"is": "NULL"}}}, "INVALID_ARGS_FILTER"),
        ({"searchVector": {"search": "Ada"}}, "INVALID_ARGS_FILTER"),
        ({"shoeSize": {"eq": 42}}, "INVALID_ARGS_FILTER"),
    ],
)
async def test_what_is_no_filter(ask: Ask, given: dict[str, Any], sub_code: str) -> None:
    answer = await ask(FIND, f=given)
    assert answer["errors"][0]["extensions"]["subCode"] == sub_code


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ([{"name": {"firstName": "AscNullsLast"}}], ["Ada", "bob", "Chloé", "Dan_100%"]),
        ([{"name": {"firstName": "DescNullsLast"}}], ["Dan_100%", "Chloé", "bob", "Ada"]),
        (
            [{"jobTitle": "DescNullsLast"}, {"name": {"firstName": "AscNullsFirst"}}],
            ["bob", "Ada", "Chloé", "Dan_100%"],
        ),
        (
            [{"jobTitle": "AscNullsFirst"}, {"name": {"firstName": "DescNullsLast"}}],
            ["Dan_100%", "Chloé", "Ada", "bob"],
        ),
        (
            [{"company": {"name": "AscNullsLast"}}, {"name": {"firstName": "DescNullsLast"}}],
            ["Ada", "Dan_100%", "Chloé", "bob"],
        ),
    ],
)
async def test_sorting_and_paging_through(people: Ask, order: list[Any], expected: list[str]) -> None:
    assert names(await people(FIND, o=order)) == expected
    seen, cursor = [], None
    for _ in expected:
        page = await people(FIND, o=order, n=1, a=cursor)
        seen += names(page)
        cursor = page["data"]["people"]["pageInfo"]["endCursor"]
    assert (seen, page["data"]["people"]["pageInfo"]["hasNextPage"]) == (expected, False)
    before = await people(FIND, o=order, l=2, b=cursor)
    assert names(before) == expected[1:3]
    assert before["data"]["people"]["pageInfo"]["hasPreviousPage"] is True


async def test_an_order_by_what_is_no_field_is_refused(ask: Ask) -> None:
    answer = await ask(FIND, o=[{"shoeSize": "AscNullsLast"}])
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_without_a_number_two_hundred_rows_come_and_more_where_asked(ask: Ask) -> None:
    batch = [{"name": {"firstName": str(n)}} for n in range(150)]
    for _ in range(2):
        await ask(CREATE, d=batch)
    assert len(names(await ask(FIND))) == 200
    assert len(names(await ask(FIND, n=1000))) == 300


@pytest.mark.parametrize("field", ["createdAt", "companyId", "position"])
async def test_a_comparison_with_null_finds_nothing(people: Ask, field: str) -> None:
    query = "query ($f: PersonFilterInput) {people(filter: $f) {totalCount}}"
    for operator in ("eq", "neq", "gte"):
        found = await people(query, f={field: {operator: None}})
        assert found["data"]["people"]["totalCount"] == 0


async def test_an_id_is_the_same_in_capital_letters(ask: Ask) -> None:
    one = "5c498408-4fd5-4347-b2c6-043dcc635c4a"
    made = await ask("mutation ($d: PersonCreateInput!) {createPerson(data: $d) {id}}", d={"id": one.upper()})
    assert made["data"]["createPerson"] == {"id": one}
    found = await ask("query ($i: UUID!) {person(filter: {id: {eq: $i}}) {id}}", i=one.upper())
    assert found["data"]["person"] == {"id": one}


async def test_a_mutation_takes_no_filter_that_leads_over_a_relation(people: Ask) -> None:
    answer = await people('mutation {deletePeople(filter: {company: {name: {eq: "Acme"}}}) {id}}')
    assert answer["errors"][0]["extensions"]["subCode"] == "INVALID_ARGS_FILTER"


async def test_a_deleted_company_is_none_to_a_filter_and_a_sort(people: Ask) -> None:
    await people('mutation {deleteCompanies(filter: {name: {eq: "Acme"}}) {id}}')
    for given, found in (({"eq": "Acme"}, 0), ({"neq": "Evil"}, 0), ({"is": "NULL"}, 4)):
        answer = await people(FIND, f={"company": {"name": given}})
        assert answer["data"]["people"]["totalCount"] == found
    order = [{"company": {"name": "AscNullsLast"}}, {"name": {"firstName": "DescNullsLast"}}]
    assert names(await people(FIND, o=order))[-1] == "Ada"
