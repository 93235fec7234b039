"""The forms in which a time can be written and filtered by, as the original's lists of formats say."""

from collections.abc import Callable

import pytest

from bridge.sandbox.twenty.kinds.moments import to_filter_instant, to_instant

DAY = "2026-11-22T00:00:00.000Z"
TEN = "2026-11-22T10:00:00.000Z"


def read(form: Callable[[str], str], text: str) -> str | None:
    """The instant that a text is; None where it is refused."""
    try:
        return form(text)
    except ValueError:
        return None


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22",
        "20261122",
        "2026.11.22",
        "2026/11/22",
        "11-22-2026",
        "11/22/2026",
        "11.22.2026",
        "November 22, 2026",
        "nov 22, 2026",
        "22 November 2026",
        "22 Nov 2026",
        "22-Nov-2026",
        "2026-Nov-22",
        "2026/11/22 ",
    ],
)
def test_a_day_in_many_forms(text: str) -> None:
    assert (read(to_filter_instant, text), read(to_instant, text)) == (DAY, DAY)


@pytest.mark.parametrize(
    ("text", "filtered", "written"),
    [
        ("2026-11-22T10:00:00Z", TEN, TEN),
        ("2026-11-22T11:00:00.000+01", TEN, TEN),
        ("2026-11-22T05:30:00-0430", TEN, TEN),
        ("2026-11-22 10:00", TEN, TEN),
        # A filter goes by formats, whose numbers may be shorter than they are; a write by ISO 8601.
        ("2026-11-2", "2026-11-02T00:00:00.000Z", None),
        ("2026-11-22T10:0:0Z", TEN, None),
        ("2026-11-22T10:00:00Z ", TEN, None),
        ("2026-11-22T10:00", None, TEN),
        ("2026-11-22T10", None, TEN),
        ("2026-11-22T10:00:00.0000Z", None, TEN),
        ("2026-11-22 10:00:00Z", None, TEN),
        ("20261122T100000Z", None, TEN),
        # Neither takes these.
        ("22/11/2026", None, None),
        ("11-22/2026", None, None),
        ("November 22 2026", None, None),
        ("22-November-2026", None, None),
        ("Smarch 13, 2026", None, None),
        ("2026-11-31", None, None),
        ("2026-11-22T24:00:00Z", None, None),
        ("", None, None),
    ],
)
def test_a_time_in_a_filter_and_in_a_record(text: str, filtered: str | None, written: str | None) -> None:
    assert (read(to_filter_instant, text), read(to_instant, text)) == (filtered, written)
