"""Twilio's callbacks: stored first, then acknowledged."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import structlog
from aiohttp import web

from bridge.calls.callback import Callback, Kind
from bridge.errors import CallbackInvalid, InboxUnavailable
from bridge.inbox.store import Inbox
from bridge.twilio import forms, twiml
from bridge.web.handlers import FormHandler

log = structlog.get_logger()


class Callbacks:
    """Stores callbacks and answers after the commit. Handlers raise CallbackInvalid and InboxUnavailable."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def acknowledging(self, kind: Kind) -> FormHandler:
        """A handler that stores one kind and answers 204: Twilio reports an empty 200 as an error."""

        async def handle(request: web.Request, parameters: Mapping[str, str]) -> web.Response:
            await self._inbox.store(read(kind, request, parameters))
            return web.Response(status=204)

        return handle

    async def conference(self, request: web.Request, parameters: Mapping[str, str]) -> web.Response:
        """An event of a call's conference."""
        parsed = forms.conference_callback(request.raw_path, parameters, received_at=datetime.now(UTC))
        await self._inbox.store(parsed)
        return web.Response(status=204)

    async def machine(self, request: web.Request, parameters: Mapping[str, str]) -> web.Response:
        """The result of answering-machine detection for a leg in progress, whose call the URL names.

        https://www.twilio.com/docs/voice/answering-machine-detection
        """
        root_sid = request.query.get("call", "")
        if not forms.CALL_SID.fullmatch(root_sid):
            raise CallbackInvalid("`call` in the URL should be a call's SID.")
        parsed = {
            **parameters,
            "ParentCallSid": root_sid,
            "CallStatus": "in-progress",
        }
        await self._inbox.store(read(Kind.STATUS, request, parsed))
        return web.Response(status=204)

    async def dial(self, request: web.Request, parameters: Mapping[str, str]) -> web.Response:
        """The action of a Dial that has ended: answers with empty TwiML.

        The widget's former server had one URL for this and for status callbacks.
        """
        kind = Kind.DIAL if parameters.get("DialCallStatus") else Kind.STATUS
        await self._inbox.store(read(kind, request, parameters))
        return answer(twiml.EMPTY)

    async def voicemail(self, request: web.Request, parameters: Mapping[str, str]) -> web.Response:
        """The action of a Record that has ended, or whose caller said nothing: ends the call."""
        await self._inbox.store(read(Kind.VOICEMAIL, request, parameters, Next="end"))
        return answer(twiml.EMPTY)


def read(kind: Kind, request: web.Request, parameters: Mapping[str, str], **answered: str) -> Callback:
    """The request as a callback; `answered` is what the bridge answers. Raises CallbackInvalid."""
    parsed = forms.callback(
        kind, request.raw_path, parameters, received_at=datetime.now(UTC), answered=answered
    )
    if status := forms.unknown_status(parsed):
        log.warning("callback.status_unknown", call_sid=parsed.call_sid, status=status, kind=kind.value)
    return parsed


def answer(document: str) -> web.Response:
    """An answer with TwiML."""
    return web.Response(text=document, content_type="text/xml")


def store_in_background(inbox: Inbox, callback: Callback) -> None:
    """Stores a callback without delaying the TwiML; a failure is logged."""
    try:
        inbox.store_soon(callback).add_done_callback(_log_failure)
    except InboxUnavailable as error:
        log.error("voice.not_stored", call_sid=callback.call_sid, reason=str(error))


def _log_failure(stored: asyncio.Future[None]) -> None:
    if not stored.cancelled() and (error := stored.exception()):
        log.error("voice.not_stored", reason=str(error))
