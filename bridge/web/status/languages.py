"""The page's words, in each language: a text that is missing is an error of types."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from bridge.web.languages import preferred

StatusLanguage = Literal["en", "fr"]


class StatusWords(Struct, frozen=True, kw_only=True):
    """Names in braces are filled in."""

    lang: StatusLanguage
    title: str
    well: str
    waits: str
    needs_you: str
    as_of: str
    refresh: str
    connected: str
    system: str
    state: str
    twenty: str
    twenty_writes: str
    twenty_standby: str
    twenty_waits: str
    reasons: Mapping[str, str]
    twilio: str
    twilio_heard: str
    twilio_silent: str
    database: str
    database_works: str
    database_fails: str
    waiting: str
    due: str
    due_since: str
    parked: str
    parked_what: str
    reason: str
    calls: str
    none: str
    lost: str
    lost_what: str
    today: str
    today_most: str
    outcome: str
    inbound: str
    outbound: str
    outcomes: Mapping[str, str]
    agents: str
    agent: str
    available: str
    busy: str
    away: str
    in_call: str
    no_phone: str
    no_agents: str
    doctor: str
    doctor_never: str
    doctor_at: str
    doctor_well: str
    check: str
    finding: str
    warning: str
    error: str
    sign_in: str
    sign_in_twenty: str
    open_page: str
    sign_in_key: str
    key: str
    sign_out: str
    wrong_key: str
    no_right: str
    not_now: str
    not_allowed: str
    too_many: str


ENGLISH = StatusWords(
    lang="en",
    title="Status of the phone bridge",
    well="All is well.",
    waits="The bridge waits, and goes on by itself.",
    needs_you="Something needs a person.",
    as_of="As of {time}",
    refresh="Refresh",
    connected="Connections",
    system="System",
    state="State",
    twenty="Twenty",
    twenty_writes="Calls are written to Twenty.",
    twenty_standby="Another replica writes calls to Twenty.",
    twenty_waits="No calls are written now: {reason}.",
    reasons={
        "twenty.unavailable": "Twenty does not answer",
        "twenty.over_limit": "Twenty's rate limit is used up",
        "twenty.quota_exhausted": "Twenty has no room for more records",
        "twenty.unauthenticated": "Twenty refuses the API key",
        "twenty.forbidden": "Twenty does not let the API key do it",
        "inbox.unavailable": "the database cannot be used",
    },
    twilio="Twilio",
    twilio_heard="Last heard at {time}.",
    twilio_silent="Nothing was heard yet.",
    database="Database",
    database_works="It can be read.",
    database_fails="It cannot be read now. Twilio repeats what it reports.",
    waiting="Calls that wait",
    due="Due: Twenty does not have their newest state yet",
    due_since="the oldest since {time}",
    parked="Parked: Twenty refused them",
    parked_what="Why calls are parked",
    reason="Reason",
    calls="Calls",
    none="none",
    lost="Lost webhooks",
    lost_what="In 24 hours: calls of which Twilio had more than its webhooks reported; it is stored now",
    today="Today's calls",
    today_most="Of the {count} calls that were heard of last.",
    outcome="Outcome",
    inbound="In",
    outbound="Out",
    outcomes={
        "RINGING": "Ringing",
        "IN_PROGRESS": "In progress",
        "COMPLETED": "Answered",
        "MISSED": "Missed",
        "VOICEMAIL": "Voicemail",
        "BUSY": "Busy",
        "FAILED": "Failed",
        "CANCELED": "Canceled",
    },
    agents="Agents",
    agent="Agent",
    available="Available",
    busy="Busy",
    away="Away",
    in_call="In a call",
    no_phone="No phone page is open",
    no_agents="You see no other agents (phone.colleagues).",
    doctor="What doctor found",
    doctor_never="It has not ended since the start: it is tried each minute until it does, then once a day.",
    doctor_at="At {time}: {good} of {all} checks passed.",
    doctor_well="Nothing to fix.",
    check="Check",
    finding="Finding",
    warning="Warning",
    error="Error",
    sign_in="Sign in",
    sign_in_twenty="Are you signed in to Twenty on this host?",
    open_page="Open the page",
    sign_in_key="Or with a key that has the right (twenty-bridge keys new --status makes one):",
    key="Key",
    sign_out="Sign out",
    wrong_key="There is no such key.",
    no_right="This key does not have the right to see the status.",
    not_now="Twenty, which confirms who you are, is not answering. Try again in a moment.",
    not_allowed="You are not allowed to see the status: ask the administrator of this bridge.",
    too_many="Too many requests: try again in a minute.",
)

FRENCH = StatusWords(
    lang="fr",
    title="État de la passerelle téléphonique",
    well="Tout va bien.",
    waits="La passerelle attend, et reprendra d’elle-même.",
    needs_you="Une intervention est nécessaire.",
    as_of="Situation au {time}",
    refresh="Actualiser",
    connected="Connexions",
    system="Système",
    state="État",
    twenty="Twenty",
    twenty_writes="Les appels sont écrits dans Twenty.",
    twenty_standby="Un autre réplica écrit les appels dans Twenty.",
    twenty_waits="Aucun appel n’est écrit en ce moment : {reason}.",
    reasons={
        "twenty.unavailable": "Twenty ne répond pas",
        "twenty.over_limit": "la limite de requêtes de Twenty est atteinte",
        "twenty.quota_exhausted": "Twenty n’a plus de place pour des enregistrements",
        "twenty.unauthenticated": "Twenty refuse la clé API",
        "twenty.forbidden": "Twenty n’en donne pas le droit à la clé API",
        "inbox.unavailable": "la base de données est inutilisable",
    },
    twilio="Twilio",
    twilio_heard="Dernières nouvelles : {time}.",
    twilio_silent="Pas encore de nouvelles.",
    database="Base de données",
    database_works="Elle est lisible.",
    database_fails="Elle n’est pas lisible en ce moment. Twilio répète ce qu’il signale.",
    waiting="Appels en attente",
    due="À écrire : Twenty n’a pas encore leur dernier état",
    due_since="le plus ancien depuis {time}",
    parked="Mis de côté : Twenty les a refusés",
    parked_what="Pourquoi des appels sont mis de côté",
    reason="Raison",
    calls="Appels",
    none="aucun",
    lost="Webhooks perdus",
    lost_what="En 24 heures : appels dont les webhooks n’ont pas tout dit ; tout est enregistré à présent",
    today="Appels du jour",
    today_most="Parmi les {count} derniers appels connus.",
    outcome="Issue",
    inbound="Entrants",
    outbound="Sortants",
    outcomes={
        "RINGING": "Sonne",
        "IN_PROGRESS": "En cours",
        "COMPLETED": "Abouti",
        "MISSED": "Manqué",
        "VOICEMAIL": "Messagerie vocale",
        "BUSY": "Occupé",
        "FAILED": "Échec",
        "CANCELED": "Annulé",
    },
    agents="Agents",
    agent="Agent",
    available="Disponible",
    busy="Occupé",
    away="Absent",
    in_call="En communication",
    no_phone="Aucune page de téléphone ouverte",
    no_agents="Vous ne voyez pas les autres agents (phone.colleagues).",
    doctor="Ce que doctor a trouvé",
    doctor_never="Il n’a pas encore abouti : il est tenté chaque minute jusque-là, puis une fois par jour.",
    doctor_at="Le {time} : {good} vérifications réussies sur {all}.",
    doctor_well="Rien à corriger.",
    check="Vérification",
    finding="Constat",
    warning="Avertissement",
    error="Erreur",
    sign_in="Connexion",
    sign_in_twenty="Êtes-vous connecté à Twenty sur cet hôte ?",
    open_page="Ouvrir la page",
    sign_in_key="Ou avec une clé qui en a le droit (twenty-bridge keys new --status en crée une) :",
    key="Clé",
    sign_out="Se déconnecter",
    wrong_key="Cette clé n’existe pas.",
    no_right="Cette clé n’a pas le droit de voir l’état.",
    not_now="Twenty, qui doit confirmer votre identité, ne répond pas. Réessayez dans un instant.",
    not_allowed="Vous n’avez pas le droit de voir l’état : demandez à l’administrateur de cette passerelle.",
    too_many="Trop de requêtes : réessayez dans une minute.",
)

LANGUAGES: Mapping[str, StatusWords] = {"en": ENGLISH, "fr": FRENCH}


def words_for(accept_language: str) -> StatusWords:
    """The words in the language that a browser prefers; English where it names none of ours."""
    return LANGUAGES[preferred(accept_language, LANGUAGES)]
