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
    """Nobody can take the call, and there is no voicemail."""
    leave_message: str
    """The voicemail's greeting."""
    recorded: str
    """The call is being recorded."""
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
    recording: str
    also: str
    call_back: str
    answered_by: str
    """Of a call in: the agent who took it, and how long it rang."""
    passed_on: str
    also_rung: str
    rung: str
    """Of a call in that nobody took: for whom it rang, and how long."""
    declined: str
    not_answered: str
    not_reached: str
    minutes: str
    seconds: str


ENGLISH = Texts(
    language="en-US",
    invalid="The number you dialed is not valid. Please check it and try again.",
    unavailable="We are sorry, this call cannot be placed right now. Please try again later.",
    no_inbound="We are sorry, nobody can take your call right now. Please try again later.",
    leave_message="We cannot take your call right now. Please leave a message after the tone.",
    recorded="This call is recorded.",
    inbound="Inbound call",
    outbound="Outbound call",
    missed="Missed call",
    unanswered="No answer",
    voicemail="Voicemail",
    busy="Busy",
    failed="Failed call",
    canceled="Canceled call",
    withheld="Withheld number",
    recording="Recording",
    also="also {names}",
    call_back="Call back {name}",
    answered_by="Answered by {name} after {time}.",
    passed_on="Passed on to {names}.",
    also_rung="Also rung: {names}.",
    rung="Rung for {time}: {names}.",
    declined="declined",
    not_answered="no answer",
    not_reached="not reached",
    minutes="{minutes} min {seconds} s",
    seconds="{seconds} s",
)
FRENCH = Texts(
    language="fr-FR",
    invalid="Le numéro composé n'est pas valide. Merci de le vérifier et de recommencer.",
    unavailable="Désolé, cet appel ne peut pas aboutir pour le moment. Merci de réessayer plus tard.",
    no_inbound="Désolé, personne ne peut prendre votre appel pour le moment. Merci de rappeler plus tard.",
    leave_message="Nous ne pouvons pas prendre votre appel. Merci de laisser un message après le bip.",
    recorded="Cet appel est enregistré.",
    inbound="Appel entrant",
    outbound="Appel sortant",
    missed="Appel manqué",
    unanswered="Sans réponse",
    voicemail="Message vocal",
    busy="Occupé",
    failed="Appel échoué",
    canceled="Appel annulé",
    withheld="Numéro masqué",
    recording="Enregistrement",
    also="aussi {names}",
    call_back="Rappeler {name}",
    answered_by="Pris par {name} après {time}.",
    passed_on="Transféré à {names}.",
    also_rung="Aussi sonné chez : {names}.",
    rung="A sonné {time} chez : {names}.",
    declined="refusé",
    not_answered="pas de réponse",
    not_reached="injoignable",
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
