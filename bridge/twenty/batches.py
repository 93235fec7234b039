"""Batches of records: as many as the server takes, and past a refused one to all the others.

One bad record refuses the whole batch, and Twenty does not say which one it was.
"""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from bridge.errors import Duplicate, TargetGone, TooManyRecords, TwentyDenied, TwentyRefused
from bridge.twenty.client import Executes

SMALLER = 60
"""What older servers take."""

MANY = 5
"""So many records refused with one error are not at fault themselves."""

Record = dict[str, Any]
Refused = dict[str, TwentyRefused]


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
            batch = dict(islice(waiting.items(), self.size))
            try:
                await self._halve(operation, batch, refused)
            except TooManyRecords:
                if self.size <= SMALLER:
                    raise
                self.size = SMALLER
                continue
            waiting = {key: record for key, record in waiting.items() if key not in batch}
        return refused

    async def _halve(self, operation: str, records: Mapping[str, Record], refused: Refused) -> None:
        """Sends the records; where they are refused, each half by itself, down to the one at fault."""
        try:
            await self._client.execute(operation, data=list(records.values()))
        except TooManyRecords:
            raise
        except TwentyRefused as error:
            if len(records) > 1:
                items = list(records.items())
                for half in (items[: len(items) // 2], items[len(items) // 2 :]):
                    await self._halve(operation, dict(half), refused)
                return
            refused[next(iter(records))] = error
            _not_the_records(refused, error)


def _not_the_records(refused: Refused, error: TwentyRefused) -> None:
    alike = [r for r in refused.values() if str(r) == str(error)]
    if len(alike) >= MANY and not isinstance(error, (TargetGone, Duplicate)):
        raise TwentyDenied(f"Twenty refuses one record like another: {error}", code="twenty.refused")
