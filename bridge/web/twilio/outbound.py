"""Calls out: the TwiML that dials, or that tells the agent why not."""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from aiohttp import web

from bridge.calls.agents import client_identity
from bridge.calls.callback import Callback, Kind
from bridge.calls.dialling.admission import Admission, Outgoing
from bridge.calls.numbers import shortened
from bridge.calls.routing.lines import Lines
from bridge.calls.texts import Texts, spoken_refusal
from bridge.errors import NumberRefused
from bridge.inbox.store import Inbox
from bridge.observability import metrics
from bridge.twilio import forms, twiml
from bridge.twilio.binding import Binding, Bound
from bridge.twilio.urls import CallbackUrls
from bridge.web.twilio.callbacks import answer, keep_soon, read

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How calls go out. `foreign_tokens`: also by tokens that another server issued for our account.

    `lines` says what is recorded and announced: the line of the number that is shown decides both.
    """

    ring_seconds: int
    longest_call_seconds: int | None
    machine_detection: bool
    lines: Lines
    foreign_tokens: bool
    texts: Texts


class Outbound:
    """Answers voice requests of calls out."""

    def __init__(
        self, inbox: Inbox, admission: Admission, binding: Binding, line: Line, urls: CallbackUrls
    ) -> None:
        self._inbox = inbox
        self._admission = admission
        self._binding = binding
        self._line = line
        self._urls = urls

    async def answer(self, request: web.Request, parameters: Mapping[str, str]) -> web.Response:
        """TwiML for an agent's call; the voice request is stored without delaying the answer."""
        asked = read(Kind.VOICE, request, forms.of_a_browser(parameters))
        try:
            self._check_token(asked)
            outgoing = self._admission.admit(asked)
        except NumberRefused as refused:
            return self._refuse(request, asked, refused)
        keep_soon(self._inbox, asked)
        metrics.TWIML.inc("dialled")
        return answer(self._dial(outgoing, asked))

    def _check_token(self, asked: Callback) -> None:
        """Raises NumberRefused for another agent's token, or another server's where those are refused."""
        match self._binding.check(asked.parameters):
            case Bound.FORGED:
                raise NumberRefused("not_signed_in", "a token that is not this agent's")
            case Bound.FOREIGN if not self._line.foreign_tokens:
                raise NumberRefused("not_signed_in", "a token that we did not issue")
            case Bound.FOREIGN:
                metrics.FOREIGN_TOKENS.inc()
                log.info("call.foreign_token", call_sid=asked.call_sid, agent=asked.get("From"))

    def _dial(self, outgoing: Outgoing, asked: Callback) -> str:
        shown = outgoing.caller_id
        recording = self._line.lines.of(shown).recording
        return twiml.dial_out(
            outgoing.target,
            caller_id=outgoing.caller_id,
            timeout=self._line.ring_seconds,
            time_limit=self._line.longest_call_seconds,
            urls=self._urls,
            agent=client_identity(asked.get("From")) or "",
            detect_machines_of=asked.call_sid if self._line.machine_detection else None,
            record=recording.outbound,
            announcement=self._urls.announcement(shown) if recording.announcement else None,
            send_digits=outgoing.send_digits,
        )

    def _refuse(self, request: web.Request, asked: Callback, refused: NumberRefused) -> web.Response:
        log.warning(
            "call.refused",
            call_sid=asked.call_sid,
            agent=asked.get("From"),
            to=shortened(asked.get("To") or ""),
            reason=refused.reason,
            detail=str(refused),
        )
        metrics.NUMBERS_REFUSED.inc(refused.reason)
        metrics.TWIML.inc("refused")
        flooded = self._admission.is_flooded(asked)
        told = {**asked.parameters, "Reason": refused.reason}
        keep_soon(self._inbox, read(Kind.REFUSED, request, told))
        if flooded:
            return answer(twiml.REJECT)
        text = spoken_refusal(self._line.texts, refused.reason)
        return answer(twiml.say(text, language=self._line.texts.language))
