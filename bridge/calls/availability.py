"""Whether an agent takes calls: what they said last, and for a while after a talk that they do not."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter

from msgspec import Struct


class AvailabilityStatus(StrEnum):
    """Why an agent takes calls, or does not."""

    AVAILABLE = "available"
    BUSY = "busy"
    AWAY = "away"
    AFTER_CALL = "after_call"
    """The agent spoke a moment ago, and writes down what was said."""


class Availability(Struct, frozen=True, kw_only=True):
    """An agent's status; with `until` it ends by itself."""

    status: AvailabilityStatus = AvailabilityStatus.AVAILABLE
    since: datetime | None = None
    until: datetime | None = None

    @property
    def takes_calls(self) -> bool:
        """Whether calls in ring the agent."""
        return self.status is AvailabilityStatus.AVAILABLE


class Said(Struct, frozen=True, kw_only=True):
    """What an agent said, under one of their identities."""

    status: AvailabilityStatus
    since: datetime
    until: datetime | None = None


def availability(
    said: Iterable[Said], *, talked_until: datetime | None, after_call: timedelta, now: datetime
) -> Availability:
    """What holds now, of what an agent said and of when their last talk ended.

    Who says after the talk that they are available takes calls at once.
    """
    last = max(said, key=attrgetter("since"), default=None)
    if last and last.status is not AvailabilityStatus.AVAILABLE and (last.until is None or last.until > now):
        return Availability(status=last.status, since=last.since, until=last.until)
    if talked_until and (last is None or last.since < talked_until) and now < talked_until + after_call:
        return Availability(
            status=AvailabilityStatus.AFTER_CALL, since=talked_until, until=talked_until + after_call
        )
    return Availability(since=_available_since(last, talked_until, after_call, now))


def _available_since(
    last: Said | None, talked_until: datetime | None, after_call: timedelta, now: datetime
) -> datetime | None:
    changed = (last.since if last.status is AvailabilityStatus.AVAILABLE else last.until) if last else None
    rested = talked_until + after_call if talked_until and after_call else None
    return max((at for at in (changed, rested) if at and at <= now), default=None)
