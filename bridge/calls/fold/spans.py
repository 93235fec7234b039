"""Spans of time, and what is left of them: for who was with whom, and how long."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From a time up to a later one."""

    since: datetime
    until: datetime


Spans = tuple[Span, ...]
"""In order, none of which touches another."""


def merged(spans: Iterable[Span]) -> Spans:
    """The same times, as spans that do not touch."""
    found: list[Span] = []
    for span in sorted(s for s in spans if s.since < s.until):
        if found and span.since <= found[-1].until:
            found[-1] = Span(found[-1].since, max(found[-1].until, span.until))
        else:
            found.append(span)
    return tuple(found)


def within(spans: Spans, bounds: Spans) -> Spans:
    """The times that are in both."""
    both = (Span(max(s.since, b.since), min(s.until, b.until)) for s in spans for b in bounds)
    return merged(both)


def without(spans: Spans, taken: Spans) -> Spans:
    """The times of `spans` that are not in `taken`."""
    left = list(spans)
    for gap in taken:
        left = [part for span in left for part in _around(span, gap)]
    return merged(left)


def _around(span: Span, gap: Span) -> tuple[Span, Span]:
    return Span(span.since, min(span.until, gap.since)), Span(max(span.since, gap.until), span.until)


def seconds_of(spans: Spans) -> int:
    """Their length, all together."""
    return round(sum((span.until - span.since).total_seconds() for span in spans))


def while_on(points: Sequence[tuple[datetime, bool]], *, until: datetime) -> Spans:
    """When something was on, which each point turns on or off; `points` are in order."""
    spans: list[Span] = []
    since: datetime | None = None
    for at, is_on in points:
        if is_on and since is None:
            since = at
        elif not is_on and since is not None:
            spans.append(Span(since, at))
            since = None
    return merged([*spans, Span(since, until)] if since is not None else spans)
