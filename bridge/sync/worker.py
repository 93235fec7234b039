"""The loop that drains the inbox into Twenty, one batch after another.

It is level-triggered: it asks the database what is due, so a crash at any point only means that the same
call is found again.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bridge.errors import BridgeError, Standby
from bridge.inbox.store import Inbox
from bridge.sync.retry import pause_after
from bridge.sync.stages.pipeline import Pipeline

POLL_SECONDS = 5
"""How often the database is asked for another process's news; this process's own wake the worker at once."""

STANDBY_SECONDS = 1
"""How often a stand-by replica tries to become the leader."""

log = structlog.get_logger()


async def _always() -> None:
    """The lead of an inbox that has one process."""


class Worker:
    """The one worker that drains an inbox: `lead` raises Standby while another replica is the leader."""

    def __init__(
        self, inbox: Inbox, pipeline: Pipeline, *, lead: Callable[[], Awaitable[None]] = _always
    ) -> None:
        self._inbox = inbox
        self._pipeline = pipeline
        self._lead = lead
        self._failures = 0
        self._stopping = asyncio.Event()
        self.reason: str | None = None
        """Why no call is drained at the moment, as a code; None while all is well."""
        self.needs_operator = False
        """Whether only an operator can remove that reason."""

    def stop(self) -> None:
        """Ends the loop after the batch that is under way."""
        self._stopping.set()
        self._inbox.news.set()

    async def run(self) -> None:
        """Drains until stopped; no failure ends it."""
        while not self._stopping.is_set():
            self._inbox.news.clear()
            try:
                drained = await self._lead_once()
            except Standby as standby:
                await self._stand_by(standby)
            except BridgeError as error:
                await self._pause(error)
            except Exception:
                log.exception("worker.failed")
                await self._pause(BridgeError("unexpected error; see the traceback"))
            else:
                if self.reason:
                    log.info("worker.drains", after=self.reason)
                self._failures, self.reason, self.needs_operator = 0, None, False
                # After less than a batch nothing is due: what makes a call due wakes the worker.
                if drained < self._pipeline.size:
                    await _within(POLL_SECONDS, self._inbox.news)

    async def _lead_once(self) -> int:
        await self._lead()
        await self._pipeline.begin()
        drained = await self.drain_once()
        self._pipeline.writing.is_through()
        return drained

    async def drain_once(self) -> int:
        """Drains one batch; how many calls it held. Raises BridgeError where the whole of it failed."""
        return await self._pipeline.once()

    async def _stand_by(self, standby: Standby) -> None:
        if self.reason != standby.code:
            log.info("worker.stands_by", reason=str(standby))
            self._pipeline.take_over()
        self._failures, self.reason, self.needs_operator = 0, standby.code, False
        await _within(STANDBY_SECONDS, self._stopping)

    async def _pause(self, error: BridgeError) -> None:
        pause = pause_after(error, failures=self._failures)
        self._failures += 1
        self.reason, self.needs_operator = pause.reason, pause.needs_operator
        self._pipeline.writing.forget_schema()
        seconds = pause.length.total_seconds()
        report = log.error if pause.needs_operator else log.warning
        report("worker.waits", reason=pause.reason, error=str(error), seconds=seconds)
        await _within(seconds, self._stopping)


async def _within(seconds: float, event: asyncio.Event) -> None:
    """Returns when the event is set, or after so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
