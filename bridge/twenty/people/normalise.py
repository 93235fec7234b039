"""Rewrites people's numbers, stored as they were typed, in the form in which Twenty stores them today."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any

from msgspec import Struct

from bridge.calls.people.normalising import Left, Phone, is_lost, normalised
from bridge.twenty.client.answers import next_page
from bridge.twenty.client.client import Executes
from bridge.twenty.people.lookup import numbers_in
from bridge.twenty.people.phones import Field, additional, as_input, is_same, phones_in, primary
from bridge.twenty.values import PAGE, full_name

HAVE_NUMBERS = {
    "or": [
        {"phones": {"primaryPhoneNumber": {"neq": ""}}},
        {"phones": {"additionalPhones": {"is": "NOT_NULL"}}},
    ]
}


class PersonPhones(Struct, frozen=True):
    """A person and their field of phones."""

    id: str
    name: str
    field: Field


class PeoplePage(Struct, frozen=True):
    """A page of the `total` people who have a number, in the order of their creation."""

    total: int
    rows: Sequence[PersonPhones]


class Kept(Struct, frozen=True):
    """A row that is left as it is, with the number at fault and the reason."""

    row: PersonPhones
    number: str
    why: str


class Rewrite(Struct, frozen=True):
    """A row with its whole new field, which Twenty stores as it is sent."""

    row: PersonPhones
    data: Field


async def people_with_numbers(client: Executes) -> AsyncIterator[PeoplePage]:
    """All people with a number, page by page; a root field for each thousand. Raises TwentyError."""
    after: str | None = None
    while True:
        answer = await client.execute("PhonesOfPeople", filter=HAVE_NUMBERS, first=PAGE, after=after)
        yield PeoplePage(
            answer["people"]["totalCount"], [_row(edge["node"]) for edge in answer["people"]["edges"]]
        )
        after = next_page(answer["people"], after)
        if after is None:
            return


async def current(client: Executes, ids: Collection[str]) -> Mapping[str, PersonPhones]:
    """The rows of these people, at most a thousand, as they are now. Raises TwentyError."""
    by_id = {"id": {"in": sorted(ids)}}
    answer = await client.execute("PhonesOfPeople", filter=by_id, first=PAGE)
    rows = [_row(edge["node"]) for edge in answer["people"]["edges"]]
    return {row.id: row for row in rows}


def _row(node: Mapping[str, Any]) -> PersonPhones:
    return PersonPhones(node["id"], full_name(node.get("name")), node.get("phones") or {})


def plan(row: PersonPhones, *, region: str) -> Rewrite | Kept | None:
    """The change for a row; None where it is in Twenty's form. One uncertain number keeps the whole row."""
    first, others = primary(row.field), additional(row.field)
    if others is None:
        return Kept(row, first.number, Left.SHAPE)
    made: list[Phone] = []
    for phone in (first, *others):
        found = normalised(phone, region=region)
        if isinstance(found, Left):
            return Kept(row, phone.number, found)
        made.append(found)
    return None if made == [first, *others] else Rewrite(row, as_input(made[0], made[1:]))


def has_lost_number(row: PersonPhones, *, region: str) -> bool:
    """Whether a person has a number by which the look-up does not find them."""
    return any(is_lost(phone, region=region) for phone in phones_in(row.field))


async def rewrite(client: Executes, person_id: str, field: Field) -> Field:
    """Writes a whole field; the row as it is then. Raises TwentyError."""
    answer = await client.execute("UpdatePerson", id=person_id, data={"phones": field})
    stored: Field = answer["updatePerson"]["phones"]
    return stored


def means_the_same(field: Field, other: Field, *, region: str) -> bool:
    """Whether both fields hold the same numbers, however they are written."""
    return is_same(field, other) or numbers_in(dict(field), region=region) == numbers_in(
        dict(other), region=region
    )
