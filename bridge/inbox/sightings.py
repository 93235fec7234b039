"""Which rows of a table that others write have been seen: a row's id is taken before its commit shows it."""

from collections.abc import Iterable

LATE_SECONDS = 15.0
"""Longer than a transaction takes: what is missing for so long was given up, or was a duplicate."""

MOST_MISSING = 10_000


class Sightings:
    """Ids up to `highest` were seen, but for those that may still come."""

    def __init__(self, highest: int) -> None:
        self.highest = highest
        self._missing: dict[int, float] = {}

    def missing(self, *, now: float) -> list[int]:
        """Ids below the highest that may still come; `now` in seconds, of any clock that does not jump."""
        self._missing = {one: until for one, until in self._missing.items() if until > now}
        return list(self._missing)

    def saw(self, ids: Iterable[int], *, now: float) -> None:
        """Takes note of ids; those in between that are not among them are missing from now on."""
        for one in sorted(ids):
            if one <= self.highest:
                self._missing.pop(one, None)
                continue
            first = max(self.highest + 1, one - MOST_MISSING)
            self._missing |= dict.fromkeys(range(first, one), now + LATE_SECONDS)
            self.highest = one
        while len(self._missing) > MOST_MISSING:
            del self._missing[next(iter(self._missing))]
