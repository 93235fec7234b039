"""Batches of records: as many as the server takes, and past a refused one to all the others.

One bad record refuses the whole batch, and Twenty does not say which one it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from bridge.errors import Duplicate, TargetGone, TooManyRecords, TwentyDenied, TwentyRefused
from bridge.twenty.client import Executes

SMALLER = 60
"""What older servers take."""

MANY = 5
"""So many records refused with one error, and none taken, are a reason to ask whether any would be."""

PROBES = 8

Record = dict[str, Any]
Refused = dict[str, TwentyRefused]


@dataclass(slots=True)
class _Attempt:
    """How far a batch has come."""

    operation: str
    records: dict[str, Record]
    refused: Refused = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def is_suspicious(self, error: TwentyRefused) -> bool:
        """Whether it looks as if Twenty would take no record at all."""
        if self.taken or isinstance(error, (TargetGone, Duplicate)):
            return False
        return sum(str(other) == str(error) for other in self.refused.values()) >= MANY

    def untried(self) -> list[str]:
        """A few of the records that were not refused by themselves, from all over the batch."""
        keys = [key for key in reversed(self.records) if key not in self.refused]
        return keys[:: max(1, len(keys) // PROBES)][:PROBES]


class Batches:
    """Sends mutations of one argument `data`, at most `size` records each."""

    def __init__(self, client: Executes, *, size: int) -> None:
        self._client = client
        self.size = size

    async def send(self, operation: str, records: Mapping[str, Record]) -> Refused:
        """Writes the records; the answer has those that were refused, under their own keys.

        Raises TwentyError for what is no record's fault.
        """
        refused: Refused = {}
        waiting = dict(records)
        while waiting:
            attempt = _Attempt(operation, dict(islice(waiting.items(), self.size)))
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
        """Sends the records; where they are refused, each half by itself, down to the one at fault."""
        keys = [key for key in keys if key not in attempt.taken]
        error = await self._try(attempt, keys) if keys else None
        if error is None:
            return
        if len(keys) > 1:
            await self._halve(attempt, keys[: len(keys) // 2])
            await self._halve(attempt, keys[len(keys) // 2 :])
            return
        attempt.refused[keys[0]] = error
        if attempt.is_suspicious(error):
            await self._probe(attempt, error)

    async def _probe(self, attempt: _Attempt, error: TwentyRefused) -> None:
        """Goes on if Twenty takes any record of the batch; else it is not the records."""
        for key in attempt.untried():
            if await self._try(attempt, [key]) is None:
                return
        raise TwentyDenied(f"Twenty refuses one record like another: {error}", code="twenty.refused")

    async def _try(self, attempt: _Attempt, keys: list[str]) -> TwentyRefused | None:
        """Sends these records; the refusal, if there is one."""
        try:
            await self._client.execute(attempt.operation, data=[attempt.records[key] for key in keys])
        except TooManyRecords:
            raise
        except TwentyRefused as error:
            return error
        attempt.taken.update(keys)
        return None
