"""TwiML for callers, from the routing's decisions.

https://www.twilio.com/docs/voice/twiml/dial and https://www.twilio.com/docs/voice/twiml/record
"""

from collections.abc import Iterator

from msgspec import Struct
from twilio.twiml.voice_response import Client, Dial, Number, VoiceResponse

from bridge.calls.routing.lines import Line, Message, Voicemail
from bridge.calls.routing.steps import Decision, Forward, Ring
from bridge.twilio.twiml import STATUS_EVENTS, recorded, written
from bridge.twilio.urls import CallbackUrls

LONGEST_PARAMETER = 128
"""Bytes. https://support.twilio.com/hc/en-us/articles/115011213347"""


class CallerDetails(Struct, frozen=True, kw_only=True):
    """The caller, as the agents' phones show them.

    `number` is the caller ID of a forwarded call: exactly the calling number, or None to show the line's own.
    `readable` is the calling number as people write it.
    `call_sid` is the SID of the caller's leg; the ringing leg has another one.
    https://www.twilio.com/docs/api/errors/13214
    """

    number: str | None = None
    readable: str | None = None
    call_sid: str | None = None
    name: str | None = None
    person_id: str | None = None
    url: str | None = None

    def parameters(self) -> Iterator[tuple[str, str]]:
        """The custom parameters for a ringing browser.

        https://www.twilio.com/docs/voice/twiml/client
        """
        name = (self.name or "").encode()[:LONGEST_PARAMETER].decode(errors="ignore")
        values = {
            "name": name,
            "personId": self.person_id,
            "url": self.url,
            "callSid": self.call_sid,
            "readable": self.readable,
        }
        for parameter, value in values.items():
            # A URL cut short leads nowhere: the phone looks the person up, too.
            if value and len(value.encode()) <= LONGEST_PARAMETER:
                yield parameter, value


class TwimlAnswers(Struct, frozen=True):
    """Writes TwiML for inbound calls."""

    urls: CallbackUrls

    def write(
        self, decision: Decision, line: Line, caller: CallerDetails, *, called: str, first: bool
    ) -> str:
        """Writes the TwiML; `called` is the company's number, `first`: whether the call has just come in."""
        response = VoiceResponse()
        match decision:
            case Ring() | Forward():
                self._dial(response, decision, line, caller, called=called, first=first)
            case Voicemail():
                self._record(response, decision, line)
            case Message():
                _speak(response, decision.spoken, line)
                response.hangup()
        return written(response)

    def _dial(
        self,
        response: VoiceResponse,
        decision: Ring | Forward,
        line: Line,
        caller: CallerDetails,
        *,
        called: str,
        first: bool,
    ) -> None:
        for spoken in _before_ringing(line) if first else ():
            _speak(response, spoken, line)
        dial = Dial(
            # Until something is played the call is not answered: the caller hears ringing and pays nothing.
            answer_on_bridge=not response.verbs,
            timeout=decision.seconds,
            time_limit=line.longest_call_seconds,
            action=self.urls.after(decision.step),
            caller_id=(caller.number or called) if isinstance(decision, Forward) else None,
            **recorded(self.urls, wanted=line.recording.inbound),
        )
        for noun in self._nouns(decision, caller):
            dial.append(noun)
        response.append(dial)

    def _nouns(self, decision: Ring | Forward, caller: CallerDetails) -> Iterator[Client | Number]:
        shows_line = isinstance(decision, Forward) and not caller.number
        url = self.urls.status_shown if shows_line else self.urls.status_in
        callback = {"status_callback": url, "status_callback_event": STATUS_EVENTS}
        if isinstance(decision, Forward):
            yield Number(decision.number, **callback)
            return
        for identity in decision.identities:
            client = Client(**callback)
            client.identity(identity)
            for name, value in caller.parameters():
                client.parameter(name=name, value=value)
            yield client

    def _record(self, response: VoiceResponse, voicemail: Voicemail, line: Line) -> None:
        _speak(response, voicemail.greeting, line)
        transcribed = {"transcribe": True, "transcribe_callback": self.urls.transcription}
        response.record(
            action=self.urls.voicemail,
            max_length=voicemail.longest_seconds,
            recording_status_callback=self.urls.recording,
            recording_status_callback_event="completed absent",
            **(transcribed if voicemail.transcribe else {}),
        )
        # Twilio continues here if the caller says nothing.
        response.redirect(self.urls.voicemail)


def _before_ringing(line: Line) -> Iterator[str]:
    if line.greeting:
        yield line.greeting
    if line.recording.inbound and line.recording.announcement:
        yield line.recording.announcement


def announcement(line: Line) -> str:
    """TwiML that plays the recording announcement to the called person before the connection."""
    response = VoiceResponse()
    if line.recording.announcement:
        _speak(response, line.recording.announcement, line)
    return written(response)


def _speak(response: VoiceResponse, spoken: str, line: Line) -> None:
    """A text in the line's language, or an audio file."""
    if spoken.startswith("https://"):
        response.play(spoken)
    else:
        response.say(spoken, language=line.texts.language)
