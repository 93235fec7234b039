"""Transcription results that Twilio posts: stored first, then acknowledged."""

from datetime import UTC, datetime

import structlog
from aiohttp import web

from bridge.inbox.store import Inbox
from bridge.inbox.transcripts.results import store_result
from bridge.twilio.transcripts.results import result_of
from bridge.web.operation.problems import problem

log = structlog.get_logger()

OFF = "Transcription results are not stored: set transcripts.webhook."


class Transcripts:
    """Stores each transcription result once; `is_on` is the setting `transcripts.webhook`."""

    def __init__(self, inbox: Inbox, *, is_on: bool) -> None:
        self._inbox = inbox
        self._is_on = is_on
        self._has_logged_a_shape = False

    async def receive(self, _request: web.Request, body: bytes) -> web.Response:
        """Stores the result, then answers 204: Twilio keeps none after delivery. Raises InboxUnavailable."""
        if not self._is_on:
            return problem(404, OFF)
        result = result_of(body)
        await store_result(
            self._inbox,
            source_sid=result.source_sid,
            digest=result.digest,
            body=result.body,
            received_at=datetime.now(UTC),
        )
        if not self._has_logged_a_shape:
            self._has_logged_a_shape = True
            log.info("transcript.shape", names=result.names)
        return web.Response(status=204)
