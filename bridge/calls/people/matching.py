"""Matches a number with people: the patterns to query Twenty by, and the choice among its results."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from itertools import product
from typing import Literal

import phonenumbers
from msgspec import Struct
from phonenumbers import PhoneNumberType

from bridge.calls.number_plans import line_of
from bridge.calls.numbers import Number, reading
from bridge.calls.spelling import plain

SPREAD = 6
"""Digits; fewer of them occur in the same order in many numbers."""

SEPARATORS = ("", "_")
"""Between two digits of a short number: nothing, or one character (`_` in SQL's `like`)."""


class Person(Struct, frozen=True):
    """A person in Twenty. `owner_id` is the workspace member who is the account owner of their company."""

    id: str
    name: str
    company_id: str | None = None
    owner_id: str | None = None


class Candidate(Struct, frozen=True):
    """A person whom a look-up found, with their primary and additional numbers."""

    person: Person
    numbers: frozenset[Number]
    created_at: datetime

    @property
    def lines(self) -> frozenset[str]:
        """Their numbers in the form for comparing."""
        return frozenset(number.line for number in self.numbers)


class Match(Struct, frozen=True):
    """The chosen person, and others who have the number; `corrected` if a user chose the person in Twenty."""

    person: Person | None
    others: tuple[Person, ...] = ()
    corrected: bool = False


NO_PERSON = Match(None)

Several = Literal["oldest", "newest", "none"]
"""Which of several people with one number to choose."""


@lru_cache(maxsize=8192)
def patterns(number: Number) -> tuple[str, ...]:
    """SQL LIKE patterns for a field that contains this number, with any separators and prefixes.

    The pattern has the digits in their order, with anything between them. They are those of the shortest
    national form that the line has or had, since other forms contain its digits. Few digits occur in many
    numbers, so in the patterns of a short number at most one character stands between two digits.

    https://www.postgresql.org/docs/current/functions-matching.html
    """
    numbers = (number, *number.rewritten)
    forms = [form for one in numbers for form in (line_of(one.country_code, one.national), one.local)]
    shortest = min(forms, key=len)
    if len(shortest) >= SPREAD:
        return (f"%{'%'.join(shortest)}%",)
    between = product(SEPARATORS, repeat=len(shortest) - 1)
    return tuple(f"%{_joined(shortest, separators)}%" for separators in between)


def _joined(digits: str, separators: Iterable[str]) -> str:
    return digits[:1] + "".join(
        f"{separator}{digit}" for separator, digit in zip(separators, digits[1:], strict=True)
    )


def number_of(number: str, *, calling_code: str, country_code: str, region: str) -> Number | None:
    """Parses a phone field of Twenty; None where it holds no number.

    A normalised field holds the national number beside its calling code (`159130001`, `+33`). An older one
    holds free text, which is parsed as a number of the field's country, else of `region`.
    """
    possible = None
    # Prefers a number that can be assigned to one that only has a possible length.
    for one in meanings(number, calling_code=calling_code, country_code=country_code, region=region):
        if one.is_valid:
            return _without_plus(plain(number), one) or one
        possible = possible or one
    return possible


def _without_plus(text: str, found: Number) -> Number | None:
    """The mobile number that the text is if its plus was lost, where it is a fixed line as it stands.

    German mobiles are such: libphonenumber has `4917139200` as fixed lines of 0491, with up to 13 digits.
    """
    if found.kind == PhoneNumberType.MOBILE or not text.startswith(str(found.country_code)):
        return None
    other = reading(f"+{text}", "ZZ")
    return other.number if other and other.number.kind == PhoneNumberType.MOBILE else None


def meanings(number: str, *, calling_code: str, country_code: str, region: str) -> Iterator[Number]:
    """The numbers that a phone field can mean, the most likely one first, each read when it is asked for."""
    home = home_of(calling_code, country_code) or region
    text = plain(number)
    return (found.number for meant in _meant(text, calling_code) if (found := reading(meant, home)))


def is_asked_for(number: Number, text: str) -> bool:
    """Whether the look-up of a number finds a field with this text: matches `patterns` as Twenty does."""
    return any(_is_like(text, pattern) for pattern in patterns(number))


def _is_like(text: str, pattern: str) -> bool:
    """PostgreSQL's `like` for a pattern that begins and ends with `%`, in linear time."""
    at = 0
    for piece in pattern.strip("%").split("%"):
        at = _find(piece, text, at) + len(piece)
        if at < len(piece):
            return False
    return True


def _find(piece: str, text: str, at: int) -> int:
    """Index of a piece of a pattern from `at` on, with `_` for any character; -1 where there is none."""
    if "_" not in piece:
        return text.find(piece, at)
    starts = range(at, len(text) - len(piece) + 1)
    return next((start for start in starts if _fits(piece, text[start : start + len(piece)])), -1)


def _fits(piece: str, text: str) -> bool:
    return all(wanted in ("_", found) for wanted, found in zip(piece, text, strict=True))


def _meant(number: str, calling_code: str) -> Iterator[str]:
    """Readings of a field, the most likely one first."""
    if not number[:1].isdigit():
        yield number
        return
    if number.startswith("0"):
        yield number
    code = _digits(calling_code)
    if code:
        yield f"+{code}{number}"
    yield number
    if number.startswith(code):
        yield f"+{number}"


def home_of(calling_code: str, country_code: str) -> str | None:
    """Where a field's national number is at home (ISO 3166), by its country, else by its calling code."""
    country = country_code.strip().upper()
    if country in phonenumbers.SUPPORTED_REGIONS:
        return country
    code = _digits(calling_code)
    region = phonenumbers.region_code_for_country_code(int(code)) if 0 < len(code) < SPREAD else "ZZ"
    return None if region in ("ZZ", "001") else region


def _digits(calling_code: str) -> str:
    """`33` of `+33`, `0033`, `(+33)`; empty where it is not a calling code."""
    return re.sub(r"[^0-9]", "", plain(calling_code)).lstrip("0")


def has(candidate: Candidate, number: Number) -> bool:
    """Whether a person has this number's line, in its present or a former form."""
    return number.line in candidate.lines or not candidate.numbers.isdisjoint(number.rewritten)


def choose(number: Number | None, candidates: Iterable[Candidate], *, several: Several = "oldest") -> Match:
    """Chooses by policy among the candidates who really have the number: the oldest or newest record.

    Where none has it, the only person who has its form from before or after a renumbering of its country.
    """
    if number is None:
        return NO_PERSON
    found = [c for c in candidates if has(c, number)]
    holders = sorted((c for c in found if number.line in c.lines), key=lambda c: (c.created_at, c.person.id))
    if not holders:
        return Match(found[0].person) if len(found) == 1 else NO_PERSON
    people = [holder.person for holder in (reversed(holders) if several == "newest" else holders)]
    if several == "none" and len(people) > 1:
        return Match(None, tuple(people))
    return Match(people[0], tuple(people[1:]))
