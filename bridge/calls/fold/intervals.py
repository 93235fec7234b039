"""Intervals of time, and what is left of them: for who was with whom, and how long."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct


class Interval(Struct, frozen=True, order=True):
    """From a time up to a later one."""

    since: datetime
    until: datetime


Intervals = tuple[Interval, ...]
"""In order, none of which touches another."""


def merged(intervals: Iterable[Interval]) -> Intervals:
    """The same times, as intervals that do not touch."""
    found: list[Interval] = []
    for interval in sorted(s for s in intervals if s.since < s.until):
        if found and interval.since <= found[-1].until:
            found[-1] = Interval(found[-1].since, max(found[-1].until, interval.until))
        else:
            found.append(interval)
    return tuple(found)


def within(intervals: Intervals, bounds: Intervals) -> Intervals:
    """The times that are in both."""
    both = (Interval(max(s.since, b.since), min(s.until, b.until)) for s in intervals for b in bounds)
    return merged(both)


def without(intervals: Intervals, taken: Intervals) -> Intervals:
    """The times of `intervals` that are not in `taken`."""
    left = list(intervals)
    for gap in taken:
        left = [part for interval in left for part in _around(interval, gap)]
    return merged(left)


def _around(interval: Interval, gap: Interval) -> tuple[Interval, Interval]:
    return Interval(interval.since, min(interval.until, gap.since)), Interval(
        max(interval.since, gap.until), interval.until
    )


def seconds_of(intervals: Intervals) -> int:
    """Their length, all together."""
    return round(sum((interval.until - interval.since).total_seconds() for interval in intervals))


def while_on(points: Sequence[tuple[datetime, bool]], *, until: datetime) -> Intervals:
    """When something was on, which each point turns on or off; `points` are in order."""
    intervals: list[Interval] = []
    since: datetime | None = None
    for at, is_on in points:
        if is_on and since is None:
            since = at
        elif not is_on and since is not None:
            intervals.append(Interval(since, at))
            since = None
    return merged([*intervals, Interval(since, until)] if since is not None else intervals)
