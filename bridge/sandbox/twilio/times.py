"""Virtual time: a call has an epoch, everything in it happens so many seconds later."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache


class Clock:
    """The time of one call; `at` is in virtual seconds since its epoch."""

    def __init__(self, epoch: datetime) -> None:
        # Twilio's times have one second of resolution; so durations agree with the times beside them.
        self.epoch = epoch.astimezone(UTC).replace(microsecond=0)

    def when(self, at: float) -> datetime:
        """The date of a moment."""
        return self.epoch + timedelta(seconds=int(at))


@lru_cache(maxsize=4096)
def rfc2822(moment: datetime) -> str:
    """A date as Twilio writes it: `Sun, 22 Nov 2026 10:00:00 +0000`."""
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    # strftime's %a and %b follow the locale of the process; Twilio's do not.
    return f"{days[moment.weekday()]}, {moment:%d} {months[moment.month - 1]} {moment:%Y %H:%M:%S} +0000"


def iso8601(moment: datetime) -> str:
    """A date as the newer APIs write it: `2026-11-22T10:00:00Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
