"""An agent calls out: what may be dialled, and over which number."""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from aiohttp import web

from bridge import metrics
from bridge.calls.callback import Kind
from bridge.calls.identities import allowed_identity
from bridge.calls.numbers import client_identity, shortened, to_dial
from bridge.calls.texts import Texts
from bridge.errors import NumberRefused
from bridge.inbox.store import Inbox
from bridge.twilio import twiml
from bridge.twilio.urls import CallbackUrls
from bridge.web.callbacks import answer, keep_soon, read

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The company's number and how calls go out over it. `region` is where national numbers are at home."""

    number: str
    region: str
    ring_seconds: int
    longest_call_seconds: int | None
    machine_detection: bool
    record: bool
    announce: bool
    texts: Texts


class Outbound:
    """Answers voice requests of calls out."""

    def __init__(self, inbox: Inbox, line: Line, urls: CallbackUrls) -> None:
        self._inbox = inbox
        self._line = line
        self._urls = urls

    async def answer(self, request: web.Request, parameters: Mapping[str, str]) -> web.Response:
        """TwiML for an agent who calls; what it tells is kept without keeping them waiting."""
        try:
            target = self._target(parameters.get("To", ""))
        except NumberRefused as refused:
            log.warning("call.refused", call_sid=parameters.get("CallSid"), reason=str(refused))
            metrics.NUMBERS_REFUSED.inc(refused.reason)
            metrics.TWIML.inc("refused")
            told = {**parameters, "Reason": refused.reason}
            keep_soon(self._inbox, read(Kind.REFUSED, request, told))
            text = getattr(self._line.texts, refused.reason)
            return answer(twiml.say(text, language=self._line.texts.language))
        keep_soon(self._inbox, read(Kind.VOICE, request, parameters))
        metrics.TWIML.inc("dialled")
        return answer(self._dial(target, parameters))

    def _target(self, dialled: str) -> str:
        if dialled.startswith("client:"):
            identity = allowed_identity(client_identity(dialled) or "")
            if identity is None:
                raise NumberRefused("invalid", f"{shortened(dialled)!r}: no identity")
            return f"client:{identity}"
        return to_dial(dialled, self._line.region)

    def _dial(self, target: str, parameters: Mapping[str, str]) -> str:
        # A colleague sees who calls; everybody else the company's number.
        caller_id = parameters["From"] if client_identity(target) else self._line.number
        return twiml.dial_out(
            target,
            caller_id=caller_id,
            timeout=self._line.ring_seconds,
            time_limit=self._line.longest_call_seconds,
            urls=self._urls,
            detect_machines_of=parameters["CallSid"] if self._line.machine_detection else None,
            record=self._line.record,
            announce=self._line.announce,
        )
