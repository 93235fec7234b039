"""History for a new installation: Twilio's calls, day by day, the oldest first.

Each day that was read in full gets a checkpoint, so that an interrupted backfill resumes, and a repeated one
costs nothing.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from bridge.inbox.checkpoints import Checkpoints
from bridge.sync.reconcile.reconciler import GRACE, LONGEST_CALL
from bridge.sync.reconcile.twilio_calls import Asking, Found, Wanted

DAY = timedelta(days=1)


class Period(Struct, frozen=True, kw_only=True):
    """A day or a part of one, in UTC."""

    since: datetime
    until: datetime

    @property
    def mark(self) -> str:
        """The name of the checkpoint of a day that was read in full."""
        return f"backfill {self.since:%Y-%m-%d}"

    def whole(self, now: datetime) -> bool:
        """Whether this is a whole day, and every call that began in it has ended."""
        return self.until - self.since == DAY and self.until + LONGEST_CALL < now


def periods(since: datetime, until: datetime) -> list[Period]:
    """The days from `since` to `until`; the first and the last can be parts of days."""
    found = []
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    while since < until:
        midnight = since.replace(hour=0, minute=0, second=0, microsecond=0) + DAY
        end = min(midnight, until)
        found.append(Period(since=since, until=end))
        since = end
    return found


class Backfill:
    """Stores ended calls as callbacks; calls that go on are reported by webhooks."""

    def __init__(self, asking: Asking, marks: Checkpoints) -> None:
        self._asking = asking
        self._checkpoints = marks

    async def left(self, days: Sequence[Period]) -> list[Period]:
        """The days that were not read in full before. Raises InboxUnavailable."""
        done = await self._checkpoints.existing([day.mark for day in days])
        return [day for day in days if day.mark not in done]

    async def ask(
        self, days: Sequence[Period], *, number: str | None, now: datetime, tell: Callable[[Found], None]
    ) -> Found:
        """Reads these days from Twilio, and calls `tell` after each one is stored.

        With a `number` (E.164) only its calls are read, and no day gets a checkpoint. Raises TwilioError and
        InboxUnavailable.
        """
        found = Found()
        wanted = Wanted(quiet_since=now - GRACE, over=True, number=number)
        for day in days:
            found.add(await self._asking.between(day.since, day.until, wanted))
            if number is None and not self._asking.dry and day.whole(now):
                await self._checkpoints.save(day.mark, now)
            tell(found)
        return found
