"""Outbound calls: TwiML that dials, or that tells the agent why the call is refused."""

from collections.abc import Mapping

import structlog
from aiohttp import web

from bridge.calls.agents import client_identity
from bridge.calls.callback import ATTEMPT, Callback, Kind
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
from bridge.web.twilio.callbacks import answer, read, store_in_background

log = structlog.get_logger()


class Outbound:
    """Answers voice requests of outbound calls by the rules of the line whose number is shown.

    `foreign_tokens`: whether tokens that another server issued for the account are accepted. `texts` has the
    sentences for agents.
    """

    def __init__(
        self,
        inbox: Inbox,
        admission: Admission,
        binding: Binding,
        lines: Lines,
        *,
        urls: CallbackUrls,
        foreign_tokens: bool,
        texts: Texts,
    ) -> None:
        self._inbox = inbox
        self._admission = admission
        self._binding = binding
        self._lines = lines
        self._urls = urls
        self._foreign_tokens = foreign_tokens
        self._texts = texts

    async def answer(self, request: web.Request, parameters: Mapping[str, str]) -> web.Response:
        """TwiML for an agent's call; the voice request is stored without delaying the answer."""
        asked = read(Kind.VOICE, request, forms.of_a_browser(parameters))
        try:
            self._check_token(asked)
            if asked.is_preflight:
                self._admission.admit_test(asked)
                return self._hear_nothing(asked)
            outgoing = self._admission.admit(asked)
        except NumberRefused as refused:
            return self._refuse(request, asked, refused)
        store_in_background(self._inbox, asked)
        metrics.TWIML.inc("dialled")
        return answer(self._dial(outgoing, asked))

    def _hear_nothing(self, asked: Callback) -> web.Response:
        store_in_background(self._inbox, asked)
        metrics.TWIML.inc("preflight")
        return answer(twiml.PREFLIGHT)

    def _check_token(self, asked: Callback) -> None:
        """Raises NumberRefused for a token of another agent, or of another server unless `foreign_tokens`."""
        match self._binding.check(asked.parameters):
            case Bound.FORGED:
                raise NumberRefused("not_signed_in", "a token that is not this agent's")
            case Bound.FOREIGN if not self._foreign_tokens:
                raise NumberRefused("not_signed_in", "a token that we did not issue")
            case Bound.FOREIGN:
                metrics.FOREIGN_TOKENS.inc()
                log.info("call.foreign_token", call_sid=asked.call_sid, agent=asked.get("From"))

    def _dial(self, outgoing: Outgoing, asked: Callback) -> str:
        shown = outgoing.caller_id
        line = self._lines.of(shown)
        return twiml.dial_out(
            outgoing.target,
            caller_id=shown,
            timeout=line.ring_seconds,
            time_limit=line.longest_call_seconds,
            urls=self._urls,
            agent=client_identity(asked.get("From")) or "",
            detect_machines_of=asked.call_sid if line.machine_detection else None,
            record=line.recording.outbound,
            announcement=self._urls.announcement(shown) if line.recording.announcement else None,
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
        parsed = {**asked.parameters, "Reason": refused.reason}
        store_in_background(self._inbox, read(Kind.REFUSED, request, parsed))
        # The phone page requests the reason and shows it: a call with spoken words looks answered.
        if flooded or asked.get(ATTEMPT):
            return answer(twiml.REJECT)
        text = spoken_refusal(self._texts, refused.reason)
        return answer(twiml.say(text, language=self._texts.language))
