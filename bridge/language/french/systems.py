"""What the systems that the bridge stands between do not do, and the features that then are missing."""

from collections.abc import Mapping

REFUSED: Mapping[str, str] = {
    # The network
    "no answer in time": "pas de réponse à temps",
    "the connection was closed without an answer": "la connexion a été fermée sans réponse",
    "its certificate is not trusted ({reason}): give it one of a public authority, or have this machine "
    "trust its authority": (
        "son certificat n'est pas reconnu ({reason}) : donnez-lui celui d'une autorité publique, ou faites "
        "reconnaître son autorité par cette machine"
    ),
    "its certificate is for another name ({reason}): the address needs the name of the certificate": (
        "son certificat est pour un autre nom ({reason}) : l'adresse doit avoir le nom du certificat"
    ),
    "its certificate has expired: renew it there": "son certificat a expiré : il faut l'y renouveler",
    "it does not speak TLS: its address begins with http://, or has another port": (
        "il ne parle pas TLS : son adresse commence par http://, ou a un autre port"
    ),
    "it speaks TLS alone: its address begins with https://": (
        "il ne parle que TLS : son adresse commence par https://"
    ),
    "{url} cannot be reached: {reason}. Is it {https}?": (
        "{url} est injoignable : {reason}. Est-ce {https} ?"
    ),
    "{url} answers {status}, as a port for TLS does: try {https}.": (
        "{url} répond {status}, comme le fait un port pour TLS : essayez {https}."
    ),
    "{url} answers with a page: it is not the address of Twenty itself, perhaps {origin}.": (
        "{url} répond par une page : ce n'est pas l'adresse de Twenty même, peut-être {origin}."
    ),
    # Twilio
    "Twilio at {host} cannot be reached: {reason}": "Twilio à l'adresse {host} est injoignable : {reason}",
    "Twenty answers pages without end": "Twenty répond par des pages sans fin",
    "Twilio at {host} cannot be used: {reason}": "Twilio à l'adresse {host} est inutilisable : {reason}",
    "{name}: Twenty at {host} cannot be used: {reason}": (
        "{name} : Twenty à l'adresse {host} est inutilisable : {reason}"
    ),
    "its answer is larger than {size} MiB": "sa réponse dépasse {size} Mio",
    "it leads to another address, to which nothing was sent": (
        "il mène à une autre adresse, à laquelle rien n'a été envoyé"
    ),
    "Twilio answered {kind}, not JSON": "Twilio a répondu {kind}, et non du JSON",
    "Twilio refuses TWILIO_CLIENT_ID with TWILIO_CLIENT_SECRET": (
        "Twilio refuse TWILIO_CLIENT_ID avec TWILIO_CLIENT_SECRET"
    ),
    "Twilio's OAuth server answered {status} without an access token": (
        "Le serveur OAuth de Twilio a répondu {status} sans jeton d'accès"
    ),
    "Twilio's OAuth server cannot be reached: {reason}": (
        "Le serveur OAuth de Twilio est injoignable : {reason}"
    ),
    "Twilio answered {status}": "Twilio a répondu {status}",
    "Twilio refuses it: {message}": "Twilio le refuse : {message}",
    "Twilio could not transcribe it: {state}": "Twilio n'a pas pu le transcrire : {state}",
    "Twilio has no service {service} of Conversation Intelligence": (
        "Twilio n'a pas de service {service} de Conversation Intelligence"
    ),
    "Twilio no longer has the transcript {sid}": "Twilio n'a plus la transcription {sid}",
    "Twilio no longer has the transcription": "Twilio n'a plus la transcription",
    "Twilio's sentences have no text that can be read": "Les phrases de Twilio n'ont pas de texte lisible",
    "Twilio's webhook has no sentences that can be read; it is kept": (
        "Le webhook de Twilio n'a pas de phrases lisibles ; il est gardé"
    ),
    "{reason}; it was started {count} times, and each costs": (
        "{reason} ; commencé {count} fois, et chacune coûte"
    ),
    "Twilio is done, and its webhook with the text did not arrive: let Twilio reach /twilio/transcripts": (
        "Twilio a terminé, et son webhook avec le texte n'est pas arrivé : laissez Twilio atteindre "
        "/twilio/transcripts"
    ),
    "Twilio denies it: {message}": "Twilio le refuse : {message}",
    # Twenty
    "Twenty does not take the API key: {message}": "Twenty n'accepte pas la clé d'API : {message}",
    "Twenty does not let this API key do that: {message}": (
        "Twenty n'en donne pas le droit à cette clé d'API : {message}"
    ),
    "The workspace's schema lacks what the bridge asks for: {message}": (
        "Il manque au schéma de l'espace de travail ce que la passerelle demande : {message}"
    ),
    "Twenty answered {what}: {message}": "Twenty a répondu {what} : {message}",
    "an error": "une erreur",
    "{name}: the answer is not of the shape that Twenty sends": (
        "{name} : la réponse n'a pas la forme de celles de Twenty"
    ),
    "the bridge's own budget has no room for this now": (
        "le budget de la passerelle n'a pas de place pour cela en ce moment"
    ),
    "{url} answers {status}: this is not Twenty, or it is unhealthy.": (
        "{url} répond {status} : ce n'est pas Twenty, ou il va mal."
    ),
    "{name}: Twenty at {host} cannot be reached: {reason}": (
        "{name} : Twenty à l'adresse {host} est injoignable : {reason}"
    ),
    "{url} cannot be reached: {reason}.": "{url} est injoignable : {reason}.",
    # Features that a schema without an operation switches off
    "matching: nothing can be logged to a person": (
        "la correspondance : rien ne peut être noté chez une personne"
    ),
    "names, companies and owners of the people that calls are matched with": (
        "noms, sociétés et propriétaires des personnes reconnues à l'appel"
    ),
    "people by their additional numbers": "les personnes par leurs autres numéros",
    "calls as records of their own": "les appels comme enregistrements",
    "calls on the person's page": "les appels sur la page de la personne",
    "these fields of a call": "ces champs d'un appel",
    "durations in words": "les durées en mots",
    "later news of a call: what a user did to it cannot be read": (
        "la suite d'un appel : ce qu'un utilisateur en a fait ne peut pas être lu"
    ),
    "what a user wrote in these fields of a call": (
        "ce qu'un utilisateur a écrit dans ces champs d'un appel"
    ),
    "rows on the person's timeline": "les lignes sur la chronologie de la personne",
    "notes, and calls as notes where they are no records": (
        "les notes, et les appels en notes où ils ne sont pas des enregistrements"
    ),
    "notes on a call": "les notes d'un appel",
    "that notes and tasks go whose reason turned out not to be so": (
        "le retrait de notes et de tâches qui n'ont plus lieu d'être"
    ),
    "the agent of a call": "l'agent d'un appel",
    "people who are added later, where Twenty's webhook does not tell of them": (
        "les personnes ajoutées plus tard, quand le webhook de Twenty ne les annonce pas"
    ),
    "tasks for missed calls": "les tâches pour les appels manqués",
    "people for numbers that no person has": "des personnes pour les numéros que personne n'a",
    "who calls, on the agent's screen": "qui appelle, à l'écran de l'agent",
    "the agent who spoke with a caller last rings first": (
        "l'agent qui a parlé en dernier à l'appelant sonne d'abord"
    ),
    "Twenty's button Call on a phone call": "le bouton Call de Twenty sur un appel",
    "the last calls, on the agent's screen": "les derniers appels, à l'écran de l'agent",
    "access tokens for users of Twenty": "les jetons d'accès des utilisateurs de Twenty",
    "people normalise, and what doctor says of numbers that no call finds": (
        "people normalise, et ce que doctor dit des numéros qu'aucun appel ne trouve"
    ),
    "setup twenty": "setup twenty",
    "what doctor says of the key's role": "ce que doctor dit du rôle de la clé",
    # The inbox
    "There is no database {file}. Run this in the folder where the bridge runs, or set "
    "BRIDGE_DATABASE_URL; the bridge creates its database at its first start.": (
        "Il n'y a pas de base {file}. Lancez ceci dans le dossier où tourne la passerelle, ou réglez "
        "BRIDGE_DATABASE_URL ; la passerelle crée sa base à son premier démarrage."
    ),
    "PostgreSQL needs the package {package}: {command}": (
        "PostgreSQL a besoin du paquet {package} : {command}"
    ),
    "The folder of the database {url} cannot be created: {problem}": (
        "Le dossier de la base {url} ne peut pas être créé : {problem}"
    ),
    "The database {url} cannot be opened: {problem}.{advice}": (
        "La base {url} ne peut pas être ouverte : {problem}.{advice}"
    ),
    " {advice}": " {advice}",
    " Start the server, or set BRIDGE_DATABASE_URL.": " Démarrez le serveur, ou réglez BRIDGE_DATABASE_URL.",
    "The database {file} is already served ({holder}). One process serves a SQLite file; several can "
    "share a PostgreSQL (BRIDGE_DATABASE_URL).": (
        "La base {file} est déjà servie ({holder}). Un seul processus sert un fichier SQLite ; plusieurs "
        "peuvent partager un PostgreSQL (BRIDGE_DATABASE_URL)."
    ),
    "The database {file} cannot be opened for writing: {problem}. Its owner has to be the user that the "
    "bridge runs as.": (
        "La base {file} ne peut pas être ouverte en écriture : {problem}. Son propriétaire doit être "
        "l'utilisateur sous lequel la passerelle tourne."
    ),
    "another": "inconnu",
    "process {name}, by {path}": "processus {name}, selon {path}",
    "another process, by another name of {file}": "un autre processus, sous un autre nom de {file}",
    "The database's folder cannot be created or written, {path}: {problem}.": (
        "Le dossier de la base ne peut être ni créé ni écrit, {path} : {problem}."
    ),
    "Set BRIDGE_FORGET_KEY first, for the bridge too (openssl rand -hex 32 makes one), and restart it: by "
    "this key the bridge recognises forgotten numbers and keeps their history out.": (
        "Donnez d'abord BRIDGE_FORGET_KEY, à la passerelle aussi (openssl rand -hex 32 en fait une), et "
        "redémarrez-la : par cette clé elle reconnaît les numéros oubliés et n'en reprend pas le passé."
    ),
    "This database has forgotten numbers; without BRIDGE_FORGET_KEY the bridge cannot recognise them, and "
    "their history would come back. Set it to its former value.": (
        "Cette base a des numéros oubliés ; sans BRIDGE_FORGET_KEY la passerelle ne peut pas les "
        "reconnaître, et leur passé reviendrait. Remettez-y son ancienne valeur."
    ),
    "This database has numbers that were forgotten with another BRIDGE_FORGET_KEY: the bridge cannot "
    "recognise them, and their history would come back. Set it to its former value, or to the new key and "
    "the former one, separated by a comma.": (
        "Cette base a des numéros oubliés avec un autre BRIDGE_FORGET_KEY : la passerelle ne peut pas les "
        "reconnaître, et leur passé reviendrait. Remettez-y son ancienne valeur, ou la nouvelle clé et "
        "l'ancienne, séparées par une virgule."
    ),
    "PostgreSQL is backed up by its own program: {command}": (
        "PostgreSQL se sauvegarde par son propre programme : {command}"
    ),
    "{file} is not there; the first start makes it.": "{file} n'existe pas ; le premier démarrage le crée.",
    "{file} exists; name another file, or move it away.": (
        "{file} existe ; nommez un autre fichier, ou déplacez-le."
    ),
    "{file} cannot be read: {problem}": "{file} ne peut pas être lu : {problem}",
    "{file} cannot be written: {problem}": "{file} ne peut pas être écrit : {problem}",
    "{file} was copied to {to} ({size:.1f} MB).": "{file} a été copié dans {to} ({size:.1f} Mo).",
    "Keep .env and your config.yaml or config.local.yaml with it.": (
        "Gardez avec lui .env et votre config.yaml ou config.local.yaml."
    ),
    "The file {file} is damaged; PRAGMA quick_check shows where. Stop the bridge, move the file aside "
    "with its -wal and -shm (they may have what a backup lacks), put a backup in its place and start "
    "again: docs/how-to/backup.md.": (
        "Le fichier {file} est abîmé ; PRAGMA quick_check montre où. Arrêtez la passerelle, mettez le "
        "fichier de côté avec ses -wal et -shm (ils ont peut-être ce qui manque à une sauvegarde), mettez "
        "une sauvegarde à sa place et redémarrez : docs/how-to/backup.md."
    ),
    " The folder {folder} is not writable: check its owner and how the volume is mounted.": (
        " Le dossier {folder} n'est pas inscriptible : vérifiez son propriétaire et comment le volume est "
        "monté."
    ),
    " The disk is full or nearly full: {folder}.": " Le disque est plein ou presque : {folder}.",
    "twenty-bridge {command} needs the sandbox, which this image leaves out: run it from a checkout (make "
    "demo) or from the Python package.": (
        "twenty-bridge {command} a besoin du bac à sable, que cette image n'a pas : lancez-le depuis les "
        "sources (make demo) ou depuis le paquet Python."
    ),
    # Alerts
    "{where} does not take it: {reason}": "{where} ne le prend pas : {reason}",
    "{where} cannot be used: {reason}": "{where} est inutilisable : {reason}",
    "{where} does not take it: it answered {status}": "{where} ne le prend pas : il a répondu {status}",
}
