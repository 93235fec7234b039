"""What `init` and its questions say, in each language; the type checker holds every language complete."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The messages of one language; names in braces are filled in."""

    # Questions
    yes: tuple[str, ...]
    no: tuple[str, ...]
    yes_by_default: str
    no_by_default: str
    yes_or_no: str
    everyone: str
    """The answer that names all members."""
    twenty_url: str
    twenty_key: str
    account_sid: str
    auth_token: str
    public_url: str
    which_number: str
    who_takes_calls: str
    replace: str
    prepare_twilio: str
    prepare_twenty: str
    make_links: str
    go_on: str
    one_of: str
    # What was found
    takes_key: str
    one_number: str
    numbers: str
    no_number: str
    none_of_the_numbers: str
    has_none: str
    not_in_dns: str
    name_agents: str
    # What was written, and what comes next
    wrote: str
    wrote_config: str
    keeps: str
    run_again: str
    calls_ring: str
    left_as_it_is: str
    link_of: str
    treat_as_password: str
    next_serve: str
    next_setup: str
    nothing_to_do: str
    restart: str
    # What is wrong
    missing: str
    give_number: str
    make_a_key: str
    lists_no_members: str
    no_such_member: str
    account_unknown: str
    twilio_away: str
    not_https: str
    no_host: str


ENGLISH = Phrases(
    yes=("y", "yes"),
    no=("n", "no"),
    yes_by_default="Y/n",
    no_by_default="y/N",
    yes_or_no="y or n, please.",
    everyone="all",
    twenty_url="Twenty's URL",
    twenty_key="An API key of Twenty (Settings → API & Webhooks)",
    account_sid="Twilio's Account SID",
    auth_token="Twilio's Auth Token",  # noqa: S106 - a question
    public_url="The bridge's own public URL (https://phone.example.com, or https://crm.example.com/phone)",
    which_number="Which number do calls go out with?",
    who_takes_calls="Who takes calls? Numbers or e-mails, with commas between",
    replace="{file} has other values of {names}. Replace them by these answers?",
    prepare_twilio="Prepare the Twilio account now (setup twilio)?",
    prepare_twenty="Prepare the workspace in Twenty now (setup twenty)?",
    make_links="Make a link for each agent to sign in to the phone with, once, within an hour?",
    go_on="Go on?",
    one_of="One of 1 to {count}, please.",
    takes_key="Twenty at {url} takes the key.",
    one_number="Twilio knows the account; it has 1 number.",
    numbers="Twilio knows the account; it has {count} numbers.",
    no_number="The account has no number yet: buy one, Twilio console → Phone Numbers.",
    none_of_the_numbers="{number} is none of the account's numbers ({numbers}).",
    has_none="it has none",
    not_in_dns="No DNS server knows {host} yet. doctor checks it once it does.",
    name_agents="{reason} Name who takes calls in config.yaml, as agents.names.",
    wrote="Wrote {names} into {file}, which only you may read.",
    wrote_config="Wrote {file}: everything in it has a default, and an explanation.",
    keeps="{file} keeps its {names}; your other answers stand there now.",
    run_again="Run init again when that is decided: it asks for no more than is missing.",
    calls_ring="Calls ring {agents}: agents.names in {file}.",
    left_as_it_is="{file} is left as it is. Who takes calls stands there as agents.names.",
    link_of="{agent} signs in with this link, once, within an hour:",
    treat_as_password="Send it as you would a password; the bridge stores only a hash of it.",  # noqa: S106
    next_serve="Next: twenty-bridge serve, and then twenty-bridge doctor.",
    next_setup="Next: twenty-bridge setup twilio, setup twenty, serve, and then doctor.",
    nothing_to_do="Nothing to do: the account has all that the bridge needs.",
    restart="A bridge that runs already has to be restarted: it reads .env at its start.",
    missing="{variable} is missing or was refused, and --yes asks no questions.",
    give_number="{question} Give --number, one of {numbers}.",
    make_a_key="{reason} Make one in Twenty: Settings → API & Webhooks.",
    lists_no_members="Twenty does not list its members to this key: {reason}",
    no_such_member="{names}: no such member of the workspace.",
    account_unknown="Twilio at {url} does not know this SID with this Auth Token. Both stand in its "
    "console → Account → API keys & tokens.",
    twilio_away="{reason} at {url}. If yours is elsewhere, set TWILIO_API_URL.",
    not_https="{url} is not https: browsers give no microphone, and anybody could read tokens.",
    no_host="{host} is not the name of a host: {reason}.",
)

