"""Batches of records: as many as the server takes; one refused record does not stop the others.

One bad record refuses the whole batch, and Twenty does not say which one it was.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from msgspec import Struct, field

from bridge.errors import Duplicate, TargetGone, TooManyRecords, TwentyDenied, TwentyRefused
from bridge.twenty.client.budget import Budget
from bridge.twenty.client.client import Executes

LARGEST = 200
"""The batch size that current servers take."""

SMALLER = 60
"""The batch size of older servers."""

MOST_CHARACTERS = 2_000_000
"""Characters of text in one request; Twenty takes about 10 MB, and a character has up to four bytes."""

FEW = 3
"""Up to so many updates of a batch are always sent one by one."""

MANY = 5
"""After so many identical refusals and no success, probe other records before blaming the data."""

PROBES = 8

Record = dict[str, Any]
Refused = dict[str, TwentyRefused]


class _Attempt(Struct):
    """The state of one batch: which records were taken, and which refused."""

    operation: str
    records: dict[str, Record]
    existing: str | None = None
    refused: Refused = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def is_suspicious(self, error: TwentyRefused) -> bool:
        """Whether Twenty seems to refuse every record."""
        if self.taken or isinstance(error, (TargetGone, Duplicate)):
            return False
        return sum(str(other) == str(error) for other in self.refused.values()) >= MANY

    def untried(self) -> list[str]:
        """A few of the records that were not refused alone, from all over the batch."""
        keys = [key for key in reversed(self.records) if key not in self.refused]
        return keys[:: max(1, len(keys) // PROBES)][:PROBES]


class Batches:
    """Sends mutations of one argument `data`, as many records each as the server takes.

    `budget` is what the client spends; without one there is nothing to wait for, and nothing to spare.
    """

    def __init__(self, client: Executes, budget: Budget | None = None) -> None:
        self._client = client
        self._budget = budget
        self.size = LARGEST

    def affords(self, updates: int) -> bool:
        """Whether so many records can be updated one by one, which restores none, and not in one upsert."""
        return updates <= max(FEW, self._budget.spare() if self._budget else 0)

    async def room(self, fields: int) -> None:
        """Waits until so many root fields can be sent without a wait."""
        if self._budget:
            await self._budget.room(fields)

    async def existing(self, operation: str, ids: Sequence[str]) -> dict[str, Record]:
        """Id → what the operation selects, of records that exist or were deleted. Raises TwentyError."""
        there: dict[str, Record] = {}
        for first in range(0, len(ids), self.size):
            asked = list(ids[first : first + self.size])
            answer = await self._client.execute(operation, ids=asked, first=len(asked))
            (connection,) = answer.values()
            there |= {edge["node"]["id"]: edge["node"] for edge in connection["edges"]}
        return there

    async def create(
        self,
        operation: str,
        records: Mapping[str, Record],
        *,
        existing: str,
        unsure: Collection[str] | None = None,
    ) -> Refused:
        """Creates records (each with an `id`) that do not exist; the others are refused as Duplicate.

        The operation `existing` asks first for those that are `unsure` (None: for all), and once more where
        Twenty answers with a duplicate. Raises TwentyError.
        """
        asked = {key: records[key]["id"] for key in (records if unsure is None else unsure)}
        there = await self.existing(existing, list(asked.values()))
        found = _duplicates(asked, there, "it exists already")
        new = {key: record for key, record in records.items() if key not in found}
        return found | await self.send(operation, new, existing=existing)

    async def send(
        self, operation: str, records: Mapping[str, Record], *, existing: str | None = None
    ) -> Refused:
        """Writes the records; the answer has those that Twenty refused, by key.

        Where one is a duplicate, the operation `existing` asks which are. Raises TwentyError for errors that
        no single record causes.
        """
        refused: Refused = {}
        waiting = dict(records)
        while waiting:
            attempt = _Attempt(operation, dict(_first(waiting, self.size)), existing)
            try:
                await self._halve(attempt, list(attempt.records))
            except TooManyRecords:
                if self.size <= SMALLER:
                    raise
                self.size = SMALLER
                continue
            refused |= attempt.refused
            waiting = {key: record for key, record in waiting.items() if key not in attempt.records}
        return refused

    async def _halve(self, attempt: _Attempt, keys: list[str]) -> None:
        """Sends the records; bisects them where Twenty refuses, down to the record at fault."""
        keys = [key for key in keys if key not in attempt.taken]
        error = await self._try(attempt, keys) if keys else None
        if error is None:
            return
        if isinstance(error, Duplicate) and attempt.existing:
            await self._halve(attempt, await self._without_duplicates(attempt, keys, error))
            return
        if len(keys) > 1:
            await self._halve(attempt, keys[: len(keys) // 2])
            await self._halve(attempt, keys[len(keys) // 2 :])
            return
        attempt.refused[keys[0]] = error
        if attempt.is_suspicious(error):
            await self._probe(attempt, error)

    async def _without_duplicates(
        self, attempt: _Attempt, keys: list[str], error: TwentyRefused
    ) -> list[str]:
        """The records that do not exist yet; asked once, since bisecting costs many times that."""
        operation, attempt.existing = attempt.existing, None
        asked = {key: attempt.records[key]["id"] for key in keys}
        there = await self.existing(operation or "", list(asked.values()))
        attempt.refused |= _duplicates(asked, there, str(error))
        return [key for key in keys if key not in attempt.refused]

    async def _probe(self, attempt: _Attempt, error: TwentyRefused) -> None:
        """Raises TwentyDenied where Twenty refuses other records of the batch as well."""
        for key in attempt.untried():
            if await self._try(attempt, [key]) is None:
                return
        raise TwentyDenied(f"Twenty refuses all records: {error}", code="twenty.refused")

    async def _try(self, attempt: _Attempt, keys: list[str]) -> TwentyRefused | None:
        """Sends these records; the refusal, if any."""
        try:
            await self._client.execute(attempt.operation, data=[attempt.records[key] for key in keys])
        except TooManyRecords:
            raise
        except TwentyRefused as error:
            return error
        attempt.taken.update(keys)
        return None


def _first(waiting: Mapping[str, Record], size: int) -> Iterator[tuple[str, Record]]:
    """So many of them, or as many as one request holds, and at least one."""
    characters = 0
    for number, (key, record) in enumerate(islice(waiting.items(), size)):
        characters += _characters(record)
        if number and characters > MOST_CHARACTERS:
            return
        yield key, record


def _characters(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    return sum(map(_characters, value.values())) if isinstance(value, dict) else 0


def _duplicates(asked: Mapping[str, str], there: Mapping[str, Record], message: str) -> Refused:
    """Key → refusal, of records whose id exists."""
    return {key: Duplicate(message, there=there[one]) for key, one in asked.items() if one in there}
