"""Times as filters of a real Twenty take them."""

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bridge.twenty
from bridge.twenty.values import time_text

TAKEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
DAY = timedelta(hours=14)
FIRST, LAST = datetime(1900, 1, 2), datetime(9999, 12, 30)  # noqa: DTZ001 - bounds of local times
OFFSETS = st.timedeltas(min_value=-DAY, max_value=DAY)


@given(st.datetimes(min_value=FIRST, max_value=LAST, timezones=OFFSETS.map(timezone)))
def test_every_time_is_utc_with_milliseconds(moment: datetime) -> None:
    written = time_text(moment)
    assert TAKEN.fullmatch(written)
    assert 0 <= (moment - datetime.fromisoformat(written)).total_seconds() < 0.001


def test_a_time_without_zone_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="time zone"):
        time_text(datetime(2026, 11, 22))  # noqa: DTZ001 - the mistake


def test_no_other_place_writes_times() -> None:
    root = Path(bridge.twenty.__file__).parent
    own = {
        str(p.relative_to(root))
        for p in root.rglob("*.py")
        if re.search(r"\.(isoformat|strftime)\(|\butc\(", p.read_text())
    }
    assert own == {"values.py"}


def test_a_moment_of_now() -> None:
    assert time_text(datetime(2026, 11, 22, 10, 0, 0, 999_999, tzinfo=UTC)) == "2026-11-22T10:00:00.999Z"