FRENCH = Phrases(
    yes=("o", "oui", "y", "yes"),
    no=("n", "non", "no"),
    yes_by_default="O/n",
    no_by_default="o/N",
    yes_or_no="o ou n, s'il vous plaît.",
    everyone="tous",
    twenty_url="L'adresse (URL) de Twenty",
    twenty_key="Une clé d'API de Twenty (Settings → API & Webhooks)",
    account_sid="L'Account SID de Twilio",
    auth_token="L'Auth Token de Twilio",  # noqa: S106 - a question
    public_url="L'adresse publique de la passerelle (https://phone.example.com, ou https://crm.example.com/phone)",
    which_number="Avec quel numéro les appels sortent-ils ?",
    who_takes_calls="Qui prend les appels ? Des numéros de la liste ou des e-mails, séparés par des virgules",
    replace="{file} a d'autres valeurs pour {names}. Les remplacer par ces réponses ?",
    prepare_twilio="Préparer maintenant le compte Twilio (setup twilio) ?",
    prepare_twenty="Préparer maintenant l'espace de travail dans Twenty (setup twenty) ?",
    make_links="Créer un lien pour chaque agent, qui connecte à son téléphone une fois, pendant une heure ?",
    go_on="Continuer ?",
    one_of="Un nombre de 1 à {count}, s'il vous plaît.",
    takes_key="Twenty à l'adresse {url} accepte la clé.",
    one_number="Twilio connaît le compte ; il a 1 numéro.",
    numbers="Twilio connaît le compte ; il a {count} numéros.",
    no_number="Le compte n'a pas encore de numéro : achetez-en un, console Twilio → Phone Numbers.",
    none_of_the_numbers="{number} n'est pas un numéro de ce compte ({numbers}).",
    has_none="il n'en a aucun",
    not_in_dns="Aucun serveur DNS ne connaît encore {host}. doctor le vérifie dès que c'est fait.",
    name_agents="{reason} Nommez qui prend les appels dans config.yaml : agents.names.",
    wrote="{names} : écrit dans {file}, que vous seul pouvez lire.",
    wrote_config="{file} : écrit ; tout y a une valeur par défaut, et une explication.",
    keeps="{file} garde ses {names} ; vos autres réponses y sont maintenant.",
    run_again="Relancez init quand c'est décidé : il ne demande que ce qui manque.",
    calls_ring="Les appels sonnent chez {agents} : agents.names dans {file}.",
    left_as_it_is="{file} reste comme il est. Qui prend les appels s'y écrit sous agents.names.",
    link_of="{agent} se connecte avec ce lien, une fois, pendant une heure :",
    treat_as_password="Envoyez-le comme un mot de passe ; la passerelle n'en garde qu'une empreinte.",  # noqa: S106
    next_serve="Ensuite : twenty-bridge serve, puis twenty-bridge doctor.",
    next_setup="Ensuite : twenty-bridge setup twilio, setup twenty, serve, puis doctor.",
    nothing_to_do="Rien à faire : le compte a tout ce qu'il faut à la passerelle.",
    restart="Une passerelle déjà en marche est à redémarrer : elle lit .env à son démarrage.",
    missing="{variable} manque ou a été refusé, et --yes ne pose pas de question.",
    give_number="{question} Donnez --number, un de {numbers}.",
    make_a_key="{reason} Créez-en une dans Twenty : Settings → API & Webhooks.",
    lists_no_members="Twenty ne montre pas ses membres à cette clé : {reason}",
    no_such_member="{names} : aucun membre de ce nom dans l'espace de travail.",
    account_unknown="Twilio à l'adresse {url} ne connaît pas ce SID avec cet Auth Token. Les deux se "
    "trouvent dans sa console → Account → API keys & tokens.",
    twilio_away="{reason} ({url}). Si le vôtre est ailleurs, donnez TWILIO_API_URL.",
    not_https="{url} n'est pas en https : les navigateurs ne donnent pas de microphone, et n'importe qui "
    "pourrait lire les jetons.",
    no_host="{host} n'est pas le nom d'un serveur : {reason}.",
)

LANGUAGES: Mapping[str, Phrases] = {"en": ENGLISH, "fr": FRENCH}

_words: ContextVar[Phrases] = ContextVar("words", default=ENGLISH)


def words() -> Phrases:
    """Those of the command that runs."""
    return _words.get()


def speak(language: str) -> None:
    """From here on, of one of LANGUAGES."""
    _words.set(LANGUAGES[language])


def language_of(environ: Mapping[str, str]) -> str:
    """The user's, where it is one of ours, else English.

    https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html#tag_08_02
    """
    named = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    language = named[:2].lower()
    return language if language in LANGUAGES and named[2:3] in ("", "_", ".", "@", "-") else "en"
