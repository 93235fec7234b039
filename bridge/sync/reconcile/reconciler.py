"""Finds again what webhooks failed to tell: asks Twilio for its calls since the last time.

Twilio gives a webhook up after 15 seconds; a longer outage, or a wrong address, loses it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog

from bridge.inbox.checkpoints import Checkpoints
from bridge.inbox.queries import calls_in_progress
from bridge.inbox.store import Inbox
from bridge.observability import metrics
from bridge.sync.reconcile.twilio_calls import Asking, Found, Wanted

MARK = "reconcile"

GRACE = timedelta(minutes=2)
"""Of what happened after this webhooks are still on their way, and late ones are not lost ones."""

OVERLAP = timedelta(minutes=15)
"""Asked for again each time: Twilio's list may lag behind its calls."""

WINDOW = timedelta(days=1)
"""Calls of so long are asked for at once, and held in memory."""

LONGEST_CALL = timedelta(hours=24)
"""https://www.twilio.com/docs/voice/api/call-resource: no call is longer."""

MOST_ASKED = 100
"""Calls that are asked for one by one."""

MOST_NAMED = 10

log = structlog.get_logger()


class Reconciler:
    """Compares the inbox with what Twilio remembers."""

    def __init__(self, inbox: Inbox, asking: Asking) -> None:
        self._inbox = inbox
        self._checkpoints = Checkpoints(inbox)
        self._asking = asking

    async def once(self, now: datetime) -> Found:
        """What was lacking since the last mark; the mark is then set. It stays where Twilio cannot be asked.

        Raises TwilioError, InboxUnavailable, ForgetKeyWrong.
        """
        found = Found()
        wanted = Wanted(quiet_since=now - GRACE)
        mark = await self._checkpoints.get(MARK) or await self._checkpoints.last_arrival()
        if mark is None:
            # A new installation: what was before is for `backfill`.
            await self._checkpoints.save(MARK, wanted.quiet_since)
            return found
        for since, until in windows(mark - OVERLAP, now, WINDOW):
            found.add(await self._asking.between(since, until, wanted))
            await self._checkpoints.save(MARK, max(mark, min(until, wanted.quiet_since)))
        found.add(await self._close(mark, found, wanted))
        _tell(found)
        return found

    async def _close(self, mark: datetime, found: Found, wanted: Wanted) -> Found:
        """Calls that began earlier, and that nobody ended."""
        # Of one that is older Twilio has been asked often enough.
        oldest = min(mark, wanted.quiet_since) - 2 * LONGEST_CALL
        limit = len(found.ours) + MOST_ASKED
        unended = await calls_in_progress(self._inbox, after=oldest, before=wanted.quiet_since, limit=limit)
        asked = [sid for sid in unended if sid not in found.ours]
        return await self._asking.these(asked[:MOST_ASKED], wanted)


def windows(since: datetime, until: datetime, length: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """The time between, in parts of at most `length`, the oldest first."""
    while since < until:
        end = min(since + length, until)
        yield since, end
        since = end


def _tell(found: Found) -> None:
    for outcome in ("unknown", "unfinished", "complete"):
        metrics.CALLS_RECONCILED.inc(outcome, by=len(getattr(found, outcome)))
    lost = sorted(found.unknown | found.unfinished)
    if lost:
        log.warning(
            "reconcile.webhooks_lost",
            unknown=len(found.unknown),
            unfinished=len(found.unfinished),
            asked=len(found.ours),
            call_sids=lost[:MOST_NAMED],
            what="Twilio remembers more of these calls than its webhooks told; they are mended now",
        )
    else:
        log.info("reconcile.nothing_lost", asked=len(found.ours))
