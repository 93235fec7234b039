"""Drains the inbox into Twenty: claim, fold, look up, write, settle, again and again.

It is driven by what is due, not by what happened: a crash at any point only means that the same call
is found again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import structlog

from bridge.calls.fold.call import fold
from bridge.errors import (
    BridgeError,
    Duplicate,
    Standby,
    TargetGone,
    TwentyDenied,
    TwentyError,
    TwentyFailed,
    TwentyOverLimit,
    TwentyUnavailable,
)
from bridge.inbox.reading import is_leg
from bridge.inbox.rows import DueCall, Settled
from bridge.inbox.store import Inbox
from bridge.observability import metrics
from bridge.sync.refusals import Refusals
from bridge.sync.retry import deferral, pause_after
from bridge.sync.stages.isolation import Isolation
from bridge.sync.stages.prepare import Preparation, Prepared
from bridge.sync.stages.remind import Reminders
from bridge.sync.uncertain_writes import Doubts
from bridge.twenty.client.client import Executes
from bridge.twenty.people.directory import Directory
from bridge.twenty.schema.features import Feature, go_without
from bridge.twenty.schema.workspace import read_schema
from bridge.twenty.writing.activities import Writes, writer_for
from bridge.twenty.writing.batches import Batches, Refused
from bridge.twenty.writing.plan import Write
from bridge.twenty.writing.tasks import remind, withdraw
from bridge.twenty.writing.withdrawal import take_back

POLL_SECONDS = 5
"""How long another process's news may go unseen; this one's own wake the worker at once."""

STANDBY_SECONDS = 1
"""How soon it is noticed that whoever drained is gone."""

SCHEMA_HOLDS_SECONDS = 300
"""After this the workspace is asked again what it has."""

log = structlog.get_logger()


async def _always() -> None:
    """Of an inbox that nobody else drains."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Worker:
    """The one worker that drains an inbox: `lead` raises Standby while it is another's turn."""

    def __init__(
        self,
        inbox: Inbox,
        client: Executes,
        *,
        batches: Batches,
        directory: Directory,
        preparation: Preparation,
        reminders: Reminders | None,
        live: Callable[[], bool],
        lead: Callable[[], Awaitable[None]] = _always,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._inbox = inbox
        self._client = client
        self._batches = batches
        self._most = batches.size
        self._directory = directory
        self._preparation = preparation
        self._reminders = reminders
        self._live = live
        self._lead = lead
        self._clock = clock
        self._refusals = Refusals(inbox)
        self._doubts = Doubts()
        self._took_over = True
        """Whoever drained before may have ended in the middle of what is due first."""
        self._writes: Writes | None = None
        self._writes_until = 0.0
        self._failures = 0
        self._stopping = asyncio.Event()
        self.reason: str | None = None
        """Why nothing is drained at the moment, as a code; None while all is well."""

    def stop(self) -> None:
        """End after the batch that is under way."""
        self._stopping.set()
        self._inbox.news.set()

    async def run(self) -> None:
        """Drains until stopped; no failure ends it."""
        while not self._stopping.is_set():
            self._inbox.news.clear()
            try:
                await self._lead()
                if self._took_over:
                    await self._inbox.requeue_readable()
                drained = await self.drain_once()
                self._took_over = False
            except Standby as standby:
                await self._stand_by(standby)
            except BridgeError as error:
                await self._pause(error)
            except Exception:
                log.exception("worker.failed")
                await self._pause(BridgeError("an error that nobody foresaw"))
            else:
                if self.reason:
                    log.info("worker.drains", after=self.reason)
                self._failures, self.reason = 0, None
                if not drained:
                    await _within(POLL_SECONDS, self._inbox.news)

    async def drain_once(self) -> int:
        """One batch of new calls, and one of those that failed before; how many calls they held.

        Raises BridgeError where the whole of a batch failed. Calls that go on are left for later while the
        rate limit is short.
        """
        await self._resolve_doubts()
        live = self._live()
        due_calls = await self._inbox.claim(self._most, live=live)
        works = bool(due_calls) and await self._isolated(due_calls, works=False)
        deferred = await self._inbox.claim_deferred(self._most, live=live, now=self._clock())
        if deferred:
            await self._isolated(deferred, works=works)
        if not due_calls and not deferred and self._schema_is_old() and await self._inbox.has_parked():
            # Only the schema says whether what was refused would be taken now.
            await self._current_writes()
        return len(due_calls) + len(deferred)

    async def _isolated(self, claimed: Sequence[DueCall], *, works: bool) -> bool:
        """Brings what is due to Twenty, past the calls at fault; whether any call got through."""
        await self._put_aside([call for call in claimed if call.problem])
        due_calls = [call for call in claimed if not call.problem]
        if not due_calls:
            return works
        isolation = Isolation(self._bring, works=works)
        try:
            await isolation.run(due_calls)
        except TwentyFailed as error:
            await self._defer(due_calls, error, alone=False)
            raise
        except TwentyError as error:
            await self._inbox.failed(due_calls, f"{error.code}: {error}", now=self._clock())
            raise
        finally:
            for call in due_calls:
                if error_of_it := isolation.failed.get(call.root_sid):
                    await self._defer([call], error_of_it, alone=True)
            if isolation.untried:
                await self._defer(isolation.untried, BridgeError("its batch failed"), alone=False)
        return isolation.works

    async def _put_aside(self, unreadable: Sequence[DueCall]) -> None:
        """Parks what is broken; what a newer version wrote waits for that version."""
        for call in unreadable:
            if call.unread:
                await self._defer([call], BridgeError(call.problem), alone=True)
            else:
                await self._park_one(call, str(call.problem))

    async def _defer(self, due_calls: Sequence[DueCall], error: Exception, *, alone: bool) -> None:
        now = self._clock()
        told = isinstance(error, BridgeError)
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
                    exc_info=None if told else error,
                )

    async def _bring(self, due_calls: Sequence[DueCall]) -> None:
        writes = await self._current_writes()
        gone = await self._drain(writes, due_calls, last_try=False)
        if gone:
            await self._drain(writes, gone, last_try=True)

    async def _drain(self, writes: Writes, due_calls: Sequence[DueCall], *, last_try: bool) -> list[DueCall]:
        """Writes and settles; the answer has the calls whose person is gone, to be matched anew once."""
        await self._join([call for call in due_calls if _is_lone(call)])
        due_calls = [call for call in due_calls if not _is_lone(call)]
        people = self._directory.changes
        changes = await self._people_changes()
        prepared, unprepared = await self._preparation.prepare(writes, due_calls, now=self._clock())
        for one in unprepared:
            await self._park_one(one.due, one.reason)
        refused = await self._write(writes, [write for p in prepared if (write := p.changed)])
        taken = [p for p in prepared if p.due.root_sid not in refused]
        await self._remind(taken)
        await self._inbox.requeue({leg for p in taken for leg in p.due.shown_legs})
        await self._settle(taken)
        if people != self._directory.changes or changes != await self._people_changes():
            await self._match_anew(taken)
        gone = set() if last_try else {s for s, error in refused.items() if isinstance(error, TargetGone)}
        if gone:
            self._directory.forget()
        await self._park({sid: error for sid, error in refused.items() if sid not in gone}, prepared)
        return [p.due for p in prepared if p.due.root_sid in gone]

    async def _join(self, legs: Sequence[DueCall]) -> None:
        """Leaves legs to their calls, also in Twenty; one whose call is not known yet waits for it."""
        await take_back(self._client, [leg.root_sid for leg in legs if leg.written or leg.tried])
        prepared = [Prepared(leg, fold(leg.callbacks), None, None, None, None) for leg in legs]
        await self._remind(prepared)
        await self._inbox.requeue({leg.leg_of for leg in legs if leg.leg_of})
        await self._settle(prepared)

    async def _write(self, writes: Writes, wanted: Sequence[Write]) -> Refused:
        """Writes; where the outcome is unknown, or another process may have been at it, once more later."""
        sids = [write.sid for write in wanted]
        try:
            refused = await writes.write(wanted)
        except TwentyUnavailable as error:
            # What Twenty answered, it does not carry out later.
            if not isinstance(error, (TwentyOverLimit, TwentyFailed)):
                self._doubts.note(sids, now=asyncio.get_running_loop().time())
            raise
        if self._took_over:
            self._doubts.note(sids, now=asyncio.get_running_loop().time())
        return refused

    async def _resolve_doubts(self) -> None:
        over = self._doubts.over(now=asyncio.get_running_loop().time())
        if over:
            await self._inbox.mark_uncertain(over)
            self._doubts.forget(over)

    async def _match_anew(self, settled: Sequence[Prepared]) -> None:
        """People changed while these were on their way: whoever came too late is looked for again."""
        unmatched = {p.number for p in settled if p.number and not (p.match and p.match.person)}
        await self._inbox.relink(unmatched, since=datetime.min.replace(tzinfo=UTC))

    async def _remind(self, prepared: Sequence[Prepared]) -> None:
        """A task that cannot be made costs the call nothing."""
        if self._reminders is None:
            return
        plan = await self._reminders.plan(prepared, now=self._clock())
        try:
            refused = await remind(self._batches, plan.reminders) if plan.reminders else {}
            await withdraw(self._client, plan.withdrawn)
        except TwentyDenied as denied:
            go_without(Feature.TASKS, denied)
            return
        for key, error in refused.items():
            if not isinstance(error, Duplicate):
                log.warning("task.refused", key=key, reason=str(error))

    async def _settle(self, prepared: Sequence[Prepared]) -> None:
        settled = [
            Settled(
                root_sid=p.due.root_sid,
                revision=p.due.revision,
                number=p.number,
                match=p.match,
                written=p.digest,
                fields=p.fields,
                ended=p.call.ended and p.call.certain,
                reminded=self._reminders.has_task(p) if self._reminders else p.due.reminded,
                outcome=p.outcome,
                unread=p.due.unread,
            )
            for p in prepared
        ]
        if settled:
            await self._inbox.settle(settled, now=self._clock())
        for p in prepared:
            if write := p.changed:
                metrics.CALLS_WRITTEN.inc()
                log.info(
                    "activity.written",
                    call_sid=p.due.root_sid,
                    status=write.activity.status.value,
                    person_id=write.activity.person_id,
                )

    async def _park(self, refused: Refused, prepared: Sequence[Prepared]) -> None:
        for p in prepared:
            if error := refused.get(p.due.root_sid):
                await self._park_one(p.due, str(error))

    async def _park_one(self, due_call: DueCall, reason: str) -> None:
        metrics.CALLS_PARKED.inc()
        log.error("activity.parked", call_sid=due_call.root_sid, reason=reason)
        await self._inbox.park(due_call, reason, now=self._clock())

    async def _people_changes(self) -> datetime | None:
        """When another replica last learned of a new person; a batch under way may have looked before."""
        return await self._inbox.relinked_at() if self._inbox.is_shared else None

    async def _current_writes(self) -> Writes:
        """How this workspace takes calls: asked at first, after a refusal, and now and then."""
        if self._writes is None or self._schema_is_old():
            schema = await read_schema(self._client)
            self._writes = writer_for(self._client, self._batches, schema)
            self._writes_until = asyncio.get_running_loop().time() + SCHEMA_HOLDS_SECONDS
            await self._refusals.schema_is(schema.fingerprint)
            log.info("twenty.schema", phone_calls=schema.has_phone_calls, timeline=bool(schema.timeline))
        return self._writes

    def _schema_is_old(self) -> bool:
        return self._writes is None or asyncio.get_running_loop().time() >= self._writes_until

    async def _stand_by(self, standby: Standby) -> None:
        """Waits for its turn; what was known of the workspace may be another's by then."""
        if self.reason != standby.code:
            log.info("worker.stands_by", reason=str(standby))
            self._writes = None
            self._took_over = True
            self._directory.forget()
        self._failures, self.reason = 0, standby.code
        await _within(STANDBY_SECONDS, self._stopping)

    async def _pause(self, error: BridgeError) -> None:
        pause = pause_after(error, failures=self._failures)
        self._failures += 1
        self.reason = pause.reason
        self._writes = None
        seconds = pause.length.total_seconds()
        tell = log.error if pause.needs_operator else log.warning
        tell("worker.waits", reason=pause.reason, error=str(error), seconds=seconds)
        await _within(seconds, self._stopping)


def _is_lone(due: DueCall) -> bool:
    """Whether these are callbacks of a leg that did not name its call."""
    unseen = due.written is None and not due.tried
    return due.leg_of is not None or (unseen and is_leg(due.callbacks))


async def _within(seconds: float, event: asyncio.Event) -> None:
    """Back when the event is set, or after so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
