"""One account: what it owns, whom it knows, and which calls it has had."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from bridge.sandbox.sound import Conversation
from bridge.sandbox.twilio.conferences import Directory
from bridge.sandbox.twilio.delivered import Delivered
from bridge.sandbox.twilio.legs import Leg
from bridge.sandbox.twilio.numbers import country
from bridge.sandbox.twilio.oauth import OAuth
from bridge.sandbox.twilio.parties import Party
from bridge.sandbox.twilio.permissions import Permissions
from bridge.sandbox.twilio.recordings import MessageText, Recording
from bridge.sandbox.twilio.sids import new_sid
from bridge.sandbox.twilio.transcribing.state import Transcribing
from bridge.sandbox.twilio.webhooks import Webhooks

MOST_LOGGED = 1000
"""Calls whose requests are remembered."""


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(slots=True, eq=False)
class VoiceSettings:
    """Where the calls of an application or a number go."""

    friendly_name: str = ""
    voice_url: str | None = None
    voice_method: str = "POST"
    voice_fallback_url: str | None = None
    voice_fallback_method: str = "POST"
    status_callback: str | None = None
    status_callback_method: str = "POST"
    created: datetime = field(default_factory=_now)
    updated: datetime = field(default_factory=_now)
    other: dict[str, str] = field(default_factory=dict)
    """Settings that the sandbox keeps but does not act on (those of messages)."""


@dataclass(slots=True, eq=False)
class Application(VoiceSettings):
    """A TwiML App: browsers call out through it."""

    sid: str = field(default_factory=lambda: new_sid("AP"))


@dataclass(slots=True, eq=False)
class PhoneNumber(VoiceSettings):
    """A number that the account owns; an application on it overrides its own URLs."""

    sid: str = field(default_factory=lambda: new_sid("PN"))
    phone_number: str = ""
    voice_application_sid: str = ""


@dataclass(slots=True, eq=False)
class Key:
    """An API key; Twilio shows its secret once. A restricted one names the permissions that it has."""

    sid: str
    secret: str
    friendly_name: str = ""
    allow: frozenset[str] | None = None
    created: datetime = field(default_factory=_now)


@dataclass(slots=True, eq=False)
class Account:
    """Everything behind one account SID."""

    sid: str
    auth_token: str
    api_url: str = ""
    parties: dict[str, Party] = field(default_factory=dict)
    verified: set[str] = field(default_factory=set)
    """Numbers that are not owned but may be shown as caller."""
    applications: dict[str, Application] = field(default_factory=dict)
    numbers: dict[str, PhoneNumber] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    calls: dict[str, Leg] = field(default_factory=dict)
    recordings: dict[str, Recording] = field(default_factory=dict)
    conversation: Conversation | None = None
    """What is said in recordings that begin from now on, and have no message of a caller."""
    recorded: dict[str, list[Recording]] = field(default_factory=dict)
    """The recordings by the call or the conference that they are of."""
    message_texts: dict[str, MessageText] = field(default_factory=dict)
    """What `<Record transcribe>` made of messages."""
    requests: dict[str, list[Delivered]] = field(default_factory=dict)
    """What was sent to the application about a call: of the last calls alone."""
    sent: int = 0
    """How many requests were sent to the application."""
    permissions: Permissions = field(default_factory=Permissions)
    webhooks: Webhooks = field(default_factory=Webhooks)
    oauth: OAuth = field(default_factory=OAuth)
    transcribing: Transcribing = field(default_factory=Transcribing)
    devices: dict[str, list[str]] = field(default_factory=dict)
    """The devices that are connected and ring, by address (`client:alice`, `+33639980001`)."""
    home: str = ""
    """The country of its first number, which withheld callers get."""
    conferences: Directory = field(init=False)

    def __post_init__(self) -> None:
        """There is no conference yet."""
        self.conferences = Directory(self.sid)

    def add_number(self, phone_number: str) -> PhoneNumber:
        """Buys a number."""
        number = PhoneNumber(phone_number=phone_number, friendly_name=phone_number)
        self.numbers[number.sid] = number
        self.home = self.home or country(phone_number)
        return number

    def find_number(self, phone_number: str) -> PhoneNumber | None:
        """The number that the account owns, by its digits."""
        return next((n for n in self.numbers.values() if n.phone_number == phone_number), None)

    def may_show(self, number: str) -> bool:
        """Whether a number may be shown as caller: it is owned or verified."""
        return number in self.verified or self.find_number(number) is not None

    def keep_recording(self, recording: Recording) -> None:
        """Registers a recording."""
        recording.conversation = recording.conversation or self.conversation
        self.recordings[recording.sid] = recording
        self.recorded.setdefault(recording.owner_sid, []).append(recording)

    def drop_recording(self, recording: Recording) -> None:
        """Deletes a recording."""
        self.recordings.pop(recording.sid, None)
        self.recorded[recording.owner_sid].remove(recording)

    def recordings_of(self, sid: str) -> list[Recording]:
        """The recordings of a call or a conference."""
        return self.recorded.get(sid, [])

    def log(self, delivered: Delivered) -> None:
        """Counts a request, and remembers it if it is about a call."""
        self.sent += 1
        if sid := delivered.params.get("CallSid"):
            self.requests.setdefault(sid, []).append(delivered)
        while len(self.requests) > MOST_LOGGED:
            del self.requests[next(iter(self.requests))]

    def voice_settings(self, number: PhoneNumber) -> VoiceSettings:
        """Where calls to a number go."""
        return self.applications.get(number.voice_application_sid, number)

    def party(self, address: str) -> Party:
        """Who is behind a number or a client: its devices, else a script; who has neither lets it ring."""
        if self.devices.get(address):
            return Party.live()
        return self.parties.get(address) or Party.no_answer()
