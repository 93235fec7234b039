"""Builds the handlers of what Twilio sends: voice requests, callbacks, transcripts."""

from bridge.settings import Settings
from bridge.twilio.answers import TwimlAnswers
from bridge.twilio.urls import CallbackUrls
from bridge.web.conferences.dial_actions import MovedDials
from bridge.web.routes import TwilioEdge
from bridge.web.twilio.callbacks import Callbacks
from bridge.web.twilio.inbound import Inbound
from bridge.web.twilio.outbound import Outbound
from bridge.web.twilio.signed import SignedForms
from bridge.web.twilio.transcripts import Transcripts
from bridge.web.twilio.voice import Voice
from bridge.wiring.parts import Parts
from bridge.wiring.twilio import binding_of, validator_of


def twilio_edge(settings: Settings, parts: Parts) -> TwilioEdge:
    """All that Twilio calls, with its signature."""
    callbacks = Callbacks(parts.inbox)
    return TwilioEdge(
        signed=SignedForms(
            validator_of(settings.twilio),
            settings.server.public_url,
            account_sid=settings.twilio.account_sid,
        ),
        voice=_voice(settings, parts, callbacks),
        callbacks=callbacks,
        transcripts=Transcripts(parts.inbox, is_on=settings.transcripts.takes_results),
    )


def _voice(settings: Settings, parts: Parts, callbacks: Callbacks) -> Voice:
    urls = CallbackUrls(settings.server.public_url)
    return Voice(
        inbound=_inbound(settings, parts, urls),
        outbound=Outbound(
            parts.inbox,
            parts.rules.admission,
            binding_of(settings.twilio),
            parts.rules.lines,
            urls=urls,
            foreign_tokens=settings.tokens.foreign == "accept",
            texts=settings.voice.spoken,
        ),
        callbacks=callbacks,
        moved=MovedDials(
            parts.inbox,
            parts.rules.live_calls,
            parts.rules.lines,
            parts.conferences.moving.conferences,
            urls=urls,
        ),
        music=music_of(settings),
        texts=settings.voice.spoken,
    )


def music_of(settings: Settings) -> str | None:
    """The URL of the sound file for parties on hold; None for silence."""
    hold = settings.voice.hold
    if hold == "silence":
        return None
    return f"{settings.server.public_url}/phone/hold.wav" if hold == "music" else hold


def _inbound(settings: Settings, parts: Parts, urls: CallbackUrls) -> Inbound:
    rules, workspace = parts.rules, parts.workspace
    return Inbound(
        parts.inbox,
        rules.lines,
        TwimlAnswers(urls),
        recognition=workspace.recognition,
        members=workspace.members,
        in_call=rules.live_calls.in_call,
        declined=rules.live_calls.declined,
        availabilities=parts.availabilities,
        admission=rules.admission,
        twenty_url=settings.twenty.pages,
        region=settings.region,
        clock=parts.clock,
    )
