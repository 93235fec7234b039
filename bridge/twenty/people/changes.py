"""What became of a person: their record as Twenty's webhook and its answers have it."""

from typing import Any

from msgspec import Struct

from bridge.calls.numbers import Number
from bridge.twenty.people.lookup import numbers_in
from bridge.twenty.people.phones import phones_in

LONGEST_ID = 36

MOST_NUMBERS = 200
"""Reading one takes 0.2 ms."""


class PersonChanged(Struct, frozen=True):
    """A person was created, changed or restored; `numbers` are all that they have now (E.164).

    None where they have so many that reading them would take long.
    """

    person_id: str
    numbers: frozenset[Number] | None

    @property
    def alike(self) -> frozenset[Number] | None:
        """Their numbers in every form in which a call can have them; None for any number."""
        if self.numbers is None:
            return None
        return frozenset(other for number in self.numbers for other in number.alike)


class PersonGone(Struct, frozen=True):
    """A person was deleted, destroyed, or merged into another one."""

    person_id: str


def changed_person(record: dict[str, Any], *, region: str) -> PersonChanged:
    """Reads a record; numbers without a country belong to `region` (ISO 3166).

    Raises ValueError, LookupError, TypeError or AttributeError where it is not one of a person.
    """
    phones = record.get("phones") or {}
    is_readable = len(phones_in(phones)) <= MOST_NUMBERS
    return PersonChanged(id_of(record["id"]), numbers_in(phones, region=region) if is_readable else None)


def id_of(value: object) -> str:
    """A record's id; raises ValueError for what the database would refuse as one."""
    if not isinstance(value, str) or len(value) > LONGEST_ID or not value.isprintable():
        raise ValueError("not an id")
    return value
