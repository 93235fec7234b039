"""Opening hours: written as people write them, read in the line's time zone."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.calls.routing.hours import DAY, Hours, Span, week_of
from bridge.settings.hours import HoursSettings

SHOP = HoursSettings.model_validate(
    {
        "zone": "Europe/Paris",
        "open": {"mon-fri": "09:00-12:30 14:00-18:00", "sat": "10:00-13:00"},
        "closed": ["2026-12-25"],
    }
).hours
BAR = HoursSettings.model_validate(
    {"zone": "Europe/Paris", "open": {"thu-sat": "18:00-02:00"}, "closed": ["2026-11-28"]}
).hours
NIGHT = HoursSettings.model_validate({"zone": "UTC", "open": {"sun": "22:00-06:00"}}).hours


@pytest.mark.parametrize(
    ("utc", "is_open"),
    [
        ("2026-11-23T07:59", False),  # Monday, 8:59 in Paris
        ("2026-11-23T08:00", True),
        ("2026-11-23T11:29", True),
        ("2026-11-23T11:30", False),
        ("2026-11-23T12:59", False),
        ("2026-11-23T13:00", True),
        ("2026-11-23T17:00", False),
        ("2026-11-28T09:30", True),  # Saturday
        ("2026-11-28T13:00", False),
        ("2026-11-29T10:00", False),  # Sunday
        ("2026-12-25T10:00", False),  # a Friday, and Christmas
        ("2026-07-06T07:00", True),  # summer: Paris is two hours ahead
        ("2026-07-06T06:59", False),
    ],
)
def test_a_shop(utc: str, is_open: bool) -> None:
    assert SHOP.is_open(datetime.fromisoformat(utc).replace(tzinfo=UTC)) is is_open


@pytest.mark.parametrize(
    ("utc", "is_open"),
    [
        ("2026-11-26T17:00", True),  # Thursday, 18:00
        ("2026-11-27T00:59", True),  # Friday, 1:59: still Thursday's evening
        ("2026-11-27T01:00", False),
        ("2026-11-28T17:30", False),  # Saturday the 28th is closed
        ("2026-11-28T00:30", True),  # what Friday's evening has of it is Friday's
        ("2026-11-29T00:30", False),  # and what Saturday's evening would have of Sunday is Saturday's
        ("2026-12-05T22:59", True),
    ],
)
def test_a_bar_that_closes_after_midnight(utc: str, is_open: bool) -> None:
    assert BAR.is_open(datetime.fromisoformat(utc).replace(tzinfo=UTC)) is is_open


def test_sunday_night_is_monday_morning() -> None:
    assert NIGHT.is_open(datetime(2026, 11, 23, 5, 59, tzinfo=UTC))
    assert not NIGHT.is_open(datetime(2026, 11, 23, 6, 0, tzinfo=UTC))


SPANS = st.tuples(st.integers(0, 6), st.integers(0, DAY - 1), st.integers(0, DAY)).filter(
    lambda one: one[1] != one[2]
)


@given(st.lists(SPANS, max_size=5))
def test_a_week_has_all_the_minutes_that_were_named(named: list[tuple[int, int, int]]) -> None:
    opened = [(day, Span(begins, ends)) for day, begins, ends in named]
    minutes = {
        (day * DAY + minute) % (7 * DAY)
        for day, begins, ends in named
        for minute in range(begins, ends if ends > begins else ends + DAY)
    }
    week = week_of(opened)
    assert len(week) == 7
    assert {
        (day * DAY + minute) % (7 * DAY)
        for day, spans in enumerate(week)
        for span in spans
        for minute in range(span.begins, span.ends)
    } == minutes


ZONES = ["UTC", "Europe/Paris", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Pacific/Apia"]
YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@given(
    named=st.lists(SPANS, max_size=4),
    zone=st.sampled_from(ZONES),
    closed=st.sets(st.integers(0, 366), max_size=40),
    quarter=st.integers(0, 366 * 96),
)
def test_hours_past_midnight_belong_to_the_day_on_which_they_began(
    named: list[tuple[int, int, int]], zone: str, closed: set[int], quarter: int
) -> None:
    holidays = frozenset(YEAR.date() + timedelta(days=day) for day in closed)
    hours = Hours(ZoneInfo(zone), week_of([(day, Span(b, e)) for day, b, e in named]), holidays)
    now = YEAR + timedelta(minutes=15 * quarter)
    wall = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    # Naive moments: what the clock on the wall shows, whenever it is put back or forward.
    opens = [
        (datetime.combine(day, time()) + timedelta(minutes=begins), begins, ends)
        for day in (wall.date(), wall.date() - timedelta(days=1))
        if day not in holidays
        for weekday, begins, ends in named
        if weekday == day.weekday()
    ]
    assert hours.is_open(now) is any(
        begin <= wall < begin + timedelta(minutes=(ends - begins) % DAY or DAY)
        for begin, begins, ends in opens
    )


@pytest.mark.parametrize(
    ("opened", "closed", "utc", "is_open"),
    [
        ({"thu": "18:00-02:00"}, ["2026-11-27"], "2026-11-27T01:59", True),
        ({"fri": "18:00-02:00"}, ["2026-11-27"], "2026-11-28T01:00", False),
        ({"fri": "18:00-02:00"}, ["2026-11-28"], "2026-11-28T01:00", True),
        ({"thu": "18:00-24:00"}, ["2026-11-27"], "2026-11-27T00:00", False),
    ],
)
def test_a_holiday_beside_a_night(opened: dict[str, str], closed: list[str], utc: str, is_open: bool) -> None:
    hours = HoursSettings.model_validate({"zone": "UTC", "open": opened, "closed": closed}).hours
    assert hours.is_open(datetime.fromisoformat(utc).replace(tzinfo=UTC)) is is_open


@pytest.mark.parametrize(
    ("since", "until", "opened"),
    [
        ("2026-11-27T08:00", "2026-11-27T17:00", timedelta(hours=7, minutes=30)),  # Friday
        ("2026-11-27T17:00", "2026-11-30T08:00", timedelta(hours=3)),  # over the weekend
        ("2026-11-27T11:00", "2026-11-27T11:05", timedelta(minutes=5)),
        ("2026-11-27T08:00", "2026-11-27T08:00", timedelta()),
        ("2026-11-27T17:00", "2026-11-27T08:00", timedelta()),
        ("2026-01-01T00:00", "2026-11-30T08:00", timedelta(hours=165)),  # of the last 30 days
    ],
)
def test_how_long_it_was_open(since: str, until: str, opened: timedelta) -> None:
    begins, ends = (datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (since, until))
    assert SHOP.open_between(begins, ends) == opened
