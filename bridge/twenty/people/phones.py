"""A field of phones of Twenty: its primary number and the additional ones, read and written as a whole.

A write that leaves sub-fields out empties some of them: see `as_input`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bridge.calls.people.normalising import Phone
from bridge.twenty.schema.composites import entries

Field = Mapping[str, Any]
"""A field of type PHONES as Twenty answers it."""

PRIMARY = ("primaryPhoneNumber", "primaryPhoneCallingCode", "primaryPhoneCountryCode")
ADDITIONAL = ("number", "callingCode", "countryCode")


def phones_in(field: Field) -> list[Phone]:
    """The numbers of the field, the primary one first; entries that are not phones are left out."""
    return [phone for phone in _phones(field) if phone.number]


def _phones(field: Field) -> Iterator[Phone]:
    yield primary(field)
    for entry in entries(field.get("additionalPhones")):
        yield Phone(*(entry.get(name, "") for name in ADDITIONAL))


def primary(field: Field) -> Phone:
    """The primary number, empty where there is none."""
    return Phone(*(_text(field.get(name)) for name in PRIMARY))


def additional(field: Field) -> list[Phone] | None:
    """The additional numbers; None where the field holds other data, which a write would lose."""
    entries = field.get("additionalPhones")
    if isinstance(entries, str):
        try:
            entries = json.loads(entries)
        except (ValueError, RecursionError):
            return None
    if entries is None:
        return []
    if not isinstance(entries, list) or not all(map(_is_entry, entries)):
        return None
    return [Phone(*(entry.get(name) or "" for name in ADDITIONAL)) for entry in entries]


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, Mapping)
        and entry.keys() <= set(ADDITIONAL)
        and all(value is None or isinstance(value, str) for value in entry.values())
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def as_input(first: Phone, others: Sequence[Phone]) -> dict[str, Any]:
    """The whole field, for a write: Twenty empties the additional numbers where they are left out."""
    return {
        **dict(zip(PRIMARY, (first.number, first.calling_code, first.country_code), strict=True)),
        "additionalPhones": [
            dict(zip(ADDITIONAL, (one.number, one.calling_code, one.country_code), strict=True))
            for one in others
        ],
    }


def is_same(field: Field, other: Field) -> bool:
    """Whether two fields hold the same; empty text and null are equal."""
    return primary(field) == primary(other) and additional(field) == additional(other) is not None
