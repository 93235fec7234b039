"""Who has these numbers, asked in one query for a whole batch."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from bridge.calls.matching import Candidate, Person, endings_of, forms, number_of
from bridge.twenty.client import Executes

PAGE = 1000
"""Without `first` Twenty answers 200 rows, silently."""


async def find_people(
    client: Executes, numbers: Collection[str], *, region: str
) -> dict[str, list[Candidate]]:
    """E.164 number → the people who have it, confirmed by the whole number.

    `region` is where numbers without any country are at home.
    """
    if not numbers:
        return {}
    found: defaultdict[str, list[Candidate]] = defaultdict(list)
    after: str | None = None
    while True:
        answer = await client.execute("FindPeople", filter=_filter(numbers), first=PAGE, after=after)
        for edge in answer["people"]["edges"]:
            candidate = _candidate(edge["node"], region)
            for number in candidate.numbers.intersection(numbers):
                found[number].append(candidate)
        page = answer["people"]["pageInfo"]
        if not page["hasNextPage"]:
            return dict(found)
        after = page["endCursor"]


def _filter(numbers: Collection[str]) -> dict[str, Any]:
    """Wider than the truth: who it finds is confirmed by the whole number.

    Additional phones can only be asked for by the text of their JSON, as Twenty stores it.
    """
    primary = {"phones": {"primaryPhoneNumber": {"in": sorted({f for n in numbers for f in forms(n)})}}}
    endings = sorted({ending for number in numbers for ending in endings_of(number)})
    additional = [{"phones": {"additionalPhones": {"like": f'%"number": "%{end}"%'}}} for end in endings]
    return {"or": [primary, *additional]}


def _candidate(node: dict[str, Any], region: str) -> Candidate:
    name = node.get("name") or {}
    return Candidate(
        Person(
            node["id"],
            " ".join(filter(None, (name.get("firstName"), name.get("lastName")))),
            node.get("companyId"),
        ),
        numbers=frozenset(_numbers(node.get("phones") or {}, region)),
        created_at=datetime.fromisoformat(node["createdAt"]),
    )


def _numbers(phones: dict[str, Any], region: str) -> Iterator[str]:
    written = [
        (
            phones.get("primaryPhoneNumber"),
            phones.get("primaryPhoneCallingCode"),
            phones.get("primaryPhoneCountryCode"),
        )
    ]
    written += [
        (phone.get("number"), phone.get("callingCode"), phone.get("countryCode"))
        for phone in phones.get("additionalPhones") or ()
    ]
    for number, calling_code, country_code in written:
        if not number:
            continue
        found = number_of(
            number, calling_code=calling_code or "", country_code=country_code or "", region=region
        )
        if found:
            yield found
