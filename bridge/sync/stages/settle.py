"""Stage 4, settle: stores what came of each call of a batch."""

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from bridge.errors import BridgeError
from bridge.inbox.rows import DueCall, Settled
from bridge.inbox.store import Inbox
from bridge.observability import metrics
from bridge.sync.retry import deferral
from bridge.sync.stages.prepare import Prepared
from bridge.sync.stages.remind import Reminders
from bridge.twenty.writing.bisection import Refused

log = structlog.get_logger()


class Settlement:
    """Settles calls that Twenty has, parks those that it refuses, defers those that failed.

    Every method raises InboxUnavailable.
    """

    def __init__(self, inbox: Inbox, *, reminders: Reminders | None, clock: Callable[[], datetime]) -> None:
        self._inbox = inbox
        self._reminders = reminders
        self._clock = clock

    async def settle(self, prepared: Sequence[Prepared]) -> None:
        """Twenty has these calls as of the revisions that were claimed."""
        if prepared:
            now = self._clock()
            await self._inbox.settle([self._settled(p, now) for p in prepared], now=now)
        for p in prepared:
            if write := p.changed:
                metrics.CALLS_WRITTEN.inc()
                log.info(
                    "activity.written",
                    call_sid=p.due.root_sid,
                    status=write.activity.status.value,
                    person_id=write.activity.person_id,
                )

    def _settled(self, p: Prepared, now: datetime) -> Settled:
        reminding = self._reminders.concern(p, now=now) if self._reminders else p.due.reminding
        return Settled(
            root_sid=p.due.root_sid,
            revision=p.due.revision,
            number=p.number,
            match=p.match,
            written=p.digest,
            fields=p.fields,
            ended=p.call.ended and p.call.certain,
            outcome=p.outcome,
            unread=p.due.unread,
            reminded=p.due.reminded,
            reminding=reminding,
            formerly=_formerly(p.due) if reminding else (),
        )

    async def park(self, due_call: DueCall, reason: str) -> None:
        """The call waits until it has news or an operator acts."""
        metrics.CALLS_PARKED.inc()
        log.error("activity.parked", call_sid=due_call.root_sid, reason=reason)
        await self._inbox.park(due_call, reason, now=self._clock())

    async def park_refused(self, refused: Refused, prepared: Sequence[Prepared]) -> None:
        """Parks the calls that Twenty refused, by call SID."""
        for p in prepared:
            if error := refused.get(p.due.root_sid):
                await self.park(p.due, str(error))

    async def put_aside(self, unreadable: Sequence[DueCall]) -> None:
        """Parks rows that are broken; defers those that a newer version of the bridge wrote."""
        for call in unreadable:
            if call.unread:
                await self.defer([call], BridgeError(call.problem), alone=True)
            else:
                await self.park(call, str(call.problem))

    async def fail(self, due_calls: Sequence[DueCall], error: BridgeError) -> None:
        """A batch failed, and none of its calls caused it: they stay due."""
        await self._inbox.failed(due_calls, f"{error.code}: {error}", now=self._clock())

    async def defer(self, due_calls: Sequence[DueCall], error: Exception, *, alone: bool) -> None:
        """These calls failed, and wait; `alone` where others of their batch were written."""
        now = self._clock()
        is_ours = isinstance(error, BridgeError)
        reason = f"{error.code}: {error}" if isinstance(error, BridgeError) else type(error).__name__
        waits = {deferral(call.deferrals, alone=alone) for call in due_calls}
        for wait in sorted(waits):
            these = [call for call in due_calls if deferral(call.deferrals, alone=alone) == wait]
            await self._inbox.defer(these, reason, until=now + wait, now=now)
            for call in these if alone else ():
                log.warning(
                    "activity.deferred",
                    call_sid=call.root_sid,
                    reason=reason,
                    seconds=wait.total_seconds(),
                    exc_info=None if is_ours else error,
                )


def _formerly(due: DueCall) -> tuple[str, ...]:
    """The people whose tasks can have a call that is to be settled."""
    before = due.match.person.id if due.match and due.match.person else due.former_id
    return tuple(dict.fromkeys([*due.formerly, *([before] if before else [])]))
