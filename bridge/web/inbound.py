"""Somebody calls the company: who rings, and what happens where nobody picks up."""

from collections.abc import Mapping

from aiohttp import web

from bridge import metrics
from bridge.calls.callback import Kind
from bridge.calls.texts import Texts
from bridge.inbox.store import Inbox
from bridge.twilio import twiml
from bridge.web.callbacks import answer, keep_soon, read


class Inbound:
    """Answers voice requests of calls in."""

    def __init__(self, inbox: Inbox, *, texts: Texts) -> None:
        self._inbox = inbox
        self._texts = texts

    async def answer(self, request: web.Request, parameters: Mapping[str, str]) -> web.Response:
        """TwiML for one who calls; what it tells is kept without keeping them waiting."""
        keep_soon(self._inbox, read(Kind.VOICE, request, parameters))
        metrics.TWIML.inc("nobody")
        return answer(twiml.say(self._texts.no_inbound, language=self._texts.language))
