"""When a line is open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

DAY = 24 * 60


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From one minute of a day up to, not including, another."""

    begins: int
    ends: int


@dataclass(frozen=True, slots=True)
class Hours:
    """A week of spans, Monday first, in a time zone; nobody works on the dates of `closed`."""

    zone: ZoneInfo
    week: tuple[tuple[Span, ...], ...]
    closed: frozenset[date] = frozenset()

    def is_open(self, now: datetime) -> bool:
        """Whether somebody is there at that moment."""
        local = now.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        spans = () if local.date() in self.closed else self.week[local.weekday()]
        return any(span.begins <= minute < span.ends for span in spans)


def week_of(opened: Sequence[tuple[int, Span]]) -> tuple[tuple[Span, ...], ...]:
    """The week in which these weekdays (0 is Monday) have these spans.

    A span that ends before it begins goes on after midnight.
    """
    week: list[list[Span]] = [[] for _ in range(7)]
    for day, span in opened:
        if span.ends > span.begins:
            week[day].append(span)
        else:
            week[day].append(Span(span.begins, DAY))
            week[(day + 1) % 7].append(Span(0, span.ends))
    return tuple(tuple(sorted(spans)) for spans in week)
