"""Calls of which Twenty may get to show less than was written last: an older write may still be on its way.

A write that timed out, or whose connection was lost, may be carried out by Twenty after all, and later than
the one that repeated it with more in it. So what was in such a write is written once more when no write can
be that late.
"""

from collections.abc import Iterable

LATE_SECONDS = 60.0
"""After that Twenty has carried a write out, or never will."""


class Doubts:
    """Call SIDs and until when a write of theirs may turn up. `now` is of a clock that does not jump."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def note(self, call_sids: Iterable[str], *, now: float) -> None:
        """These were in a write whose outcome is unknown."""
        self._until |= dict.fromkeys(call_sids, now + LATE_SECONDS)

    def over(self, *, now: float) -> set[str]:
        """Those that may be written for certain now."""
        return {sid for sid, until in self._until.items() if until <= now}

    def forget(self, call_sids: Iterable[str]) -> None:
        """These are due once more."""
        for sid in call_sids:
            self._until.pop(sid, None)
