"""Times and dates: what is accepted, and the one form in which they are kept."""

import re
from calendar import month_abbr, month_name
from datetime import UTC, date, datetime, timedelta

# What Temporal takes.
_ISO = re.compile(
    r"(\d{4})(-?)(\d\d)\2(\d\d)"
    r"(?:[Tt ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?)?)?"
    r"(?:[Zz]|([+-])([01]\d|2[0-3])(?::?([0-5]\d))?)?",
    re.ASCII,
)
# What date-fns takes: a number may be shorter than its format, and blanks may follow.
_FILTER = re.compile(
    r"(?P<year>\d{1,4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:T(?P<h>\d{1,2}):(?P<m>\d{1,2}):(?P<s>\d{1,2})(?:\.(?P<f>\d{1,3}))?(?P<zone>Z|[+-]\d\d(?::?\d\d)?)?"
    r"| (?P<H>\d{1,2}):(?P<M>\d{1,2})(?::(?P<S>\d{1,2})(?:\.(?P<F>\d{1,3}))?)?)?\s*",
    re.ASCII,
)
_DAYS = re.compile(r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)\s*", re.ASCII)
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{1,4})(?P<sign>[./])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})\s*", re.ASCII
)
_MONTH_FIRST = re.compile(
    r"(?P<month>\d{1,2})(?P<sign>[-/.])(?P<day>\d{1,2})(?P=sign)(?P<year>\d{1,4})\s*", re.ASCII
)
_NAME_FIRST = re.compile(r"(?P<name>[A-Za-z]{3,9}) (?P<day>\d{1,2}), (?P<year>\d{1,4})\s*", re.ASCII)
_DAY_FIRST = re.compile(r"(?P<day>\d{1,2}) (?P<name>[A-Za-z]{3,9}) (?P<year>\d{1,4})\s*", re.ASCII)
_DAY_DASHED = re.compile(r"(?P<day>\d{1,2})-(?P<name>[A-Za-z]{3})-(?P<year>\d{1,4})\s*", re.ASCII)
_YEAR_DASHED = re.compile(r"(?P<year>\d{1,4})-(?P<name>[A-Za-z]{3})-(?P<day>\d{1,2})\s*", re.ASCII)
_SPELLED = (_YEAR_FIRST, _MONTH_FIRST, _NAME_FIRST, _DAY_FIRST, _DAY_DASHED, _YEAR_DASHED)
_MONTHS = {name.lower(): n for names in (month_name, month_abbr) for n, name in enumerate(names) if name}
_LEAP_SECOND = 60


def to_instant(text: str) -> str:
    """A time as UTC with milliseconds, so that texts sort as times do; what is finer is cut off.

    Takes ISO 8601 in its extended and basic form, and days in the spellings that Twenty names. A time
    without an offset is taken as UTC. Raises ValueError for everything else.
    """
    return as_text(_iso(text) or _spelled(text))


def to_filter_instant(text: str) -> str:
    """The same for a time in a filter, where less is accepted."""
    match = _FILTER.fullmatch(text) or _DAYS.fullmatch(text)
    return as_text(_filtered(match.groupdict()) if match else _spelled(text))


def _filtered(parts: dict[str, str | None]) -> datetime:
    hour, minute, second, fraction = (parts.get(a) or parts.get(a.swapcase()) or "0" for a in "hmsf")
    day = _day(parts, int(parts["month"] or 0))
    moment = day.replace(
        hour=int(hour), minute=int(minute), second=int(second), microsecond=int(fraction.ljust(3, "0")) * 1000
    )
    zone = (parts.get("zone") or "Z").replace(":", "")
    if zone == "Z":
        return moment
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:] or 0))
    return moment + offset if zone[0] == "-" else moment - offset


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
    for pattern in _SPELLED:
        if match := pattern.fullmatch(text):
            parts = match.groupdict()
            name = parts.get("name")
            return _day(parts, _MONTHS.get(name.lower(), 0) if name else int(parts["month"]))
    raise ValueError(text)


def _day(parts: dict[str, str | None], month: int) -> datetime:
    return datetime(int(parts["year"] or 0), month, int(parts["day"] or 0), tzinfo=UTC)


def to_date(text: str) -> str:
    """The day of an ISO 8601 date or time; raises ValueError for everything else."""
    return date.fromisoformat(text[:10]).isoformat()


def as_text(moment: datetime) -> str:
    """`2026-11-22T10:00:00.000Z`"""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def now() -> str:
    """This moment, in the form in which times are kept."""
    return as_text(datetime.now(UTC))
