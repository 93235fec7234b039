"""Whose number is this: the forms to ask Twenty for, and who of its answers it really is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberFormat

from bridge.calls.numbers import e164, parse


@dataclass(frozen=True, slots=True)
class Person:
    """A person in Twenty."""

    id: str
    name: str
    company_id: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person whom a look-up found; `numbers` are theirs in E.164, primary and additional."""

    person: Person
    numbers: frozenset[str]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Match:
    """Who was chosen, and who else has the number."""

    person: Person | None
    others: tuple[Person, ...] = ()


NOBODY = Match(None)


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
    grouped = international.removeprefix(f"+{parsed.country_code}").lstrip(" -")
    endings = [phonenumbers.national_significant_number(parsed), grouped]
    national = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    return tuple(dict.fromkeys(endings if national.endswith(grouped) else [*endings, national]))


def number_of(number: str, *, calling_code: str, country_code: str, region: str) -> str | None:
    """The E.164 number that a phone field of Twenty means.

    A normalised field holds the national number beside its calling code (`159130001`, `+33`);
    an older one anything that people write, read as they would in its country, else in `region`.
    """
    if number.startswith("+"):
        return e164(number, region)
    home = _region(calling_code, country_code) or region
    if number.startswith("00"):
        return e164(f"+{number[2:]}", region) or e164(number, home)
    if calling_code and (found := e164(f"{_plus(calling_code)}{number}", home)):
        return found if not number.startswith("0") else e164(number, home) or found
    return e164(number, home)


def _plus(calling_code: str) -> str:
    return calling_code if calling_code.startswith("+") else f"+{calling_code}"


def _region(calling_code: str, country_code: str) -> str | None:
    if country_code:
        return country_code
    digits = calling_code.lstrip("+")
    region = phonenumbers.region_code_for_country_code(int(digits)) if digits.isdecimal() else "ZZ"
    return None if region in ("ZZ", "001") else region


def choose(number: str | None, candidates: Iterable[Candidate]) -> Match:
    """The person who has been in Twenty longest, of those who really have the number."""
    holders = sorted(
        (c for c in candidates if number in c.numbers), key=lambda c: (c.created_at, c.person.id)
    )
    people = [holder.person for holder in holders]
    return Match(people[0], tuple(people[1:])) if people else NOBODY
