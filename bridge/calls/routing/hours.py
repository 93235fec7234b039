"""Opening hours of a line."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

DAY = 24 * 60
"""Minutes."""

ONE_DAY = timedelta(days=1)
STEP, MOST = timedelta(minutes=10), timedelta(days=30)


class Span(Struct, frozen=True, order=True):
    """Minutes of a day, without the last one; a span that ends on the next day has `ends` past `DAY`."""

    begins: int
    ends: int


class Hours(Struct, frozen=True):
    """A week of spans, Monday first, in local time of a time zone.

    A span past midnight belongs to the day on which it begins; no span begins on the dates in `closed`.
    """

    zone: ZoneInfo
    week: tuple[tuple[Span, ...], ...]
    closed: frozenset[date] = frozenset()

    def is_open(self, now: datetime) -> bool:
        """Whether the line is open at that moment."""
        local = now.astimezone(self.zone)
        today, minute = local.date(), local.hour * 60 + local.minute
        return self._has(today, minute) or self._has(today - ONE_DAY, minute + DAY)

    def open_between(self, since: datetime, until: datetime) -> timedelta:
        """How long the line was open in this time, or in the last 30 days of it, by steps of ten minutes."""
        moment, opened = max(since, until - MOST), timedelta()
        while moment < until:
            if self.is_open(moment):
                opened += min(STEP, until - moment)
            moment += STEP
        return opened

    def _has(self, day: date, minute: int) -> bool:
        spans = () if day in self.closed else self.week[day.weekday()]
        return any(span.begins <= minute < span.ends for span in spans)


def week_of(opened: Sequence[tuple[int, Span]]) -> tuple[tuple[Span, ...], ...]:
    """The week with these spans, each with its weekday (0 is Monday).

    A span that ends before it begins ends on the next day.
    """
    week: list[list[Span]] = [[] for _ in range(7)]
    for day, span in opened:
        ends = span.ends if span.ends > span.begins else span.ends + DAY
        week[day].append(Span(span.begins, ends))
    return tuple(tuple(sorted(spans)) for spans in week)
