"""Counts moments within the last minute or hour."""

from bisect import bisect_left, bisect_right, insort
from datetime import datetime, timedelta

WIDEST = timedelta(hours=1)
"""No window is wider."""

MOST = 100_000
"""Moments; no limit is higher. The oldest are forgotten by number alone: by time, one moment of a clock that
was wrong would make all others old."""


class Tally:
    """The newest moments, in any order of arrival."""

    def __init__(self) -> None:
        self._moments: list[datetime] = []

    def add(self, moment: datetime) -> None:
        """One more."""
        # Almost always the newest, which goes to the end.
        insort(self._moments, moment)
        if len(self._moments) > MOST:
            del self._moments[0]

    def move(self, moment: datetime, *, to: datetime) -> None:
        """Corrects the time of a counted moment."""
        at = bisect_left(self._moments, moment)
        if self._moments[at : at + 1] == [moment]:
            del self._moments[at]
        self.add(to)

    def since(self, moment: datetime) -> int:
        """How many after `moment`."""
        return len(self._moments) - bisect_right(self._moments, moment)

    def nothing_after(self, moment: datetime) -> bool:
        """Whether all that is counted was at `moment` or before."""
        return not self._moments or self._moments[-1] <= moment
