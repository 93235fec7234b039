"""Finds calls whose webhooks were lost: asks Twilio for its calls since the last checkpoint.

Twilio gives a webhook up after 15 seconds; a longer outage, or a wrong address, loses it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog

from bridge.inbox.checkpoints import Checkpoints
from bridge.inbox.operation import store_lost
from bridge.inbox.queries import calls_in_progress
from bridge.inbox.store import Inbox
from bridge.observability import metrics
from bridge.sync.reconcile.twilio_calls import Asking, Found, Wanted

MARK = "reconcile"

GRACE = timedelta(minutes=2)
"""How long a webhook can be late before it counts as lost."""

OVERLAP = timedelta(minutes=15)
"""Asked for again each time: Twilio's list can lag behind its calls."""

WINDOW = timedelta(days=1)
"""The span of one request; its calls are held in memory."""

LONGEST_CALL = timedelta(hours=24)
"""https://www.twilio.com/docs/voice/api/call-resource: no call is longer."""

CLOCKS_APART = timedelta(days=1)
"""How far the machine's clock can be behind Twilio's, whose newer calls are then asked for all the same."""

MOST_ASKED = 100
"""Open calls that one round asks for, each by its SID."""

MOST_NAMED = 10

log = structlog.get_logger()


class Reconciler:
    """Compares the inbox with Twilio's calls."""

    def __init__(self, inbox: Inbox, asking: Asking) -> None:
        self._inbox = inbox
        self._checkpoints = Checkpoints(inbox)
        self._asking = asking

    async def once(self, now: datetime) -> Found:
        """Stores what the inbox lacks since the last checkpoint, and then moves the checkpoint.

        `now` is by this machine's clock. Raises TwilioError, InboxUnavailable, ForgetKeyWrong.
        """
        found, there = Found(), self._asking.by_twilio(now)
        wanted = Wanted(quiet_since=there - GRACE)
        mark = await self._checkpoints.get(MARK) or await self._checkpoints.last_arrival()
        if mark is None:
            # A new installation: earlier calls are for `backfill`.
            await self._checkpoints.save(MARK, wanted.quiet_since)
            return found
        if mark > there:
            # The clock was set back, or was ahead of Twilio's: until when Twilio was asked is not known.
            mark = there - LONGEST_CALL
        for since, until in windows(mark - OVERLAP, there, WINDOW):
            newest = until if until < there else there + CLOCKS_APART
            found.add(await self._stored(await self._asking.between(since, newest, wanted), now))
            # Legs of which Twilio does not tell yet are asked for again.
            complete_until = min(until, wanted.quiet_since, found.undecided_since or until)
            await self._checkpoints.save(MARK, max(mark, complete_until))
        found.add(await self._stored(await self._close(mark, found, wanted), now))
        _tell(found)
        return found

    async def _stored(self, part: Found, now: datetime) -> Found:
        """What was found, whose losses the inbox remembers."""
        await store_lost(self._inbox, part.lost, now)
        return part

    async def _close(self, mark: datetime, found: Found, wanted: Wanted) -> Found:
        """Asks for earlier calls whose end was never reported."""
        # Older ones were asked for in earlier rounds.
        oldest = min(mark, wanted.quiet_since) - 2 * LONGEST_CALL
        limit = len(found.ours) + MOST_ASKED
        unended = await calls_in_progress(
            self._inbox, after=oldest, before=wanted.quiet_since, now=wanted.quiet_since + GRACE, limit=limit
        )
        asked = [sid for sid in unended if sid not in found.ours]
        return await self._asking.these(asked[:MOST_ASKED], wanted)


def windows(since: datetime, until: datetime, length: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """The time from `since` to `until` in parts of at most `length`, the oldest first."""
    while since < until:
        end = min(since + length, until)
        yield since, end
        since = end


def _tell(found: Found) -> None:
    for outcome in ("unknown", "unfinished", "complete"):
        metrics.CALLS_RECONCILED.inc(outcome, by=len(getattr(found, outcome)))
    lost = sorted(found.lost)
    if lost:
        log.warning(
            "reconcile.webhooks_lost",
            unknown=len(found.unknown),
            unfinished=len(found.unfinished),
            asked=len(found.ours),
            call_sids=lost[:MOST_NAMED],
            what="Twilio has more of these calls than its webhooks reported; it is stored now",
        )
    else:
        log.info("reconcile.nothing_lost", asked=len(found.ours))
