"""The one form of a time that Twenty takes everywhere.

Filters refuse more than milliseconds (INVALID_ARGS_FILTER), and writes cut to them.
"""

from datetime import UTC, datetime


def text(moment: datetime) -> str:
    """`2026-11-22T10:00:00.123Z`: UTC, cut to milliseconds. Raises ValueError for a time without zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def same(shown: str) -> str:
    """A time as Twenty shows it or the bridge writes it, in that one form. Raises ValueError for others."""
    return text(datetime.fromisoformat(shown))
