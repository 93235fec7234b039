"""Voice requests: Twilio asks what to do with a call, and the bridge answers with TwiML.

https://www.twilio.com/docs/voice/twiml
"""

from collections.abc import Mapping

import structlog
from aiohttp import web

from bridge.calls.agents import client_identity
from bridge.calls.texts import Texts
from bridge.observability import metrics
from bridge.twilio import forms, twiml
from bridge.web.conferences.dial_actions import MovedDials
from bridge.web.twilio.callbacks import Callbacks, answer
from bridge.web.twilio.inbound import Inbound
from bridge.web.twilio.outbound import Outbound

log = structlog.get_logger()


class Voice:
    """Answers voice requests of inbound and outbound calls; `music` is the sound file for parties on hold."""

    def __init__(
        self,
        *,
        inbound: Inbound,
        outbound: Outbound,
        callbacks: Callbacks,
        moved: MovedDials,
        music: str | None,
        texts: Texts,
    ) -> None:
        self._inbound = inbound
        self._outbound = outbound
        self._callbacks = callbacks
        self._moved = moved
        self._music = music
        self._texts = texts

    async def voice(self, request: web.Request, parameters: Mapping[str, str]) -> web.Response:
        """The first request of a call: by an agent's browser, or by a caller."""
        parameters = _served(parameters)
        if client_identity(parameters.get("From")) is None:
            return await self._inbound.answer(request, parameters)
        return await self._outbound.answer(request, parameters)

    async def dialled(self, request: web.Request, parameters: Mapping[str, str]) -> web.Response:
        """The action of a Dial that ended; for an inbound call its URL names the step."""
        if request.query.get("step") == "conference":
            return await self._moved.left(request, parameters)
        if moved := await self._moved.answer(request, _served(parameters)):
            return moved
        if "step" in request.query and parameters.get("DialCallStatus"):
            return await self._inbound.dialled(request, _served(parameters))
        return await self._callbacks.dial(request, parameters)

    async def hold(self, _request: web.Request, _parameters: Mapping[str, str]) -> web.Response:
        """What a party on hold hears."""
        return answer(twiml.on_hold(self._music))

    async def listening(self, _request: web.Request, _parameters: Mapping[str, str]) -> web.Response:
        """Tells a customer that a supervisor listens."""
        return answer(twiml.spoken(self._texts.listening, language=self._texts.language))

    async def announcement(self, request: web.Request, parameters: Mapping[str, str]) -> web.Response:
        """The called person has answered: announces that the call is recorded."""
        return await self._inbound.announce(request, parameters)

    async def fallback(self, request: web.Request, parameters: Mapping[str, str]) -> web.Response:
        """A request for TwiML failed: logs Twilio's error code and apologises to the caller.

        A call that was moved into its conference meanwhile goes on there.
        """
        log.error("voice.failed", call_sid=parameters.get("CallSid"), error_code=parameters.get("ErrorCode"))
        if moved := await self._moved.after_failure(_served(parameters)):
            return moved
        metrics.TWIML.inc("fallback")
        return answer(twiml.say(self._texts.unavailable, language=self._texts.language))


def _served(parameters: Mapping[str, str]) -> Mapping[str, str]:
    """The form of a voice request without parameters that Twilio does not send; logs what it drops."""
    accepted, left_out = forms.served(parameters)
    if left_out:
        log.warning("voice.left_out", call_sid=parameters.get("CallSid"), parameters=left_out)
    return accepted
