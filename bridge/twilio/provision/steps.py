"""The steps of a plan; each describes itself for the operator, with the values from before."""

from collections.abc import Iterator

from msgspec import Struct

from bridge.language.phrase import Phrase, phrase
from bridge.twilio.rest.owned import Application, IncomingNumber, VoiceUrls

LABELS = {
    "voice_url": phrase("voice URL"),
    "voice_fallback_url": phrase("fallback URL"),
    "status_callback": phrase("status callback URL"),
    "voice_method": phrase("voice method"),
    "voice_fallback_method": phrase("fallback method"),
    "status_callback_method": phrase("status callback method"),
}
URLS = ("voice_url", "voice_fallback_url", "status_callback")


class MakeApplication(Struct, frozen=True):
    """Creates a TwiML App."""

    name: str
    urls: VoiceUrls

    def lines(self) -> Iterator[Phrase]:
        """The lines that the operator is shown."""
        yield phrase("create the TwiML App “{name}”", name=self.name)
        for name in URLS:
            yield phrase("    {label}: {url}", label=LABELS[name], url=getattr(self.urls, name))


class ChangeApplication(Struct, frozen=True):
    """Changes the URLs of a TwiML App whose calls go elsewhere."""

    application: Application
    urls: VoiceUrls

    def lines(self) -> Iterator[Phrase]:
        """The lines that the operator is shown."""
        yield phrase(
            "change the TwiML App “{name}” ({sid})",
            name=self.application.friendly_name,
            sid=self.application.sid,
        )
        for name, label in LABELS.items():
            before, after = getattr(self.application.urls, name), getattr(self.urls, name)
            if before != after:
                yield phrase(
                    "    {label}: {before} → {after}",
                    label=label,
                    before=before or phrase("none"),
                    after=after,
                )


class MakeKey(Struct, frozen=True):
    """Creates an API key; its secret is never shown."""

    name: str

    def lines(self) -> Iterator[Phrase]:
        """The lines that the operator is shown."""
        yield phrase("create the API key “{name}”; its secret goes into .env", name=self.name)


class Attach(Struct, frozen=True):
    """Attaches a number to the TwiML App, so that its calls come to this bridge."""

    number: IncomingNumber
    name: str

    def lines(self) -> Iterator[Phrase]:
        """The lines that the operator is shown, with what the change ends."""
        yield phrase(
            "attach {number} to the TwiML App “{name}”",
            number=self.number.phone_number,
            name=self.name,
        )
        if other := self.number.voice_application_sid:
            yield phrase("    application: {other} → this one; calls no longer go there", other=other)
        elif self.number.voice_url:
            yield phrase("    its voice URL {url} is no longer requested", url=self.number.voice_url)


class Remember(Struct, frozen=True):
    """Writes a variable into `.env`; the value is not secret."""

    variable: str
    value: str

    def lines(self) -> Iterator[Phrase]:
        """The lines that the operator is shown."""
        yield phrase("write {variable}={value} into .env", variable=self.variable, value=self.value)


Step = MakeApplication | ChangeApplication | MakeKey | Attach | Remember
