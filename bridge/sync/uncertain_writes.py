"""Calls whose last write has an unknown outcome: it timed out, or its connection was lost.

Twenty can still carry out such a write after the one that repeated it, and then shows old data. So these
calls are written once more when no write can be that late.
"""

from collections.abc import Iterable

LATE_SECONDS = 60.0
"""After this Twenty has either carried a write out or never will."""


class UncertainWrites:
    """Call SIDs, each with the time until which an old write can still take effect.

    `now` is the time of a monotonic clock, in seconds.
    """

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def note(self, call_sids: Iterable[str], *, now: float) -> None:
        """Records that these calls were in a write whose outcome is unknown."""
        self._until |= dict.fromkeys(call_sids, now + LATE_SECONDS)

    def over(self, *, now: float) -> set[str]:
        """The calls that can be written for certain now."""
        return {sid for sid, until in self._until.items() if until <= now}

    def forget(self, call_sids: Iterable[str]) -> None:
        """Removes calls that are due once more."""
        for sid in call_sids:
            self._until.pop(sid, None)
