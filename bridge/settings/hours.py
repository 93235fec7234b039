"""Opening hours as people write them: `{mon-fri: 09:00-12:30 14:00-18:00, sat: 10:00-13:00}`."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, field_validator

from bridge.calls.routing.hours import DAY, Hours, Span, week_of
from bridge.language.phrase import phrase
from bridge.settings.types import Section

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
        raise ValueError(phrase("should be a time zone of the IANA database")) from problem
    return value


Zone = Annotated[str, AfterValidator(_zone)]


def days(text: str) -> Iterator[int]:
    """`mon-wed, sat` → 0, 1, 2, 5; ValueError for what are no weekdays."""
    for part in re.split(r"[,\s]+", text.strip().lower()):
        first, _, last = part.partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            raise ValueError(
                phrase(
                    "{text!r} should be weekdays: {weekdays}, or a range as mon-fri",
                    text=text,
                    weekdays=", ".join(WEEKDAYS),
                )
            )
        begins, ends = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        yield from (day % 7 for day in range(begins, ends + (1 if ends >= begins else 8)))


def spans(text: str) -> Iterator[Span]:
    """`09:00-12:30 14:00-18:00` → minutes of the day; ValueError for what are no times."""
    found = list(SPAN.finditer(text))
    if not found or re.sub(r"[,;\s]|and", "", SPAN.sub("", text)):
        raise ValueError(
            phrase("{text!r} should be times as 09:00-12:30, several with a blank between them", text=text)
        )
    for match in found:
        hours_from, from_, hours_to, to = (int(part) for part in match.groups())
        span = Span(hours_from * 60 + from_, hours_to * 60 + to)
        if max(from_, to) > 59 or span.begins >= DAY or span.ends > DAY or span.begins == span.ends:
            raise ValueError(
                phrase("{times!r} should be two different times between 00:00 and 24:00", times=match[0])
            )
        yield span


def opening(open_: Mapping[str, str]) -> dict[int, str]:
    """Weekday → its times: those of the key that names the fewest days. ValueError where two name as few."""
    keys: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    for named in open_:
        of_key = set(days(named))
        for day in of_key:
            keys[day].append((len(of_key), named))
    found = {}
    for day, named_by in keys.items():
        (fewest, key), *others = sorted(named_by)
        if others and others[0][0] == fewest:
            raise ValueError(
                phrase(
                    "{day} stands twice: in {key!r} and in {other!r}",
                    day=WEEKDAYS[day],
                    key=key,
                    other=others[0][1],
                )
            )
        found[day] = open_[key]
    return found


class HoursSettings(Section):
    """When a line is open, in which time zone; on `closed` dates it is not. Times may go past midnight.

    Of two keys with one day the one that names fewer days replaces the other: `{mon-fri: …, fri: …}`.
    """

    zone: Zone = Field(examples=["Europe/Paris"])
    open: dict[str, str] = Field(
        min_length=1, examples=["{mon-fri: '09:00-12:30 14:00-18:00', sat: '10:00-13:00'}"]
    )
    closed: tuple[date, ...] = Field((), examples=["[2026-12-25, 2027-01-01]"])

    @field_validator("open")
    @classmethod
    def _understood(cls, value: dict[str, str]) -> dict[str, str]:
        for weekdays, times in value.items():
            list(days(weekdays)), list(spans(times))
        opening(value)
        return value

    @property
    def hours(self) -> Hours:
        """As the routing reads them."""
        opened = [(day, span) for day, times in opening(self.open).items() for span in spans(times)]
        return Hours(ZoneInfo(self.zone), week_of(opened), frozenset(self.closed))
