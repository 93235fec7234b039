"""The stages in their order, for one batch of due calls: claim, prepare, write, settle, remind."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import Enum, auto

import structlog

from bridge.calls.fold.call import fold
from bridge.calls.fold.legs import is_leg
from bridge.errors import BridgeError, Duplicate, TargetGone, TwentyError, TwentyFailed
from bridge.inbox.requeue import relink, relink_interrupted, relinked_at, requeue_joined, requeue_readable
from bridge.inbox.rows import DueCall
from bridge.inbox.store import Inbox
from bridge.sync.stages.claim import Claim
from bridge.sync.stages.isolation import Isolation, may_be_one_calls
from bridge.sync.stages.prepare import Preparation, Prepared
from bridge.sync.stages.remind import Reminders, Reminding
from bridge.sync.stages.settle import Settlement
from bridge.sync.stages.write import Writing
from bridge.twenty.client.client import Executes
from bridge.twenty.people.directory import Directory
from bridge.twenty.writing.bisection import Batches
from bridge.twenty.writing.writers import Writes, take_back

log = structlog.get_logger()


class WriteAttempt(Enum):
    """The attempts at a call in one round; a later one is made where Twenty refuses a relation as gone."""

    FIRST = auto()
    WITH_PEOPLE_READ_ANEW = auto()
    WITHOUT_UNREADABLE_AGENTS = auto()


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Pipeline:
    """Brings due calls to Twenty; without `reminders` missed calls make no tasks.

    `live` says whether calls that go on are written, or only those that have ended.
    """

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
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.size = batches.size
        """How many calls of a kind a round takes at most."""
        self._inbox = inbox
        self._client = client
        self._directory = directory
        self._clock = clock
        self._claim = Claim(inbox, size=self.size, live=live, clock=clock)
        self._preparation = preparation
        self.writing = Writing(inbox, client, batches)
        self._reminding = Reminding(inbox, client, batches, reminders, clock=clock) if reminders else None
        self._unread: set[str] = set()
        self._settlement = Settlement(inbox, reminders=reminders, clock=clock)

    def take_over(self) -> None:
        """Another process drained: what this one knows of the workspace is old."""
        self.writing.take_over()
        self._directory.forget()

    async def begin(self) -> None:
        """Prepares the first batch of this process. Raises InboxUnavailable."""
        if self.writing.took_over:
            await requeue_readable(self._inbox)
            await relink_interrupted(self._inbox)
            await self.writing.expect_late_writes(self._clock())

    async def once(self) -> int:
        """Writes one batch of new calls, and one of calls that failed before; how many calls they held.

        Then come the tasks of what is settled. Raises BridgeError where the whole of a batch failed.
        """
        try:
            drained = await self._write()
        except Exception as error:
            # The calls are at fault: tasks of others do not wait for them.
            if may_be_one_calls(error):
                await self._remind()
            raise
        await self._remind()
        return drained

    async def _remind(self) -> None:
        if self._reminding:
            await self._reminding.once()

    async def _write(self) -> int:
        await self.writing.repeat_uncertain()
        fresh = await self._claim.fresh()
        works = await self._isolated(fresh, works=False)
        deferred = await self._claim.deferred()
        await self._isolated(deferred, works=works)
        if self.writing.schema_is_old and await self._inbox.has_parked():
            # No batch has read the schema, which alone says whether Twenty would take now what it refused.
            await self.writing.writer()
        return len(fresh) + len(deferred)

    def _report_unread(self, claimed: Sequence[DueCall]) -> None:
        """Logs each kind of callback that only a newer version reads, once."""
        for call in claimed:
            if call.unread and call.unread not in self._unread:
                self._unread.add(call.unread)
                log.warning(
                    "inbox.callbacks_of_newer_version",
                    kind=call.unread,
                    call_sid=call.root_sid,
                    what="they are stored until a version that reads them runs",
                )

    async def _isolated(self, claimed: Sequence[DueCall], *, works: bool) -> bool:
        """Writes due calls, past the calls at fault; whether any call got through."""
        self._report_unread(claimed)
        await self._settlement.put_aside([call for call in claimed if call.problem])
        due_calls = [call for call in claimed if not call.problem]
        if not due_calls:
            return works
        isolation = Isolation(self._bring, works=works)
        try:
            await isolation.run(due_calls)
        except TwentyFailed as error:
            await self._settlement.defer(due_calls, error, alone=False)
            raise
        except TwentyError as error:
            await self._settlement.fail(due_calls, error)
            raise
        finally:
            await self._defer(isolation, due_calls)
        return isolation.works

    async def _defer(self, isolation: Isolation, due_calls: Sequence[DueCall]) -> None:
        for call in due_calls:
            if its_error := isolation.failed.get(call.root_sid):
                await self._settlement.defer([call], its_error, alone=True)
        if isolation.untried:
            await self._settlement.defer(isolation.untried, BridgeError("its batch failed"), alone=False)

    async def _bring(self, due_calls: Sequence[DueCall]) -> None:
        """Calls whose person or agent is gone from Twenty are prepared anew, once.

        Where the key may not read members they are tried once more, without their agents.
        """
        writer = await self.writing.writer()
        left = due_calls
        for attempt in WriteAttempt:
            if not left:
                return
            left = await self._drain(writer, left, attempt)

    async def _drain(
        self, writer: Writes, due_calls: Sequence[DueCall], attempt: WriteAttempt
    ) -> list[DueCall]:
        """Takes a batch through the stages; the answer has the calls to try again, as `attempt` allows."""
        await self._join([call for call in due_calls if _is_lone(call)])
        due_calls = [call for call in due_calls if not _is_lone(call)]
        people, changes = self._directory.changes, await self._people_changes()
        prepared, unprepared = await self._preparation.prepare(
            writer, due_calls, now=self._clock(), took_over=self.writing.took_over
        )
        for one in unprepared:
            await self._settlement.park(one.due, one.reason)
        refused = await self.writing.write(writer, [write for p in prepared if (write := p.changed)])
        taken = [p for p in prepared if p.due.root_sid not in refused]
        await requeue_joined(self._inbox, {leg for p in taken for leg in p.due.shown_legs})
        await self._settlement.settle(taken)
        if people != self._directory.changes or changes != await self._people_changes():
            await self._match_anew(taken)
        gone = {s for s, error in refused.items() if isinstance(error, TargetGone)}
        if gone and not await self._prepares_anew([p for p in prepared if p.due.root_sid in gone], attempt):
            gone = set()
        there = {s: error for s, error in refused.items() if isinstance(error, Duplicate) and error.there}
        if there:
            # Earlier writes were carried out: the next batch asks how these calls stand.
            error = next(iter(there.values()))
            await self._settlement.fail([p.due for p in prepared if p.due.root_sid in there], error)
        parked = {sid: error for sid, error in refused.items() if sid not in gone and sid not in there}
        await self._settlement.park_refused(parked, prepared)
        return [p.due for p in prepared if p.due.root_sid in gone]

    async def _prepares_anew(self, refused: Sequence[Prepared], attempt: WriteAttempt) -> bool:
        """Whether something of these calls, of which Twenty refused a relation, is different next time."""
        if attempt is WriteAttempt.FIRST:
            await self._preparation.targets_gone(refused)
            return True
        return attempt is WriteAttempt.WITH_PEOPLE_READ_ANEW and self._preparation.leave_agents_out(refused)

    async def _join(self, legs: Sequence[DueCall]) -> None:
        """Withdraws legs that were written as calls; a leg whose call is unknown waits for it."""
        await take_back(self._client, [leg.root_sid for leg in legs if leg.written or leg.tried])
        prepared = [Prepared(leg, fold(leg.callbacks), None, None, None, None) for leg in legs]
        await requeue_joined(self._inbox, {leg.leg_of for leg in legs if leg.leg_of})
        await self._settlement.settle(prepared)

    async def _match_anew(self, settled: Sequence[Prepared]) -> None:
        """People changed while these calls were under way: those without a person are matched anew."""
        unmatched = {p.number for p in settled if p.number and not (p.match and p.match.person)}
        await relink(self._inbox, unmatched, since=datetime.min.replace(tzinfo=UTC))

    async def _people_changes(self) -> datetime | None:
        """When another replica last reported that people changed."""
        return await relinked_at(self._inbox) if self._inbox.is_shared else None


def _is_lone(due: DueCall) -> bool:
    """Whether these are callbacks of a leg that did not name its call."""
    unseen = due.written is None and not due.tried
    return due.leg_of is not None or (unseen and is_leg(due.callbacks))
