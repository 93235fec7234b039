"""A cache of look-ups, so that the next call from a number costs no request."""

import time
from collections.abc import Callable, Collection

from bridge.calls.numbers import Number
from bridge.calls.people.matching import Candidate
from bridge.twenty.client.client import Executes
from bridge.twenty.people.lookup import find_people

HOLDS_SECONDS = 60

MOST = 50_000
"""Cached numbers; beyond that the cache is emptied."""


class Directory:
    """Caches number (E.164) → candidates for `seconds`; Twenty's webhooks empty it sooner."""

    def __init__(
        self, *, region: str, seconds: float = HOLDS_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._region = region
        self._seconds = seconds
        self._clock = clock
        self._known: dict[Number, tuple[float, list[Candidate]]] = {}
        self.changes = 0

    async def find(self, client: Executes, numbers: Collection[Number]) -> dict[Number, list[Candidate]]:
        """The people who have these numbers; asks Twenty once for those not cached. Raises TwentyError."""
        now, remembered = self._clock(), self._known
        found = {
            number: known[1] for number in numbers if (known := remembered.get(number)) and known[0] > now
        }
        unknown = set(numbers) - found.keys()
        if unknown:
            asked = await find_people(client, unknown, region=self._region)
            fresh = {number: asked.get(number, []) for number in unknown}
            if len(remembered) + len(fresh) > MOST:
                remembered.clear()
            # Into the dictionary of before: `forget` in between drops this answer with the rest.
            remembered |= {number: (now + self._seconds, people) for number, people in fresh.items()}
            found |= fresh
        return found

    def forget(self) -> None:
        """Empties the cache: people have changed. `changes` counts how often."""
        self.changes += 1
        self._known = {}

    def drop(self, numbers: Collection[Number]) -> None:
        """Removes these numbers from the cache."""
        for number in numbers:
            self._known.pop(number, None)
