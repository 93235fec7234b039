"""What is wrong with a setting, where it was read, and what it can be instead."""

from collections.abc import Mapping

WRONG: Mapping[str, str] = {
    "The settings do not hold:\n{problems}": "Ces réglages ne sont pas valides :\n{problems}",
    "{told} [{place}]": "{told} [{place}]",
    "{name}: {reason}": "{name} : {reason}",
    "{name}: {reason}; {hint}": "{name} : {reason} ; {hint}",
    "{name}: {reason} [{place}]": "{name} : {reason} [{place}]",
    "{path}: {problem}": "{path} : {problem}",
    "{where}: {cause}": "{where} : {cause}",
    "should be the bridge's own address, without the {route} that Twilio calls: {base}": (
        "doit être l'adresse de la passerelle même, sans le {route} que Twilio appelle : {base}"
    ),
    "for example: {example}": "par exemple : {example}",
    "it has {names}": "il y a {names}",
    "known are {names}": "les noms connus sont {names}",
    "{name}: is unknown; {hint}": "{name} : inconnu ; {hint}",
    "{name}: is unknown; did you mean {near}? [{place}]": (
        "{name} : inconnu ; vouliez-vous dire {near} ? [{place}]"
    ),
    "it belongs under {sections}": "sa place est sous {sections}",
    "{name} is unknown to this version, which ignores it; did you mean {near}? [{place}]": (
        "{name} est inconnu de cette version, qui l'ignore ; vouliez-vous dire {near} ? [{place}]"
    ),
    "{name} is unknown to this version, which ignores it [{place}]": (
        "{name} est inconnu de cette version, qui l'ignore [{place}]"
    ),
    "did you mean {name}?": "vouliez-vous dire {name} ?",
    " or ": " ou ",
    " and ": " et ",
    "{path}, line {line}": "{path}, ligne {line}",
    "environment": "environnement",
    "unset": "absent",
    # What a value should be
    "is missing": "manque",
    "should not be empty": "ne doit pas être vide",
    "should be {expected}": "doit être {expected}",
    "should be true or false": "doit être true ou false",
    "should be a date": "doit être une date",
    "should be a number": "doit être un nombre",
    "should be a whole number": "doit être un nombre entier",
    "should be a smaller number": "doit être un nombre plus petit",
    "should be more than {gt}": "doit être supérieur à {gt}",
    "should be at least {ge}": "doit valoir au moins {ge}",
    "should be less than {lt}": "doit être inférieur à {lt}",
    "should be at most {le}": "doit valoir au plus {le}",
    "should be a list": "doit être une liste",
    "should be a UUID": "doit être un UUID",
    "should be settings by their names": "doit contenir des réglages, chacun avec son nom",
    "each should be settings by their names": (
        "chaque élément doit contenir des réglages, chacun avec son nom"
    ),
    "has the wrong form": "n'a pas la bonne forme",
    "should have at most {max_length} characters": "doit avoir au plus {max_length} caractères",
    "should have at least {min_length} characters": "doit avoir au moins {min_length} caractères",
    "should have at most {max_length} items": "doit avoir au plus {max_length} éléments",
    "should have at least {min_length} items": "doit avoir au moins {min_length} éléments",
    "should be text, in quotes where it could be read as a number": (
        "doit être du texte, entre guillemets s'il peut se lire comme un nombre"
    ),
    "should be an origin: scheme, host and, where it is not the default, port": (
        "doit être une origine : schéma, hôte et, si ce n'est pas celui par défaut, port"
    ),
    "should be an origin: without path, query or fragment": (
        "doit être une origine : sans chemin, requête ni fragment"
    ),
    "should be a URL that begins with https:// (or http:// on a network of your own)": (
        "doit être une adresse qui commence par https:// (ou http:// sur un réseau à vous)"
    ),
    "should be a URL without query, fragment or credentials": (
        "doit être une adresse sans requête, fragment ni identifiants"
    ),
    "should be a URL of plain letters, digits and -._~": (
        "doit être une adresse de simples lettres, de chiffres et de -._~"
    ),
    "should be a number in E.164: + and country code first": (
        "doit être un numéro en E.164 : d'abord + et l'indicatif du pays"
    ),
    "should be a country in two capital letters (ISO 3166)": (
        "doit être un pays en deux majuscules (ISO 3166)"
    ),
    "should be an e-mail address": "doit être une adresse e-mail",
    "should be addresses, or networks such as 10.0.0.0/8": (
        "doit être une liste d'adresses, ou de réseaux comme 10.0.0.0/8"
    ),
    "should not be all addresses: then any client can claim any address": (
        "ne doit pas être toutes les adresses : tout client pourrait prétendre à n'importe laquelle"
    ),
    "should be pairs id=secret, separated by commas, each id once": (
        "doit être formé de paires id=secret, séparées par des virgules, chaque id une fois"
    ),
    "each key should have {count} characters or more": "chaque clé doit avoir {count} caractères ou plus",
    "should be a text, or the https:// URL of an audio file": (
        "doit être un texte, ou l'adresse https:// d'un fichier audio"
    ),
    "should be a regular expression that takes linear time: without lookarounds, references, possessive "
    "quantifiers, set operations and the flag x, and without very large repetitions": (
        "doit être une expression rationnelle à temps linéaire : sans assertions avant ou arrière, "
        "références, quantificateurs possessifs, opérations d'ensemble ni option x, et sans très grandes "
        "répétitions"
    ),
    "should be a regular expression: {problem}": "doit être une expression rationnelle : {problem}",
    "should be a time zone of the IANA database": "doit être un fuseau horaire de la base de l'IANA",
    "should be ws:// or wss://, a host and a port: a sandbox's": (
        "doit être ws:// ou wss://, un hôte et un port : ceux d'un bac à sable"
    ),
    "should have a host without underscore: Twilio calls back to no other": (
        "doit avoir un hôte sans tiret bas : Twilio n'en rappelle pas d'autre"
    ),
    "should begin with sqlite+aiosqlite:/// or postgresql+asyncpg://": (
        "doit commencer par sqlite+aiosqlite:/// ou postgresql+asyncpg://"
    ),
    "should be postgresql+asyncpg://user@host:port/database, with :password after the user, in which @ is "
    "written %40, / %2F and % %25": (
        "doit être postgresql+asyncpg://utilisateur@hôte:port/base, avec :mot-de-passe après l'utilisateur, "
        "où @ s'écrit %40, / %2F et % %25"
    ),
    "should not have {name}, a parameter of libpq: asyncpg takes ssl=require, ssl=verify-full …": (
        "ne doit pas avoir {name}, un paramètre de libpq : asyncpg prend ssl=require, ssl=verify-full …"
    ),
    "should stand in quotes: '…'": "doit être entre guillemets : '…'",
    "should be a host alone: its port is smtp_port": "doit être un hôte seul : son port est smtp_port",
    "should be {webhook_secret} and {shortest} to {longest} bytes in base64": (
        "doit être {webhook_secret} suivi de {shortest} à {longest} octets en base64"
    ),
    "{text!r} should be times as 09:00-12:30, several with a blank between them": (
        "{text!r} doit être un horaire comme 09:00-12:30, plusieurs séparés par une espace"
    ),
    "{text!r} should be weekdays: {weekdays}, or a range as mon-fri": (
        "{text!r} doit être un jour : {weekdays}, ou une suite comme mon-fri"
    ),
    "{times!r} should be two different times between 00:00 and 24:00": (
        "{times!r} doit être deux heures différentes entre 00:00 et 24:00"
    ),
    "seconds should be at least 5, which Twilio needs, or 0 to skip the owner": (
        "seconds doit être au moins 5, qu'il faut à Twilio, ou 0 pour sauter le propriétaire"
    ),
    "should be one of agents, number and message, and is {named}": (
        "doit être un seul de agents, number et message, et c'est {named}"
    ),
    # What does not go together
    "should have names of 1 to 121 characters": "doit avoir des noms de 1 à 121 caractères",
    "has {name}; what begins with {reserved} is kept for users of Twenty": (
        "contient {name} ; ce qui commence par {reserved} est réservé aux utilisateurs de Twenty"
    ),
    "has {other} and {name}, which are one agent to Twilio: {identity}": (
        "contient {other} et {name}, qui sont un seul agent pour Twilio : {identity}"
    ),
    "has the {field} {value} twice": "contient deux fois {field} {value}",
    "is {default}, which is none of names and does not match pattern": (
        "est {default}, qui n'est pas dans names et ne correspond pas à pattern"
    ),
    "url and model belong together": "url et model vont ensemble",
    "engine is openai, which needs url: where its API begins, up to /v1": (
        "engine est openai, qui demande url : l'endroit où commence son API, jusqu'à /v1"
    ),
    "engine is twilio-classic, which needs service: a service of Conversation Intelligence": (
        "engine est twilio-classic, qui demande service : un service de Conversation Intelligence"
    ),
    "engine is twilio-batch, which does not have the language {language}: it has {known}": (
        "engine est twilio-batch, qui n'a pas la langue {language} : elle a {known}"
    ),
    "speech_model is {model}, which does not detect the language: set language": (
        "speech_model est {model}, qui ne reconnaît pas la langue : indiquez language"
    ),
    "engine is {engine}, and {where} records calls without announcing it: set "
    "{where}.recording.announcement, or let it record no calls (inbound, outbound and by_agents "
    "false)": (
        "engine est {engine}, et {where} enregistre des appels sans l'annoncer : indiquez "
        "{where}.recording.announcement, ou n'y enregistrez aucun appel (inbound, outbound et by_agents à "
        "false)"
    ),
    "engine is {engine}, and no line has a recording that is announced, or a voicemail": (
        "engine est {engine}, et aucune ligne n'a d'enregistrement annoncé, ni de messagerie"
    ),
    "to and smtp_host belong together": "to et smtp_host vont ensemble",
    "sender is missing: the address that alerts come from": (
        "sender manque : l'adresse dont viennent les alertes"
    ),
    "smtp_encryption: none is for a mail server on this machine alone": (
        "smtp_encryption: none n'est que pour un serveur de messagerie sur cette machine"
    ),
    "BRIDGE_ALERT_WEBHOOK_URL needs BRIDGE_ALERT_WEBHOOK_SECRET, which signs": (
        "BRIDGE_ALERT_WEBHOOK_URL demande BRIDGE_ALERT_WEBHOOK_SECRET, qui signe"
    ),
    "{both} should stand in allow or in deny, not in both": (
        "{both} doit être dans allow ou dans deny, pas dans les deux"
    ),
    "allow has {prefix}, which would allow a country's premium-rate numbers, too: countries is where "
    "countries stand": (
        "allow a {prefix}, qui permettrait aussi les numéros surtaxés d'un pays : les pays sont à mettre "
        "dans countries"
    ),
    "{day} stands twice: in {key!r} and in {other!r}": (
        "{day} est écrit deux fois : dans {key!r} et dans {other!r}"
    ),
    "ring has steps after a message, which ends the call": (
        "ring a des étapes après un message, qui termine l'appel"
    ),
    "{written} and {seen} are one number": "{written} et {seen} sont un seul numéro",
    "partition_seconds is {partition_seconds}, which has to be more than twenty.timeout_seconds "
    "({timeout_seconds}): a write of the former replica could still arrive": (
        "partition_seconds est {partition_seconds}, et doit être plus que twenty.timeout_seconds "
        "({timeout_seconds}) : une écriture du réplica précédent pourrait encore arriver"
    ),
    "region is {region}, and TWILIO_API_URL is of region {other}: set tokens.region to {other}, or "
    "TWILIO_API_URL to where the API key was made": (
        "region est {region}, et TWILIO_API_URL est de la région {other} : réglez tokens.region sur "
        "{other}, ou TWILIO_API_URL sur là où la clé d'API a été créée"
    ),
    "{where}.language is {language}, which needs voice.texts of yours": (
        "{where}.language est {language}, qui demande vos propres voice.texts"
    ),
    "forwards in a circle: {loop}": "renvoie en boucle : {loop}",
    "{where}.ring[{place}].number is {refused}; dialling.countries and dialling.allow say what may be "
    "dialled": (
        "{where}.ring[{place}].number est {refused} ; dialling.countries et dialling.allow disent ce qui "
        "peut être appelé"
    ),
    "TWILIO_{name} and TWILIO_{secret} belong together": "TWILIO_{name} et TWILIO_{secret} vont ensemble",
    "{name} should have no other braces than {braces}": (
        "{name} ne doit avoir d'autres accolades que {braces}"
    ),
    "is {language}: {shipped} ship, others need texts of yours": (
        "est {language} : {shipped} sont fournis, les autres demandent vos propres textes"
    ),
    "{language} has {unknown}; the texts are {known}": "{language} a {unknown} ; les textes sont {known}",
    "is a secret and belongs in the environment, as {variable}": (
        "est un secret, et sa place est dans l'environnement : {variable}"
    ),
    # Former names
    "unknown tokens of one address are checked at Twenty 30 times a minute": (
        "les jetons inconnus d'une adresse sont vérifiés chez Twenty 30 fois par minute"
    ),
    "a look-up is cached for 60 seconds, and Twenty's webhook ends it sooner": (
        "une recherche est gardée 60 secondes, moins si le webhook de Twenty l'annule"
    ),
    "a request's body has 10 seconds to arrive": "le corps d'une requête a 10 secondes pour arriver",
    "the bridge writes 200 records at once, or 60 where Twenty takes no more": (
        "la passerelle écrit 200 enregistrements à la fois, ou 60 si Twenty n'en prend pas plus"
    ),
    "Twilio has 10 seconds to answer": "Twilio a 10 secondes pour répondre",
    "{former} is ignored, since {name} is set: remove {former}": (
        "{former} est ignoré, car {name} est donné : retirez {former}"
    ),
    "{former} is now called {name}: rename it": "{former} s'appelle maintenant {name} : renommez-le",
    "{former} is no setting any more ({now}): remove it": (
        "{former} n'est plus un réglage ({now}) : retirez-le"
    ),
    # Examples in words
    "openssl rand -hex 32 makes one": "openssl rand -hex 32 en fait une",
    "openssl rand -hex 32 makes one; the first of several signs": (
        "openssl rand -hex 32 en fait une ; la première de plusieurs signe"
    ),
    'echo "whsec_$(openssl rand -base64 32)" makes one; two with a comma while you rotate it': (
        'echo "whsec_$(openssl rand -base64 32)" en fait un ; deux avec une virgule pendant une rotation'
    ),
    "webhooks_sharedkey_01hexample=its secret; two with a comma while you rotate it": (
        "webhooks_sharedkey_01hexample=son secret ; deux avec une virgule pendant une rotation"
    ),
    "the Auth Token of the Twilio console, or two with a comma while you rotate it": (
        "l'Auth Token de la console Twilio, ou deux avec une virgule pendant une rotation"
    ),
    "the secret that Twilio showed with the key; twenty-bridge setup twilio makes both": (
        "le secret que Twilio a montré avec la clé ; twenty-bridge setup twilio crée les deux"
    ),
    "an API key of Settings → API & Webhooks": "une clé d'API de Settings → API & Webhooks",
    "We are in a meeting.": "Nous sommes en réunion.",
    "Welcome to the shop.": "Bienvenue au magasin.",
    "We are closed. Please call again tomorrow.": "Nous sommes fermés. Merci de rappeler demain.",
    # Files
    "{folder}: has no config.yaml and no .env; twenty-bridge init makes them": (
        "{folder} : il n'y a ni config.yaml ni .env ; twenty-bridge init les crée"
    ),
    "{path}: should be sections with settings, for example: server: {{port: 8080}}": (
        "{path} : doit être fait de sections avec des réglages, par exemple : server: {{port: 8080}}"
    ),
    "{path}: cannot be read ({problem})": "{path} : ne peut pas être lu ({problem})",
    "{path}: is not valid YAML: it should be UTF-8 text": (
        "{path} : n'est pas du YAML valable : cela doit être du texte en UTF-8"
    ),
    "{path}: cannot be read (it should be UTF-8 text)": (
        "{path} : ne peut pas être lu (cela doit être du texte en UTF-8)"
    ),
    "{path}: line {line} cannot be read{hint}": "{path} : la ligne {line} ne peut pas être lue{hint}",
    " (is a quote left open?)": " (un guillemet est-il resté ouvert ?)",
    "; for example: NAME=value": " ; par exemple : NOM=valeur",
    "{path} cannot be written ({problem}).": "{path} ne peut pas être écrit ({problem}).",
    "{path} cannot be written.": "{path} ne peut pas être écrit.",
    "{path} cannot be read ({problem}).": "{path} ne peut pas être lu ({problem}).",
    # YAML
    "is not valid YAML": "n'est pas du YAML valable",
    "is not valid YAML (line {line}, column {column}){shown}": (
        "n'est pas du YAML valable (ligne {line}, colonne {column}){shown}"
    ),
    "is not valid YAML (line {line}): it holds a character that no text has": (
        "n'est pas du YAML valable (ligne {line}) : il y a un caractère qu'aucun texte n'a"
    ),
    " at {key}": " à {key}",
    "has {name} twice (line {line})": "contient deux fois {name} (ligne {line})",
    "line {line} ends with {what}, so nothing can stand below it as a part of it: take {what} away there, "
    "or put all of it inside": (
        "la ligne {line} finit par {what}, donc rien ne peut la suivre comme une partie : retirez-y "
        "{what}, ou mettez tout à l'intérieur"
    ),
    "it is indented deeper than line {line}, which has a value already": (
        "la ligne est plus en retrait que la ligne {line}, qui a déjà une valeur"
    ),
    "the {bracket} of line {line} is not closed, or lacks a comma": (
        "le {bracket} de la ligne {line} n'est pas fermé, ou il y manque une virgule"
    ),
    "the quote of line {line} is not closed": "le guillemet de la ligne {line} n'est pas fermé",
    "a value that begins with {character} belongs in quotes": (
        "une valeur qui commence par {character} se met entre guillemets"
    ),
    "line {line} has no colon after its name": "la ligne {line} n'a pas de deux-points après son nom",
    "it is indented otherwise than the lines that it stands with": (
        "la ligne n'a pas le même retrait que ses voisines"
    ),
    "there is a second document in the file (a line ---)": (
        "il y a un second document dans le fichier (une ligne ---)"
    ),
    "it is indented with a tab, and YAML takes only blanks": (
        "le retrait est une tabulation, et YAML ne veut que des espaces"
    ),
    "its value holds a colon and a blank, and then it belongs in quotes": (
        "sa valeur a un deux-points suivi d'une espace : mettez-la entre guillemets"
    ),
    "line {line} needs a blank after its colon": (
        "il faut une espace après le deux-points de la ligne {line}"
    ),
    "in double quotes a \\ begins an escape: use single quotes": (
        "entre guillemets doubles, \\ a un sens spécial : prenez des guillemets simples"
    ),
    "line {line} needs a blank after its dash": "il faut une espace après le tiret de la ligne {line}",
    "a text goes on after its closing quote": "un texte continue après son guillemet fermant",
}
