"""The metrics endpoint for Prometheus, on an address of its own."""

from collections.abc import Callable
from datetime import UTC, datetime

from aiohttp import hdrs, web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bridge.errors import InboxUnavailable
from bridge.inbox.store import Inbox
from bridge.inbox.transcripts.jobs import job_backlog
from bridge.inbox.transcripts.summaries import failed_summaries
from bridge.observability import metrics
from bridge.web.operation.security_headers import preparing
from bridge.web.operation.shutdown import Shutdown

NOT_KNOWN = float("nan")
OF_THE_DATABASE = (
    metrics.DUE,
    metrics.PARKED,
    metrics.OLDEST_DUE,
    metrics.TRANSCRIPTS_DUE,
    metrics.TRANSCRIPTS_PARKED,
    metrics.SUMMARIES_PARKED,
)


class Scrape:
    """Answers scrapes. `budget_left`, `drain_reason` and the inbox are read at each scrape."""

    def __init__(
        self, inbox: Inbox, *, budget_left: Callable[[], float], drain_reason: Callable[[], str | None]
    ) -> None:
        self._inbox = inbox
        self._budget_left = budget_left
        self._drain_reason = drain_reason

    def application(self) -> web.Application:
        """The application that listens on the metrics address."""
        app = web.Application()
        app.router.add_get("/metrics", self.answer)
        app.on_response_prepare.append(preparing(shutdown=Shutdown()))
        return app

    async def answer(self, _request: web.Request) -> web.Response:
        """All metrics; where the database cannot be read, those from it are NaN."""
        metrics.BUDGET_LEFT.set(self._budget_left())
        reason = self._drain_reason()
        metrics.DRAINING.set(reason is None)
        metrics.WAITS_FOR.clear()
        if reason:
            metrics.WAITS_FOR.labels(reason).set(1)
        await self._backlog(datetime.now(UTC))
        body = generate_latest(metrics.REGISTRY)
        return web.Response(body=body, headers={hdrs.CONTENT_TYPE: CONTENT_TYPE_LATEST})

    async def _backlog(self, now: datetime) -> None:
        try:
            backlog = await self._inbox.backlog()
            transcripts = await job_backlog(self._inbox)
            summaries = await failed_summaries(self._inbox)
        except InboxUnavailable:
            for gauge in OF_THE_DATABASE:
                gauge.set(NOT_KNOWN)
            return
        metrics.TRANSCRIPTS_DUE.set(transcripts.due)
        metrics.TRANSCRIPTS_PARKED.set(transcripts.parked)
        metrics.SUMMARIES_PARKED.set(summaries)
        metrics.DUE.set(backlog.due)
        metrics.PARKED.set(backlog.parked)
        age = (now - backlog.oldest).total_seconds() if backlog.oldest else 0
        metrics.OLDEST_DUE.set(max(age, 0))
