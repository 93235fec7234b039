"""What people hear on the phone and read in Twenty, by language."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace


class Texts(Struct, frozen=True, kw_only=True):
    """The texts of one language; `language` is a tag that Twilio's <Say> speaks."""

    language: str
    # Spoken
    invalid: str
    """What was dialled is not a telephone number."""
    country: str
    special: str
    """Premium rate, shared cost, and other kinds that are not dialled."""
    denied: str
    emergency: str
    short: str
    caller_id: str
    """The agent asked to show a number that is not theirs."""
    by_twilio: str
    """Twilio dialled no one."""
    agent_limit: str
    company_limit: str
    at_once: str
    not_signed_in: str
    """The call came by a token that we did not issue to its agent."""
    unavailable: str
    """Something on our side failed."""
    no_inbound: str
    """No agent answers, and there is no voicemail."""
    leave_message: str
    """The voicemail's greeting."""
    listening: str
    """A supervisor listens to the call."""
    recorded: str
    """The call is being recorded."""
    # Written of a call that was not placed
    why_invalid: str
    why_country: str
    why_special: str
    why_denied: str
    why_emergency: str
    why_short: str
    why_caller_id: str
    why_by_twilio: str
    why_agent_limit: str
    why_company_limit: str
    why_at_once: str
    why_not_signed_in: str
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
    number_to_call: str
    missed_calls: str
    answered_by: str
    """Of a call in: the agent who took it, and how long it rang."""
    passed_on: str
    taken_by: str
    """Of a call in with more than two ends: the agent who took it, and how long they talked."""
    placed_by: str
    on_hold: str
    on_hold_times: str
    passed_to: str
    joined_by: str
    listened_to_by: str
    also_rung: str
    rebuilt: str
    """Of a call that is known from Twilio's log alone."""
    rung: str
    """In the note of a missed call: whom it rang, and how long."""
    declined: str
    not_answered: str
    not_reached: str
    minutes: str
    seconds: str
    moment: str
    """A day and the time of day, of a call in the configured time zone."""
    outcome: str
    caller: str
    called: str
    started: str
    ended: str
    length: str
    handled: str
    transcript: str
    whole_transcript: str
    summary: str
    agreed: str
    next_steps: str
    summarized_by: str
    """Below a summary, which no person has checked; `(?)` follows numbers that were not heard."""
    proposed: str
    """The title of a task that a model proposes."""
    proposed_by: str


