"""What to do with a call: Twilio asks, TwiML answers."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from aiohttp import web

from bridge.calls.callback import Kind
from bridge.calls.numbers import client_identity, shortened, to_dial
from bridge.calls.texts import Texts
from bridge.errors import InboxUnavailable, NumberRefused
from bridge.inbox.store import Inbox
from bridge.twilio import twiml
from bridge.twilio.tokens import allowed_identity
from bridge.web.callbacks import answer, read

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The company's number and how calls go out over it. `region` is where national numbers are at home."""

    number: str
    region: str
    ring_seconds: int
    longest_call_seconds: int | None
    texts: Texts


class Voice:
    """Answers voice requests; what they tell is kept without keeping the caller waiting."""

    def __init__(self, inbox: Inbox, line: Line, urls: twiml.CallbackUrls) -> None:
        self._inbox = inbox
        self._line = line
        self._urls = urls

    async def voice(self, request: web.Request, parameters: Mapping[str, str]) -> web.Response:
        """A browser calls out, or somebody calls in."""
        if client_identity(parameters.get("From")) is None:
            self._keep_soon(Kind.VOICE, request, parameters)
            return self._say(self._line.texts.no_inbound)
        try:
            target = self._target(parameters.get("To", ""))
        except NumberRefused as refused:
            log.warning("call.refused", call_sid=parameters.get("CallSid"), reason=str(refused))
            self._keep_soon(Kind.REFUSED, request, {**parameters, "Reason": refused.reason})
            return self._say(getattr(self._line.texts, refused.reason))
        self._keep_soon(Kind.VOICE, request, parameters)
        return answer(self._dial(target, parameters["From"]))

    async def fallback(self, request: web.Request, parameters: Mapping[str, str]) -> web.Response:
        """Twilio comes here when the voice URL failed; the error that it names is worth a line."""
        log.error("voice.failed", call_sid=parameters.get("CallSid"), error_code=parameters.get("ErrorCode"))
        return self._say(self._line.texts.unavailable)

    def _target(self, dialled: str) -> str:
        if dialled.startswith("client:"):
            identity = allowed_identity(client_identity(dialled) or "")
            if identity is None:
                raise NumberRefused("invalid", f"{shortened(dialled)!r}: no identity")
            return f"client:{identity}"
        return to_dial(dialled, self._line.region)

    def _dial(self, target: str, caller: str) -> str:
        # A colleague sees who calls; everybody else the company's number.
        caller_id = caller if client_identity(target) else self._line.number
        return twiml.dial_out(
            target,
            caller_id=caller_id,
            timeout=self._line.ring_seconds,
            time_limit=self._line.longest_call_seconds,
            urls=self._urls,
        )

    def _say(self, text: str) -> web.Response:
        return answer(twiml.say(text, language=self._line.texts.language))

    def _keep_soon(self, kind: Kind, request: web.Request, parameters: Mapping[str, str]) -> None:
        """The TwiML does not wait for the disk; the call's status callbacks do."""
        callback = read(kind, request, parameters)
        try:
            self._inbox.put_soon(callback).add_done_callback(_log_failure)
        except InboxUnavailable as error:
            log.error("voice.not_kept", call_sid=callback.call_sid, reason=str(error))


def _log_failure(kept: asyncio.Future[None]) -> None:
    if not kept.cancelled() and (error := kept.exception()):
        log.error("voice.not_kept", reason=str(error))
