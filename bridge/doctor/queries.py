"""Runs each query of the bridge once: a schema with all fields can still refuse values, or the key's role."""

import asyncio
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bridge.calls.numbers import e164
from bridge.doctor.checks import Check, Verdict, error, ok, warning
from bridge.doctor.twenty import ADORNS, OTHER_VERSION, without
from bridge.errors import TwentyError, TwentyOverLimit
from bridge.language.phrase import joined, phrase
from bridge.twenty.client.client import TwentyClient
from bridge.twenty.client.documents import operations
from bridge.twenty.people.lookup import filter_of
from bridge.twenty.provision import read
from bridge.twenty.schema.documents import definition_of, documents
from bridge.twenty.schema.features import RECORDS, SOME_GENERATIONS, Feature, feature_of
from bridge.twenty.values import time_text

AGAIN = phrase("Run twenty-bridge doctor twenty.queries in a minute.")

NUMBERS = [number for number in (e164("+33639980000", "FR"),) if number]
"""From a range that is reserved for fiction: no person has it."""

Samples = Mapping[str, Callable[[], Any]]


def _new_id() -> str:
    return str(uuid.uuid4())


SAMPLES: Samples = {
    "id": _new_id,
    "ids": lambda: [_new_id()],
    "personId": _new_id,
    "first": lambda: 1,
    "after": lambda: None,
    "since": lambda: time_text(datetime.now(UTC)),
    "filter": lambda: filter_of(NUMBERS),
}
"""Sample variables in the form in which the bridge sends them; no record has these ids."""


@dataclass(frozen=True, slots=True)
class Ran:
    """The result of a query; `refused` is None where Twenty answered it."""

    name: str
    refused: TwentyError | None

    @property
    def over_limit(self) -> bool:
        """Whether Twenty's rate limit or the bridge's budget left no room for the query."""
        return isinstance(self.refused, TwentyOverLimit)

    @property
    def feature(self) -> Feature:
        """The feature that needs this query."""
        return feature_of(self.name)


def checks(client: TwentyClient, samples: Samples = SAMPLES) -> Iterator[Check]:
    """The check of all queries; each costs one root field."""

    async def queries() -> Verdict:
        has_calls = (await read.structure(client)).phone_call is not None
        names = [name for name in queries_of_records() if has_calls or not _of_calls(name)]
        return verdict(await asyncio.gather(*(_run(client, name, samples) for name in names)))

    yield Check("twenty.queries", queries, OTHER_VERSION, needs=["twenty.reachable", "twenty.key"])


def queries_of_records() -> list[str]:
    """Names of the operations that read records; those that write are not run."""
    return [name for name in RECORDS if name not in SOME_GENERATIONS and operations()[name].is_query]


def verdict(ran: Sequence[Ran]) -> Verdict:
    """The verdict on queries that were refused or not run."""
    refused = [one for one in ran if one.refused and not one.over_limit]
    if refused:
        reason = joined("; ", (without(one.name, one.refused, one.feature) for one in refused))
        return (
            error(reason, OTHER_VERSION)
            if any(one.feature not in ADORNS for one in refused)
            else warning(reason, OTHER_VERSION)
        )
    if waiting := [one.name for one in ran if one.over_limit]:
        return warning(
            phrase("Not run, for the workspace's rate limit: {queries}.", queries=", ".join(waiting)), AGAIN
        )
    return ok(phrase("Twenty answers each of the bridge's {count} queries.", count=len(ran)))


async def _run(client: TwentyClient, name: str, samples: Samples) -> Ran:
    declared = definition_of(documents()[name]).variable_definitions or ()
    variables = [one.variable.name.value for one in declared]
    try:
        await client.execute(name, **{variable: samples[variable]() for variable in variables})
    except TwentyError as refused:
        return Ran(name, refused)
    return Ran(name, None)


def _of_calls(name: str) -> bool:
    """Whether the query reads phone calls, an object that a workspace can lack."""
    return any(field.name in ("phoneCall", "phoneCalls") for field in operations()[name].root_fields)
