"""Whose number is this: the forms to ask Twenty for, and who of its answers it really is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

import phonenumbers
from phonenumbers import PhoneNumberFormat

from bridge.calls.numbers import parse, to_e164


@dataclass(frozen=True, slots=True)
class Person:
    """A person in Twenty. `owner_id` is the workspace member who looks after their company."""

    id: str
    name: str
    company_id: str | None = None
    owner_id: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person whom a look-up found; `numbers` are theirs in E.164, primary and additional."""

    person: Person
    numbers: frozenset[str]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Match:
    """Who was chosen, and who else has the number; `corrected` where a user chose, in Twenty."""

    person: Person | None
    others: tuple[Person, ...] = ()
    corrected: bool = False


NOBODY = Match(None)

Several = Literal["oldest", "newest", "none"]
"""Whom to choose of several people with one number."""


@lru_cache(maxsize=4096)
def forms(number: str) -> tuple[str, ...]:
    """What an E.164 number may stand as in Twenty, the normalised national form first.

    Rows from before Twenty normalised phones, or from an import, hold any of the others.
    """
    parsed = parse(number, "ZZ")
    if parsed is None:
        return ()
    significant = phonenumbers.national_significant_number(parsed)
    national = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    international = phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
    digits = "".join(c for c in national if c.isdigit())
    written = (
        significant,
        number,
        digits,
        f"00{parsed.country_code}{significant}",
        f"{parsed.country_code}{significant}",
        national,
        international,
        international.replace("+", "00", 1),
    )
    return tuple(dict.fromkeys(written))


@lru_cache(maxsize=4096)
def endings_of(number: str) -> tuple[str, ...]:
    """Endings that every form of a number has one of: few, so that many numbers fit in a question."""
    parsed = parse(number, "ZZ")
    if parsed is None:
        return ()
    international = phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
    national = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    endings: list[str] = []
    for written in (
        phonenumbers.national_significant_number(parsed),
        international.removeprefix(f"+{parsed.country_code}").lstrip(" -"),
        national,
        "".join(c for c in national if c.isdigit()),
    ):
        if not written.endswith(tuple(endings)):
            endings.append(written)
    return tuple(endings)


def number_of(number: str, *, calling_code: str, country_code: str, region: str) -> str | None:
    """The E.164 number that a phone field of Twenty means.

    A normalised field holds the national number beside its calling code (`159130001`, `+33`);
    an older one anything that people write, read as they would in its country, else in `region`.
    """
    home = _region(calling_code, country_code) or region
    read = [parsed for reading in _readings(number, calling_code) if (parsed := parse(reading, home))]
    # A number that was assigned, rather than one that merely has a length that some number has.
    meant = next((parsed for parsed in read if phonenumbers.is_valid_number(parsed)), None)
    return to_e164(meant or read[0]) if read else None


def _readings(number: str, calling_code: str) -> Iterator[str]:
    """What a field may mean, the likeliest first."""
    if number.startswith("00"):
        yield f"+{number[2:]}"
    if number.startswith(("0", "+")):
        yield number
    if number.startswith("+"):
        return
    if calling_code:
        yield f"{_plus(calling_code)}{number}"
    yield number
    if number.startswith(calling_code.lstrip("+")):
        yield f"+{number}"


def _plus(calling_code: str) -> str:
    return calling_code if calling_code.startswith("+") else f"+{calling_code}"


def _region(calling_code: str, country_code: str) -> str | None:
    if country_code:
        return country_code
    digits = calling_code.lstrip("+")
    region = phonenumbers.region_code_for_country_code(int(digits)) if digits.isdecimal() else "ZZ"
    return None if region in ("ZZ", "001") else region


def choose(number: str | None, candidates: Iterable[Candidate], *, several: Several = "oldest") -> Match:
    """The one of those who really have the number whom the policy names: longest or latest in Twenty."""
    holders = sorted(
        (c for c in candidates if number in c.numbers), key=lambda c: (c.created_at, c.person.id)
    )
    people = [holder.person for holder in (reversed(holders) if several == "newest" else holders)]
    if several == "none" and len(people) > 1:
        return Match(None, tuple(people))
    return Match(people[0], tuple(people[1:])) if people else NOBODY
