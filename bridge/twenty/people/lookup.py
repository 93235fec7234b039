"""Looks people up by number, in one query for a whole batch, and creates people."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from bridge.calls.activity import record_id
from bridge.calls.numbers import Number, readable
from bridge.calls.people.matching import Candidate, Person, has, patterns
from bridge.calls.spelling import LONGEST
from bridge.errors import TwentyDenied
from bridge.twenty.client.answers import next_page
from bridge.twenty.client.client import Executes
from bridge.twenty.people.phones import phones_in
from bridge.twenty.schema.features import Feature, go_without
from bridge.twenty.values import PAGE, full_name
from bridge.twenty.writing.bisection import Batches, Record

"""Without `first` Twenty silently answers 200 rows."""


async def find_people(
    client: Executes, numbers: Collection[Number], *, region: str
) -> dict[Number, list[Candidate]]:
    """Number → the people who have it, or the form that it had before its country renumbered.

    Stored numbers without a country belong to `region` (ISO 3166). Raises TwentyError.
    """
    if not numbers:
        return {}
    found: defaultdict[Number, list[Candidate]] = defaultdict(list)
    wanted = _by_line(numbers)
    may_be = may_be_of(wanted)
    after: str | None = None
    while True:
        answer = await client.execute("FindPeople", filter=filter_of(numbers), first=PAGE, after=after)
        for edge in answer["people"]["edges"]:
            candidate = _candidate(edge["node"], region, may_be)
            for number in _held(candidate, wanted):
                found[number].append(candidate)
        after = next_page(answer["people"], after)
        if after is None:
            return dict(found)


def _by_line(numbers: Collection[Number]) -> Mapping[str, list[Number]]:
    """Line → the wanted numbers that reach it, or reached it before a renumbering."""
    lines: defaultdict[str, list[Number]] = defaultdict(list)
    for number in numbers:
        for line in {number.line, *(other.line for other in number.rewritten)}:
            lines[line].append(number)
    return lines


def _held(candidate: Candidate, wanted: Mapping[str, list[Number]]) -> set[Number]:
    """The wanted numbers that a candidate has."""
    asked = {number for line in candidate.lines for number in wanted.get(line, ())}
    return {number for number in asked if has(candidate, number)}


def filter_of(numbers: Collection[Number]) -> dict[str, Any]:
    """The filter for people who can have one of these numbers; `has` then compares whole numbers.

    Additional phones can only be filtered by the text of their JSON, as Twenty stores it.
    """
    texts = sorted({text for number in numbers for text in patterns(number)})
    primary = [{"phones": {"primaryPhoneNumber": {"like": text}}} for text in texts]
    additional = [{"phones": {"additionalPhones": {"like": f'%"number": "{text}'}}} for text in texts]
    return {"or": [*primary, *additional]}


def _candidate(node: dict[str, Any], region: str, may_be: Callable[[str], bool]) -> Candidate:
    return Candidate(
        Person(
            node["id"],
            full_name(node.get("name")),
            node.get("companyId"),
            (node.get("company") or {}).get("accountOwnerId"),
        ),
        numbers=numbers_in(node.get("phones") or {}, region=region, may_be=may_be),
        created_at=datetime.fromisoformat(node["createdAt"]),
    )


def numbers_in(
    phones: dict[str, Any], *, region: str, may_be: Callable[[str], bool] = bool
) -> frozenset[Number]:
    """The numbers of a field of phones, primary and additional, whose text `may_be` accepts."""
    wanted = (phone for phone in phones_in(phones) if may_be(phone.number))
    return frozenset(number for phone in wanted if (number := phone.read(region)))


ENDING = 4
"""Digits: every way to write a number has its last ones in a row, and the shortest numbers have as many."""

NO_DIGIT = dict.fromkeys(code for code in range(128) if not chr(code).isdigit())


def may_be_of(lines: Collection[str]) -> Callable[[str], bool]:
    """Whether a text can be a number of one of these lines, without reading it, which takes 0.3 ms.

    A person can have thousands of numbers.
    """
    endings = {line[-ENDING:] for line in lines}

    def may_be(text: str) -> bool:
        if len(text) > LONGEST:
            return False
        if not text.isascii() or any(map(str.isalpha, text)):
            return True
        digits = text.translate(NO_DIGIT)
        return any(digits[at : at + ENDING] in endings for at in range(len(digits) - ENDING + 1))

    return may_be


class NewPerson(Struct, frozen=True):
    """A person to create: a number (E.164), and the caller's name where Twilio gave one."""

    number: Number
    caller_name: str | None

    @property
    def name(self) -> str:
        """The caller's name, else the number."""
        return self.caller_name or readable(self.number)


async def create_people(batches: Batches, new: Sequence[NewPerson]) -> dict[Number, Person]:
    """Creates one person a number; number → person. Raises TwentyError.

    Ids derive from the number: a person whom a user deleted, or gave another number, is not created again.
    """
    names = {person.number: person for person in new}
    people = {person.number: Person(record_id("person", person.number), person.name) for person in new}
    records: dict[str, Record] = {
        number: {
            "id": person.id,
            "name": _first_and_last(names[number]),
            "phones": {"primaryPhoneNumber": number},
        }
        for number, person in people.items()
    }
    try:
        refused = await batches.create("CreatePeople", records, existing="ExistingPeople")
    except TwentyDenied as denied:
        go_without(Feature.NEW_PEOPLE, denied)
        return {}
    return {number: person for number, person in people.items() if number not in refused}


def _first_and_last(person: NewPerson) -> dict[str, str]:
    if person.caller_name is None:
        return {"firstName": person.name, "lastName": ""}
    first, _, last = person.caller_name.partition(" ")
    return {"firstName": first, "lastName": last}
