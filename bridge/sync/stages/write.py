"""Stage 3, write: sends a batch to Twenty in the way that the workspace takes calls.

A write that timed out, or whose connection was lost, is uncertain: Twenty can still carry it out after the
one that repeated it, and then shows old data. So its calls are written once more when no write can be that
late.
"""

import asyncio
import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import structlog

from bridge.errors import TwentyFailed, TwentyOverLimit, TwentyUnavailable
from bridge.inbox.queries import failed_since
from bridge.inbox.requeue import requeue_uncertain
from bridge.inbox.store import Inbox
from bridge.sync.refusals import Refusals
from bridge.twenty.client.client import Executes
from bridge.twenty.schema.workspace import read_schema
from bridge.twenty.writing.bisection import Batches, Refused
from bridge.twenty.writing.plan import Do, Write
from bridge.twenty.writing.writers import Writes, writer_for

LATE_SECONDS = 60.0
"""After this Twenty has either carried a write out or never will."""


class UncertainWrites:
    """Call SIDs, each with the time until which an old write can still take effect.

    `now` is the time of a monotonic clock, in seconds.
    """

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def note(self, call_sids: Iterable[str], *, now: float) -> None:
        """Records that these calls were in a write whose outcome is unknown."""
        self._until |= dict.fromkeys(call_sids, now + LATE_SECONDS)

    def over(self, *, now: float) -> set[str]:
        """The calls that can be written for certain now."""
        return {sid for sid, until in self._until.items() if until <= now}

    def forget(self, call_sids: Iterable[str]) -> None:
        """Removes calls that are due once more."""
        for sid in call_sids:
            self._until.pop(sid, None)


SCHEMA_SECONDS = 300
"""How long the workspace's schema is used before it is read again."""

log = structlog.get_logger()


class Writing:
    """Knows the workspace's schema, and which writes have an unknown outcome."""

    def __init__(self, inbox: Inbox, client: Executes, batches: Batches) -> None:
        self._inbox = inbox
        self._client = client
        self._batches = batches
        self._refusals = Refusals(inbox)
        self._uncertain = UncertainWrites()
        self._writer: Writes | None = None
        self._writer_until = 0.0
        self._all_uncertain = True
        """Until the first batch is through: the process that drained before may have died in mid-write."""
        self._predecessor_until = -math.inf
        """So long a write of that process can take effect, over later batches, too."""

    async def writer(self) -> Writes:
        """The writer for the workspace's schema, which is read again when it is old. Raises BridgeError."""
        if self._writer is None or self.schema_is_old:
            schema = await read_schema(self._client)
            self._writer = writer_for(self._client, self._batches, schema)
            self._writer_until = _now() + SCHEMA_SECONDS
            await self._refusals.schema_is(schema.fingerprint)
            log.info("twenty.schema", phone_calls=schema.has_phone_calls, timeline=bool(schema.timeline))
        return self._writer

    @property
    def schema_is_old(self) -> bool:
        """Whether the next batch reads the schema."""
        return self._writer is None or _now() >= self._writer_until

    def forget_schema(self) -> None:
        """The next batch reads the schema: what Twenty answered can mean that it changed."""
        self._writer = None

    def take_over(self) -> None:
        """Another process drained: its last write can still take effect."""
        self._writer = None
        self._all_uncertain = True

    async def expect_late_writes(self, now: datetime) -> None:
        """Notes which writes of the process that drained before are uncertain. Raises InboxUnavailable."""
        self._predecessor_until = _now() + LATE_SECONDS
        failed = await failed_since(self._inbox, now - timedelta(seconds=LATE_SECONDS))
        self._uncertain.note(failed, now=_now())

    def is_through(self) -> None:
        """A batch was written: from now on only writes that fail are uncertain."""
        self._all_uncertain = False

    @property
    def took_over(self) -> bool:
        """Whether no batch is through since this process began to drain."""
        return self._all_uncertain

    async def write(self, writer: Writes, wanted: Sequence[Write]) -> Refused:
        """Writes these; the answer has what Twenty refused, by call SID. Raises TwentyError."""
        sids = [write.sid for write in wanted]
        try:
            refused = await writer.write(wanted)
        except TwentyUnavailable as error:
            # Twenty does not carry out later what it answered.
            if not isinstance(error, (TwentyOverLimit, TwentyFailed)):
                self._uncertain.note(sids, now=_now())
            raise
        if self._all_uncertain:
            self._uncertain.note(sids, now=_now())
        elif _now() < self._predecessor_until:
            known = [write.sid for write in wanted if write.plan.record is not Do.CREATE]
            self._uncertain.note(known, now=_now())
        return refused

    async def repeat_uncertain(self) -> None:
        """Makes calls due once more when no old write of theirs can take effect. Raises InboxUnavailable."""
        over = self._uncertain.over(now=_now())
        if over:
            await requeue_uncertain(self._inbox, over)
            self._uncertain.forget(over)


def _now() -> float:
    return asyncio.get_running_loop().time()
