"""Times and dates: what is accepted, and the one form in which they are kept."""

import re
from datetime import UTC, date, datetime

_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def to_instant(text: str) -> str:
    """An ISO 8601 time as UTC with milliseconds, so that texts sort as times do.

    Raises ValueError for everything else; a time without an offset is taken as UTC.
    """
    if not _ISO_DATE.match(text):
        raise ValueError(text)
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return as_text(aware)


def to_date(text: str) -> str:
    """The day of an ISO 8601 date or time; raises ValueError for everything else."""
    return date.fromisoformat(text[:10]).isoformat()


def as_text(moment: datetime) -> str:
    """`2026-11-22T10:00:00.000Z`"""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def now() -> str:
    """This moment, in the form in which times are kept."""
    return as_text(datetime.now(UTC))
