"""Filters on dates: `StartTime>` is on or after, `StartTime<` before, `StartTime` on that day."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from bridge.sandbox.twilio.errors import RestError


def date_filter(query: Mapping[str, str], name: str) -> Callable[[datetime | None], bool]:
    """What passes the three filters of a name; no date passes none."""
    asked = [(sign, _date(query[name + sign])) for sign in ("", "<", ">") if query.get(name + sign)]

    def passes(moment: datetime | None) -> bool:
        return all(moment is not None and _passes(sign, wanted, moment) for sign, wanted in asked)

    return passes


def _passes(sign: str, wanted: datetime, moment: datetime) -> bool:
    if sign == "<":
        return moment < wanted
    return moment >= wanted and (sign == ">" or moment < wanted + timedelta(days=1))


def _date(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise RestError(400, 20001, f"{text!r} is no date") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
