"""History for a new installation: what Twilio remembers, day by day, the oldest first.

Days that were asked for in full are remembered, so that a backfill which broke off goes on where it was,
and one that is repeated costs nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bridge.inbox.checkpoints import Checkpoints
from bridge.sync.reconcile.reconciler import GRACE, LONGEST_CALL
from bridge.sync.reconcile.twilio_calls import Asking, Found, Wanted

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A day, or the part of it that was asked for; times are UTC."""

    since: datetime
    until: datetime

    @property
    def mark(self) -> str:
        """The name of the mark that says that all of this day was asked for."""
        return f"backfill {self.since:%Y-%m-%d}"

    def whole(self, now: datetime) -> bool:
        """Whether it is a day that is over, as is every call that began in it."""
        return self.until - self.since == DAY and self.until + LONGEST_CALL < now


def spans(since: datetime, until: datetime) -> list[Span]:
    """The days between, the first and the last one perhaps in part."""
    found = []
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    while since < until:
        midnight = since.replace(hour=0, minute=0, second=0, microsecond=0) + DAY
        end = min(midnight, until)
        found.append(Span(since=since, until=end))
        since = end
    return found


class Backfill:
    """Fills the inbox with calls that are over; those that go on are for the webhooks."""

    def __init__(self, asking: Asking, marks: Checkpoints) -> None:
        self._asking = asking
        self._checkpoints = marks

    async def left(self, days: Sequence[Span]) -> list[Span]:
        """Those that were not asked for before."""
        done = await self._checkpoints.existing([day.mark for day in days])
        return [day for day in days if day.mark not in done or day.until - day.since < DAY]

    async def ask(
        self, days: Sequence[Span], *, number: str | None, now: datetime, tell: Callable[[Found], None]
    ) -> Found:
        """What Twilio remembers of these days, each told of when it is in the inbox. Raises TwilioError.

        With a `number` (E.164) its calls alone; then no day counts as asked for.
        """
        found = Found()
        wanted = Wanted(quiet_since=now - GRACE, over=True, number=number)
        for day in days:
            found.add(await self._asking.between(day.since, day.until, wanted))
            if number is None and not self._asking.dry and day.whole(now):
                await self._checkpoints.save(day.mark, now)
            tell(found)
        return found
