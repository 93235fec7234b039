"""Times and dates: what is accepted, and the one form in which they are kept."""

import re
from datetime import UTC, date, datetime, timedelta

# A filter takes seconds and at most milliseconds; a zone only after a `T`.
_FILTER = re.compile(
    r"\d{4}-\d\d-\d\d"
    r"(?:T\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:Z|[+-]\d\d(?::?\d\d)?)?| \d\d:\d\d:\d\d(?:\.\d{1,3})?)?",
    re.ASCII,
)
_ISO = re.compile(
    r"(\d{4})(-?)(\d\d)\2(\d\d)"
    r"(?:[Tt ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?)?)?"
    r"(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)?",
    re.ASCII,
)
_WORDS = ("%m/%d/%Y", "%B %d, %Y", "%b %d, %Y", "%B %d %Y", "%d %B %Y", "%d %b %Y")
_LEAP_SECOND = 60


def to_instant(text: str) -> str:
    """A time as UTC with milliseconds, so that texts sort as times do; what is finer is cut off.

    Takes ISO 8601 in its extended and basic form, and days in American spelling. A time without an
    offset is taken as UTC. Raises ValueError for everything else.
    """
    return as_text(_iso(text) or _spelled(text))


def to_filter_instant(text: str) -> str:
    """The same for a time in a filter, where less is accepted."""
    match = _ISO.fullmatch(text) if _FILTER.fullmatch(text) else None
    if match is None:
        return as_text(_spelled(text))
    if match[7] and int(match[7]) == _LEAP_SECOND:
        raise ValueError(text)
    return to_instant(text)


def _iso(text: str) -> datetime | None:
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    year, _, month, day, hour, minute, second, fraction, sign, hours, minutes = match.groups(default="0")
    moment = datetime(
        int(year),
        int(month),
        int(day),
        int(hour),
        int(minute),
        min(int(second), _LEAP_SECOND - 1) if int(second) == _LEAP_SECOND else int(second),
        int(fraction[:3].ljust(3, "0")) * 1000,
        tzinfo=UTC,
    )
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return moment + offset if sign == "-" else moment - offset


def _spelled(text: str) -> datetime:
    for form in _WORDS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise ValueError(text)


def to_date(text: str) -> str:
    """The day of an ISO 8601 date or time; raises ValueError for everything else."""
    return date.fromisoformat(text[:10]).isoformat()


def as_text(moment: datetime) -> str:
    """`2026-11-22T10:00:00.000Z`"""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def now() -> str:
    """This moment, in the form in which times are kept."""
    return as_text(datetime.now(UTC))
