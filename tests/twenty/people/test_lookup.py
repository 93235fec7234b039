"""Finding people in a Twenty, whatever form their number stands in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.calls.numbers import Number
from bridge.sandbox.twenty import TwentySandbox
from bridge.twenty.client.client import TwentyClient
from bridge.twenty.people.lookup import find_people, may_be_of, numbers_in
from tests.calls.spellings import numbers, spelled, written
from tests.cpu_time import seconds, short
from tests.support import create_person

JANE = Number("+33612345678")


@pytest.mark.parametrize(
    "phones",
    [
        {"primaryPhoneNumber": JANE},
        {"primaryPhoneNumber": "+33 6 12 34 56 78"},
        {
            "primaryPhoneNumber": "612345678",
            "primaryPhoneCallingCode": "+33",
            "primaryPhoneCountryCode": "FR",
        },
        {"primaryPhoneNumber": "+4930123456", "additionalPhones": [{"number": JANE}]},
        {"additionalPhones": [{"number": "612345678", "callingCode": "+33", "countryCode": "FR"}]},
    ],
)
async def test_a_person_is_found_by_their_number(
    twenty: TwentySandbox, client: TwentyClient, phones: dict[str, object]
) -> None:
    jane = await create_person(twenty, "Jane Doe", **phones)
    found = await find_people(client, {JANE}, region="FR")
    ((candidate,),) = found.values()
    assert (candidate.person.id, candidate.person.name) == (jane, "Jane Doe")


@pytest.mark.parametrize("other", ["+49612345678", "+33712345678", "+336123456789", "+4412345678"])
async def test_nobody_else_is(twenty: TwentySandbox, client: TwentyClient, other: str) -> None:
    await create_person(twenty, "John Roe", primaryPhoneNumber="+33612345679")
    await create_person(
        twenty,
        "Ann Other",
        primaryPhoneNumber="612345678",
        primaryPhoneCallingCode="+49",
        primaryPhoneCountryCode="DE",
    )
    assert await find_people(client, {JANE}, region="FR") == {}


async def test_many_numbers_are_one_root_field(twenty: TwentySandbox, client: TwentyClient) -> None:
    wanted = {Number(f"+336000{i:05}"): f"Person {i}" for i in range(200)}
    for number, name in list(wanted.items())[::20]:
        await create_person(twenty, name, primaryPhoneNumber=number)
    before = twenty.root_fields
    found = await find_people(client, wanted.keys(), region="FR")
    assert twenty.root_fields - before == 1
    assert {n: c[0].person.name for n, c in found.items()} == dict(list(wanted.items())[::20])


async def test_nothing_is_asked_for_nobody(twenty: TwentySandbox, client: TwentyClient) -> None:
    before = twenty.root_fields
    assert await find_people(client, set(), region="FR") == {}
    assert twenty.root_fields == before


@given(st.data())
def test_a_number_in_any_spelling_may_be_the_one_that_is_asked_for(data: st.DataObject) -> None:
    number = data.draw(numbers())
    text = data.draw(spelled(number) | st.sampled_from(sorted(written(number).values())))
    assert may_be_of({number.line})(text)
    for other in number.rewritten:
        assert may_be_of({other.line})(other)


def test_of_a_person_with_thousands_of_numbers_only_those_are_read_that_may_be_meant() -> None:
    many = [{"number": f"6399{n:05}", "callingCode": "+33", "countryCode": "FR"} for n in range(5000)]
    phones = {"primaryPhoneNumber": "+44 7700 900123", "additionalPhones": [*many, {"number": JANE}]}
    found: list[frozenset[Number]] = []

    def read() -> None:
        found.append(numbers_in(phones, region="FR", may_be=may_be_of({JANE.line})))

    assert seconds(read, least_of=3) < 5 * short()
    assert JANE in found[0]
    assert len(found[0]) < 20
