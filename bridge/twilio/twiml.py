"""The TwiML that the bridge answers with, made by twilio's own builder.

https://www.twilio.com/docs/voice/twiml
"""

from dataclasses import dataclass

from twilio.twiml.voice_response import Dial, VoiceResponse

from bridge.calls.numbers import client_identity

STATUS_EVENTS = "initiated ringing answered completed"

# Twilio loses a callback that is answered slowly or with a 5xx unless its URL asks for more:
# five retries (rc), on everything (rp). https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
RETRIES = "#rc=5&rp=all"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackUrls:
    """Where Twilio reports to. Absolute, with the retries asked for."""

    dial: str
    status: str

    @classmethod
    def under(cls, public_url: str) -> "CallbackUrls":
        """Those of a bridge at `public_url` (no slash at its end)."""
        return cls(dial=f"{public_url}/twilio/dial{RETRIES}", status=f"{public_url}/twilio/status{RETRIES}")


EMPTY = str(VoiceResponse())
"""Nothing more to do: the call ends."""


def dial_out(target: str, *, caller_id: str, timeout: int, time_limit: int | None, urls: CallbackUrls) -> str:
    """Dials `target`: an E.164 number or `client:identity`."""
    response = VoiceResponse()
    dial = Dial(
        caller_id=caller_id,
        answer_on_bridge=True,
        timeout=timeout,
        time_limit=time_limit,
        action=urls.dial,
    )
    identity = client_identity(target)
    noun = dial.client if identity else dial.number
    noun(
        identity or target,
        status_callback=urls.status,
        status_callback_event=STATUS_EVENTS,
    )
    response.append(dial)
    return str(response)


def say(text: str, *, language: str) -> str:
    """Speaks a text and hangs up."""
    response = VoiceResponse()
    response.say(text, language=language)
    response.hangup()
    return str(response)
