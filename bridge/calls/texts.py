"""What people hear on the phone and read in Twenty, by language."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

LANGUAGES = ("en-US", "fr-FR")


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The texts of one language; `language` is a tag that Twilio's <Say> speaks."""

    language: str
    # Spoken
    invalid: str
    """Nobody can be reached at what was dialled."""
    unavailable: str
    """Something on our side failed."""
    no_inbound: str
    """Somebody called a number that no line serves."""
    # Written
    inbound: str
    outbound: str
    missed: str
    unanswered: str
    voicemail: str
    busy: str
    failed: str
    canceled: str
    withheld: str
    also: str
    call_back: str
    minutes: str
    seconds: str


ENGLISH = Texts(
    language="en-US",
    invalid="The number you dialed is not valid. Please check it and try again.",
    unavailable="We are sorry, this call cannot be placed right now. Please try again later.",
    no_inbound="We are sorry, nobody can take your call right now. Please try again later.",
    inbound="Inbound call",
    outbound="Outbound call",
    missed="Missed call",
    unanswered="No answer",
    voicemail="Voicemail",
    busy="Busy",
    failed="Failed call",
    canceled="Canceled call",
    withheld="Withheld number",
    also="also {names}",
    call_back="Call back {name}",
    minutes="{minutes} min {seconds} s",
    seconds="{seconds} s",
)
FRENCH = Texts(
    language="fr-FR",
    invalid="Le numéro composé n'est pas valide. Merci de le vérifier et de recommencer.",
    unavailable="Désolé, cet appel ne peut pas aboutir pour le moment. Merci de réessayer plus tard.",
    no_inbound="Désolé, personne ne peut prendre votre appel pour le moment. Merci de rappeler plus tard.",
    inbound="Appel entrant",
    outbound="Appel sortant",
    missed="Appel manqué",
    unanswered="Sans réponse",
    voicemail="Message vocal",
    busy="Occupé",
    failed="Appel échoué",
    canceled="Appel annulé",
    withheld="Numéro masqué",
    also="aussi {names}",
    call_back="Rappeler {name}",
    minutes="{minutes} min {seconds} s",
    seconds="{seconds} s",
)
SHIPPED: Mapping[str, Texts] = {"en-US": ENGLISH, "fr-FR": FRENCH}
NAMES = tuple(name for name in Texts.__dataclass_fields__ if name != "language")


def texts_for(language: str, own: Mapping[str, str]) -> Texts:
    """The texts of a language, with the operator's own in place of shipped ones.

    A language that does not ship starts from English, so each text left out is English.
    """
    return replace(SHIPPED.get(language, ENGLISH), language=language, **own)
