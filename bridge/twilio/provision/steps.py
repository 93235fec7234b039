"""The steps of a plan; each describes itself for the operator, with the values from before."""

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.twilio.rest.owned import Application, IncomingNumber, VoiceUrls

LABELS = {
    "voice_url": "voice URL",
    "voice_fallback_url": "fallback URL",
    "status_callback": "status callback URL",
    "voice_method": "voice method",
    "voice_fallback_method": "fallback method",
    "status_callback_method": "status callback method",
}
URLS = ("voice_url", "voice_fallback_url", "status_callback")


@dataclass(frozen=True, slots=True)
class MakeApplication:
    """Creates a TwiML App."""

    name: str
    urls: VoiceUrls

    def lines(self) -> Iterator[str]:
        """The lines that the operator is shown."""
        yield f"create the TwiML App “{self.name}”"
        for name in URLS:
            yield f"    {LABELS[name]}: {getattr(self.urls, name)}"


@dataclass(frozen=True, slots=True)
class ChangeApplication:
    """Changes the URLs of a TwiML App whose calls go elsewhere."""

    application: Application
    urls: VoiceUrls

    def lines(self) -> Iterator[str]:
        """The lines that the operator is shown."""
        yield f"change the TwiML App “{self.application.friendly_name}” ({self.application.sid})"
        for name, label in LABELS.items():
            before, after = getattr(self.application.urls, name), getattr(self.urls, name)
            if before != after:
                yield f"    {label}: {before or 'none'} → {after}"


@dataclass(frozen=True, slots=True)
class MakeKey:
    """Creates an API key; its secret is never shown."""

    name: str

    def lines(self) -> Iterator[str]:
        """The lines that the operator is shown."""
        yield f"create the API key “{self.name}”; its secret goes into .env"


@dataclass(frozen=True, slots=True)
class Attach:
    """Attaches a number to the TwiML App, so that its calls come to this bridge."""

    number: IncomingNumber
    name: str

    def lines(self) -> Iterator[str]:
        """The lines that the operator is shown, with what the change ends."""
        yield f"attach {self.number.phone_number} to the TwiML App “{self.name}”"
        if other := self.number.voice_application_sid:
            yield f"    application: {other} → this one; calls no longer go there"
        elif self.number.voice_url:
            yield f"    its voice URL {self.number.voice_url} is no longer requested"


@dataclass(frozen=True, slots=True)
class Remember:
    """Writes a variable into `.env`; the value is not secret."""

    variable: str
    value: str

    def lines(self) -> Iterator[str]:
        """The lines that the operator is shown."""
        yield f"write {self.variable}={self.value} into .env"


Step = MakeApplication | ChangeApplication | MakeKey | Attach | Remember
