"""What alerts there are, and what each says, in every language that the bridge speaks."""

from collections.abc import Mapping
from enum import Enum
from typing import Literal

from msgspec import Struct

Language = Literal["en", "fr"]


class Wording(Struct, frozen=True, kw_only=True):
    """`title` is a line; `text` says what happens and what to do; `over` is the line when it is over.

    Names in braces are details of what was observed.
    """

    title: str
    text: str
    over: str


class AlertKind(Struct, frozen=True, kw_only=True):
    """A kind of alert: `code` names it in the database, in logs and to webhooks."""

    code: str
    en: Wording
    fr: Wording

    def in_language(self, language: Language) -> Wording:
        """What it says."""
        return self.fr if language == "fr" else self.en


class Alert(Enum):
    """Everything that needs a person."""

    TWENTY_REFUSES = AlertKind(
        code="twenty.refuses",
        en=Wording(
            title="No call is written to Twenty",
            text="The reason is {reason}. Calls are kept meanwhile. Where Twenty refuses the API key, make"
            " another in Twenty (Settings → API & Webhooks), set TWENTY_API_TOKEN and restart the "
            "bridge; twenty-bridge doctor says what else it can be.",
            over="Calls are written to Twenty again",
        ),
        fr=Wording(
            title="Aucun appel n’est écrit dans Twenty",
            text="La raison est {reason}. Les appels sont gardés en attendant. Si Twenty refuse la clé "
            "API, créez-en une autre dans Twenty (Réglages → API & Webhooks), renseignez "
            "TWENTY_API_TOKEN et redémarrez la passerelle ; twenty-bridge doctor dit ce que cela peut"
            " être d’autre.",
            over="Les appels sont de nouveau écrits dans Twenty",
        ),
    )
    TWILIO_REFUSES = AlertKind(
        code="twilio.refuses",
        en=Wording(
            title="Twilio refuses the bridge's credentials",
            text="Twilio's REST API answers: {reason} Lost webhooks are not found, and agents "
            "cannot hang up, transfer or record. Set the credentials right and restart the bridge; "
            "twenty-bridge doctor twilio says more.",
            over="Twilio takes the bridge's credentials again",
        ),
        fr=Wording(
            title="Twilio refuse les identifiants de la passerelle",
            text="L’API REST de Twilio répond : {reason} Les webhooks perdus ne sont pas retrouvés, et "
            "les agents ne peuvent ni raccrocher, ni transférer, ni enregistrer. Corrigez les "
            "identifiants et redémarrez la passerelle ; twenty-bridge doctor twilio en dit plus.",
            over="Twilio accepte de nouveau les identifiants de la passerelle",
        ),
    )
    CALLS_WAIT = AlertKind(
        code="calls.wait",
        en=Wording(
            title="Calls wait for Twenty",
            text="{due} calls wait to be written to Twenty, the oldest since {since} (UTC). Look whether "
            "Twenty runs; the bridge writes them as soon as it answers. twenty-bridge doctor says "
            "more.",
            over="No call waits for Twenty any more",
        ),
        fr=Wording(
            title="Des appels attendent Twenty",
            text="{due} appels attendent d’être écrits dans Twenty, le plus ancien depuis {since} (UTC). "
            "Vérifiez que Twenty fonctionne ; la passerelle les écrit dès qu’il répond. twenty-bridge"
            " doctor en dit plus.",
            over="Plus aucun appel n’attend Twenty",
        ),
    )
    CALLS_PARKED = AlertKind(
        code="calls.parked",
        en=Wording(
            title="Calls are parked",
            text="Twenty refused {parked} calls, which wait for you. twenty-bridge calls list --parked "
            "says why; mend that, then run twenty-bridge calls retry --parked.",
            over="No call is parked any more",
        ),
        fr=Wording(
            title="Des appels sont mis de côté",
            text="Twenty a refusé {parked} appels, qui vous attendent. twenty-bridge calls list --parked "
            "dit pourquoi ; corrigez-le, puis lancez twenty-bridge calls retry --parked.",
            over="Plus aucun appel n’est mis de côté",
        ),
    )
    TRANSCRIPTS_PARKED = AlertKind(
        code="transcripts.parked",
        en=Wording(
            title="Transcripts or summaries are parked",
            text="{transcripts} recordings have no transcript, {summaries} calls no summary, and the bridge "
            "does not try again. Run twenty-bridge doctor transcripts; calls show says why of one call. Fix "
            "that, then run twenty-bridge calls retry --parked.",
            over="No transcript or summary is parked any more",
        ),
        fr=Wording(
            title="Des transcriptions ou des résumés sont mis de côté",
            text="{transcripts} enregistrements n’ont pas de transcription et {summaries} appels pas de "
            "résumé, et la passerelle n’essaie plus. Lancez twenty-bridge doctor transcripts ; calls show "
            "dit pourquoi pour un appel. Corrigez-le, puis lancez twenty-bridge calls retry --parked.",
            over="Plus aucune transcription ni aucun résumé n’est mis de côté",
        ),
    )
    WEBHOOKS_LOST = AlertKind(
        code="webhooks.lost",
        en=Wording(
            title="Webhooks of Twilio were lost",
            text="Twilio had more of {lost} calls than its webhooks reported. The bridge has asked for it "
            "and stored it. After an outage of the bridge that is as it should be; at any other time "
            "look at the debugger in Twilio's console and run twenty-bridge doctor.",
            over="No webhook was lost for a day",
        ),
        fr=Wording(
            title="Des webhooks de Twilio ont été perdus",
            text="Twilio en savait plus sur {lost} appels que ses webhooks n’en ont dit. La passerelle l’a"
            " demandé et enregistré. Après un arrêt de la passerelle, c’est normal ; sinon, consultez"
            " le débogueur dans la console de Twilio et lancez twenty-bridge doctor.",
            over="Aucun webhook n’a été perdu depuis un jour",
        ),
    )
    DISK_FULL = AlertKind(
        code="disk.full",
        en=Wording(
            title="The disk is nearly full",
            text="{free} MB are free where the bridge keeps its database. When none is left it takes no "
            "more calls' webhooks. Make room, or move the database (BRIDGE_DATABASE_URL).",
            over="The disk has room again",
        ),
        fr=Wording(
            title="Le disque est presque plein",
            text="Il reste {free} Mo là où la passerelle garde sa base de données. Quand il n’y en aura "
            "plus, elle n’acceptera plus de webhooks. Faites de la place, ou déplacez la base "
            "(BRIDGE_DATABASE_URL).",
            over="Le disque a de nouveau de la place",
        ),
    )
    CERTIFICATE_EXPIRES = AlertKind(
        code="certificate.expires",
        en=Wording(
            title="The certificate expires",
            text="The certificate of {host} ends on {ends}. After that neither Twilio nor browsers reach "
            "the bridge. Renew it at the reverse proxy.",
            over="The certificate is renewed",
        ),
        fr=Wording(
            title="Le certificat expire",
            text="Le certificat de {host} prend fin le {ends}. Ensuite, ni Twilio ni les navigateurs "
            "n’atteignent la passerelle. Renouvelez-le au proxy inverse.",
            over="Le certificat est renouvelé",
        ),
    )
    KEY_EXPIRES = AlertKind(
        code="key.expires",
        en=Wording(
            title="Twenty's API key expires",
            text="The API key of Twenty ends on {ends}. After that no call is written. Make another in "
            "Twenty (Settings → API & Webhooks), set TWENTY_API_TOKEN and restart the bridge.",
            over="Twenty's API key is renewed",
        ),
        fr=Wording(
            title="La clé API de Twenty expire",
            text="La clé API de Twenty prend fin le {ends}. Ensuite, aucun appel n’est écrit. Créez-en une"
            " autre dans Twenty (Réglages → API & Webhooks), renseignez TWENTY_API_TOKEN et "
            "redémarrez la passerelle.",
            over="La clé API de Twenty est renouvelée",
        ),
    )
    TWILIO_SILENT = AlertKind(
        code="twilio.silent",
        en=Wording(
            title="Nothing is heard from Twilio",
            text="Twilio's last webhook arrived at {heard} (UTC), {hours} open hours ago. Call the "
            "company's number; if the bridge does not hear of it, run twenty-bridge doctor.",
            over="Twilio is heard again",
        ),
        fr=Wording(
            title="Plus de nouvelles de Twilio",
            text="Le dernier webhook de Twilio est arrivé à {heard} (UTC), il y a {hours} heures "
            "d’ouverture. Appelez le numéro de la société ; si la passerelle n’en sait rien, lancez "
            "twenty-bridge doctor.",
            over="Twilio donne de nouveau des nouvelles",
        ),
    )


class Observation(Struct, frozen=True):
    """What was observed of one kind of alert; `details` fill its text."""

    is_wrong: bool
    details: Mapping[str, str]


RIGHT = Observation(is_wrong=False, details={})


def wrong(**details: object) -> Observation:
    """Something needs a person."""
    return Observation(is_wrong=True, details={name: str(value) for name, value in details.items()})
