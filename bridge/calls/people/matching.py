"""Whose number is this: the forms to ask Twenty for, and who of its answers it really is."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import product
from typing import Literal

import phonenumbers

from bridge.calls.number_plans import line_of
from bridge.calls.numbers import Number, reading
from bridge.calls.spelling import plain

SPREAD = 6
"""Fewer digits than these stand in many numbers in their order."""

SEPARATORS = ("", "_")
"""Between two digits of a short number: one character at most, as SQL's `like` writes any."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person in Twenty. `owner_id` is the workspace member who looks after their company."""

    id: str
    name: str
    company_id: str | None = None
    owner_id: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person whom a look-up found; `numbers` are theirs, primary and additional."""

    person: Person
    numbers: frozenset[Number]
    created_at: datetime

    @property
    def lines(self) -> frozenset[str]:
        """Of their numbers, for comparing."""
        return frozenset(number.line for number in self.numbers)


@dataclass(frozen=True, slots=True)
class Match:
    """Who was chosen, and who else has the number; `corrected` where a user chose, in Twenty."""

    person: Person | None
    others: tuple[Person, ...] = ()
    corrected: bool = False


NO_PERSON = Match(None)

Several = Literal["oldest", "newest", "none"]
"""Whom to choose of several people with one number."""


@lru_cache(maxsize=8192)
def patterns(number: Number) -> tuple[str, ...]:
    """SQL LIKE patterns for a field that contains this number, with any separators and prefixes.

    Its digits stand in it in their order, with anything between: the shortest national form that the line
    has or had, as the others have digits more. A few digits would be found in many numbers, so those of a
    short number stand together, or with one character in between.
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
    """The number that a phone field of Twenty means.

    A normalised field holds the national number beside its calling code (`159130001`, `+33`);
    an older one anything that people write, read as they would in its country, else in `region`.
    """
    read = meanings(number, calling_code=calling_code, country_code=country_code, region=region)
    # A number that was assigned, rather than one that merely has a length that some number has.
    return next((one for one in read if one.is_valid), read[0] if read else None)


def meanings(number: str, *, calling_code: str, country_code: str, region: str) -> list[Number]:
    """The numbers that such a field can mean, the likeliest first."""
    home = _region(calling_code, country_code) or region
    text = plain(number)
    return [found.number for meant in _meant(text, calling_code) if (found := reading(meant, home))]


def is_asked_for(number: Number, text: str) -> bool:
    """Whether the look-up of a number finds a field with this text: what `patterns` is to Twenty, here."""
    return any(_is_like(text, pattern) for pattern in patterns(number))


def _is_like(text: str, pattern: str) -> bool:
    """PostgreSQL's `like`, of a pattern that begins and ends with `%`."""
    at = 0
    for piece in pattern.strip("%").split("%"):
        at = _find(piece, text, at) + len(piece)
        if at < len(piece):
            return False
    return True


def _find(piece: str, text: str, at: int) -> int:
    """Where a piece of a pattern stands, with `_` for any character; -1 where it does not."""
    if "_" not in piece:
        return text.find(piece, at)
    starts = range(at, len(text) - len(piece) + 1)
    return next((start for start in starts if _fits(piece, text[start : start + len(piece)])), -1)


def _fits(piece: str, text: str) -> bool:
    return all(wanted in ("_", found) for wanted, found in zip(piece, text, strict=True))


def _meant(number: str, calling_code: str) -> Iterator[str]:
    """What a field may mean, the likeliest first."""
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


def _region(calling_code: str, country_code: str) -> str | None:
    country = country_code.strip().upper()
    if country in phonenumbers.SUPPORTED_REGIONS:
        return country
    code = _digits(calling_code)
    region = phonenumbers.region_code_for_country_code(int(code)) if 0 < len(code) < SPREAD else "ZZ"
    return None if region in ("ZZ", "001") else region


def _digits(calling_code: str) -> str:
    """`33` of `+33`, `0033`, `(+33)`; empty where it is no code."""
    return re.sub(r"[^0-9]", "", plain(calling_code)).lstrip("0")


def has(candidate: Candidate, number: Number) -> bool:
    """Whether a number is of a line of theirs, as it is written today or as it was once."""
    return number.line in candidate.lines or not candidate.numbers.isdisjoint(number.rewritten)


def choose(number: Number | None, candidates: Iterable[Candidate], *, several: Several = "oldest") -> Match:
    """The one of those who really have the number whom the policy names: longest or latest in Twenty.

    Where none has it, the one person who has what it was before its country renumbered, or is since.
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