ENGLISH = Texts(
    language="en-US",
    invalid="The number you dialed is not valid. Please check it and try again.",
    country="Calls to this country are not allowed.",
    special="Calls to premium-rate and other special numbers are not allowed.",
    denied="Calls to this number are not allowed.",
    emergency="Emergency numbers cannot be called from here. Please use another phone.",
    short="Short numbers and service codes cannot be called from here.",
    caller_id="You may not call with the number that was chosen. Please choose another one.",
    by_twilio="Twilio refused this call. Mostly the number that it shows is not verified there, or the "
    "country is not enabled. Please tell your administrator.",
    agent_limit="You have placed too many calls in a short time. Please wait a while.",
    company_limit="Your company has placed too many calls in a short time. Please wait a while.",
    at_once="You are in too many calls at the same time. Please end one of them and try again.",
    not_signed_in="Your phone is not signed in here. Please reload its page and call again.",
    unavailable="We are sorry, this call cannot be placed right now. Please try again later.",
    no_inbound="We are sorry, no one can take your call right now. Please try again later.",
    leave_message="We cannot take your call right now. Please leave a message after the tone.",
    listening="A colleague is listening to this call.",
    recorded="This call is recorded.",
    why_invalid="Not placed: no valid number",
    why_country="Not placed: country not allowed",
    why_special="Not placed: premium-rate or special number",
    why_denied="Not placed: number not allowed",
    why_emergency="Not placed: emergency number",
    why_short="Not placed: short number or service code",
    why_caller_id="Not placed: caller ID not allowed",
    why_by_twilio="Not placed: refused by Twilio",
    why_agent_limit="Not placed: the agent's limit is reached",
    why_company_limit="Not placed: the company's limit is reached",
    why_at_once="Not placed: too many calls at once",
    why_not_signed_in="Not placed: the phone was not signed in here",
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
    number_to_call="Number to call",
    missed_calls="Missed calls",
    answered_by="Answered by {name} after {time}.",
    passed_on="Passed on to {names}.",
    taken_by="Answered by {name} ({time})",
    placed_by="Called by {name} ({time})",
    on_hold="on hold {time}",
    on_hold_times="on hold {time} ({times} times)",
    passed_to="passed to {name} ({time})",
    joined_by="joined by {name} ({time})",
    listened_to_by="listened to by {name} ({time})",
    also_rung="Also rung: {names}.",
    rebuilt="By Twilio's log, which shows no holds: the times include them.",
    rung="Rung for {time}: {names}.",
    declined="declined",
    not_answered="no answer",
    not_reached="not reached",
    minutes="{minutes} min {seconds} s",
    seconds="{seconds} s",
    moment="{year}-{month:02}-{day:02} {hour:02}:{minute:02}",
    outcome="Outcome",
    caller="From",
    called="To",
    started="Started",
    ended="Ended",
    length="Length",
    handled="Handling",
    transcript="Transcript",
    whole_transcript="The whole transcript",
    summary="Summary",
    agreed="Agreed",
    next_steps="Next steps",
    summarized_by="Summary by {model}, prompt {prompt}. Made by a machine and not checked; (?) follows a "
    "number that the transcript does not have.",
    proposed="Proposed: {step}",
    proposed_by="Proposed by {model}, prompt {prompt}, from what was said in the call. Check it first.",
)
FRENCH = Texts(
    language="fr-FR",
    invalid="Le numéro composé n'est pas valide. Merci de le vérifier et de recommencer.",
    country="Les appels vers ce pays ne sont pas autorisés.",
    special="Les appels vers les numéros surtaxés et autres numéros spéciaux ne sont pas autorisés.",
    denied="Les appels vers ce numéro ne sont pas autorisés.",
    emergency="Les numéros d'urgence ne peuvent pas être appelés d'ici. Merci d'utiliser un autre téléphone.",
    short="Les numéros courts et les codes de service ne peuvent pas être appelés d'ici.",
    caller_id="Vous ne pouvez pas appeler avec le numéro choisi. Merci d'en choisir un autre.",
    by_twilio="Twilio a refusé cet appel. Le plus souvent, le numéro affiché n'y est pas vérifié, ou le pays "
    "pas activé. Merci de prévenir votre administrateur.",
    agent_limit="Vous avez passé trop d'appels en peu de temps. Merci de patienter un peu.",
    company_limit="Votre entreprise a passé trop d'appels en peu de temps. Merci de patienter un peu.",
    at_once="Vous avez trop d'appels en cours. Merci d'en terminer un avant de recommencer.",
    not_signed_in="Votre téléphone n'est pas connecté ici. Merci de recharger sa page et de rappeler.",
    unavailable="Désolé, cet appel ne peut pas aboutir pour le moment. Merci de réessayer plus tard.",
    no_inbound="Désolé, personne ne peut prendre votre appel pour le moment. Merci de rappeler plus tard.",
    leave_message="Nous ne pouvons pas prendre votre appel. Merci de laisser un message après le bip.",
    listening="Un collègue écoute cet appel.",
    recorded="Cet appel est enregistré.",
    why_invalid="Non passé : numéro invalide",
    why_country="Non passé : pays non autorisé",
    why_special="Non passé : numéro surtaxé ou spécial",
    why_denied="Non passé : numéro non autorisé",
    why_emergency="Non passé : numéro d'urgence",
    why_short="Non passé : numéro court ou code de service",
    why_caller_id="Non passé : numéro d'appelant non autorisé",
    why_by_twilio="Non passé : refusé par Twilio",
    why_agent_limit="Non passé : limite de l'agent atteinte",
    why_company_limit="Non passé : limite de l'entreprise atteinte",
    why_at_once="Non passé : trop d'appels en cours",
    why_not_signed_in="Non passé : le téléphone n'était pas connecté ici",
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
    number_to_call="Numéro à rappeler",
    missed_calls="Appels manqués",
    answered_by="Pris par {name} après {time}.",
    passed_on="Transféré à {names}.",
    taken_by="Pris par {name} ({time})",
    placed_by="Appelé par {name} ({time})",
    on_hold="en attente {time}",
    on_hold_times="en attente {time} ({times} fois)",
    passed_to="transféré à {name} ({time})",
    joined_by="rejoint par {name} ({time})",
    listened_to_by="écouté par {name} ({time})",
    also_rung="Aussi sonné chez : {names}.",
    rebuilt="Selon le journal de Twilio, sans les mises en attente : les durées les comprennent.",
    rung="A sonné {time} chez : {names}.",
    declined="refusé",
    not_answered="pas de réponse",
    not_reached="injoignable",
    minutes="{minutes} min {seconds} s",
    seconds="{seconds} s",
    moment="{day:02}/{month:02}/{year} {hour:02}:{minute:02}",
    outcome="Résultat",
    caller="De",
    called="À",
    started="Début",
    ended="Fin",
    length="Durée",
    handled="Prise en charge",
    transcript="Transcription",
    whole_transcript="La transcription complète",
    summary="Résumé",
    agreed="Convenu",
    next_steps="Prochaines étapes",
    summarized_by="Résumé par {model}, invite {prompt}. Fait par une machine et non vérifié ; (?) suit un "
    "nombre que la transcription n'a pas.",
    proposed="Proposé : {step}",
    proposed_by="Proposé par {model}, invite {prompt}, d'après l'appel. À vérifier d'abord.",
)
SHIPPED: Mapping[str, Texts] = {"en-US": ENGLISH, "fr-FR": FRENCH}
NAMES = tuple(name for name in Texts.__struct_fields__ if name != "language")


def why_not_placed(texts: Texts, reason: str) -> str:
    """What Twenty says of a call that was refused for `reason`; another version's reason is a failure."""
    why: str = getattr(texts, f"why_{reason}", texts.failed)
    return why


def texts_for(language: str, own: Mapping[str, str]) -> Texts:
    """The texts of a language, with the operator's own in place of shipped ones.

    A language that does not ship starts from English, so each text left out is English.
    """
    return replace(SHIPPED.get(language, ENGLISH), language=language, **own)


def spoken_refusal(texts: Texts, reason: str) -> str:
    """What an agent hears whose call was refused for `reason`."""
    text: str = getattr(texts, reason, texts.unavailable)
    return text
