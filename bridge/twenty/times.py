"""Times in the one form that all of Twenty accepts: filters refuse more than milliseconds."""

from datetime import datetime

from bridge.json_text import utc


def text(moment: datetime) -> str:
    """`2026-11-22T10:00:00.123Z`: UTC, cut to milliseconds. Raises ValueError for a time without zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return utc(moment, timespec="milliseconds")


def same(shown: str) -> str:
    """Converts a time that Twenty shows to that form. Raises ValueError."""
    return text(datetime.fromisoformat(shown))
