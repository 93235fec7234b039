"""What `doctor` finds, and what mends it."""

from collections.abc import Mapping

FOUND: Mapping[str, str] = {
    # Marks and counts
    "ok": "ok",
    "{where} has the migrations of another program (alembic_version {there}) and no tables of the bridge.": (
        "{where} a les migrations d'un autre programme (alembic_version {there}) et aucune table de la "
        "passerelle."
    ),
    "The database has the migrations of another program (alembic_version {there}) and no tables of the "
    "bridge: give the bridge a database of its own (BRIDGE_DATABASE_URL).": (
        "La base de données a les migrations d'un autre programme (alembic_version {there}) et aucune table "
        "de la passerelle : donnez à la passerelle une base à elle (BRIDGE_DATABASE_URL)."
    ),
    "{where} has tables of another program that are called as the bridge's: {names}.": (
        "{where} a des tables d'un autre programme, nommées comme celles de la passerelle : {names}."
    ),
    "Give the bridge a database of its own (BRIDGE_DATABASE_URL): it changes nothing of the other's.": (
        "Donnez à la passerelle une base à elle (BRIDGE_DATABASE_URL) : elle ne change rien à l'autre."
    ),
    "warning": "attention",
    "ERROR": "ERREUR",
    "{count} ok": "{count} ok",
    "1 warning": "1 avertissement",
    "{count} warnings": "{count} avertissements",
    "1 error": "1 erreur",
    "{count} errors": "{count} erreurs",
    "There is no check {unknown}; there are {known}.": (
        "Il n'y a pas de vérification {unknown} ; il y a {known}."
    ),
    "Fix {culprit}, then run doctor again.": "Corrigez {culprit}, puis relancez doctor.",
    "Not checked, because of {culprit}.": "Non vérifié, à cause de {culprit}.",
    "No answer within {seconds:g} seconds.": "Pas de réponse en {seconds:g} secondes.",
    "Not checked: the workspace's rate limit is used up.": (
        "Non vérifié : la limite de requêtes de l'espace de travail est atteinte."
    ),
    "Ask again in a minute.": "Réessayez dans une minute.",
    "The check itself failed: {name}.": "La vérification elle-même a échoué : {name}.",
    # Doctor's process
    "doctor could not be run: {reason}.": "doctor n'a pas pu être lancé : {reason}.",
    "it took longer than {seconds:g} seconds": "il a mis plus de {seconds:g} secondes",
    "it ended with status {status}": "il s'est terminé avec le statut {status}",
    "what it printed cannot be read": "sa sortie est illisible",
    "it printed more than a megabyte": "il a écrit plus d'un mégaoctet",
    "Run twenty-bridge doctor by hand, where the bridge runs.": (
        "Lancez twenty-bridge doctor à la main, là où tourne la passerelle."
    ),
    "Please report it, with the log.": "Merci de le signaler, avec le journal.",
    # Agents and members
    "Name who takes calls in config.yaml, by e-mail in Twenty: agents: {{names: [jane@example.com]}}; or "
    "run twenty-bridge init, which lists them.": (
        "Nommez qui prend les appels dans config.yaml, par l'e-mail dans Twenty : agents: {{names: "
        "[jane@example.com]}} ; ou lancez twenty-bridge init, qui donne la liste."
    ),
    "Calls in ring {agents}.": "Les appels entrants sonnent chez {agents}.",
    "voicemail": "la messagerie",
    "an apology": "un message d'excuse",
    "No agent can be rung: every call in goes to {target}.": (
        "Aucun poste ne peut sonner : chaque appel entrant tombe sur {target}."
    ),
    "No agent is rung on the line {lines}.": "Aucun agent ne sonne sur la ligne {lines}.",
    "Fix the address, or invite that person: in Twenty, Settings → Members.": (
        "Corrigez l'adresse, ou invitez cette personne : dans Twenty, Settings → Members."
    ),
    "Fix the name, or list it in agents.names.": "Corrigez le nom, ou ajoutez-le à agents.names.",
    "{setting}: {address} is no member of the workspace": (
        "{setting} : {address} n'est pas membre de l'espace de travail"
    ),
    "{setting}: {agent} is no agent": "{setting} : {agent} n'est pas un agent",
    "Twenty has every member whom the settings name.": "Twenty a tous les membres que citent les réglages.",
    "The members cannot be read: {denied}": "Les membres ne peuvent pas être lus : {denied}",
    "Fix twenty.role, then run doctor again.": "Corrigez twenty.role, puis relancez doctor.",
    # Alerts
    "Compare alerts in config.yaml, and BRIDGE_ALERT_… in the environment, with docs/how-to/alerts.md.": (
        "Comparez alerts dans config.yaml, et BRIDGE_ALERT_… dans l'environnement, avec "
        "docs/how-to/alerts.md."
    ),
    "doctor --test-alert sends a test message.": "doctor --test-alert envoie un message d'essai.",
    "Compare {name} in config.yaml with docs/how-to/transcripts.md.": (
        "Comparez {name} dans config.yaml avec docs/how-to/transcripts.md."
    ),
    "Transcripts are off: docs/how-to/transcripts.md says how calls get them.": (
        "Pas de transcriptions : docs/how-to/transcripts.md dit comment en avoir."
    ),
    "Transcripts are off. Voicemails are transcribed the old way, by Twilio's Record: in English "
    "alone, and up to two minutes. docs/how-to/transcripts.md has better ones.": (
        "Pas de transcriptions. Les messages vocaux sont transcrits à l'ancienne, par le Record de Twilio : "
        "en anglais seulement, et jusqu'à deux minutes. docs/how-to/transcripts.md en propose de meilleures."
    ),
    "The server of {name}.url does not answer: {reason}.": (
        "Le serveur de {name}.url ne répond pas : {reason}."
    ),
    "The server of {name}.url refuses the key ({status}).": (
        "Le serveur de {name}.url refuse la clé ({status})."
    ),
    "Set {variable}.": "Indiquez {variable}.",
    "The server of {name}.url answers {status}.": "Le serveur de {name}.url répond {status}.",
    "The server of {name}.url lists no model {model}.": (
        "Le serveur de {name}.url n'a pas de modèle {model} dans sa liste."
    ),
    "Set {name}.model to one that it has.": "Donnez à {name}.model un modèle qu'il a.",
    "The server of {name}.url answers; {works}.": "Le serveur de {name}.url répond ; {works}.",
    "recordings are transcribed by {model}": "les enregistrements sont transcrits par {model}",
    "calls are summarised by {model}": "les appels sont résumés par {model}",
    "No transcript or summary is parked.": "Aucune transcription ni aucun résumé n'est mis de côté.",
    "{recordings} recordings have no transcript, {calls} calls no summary; they are not tried again.": (
        "{recordings} enregistrements n'ont pas de transcription et {calls} appels pas de résumé, et ne sont "
        "plus essayés."
    ),
    "{show} says why; fix that, then run {retry}.": (
        "{show} dit pourquoi ; corrigez-le, puis lancez {retry}."
    ),
    "Alerts are not set: docs/how-to/alerts.md says how a message comes when something needs you.": (
        "Pas d'alertes : docs/how-to/alerts.md dit comment recevoir un message quand il faut intervenir."
    ),
    "The mail server {where} answers, and takes what the settings have of a login. {test}": (
        "Le serveur de messagerie {where} répond, et accepte l'identification des réglages, s'il y en a "
        "une. {test}"
    ),
    "{where} has taken a test message: look whether it arrives.": (
        "{where} a accepté un message d'essai : vérifiez qu'il arrive."
    ),
    "Alerts are posted to {where}. {test}": "Les alertes sont envoyées à {where}. {test}",
    "alerts.smtp_username is set, and no password.": "alerts.smtp_username est donné, sans mot de passe.",
    "Set BRIDGE_ALERT_SMTP_PASSWORD.": "Donnez BRIDGE_ALERT_SMTP_PASSWORD.",
    # The clock
    "Set the clock: timedatectl set-ntp true, or the host's time service.": (
        "Réglez l'horloge : timedatectl set-ntp true, ou le service de temps de l'hôte."
    ),
    "This machine's clock is {apart:.0f} s ahead of {who}'s.": (
        "L'horloge de cette machine avance de {apart:.0f} s sur celle de {who}."
    ),
    "This machine's clock is {apart:.0f} s behind {who}'s.": (
        "L'horloge de cette machine retarde de {apart:.0f} s sur celle de {who}."
    ),
    "{who} does not tell the time.": "{who} ne donne pas l'heure.",
    "{who} does not tell the time: {reason}.": "{who} ne donne pas l'heure : {reason}.",
    "Compare the clock by hand: timedatectl.": "Comparez l'horloge à la main : timedatectl.",
    "Run doctor again when it answers.": "Relancez doctor quand il répond.",
    # The database
    "Make room on the disk of {folder}, or move the database (BRIDGE_DATABASE_URL).": (
        "Faites de la place sur le disque de {folder}, ou déplacez la base (BRIDGE_DATABASE_URL)."
    ),
    "{free:.1f} GB are free at {folder}.": "{free:.1f} Go sont libres dans {folder}.",
    "{where} cannot be written: {cause}": "{where} ne peut pas être écrit : {cause}",
    "{known} numbers were forgotten.": "Numéros oubliés : {known}.",
    "The tables are those of a newer version ({there}).": (
        "Les tables sont celles d'une version plus récente ({there})."
    ),
    "{count} calls have callbacks that only a newer version reads ({kinds}).": (
        "{count} appels ont des notifications que seule une version plus récente lit ({kinds})."
    ),
    "Nothing, or install that version: they are kept, and it reads them when it starts.": (
        "Rien, ou installez cette version : elles sont gardées, et elle les lit à son démarrage."
    ),
    "The version just before it works with them; an older one needs a backup from its time.": (
        "La version juste avant celle-là s'en sert ; une plus ancienne demande une sauvegarde de son époque."
    ),
    "Give the bridge's user write permission on {file}, or set BRIDGE_DATABASE_URL.": (
        "Donnez à l'utilisateur de la passerelle le droit d'écrire {file}, ou réglez BRIDGE_DATABASE_URL."
    ),
    "Start the server, or set BRIDGE_DATABASE_URL.": ("Démarrez le serveur, ou réglez BRIDGE_DATABASE_URL."),
    "A bridge listens at {url}, and {file} is not there: it was removed under the bridge, which cannot "
    "restore it, or the bridge has its database elsewhere.": (
        "Une passerelle écoute à {url}, et {file} n'existe pas : il a été retiré sous la passerelle, qui "
        "ne peut pas le rétablir, ou elle a sa base ailleurs."
    ),
    "Restore the file from a backup and restart the bridge; or ask from the folder where it started.": (
        "Rétablissez le fichier depuis une sauvegarde et redémarrez la passerelle ; ou relancez depuis le "
        "dossier où elle a démarré."
    ),
    "{file} cannot be created: {folder} is not a writable folder.": (
        "{file} ne peut pas être créé : {folder} n'est pas un dossier où écrire."
    ),
    "Only its user can read {file}.": "Seul son utilisateur peut lire {file}.",
    "The database takes {taken:,.0f} MB. PostgreSQL does not tell how much room is left: watch its disk.": (
        "La base occupe {taken:,.0f} Mo. PostgreSQL ne dit pas la place qui reste : surveillez son disque."
    ),
    "{unknown} numbers were forgotten with a key that BRIDGE_FORGET_KEY does not have.": (
        "{unknown} numéros ont été oubliés avec une clé que BRIDGE_FORGET_KEY n'a pas."
    ),
    "Set it to the key that it was, behind the present one with a comma.": (
        "Remettez-y l'ancienne clé, derrière l'actuelle et une virgule."
    ),
    "{old} numbers still need an older key of BRIDGE_FORGET_KEY: keep it.": (
        "{old} numéros ont encore besoin d'une ancienne clé de BRIDGE_FORGET_KEY : gardez-la."
    ),
    "The first key of BRIDGE_FORGET_KEY finds every forgotten number: the others can go.": (
        "La première clé de BRIDGE_FORGET_KEY trouve chaque numéro oublié : les autres peuvent partir."
    ),
    "The tables are those of this version ({head}).": "Les tables sont celles de cette version ({head}).",
    "The tables are those of an older version ({there}, not {head}).": (
        "Les tables sont celles d'une version plus ancienne ({there}, et non {head})."
    ),
    "Start the bridge (twenty-bridge serve): it brings them up to date.": (
        "Démarrez la passerelle (twenty-bridge serve) : elle les met à jour."
    ),
    "{where} can be written.": "{where} peut être écrit.",
    "{where} is read-only.": "{where} est en lecture seule.",
    "{where} cannot be written: the disk is full, or nearly so.": (
        "{where} ne peut pas être écrit : le disque est plein, ou presque."
    ),
    "{file} is made at the first start.": "{file} est créé au premier démarrage.",
    "The first start makes the file for its user alone.": (
        "Le premier démarrage crée le fichier pour son seul utilisateur."
    ),
    "Other users of this machine can read who called whom: {modes}.": (
        "D'autres utilisateurs de cette machine peuvent lire qui a appelé qui : {modes}."
    ),
    "The first start makes the tables.": "Le premier démarrage crée les tables.",
    "No number was forgotten.": "Aucun numéro n'a été oublié.",
    "{place} has mode {mode:o}": "{place} a le mode {mode:o}",
    "none": "aucun",
    # The phone page
    "Let the proxy pass the page's path on to the bridge: docs/how-to/reverse-proxies.md.": (
        "Faites passer par le proxy le chemin de la page vers la passerelle : docs/how-to/reverse-proxies.md."
    ),
    "Make a link for each, and send it: twenty-bridge keys new --link": (
        "Créez un lien pour chacun, et envoyez-le : twenty-bridge keys new --link"
    ),
    "{agents} cannot sign in to the phone page.": (
        "Aucun moyen de se connecter à la page du téléphone : {agents}."
    ),
    "Agents find their phone at {url}.": "Les agents trouvent leur téléphone à {url}.",
    "How agents sign in to the phone page: {listed}.": (
        "Comment les agents se connectent à la page du téléphone : {listed}."
    ),
    "Calls ring no agent's phone.": "Les appels ne sonnent chez aucun agent.",
    "as a user of Twenty": "en tant qu'utilisateur de Twenty",
    "on a device that is signed in": "sur un appareil connecté",
    "by a link that is not used yet": "par un lien qui n'a pas encore servi",
    "of BRIDGE_WIDGET_KEYS": "de BRIDGE_WIDGET_KEYS",
    "by the key {name}": "par la clé {name}",
    "The phone page is not at {url}.": "La page du téléphone n'est pas à {url}.",
    # The probe of the webhook
    "Create a person “{title}” in Twenty, wait for Twenty's delivery, and destroy the person again?": (
        "Créer une personne « {title} » dans Twenty, attendre l'envoi de Twenty, et détruire cette "
        "personne ensuite ?"
    ),
    "Twenty does not say whether it created the person.": "Twenty ne dit pas s'il a créé la personne.",
    "Twenty does not say whether it created the person: {unknown}": (
        "Twenty ne dit pas s'il a créé la personne : {unknown}"
    ),
    "A person “{title}” is left in Twenty, or can still appear there: {problem}": (
        "Une personne « {title} » reste dans Twenty, ou peut encore y apparaître : {problem}"
    ),
    "In Twenty, look for “{title}” among the people, and delete it.": (
        "Dans Twenty, cherchez « {title} » parmi les personnes, et supprimez-la."
    ),
    "Creating the person “{title}”.": "Création de la personne « {title} ».",
    "Waiting {waits:g} s for Twenty's delivery.": "Attente de l'envoi de Twenty, {waits:g} s.",
    "Twenty delivered nothing to {url} within {waits:g} s of a new person.": (
        "Twenty n'a rien envoyé à {url} en {waits:g} s après la création d'une personne."
    ),
    "Not destroyed yet: {problem} Trying again in {pause:g} s.": (
        "Pas encore détruite : {problem} Nouvel essai dans {pause:g} s."
    ),
    "Deliveries of Twenty's webhook to {url} arrive: one came for a person of doctor's.": (
        "Les envois du webhook de Twenty à {url} arrivent : il en est venu un pour une personne de doctor."
    ),
    "The person could not be created, so nothing is known of the webhook.": (
        "La personne n'a pas pu être créée : on ne sait rien du webhook."
    ),
    "Interrupted before a delivery arrived.": "Interrompu avant qu'un envoi n'arrive.",
    "The workspace's rate limit is used up: nothing was created.": (
        "La limite de requêtes de l'espace de travail est atteinte : rien n'a été créé."
    ),
    "Nothing was created: {denied}": "Rien n'a été créé : {denied}",
    "Nothing was created: {refused}": "Rien n'a été créé : {refused}",
    "In Twenty, Settings → Roles, let the key's role edit and destroy people; or edit a person in Twenty "
    "and run twenty-bridge doctor twenty.webhook.": (
        "Dans Twenty, Settings → Roles, permettez au rôle de la clé de modifier et de détruire des "
        "personnes ; ou modifiez une personne dans Twenty et lancez twenty-bridge doctor twenty.webhook."
    ),
    "Destroyed the person.": "Personne détruite.",
    # The public URL
    "Let the proxy pass path and query on unchanged, except for its prefix: "
    "docs/how-to/reverse-proxies.md.": (
        "Faites passer par le proxy le chemin et la requête tels quels, sauf son préfixe : "
        "docs/how-to/reverse-proxies.md."
    ),
    "Renew the certificate at the proxy; it has to hold for the host of BRIDGE_PUBLIC_URL.": (
        "Renouvelez le certificat du proxy ; il doit valoir pour l'hôte de BRIDGE_PUBLIC_URL."
    ),
    "The certificate holds until {ends:%Y-%m-%d}.": "Le certificat est valable jusqu'au {ends:%Y-%m-%d}.",
    "Let DNS lead the host to the reverse proxy, and its firewall pass port {port}.": (
        "Faites pointer le DNS de l'hôte vers le proxy inverse, et ouvrez le port {port} de son pare-feu."
    ),
    "Make {url} lead to {here}, from this machine, too: the reverse proxy has to run and pass requests "
    "on, and DNS has to name its host.": (
        "Faites arriver {url} à {here}, y compris depuis cette machine : le proxy inverse doit tourner et "
        "transmettre les requêtes, et le DNS connaître son hôte."
    ),
    "Start the reverse proxy: the host answers, and no server listens on its port {port}.": (
        "Démarrez le proxy inverse : l'hôte répond, et aucun serveur n'écoute sur son port {port}."
    ),
    "{url} leads to this bridge.": "{url} mène à cette passerelle.",
    "{host} has an address.": "{host} a une adresse.",
    "Put a TLS proxy before the bridge, and set BRIDGE_PUBLIC_URL to https://…": (
        "Mettez un proxy TLS devant la passerelle, et réglez BRIDGE_PUBLIC_URL sur https://…"
    ),
    "The public URL is http: tokens can be read on the way, and browsers give no microphone.": (
        "L'adresse publique est en http : les jetons peuvent être lus en route, et les navigateurs ne "
        "donnent pas de microphone."
    ),
    "A signed form is answered {signed}, an unsigned one {unsigned}; not 400 and 403.": (
        "Un formulaire signé reçoit {signed}, un formulaire non signé {unsigned} (attendu : 400 et 403)."
    ),
    "Pages of {origins} can request tokens.": "Les pages de {origins} peuvent demander des jetons.",
    "No bridge answers at {url}.": "Aucune passerelle ne répond à {url}.",
    "Another bridge than the one at {here} answers at {url}.": (
        "Une autre passerelle que celle de {here} répond à {url}."
    ),
    "Signed requests arrive as they were signed; unsigned ones are refused.": (
        "Les requêtes signées arrivent telles qu'elles ont été signées ; les autres sont refusées."
    ),
    "Through the proxy a valid signature does not verify: path, query or body arrive changed.": (
        "À travers le proxy, une signature valable n'est pas reconnue : le chemin, la requête ou le corps "
        "arrivent changés."
    ),
    "Browsers keep pages of {origins} from requesting tokens.": (
        "Les navigateurs empêchent les pages de {origins} de demander des jetons."
    ),
    "Let the proxy pass OPTIONS and the Access-Control headers on, and add none of its own.": (
        "Faites passer par le proxy OPTIONS et les en-têtes Access-Control, sans qu'il n'en ajoute."
    ),
    "Pages of {origins} get no microphone: they are not https.": (
        "Les pages de {origins} n'ont pas de microphone : elles ne sont pas en https."
    ),
    "Serve them by https, and change cors.origins (or twenty.public_url).": (
        "Servez-les en https, et changez cors.origins (ou twenty.public_url)."
    ),
    "that is no name": "ce n'est pas un nom",
    "{host} leads nowhere: {reason}.": "{host} n'a pas d'adresse : {reason}.",
    "Let DNS lead it to the proxy, or fix BRIDGE_PUBLIC_URL.": (
        "Faites-le pointer vers le proxy dans le DNS, ou corrigez BRIDGE_PUBLIC_URL."
    ),
    "The certificate of {host} is not trusted: {reason}.": (
        "Le certificat de {host} n'est pas reconnu : {reason}."
    ),
    "{host} cannot be reached: {reason}.": "{host} est injoignable : {reason}.",
    # Twenty
    "Run twenty-bridge doctor twenty.queries in a minute.": (
        "Lancez twenty-bridge doctor twenty.queries dans une minute."
    ),
    "Twenty answers each of the bridge's {count} queries.": (
        "Twenty répond à chacune des {count} requêtes de la passerelle."
    ),
    "Not run, for the workspace's rate limit: {queries}.": (
        "Non exécuté, à cause de la limite de requêtes de l'espace de travail : {queries}."
    ),
    "In Twenty, Settings → Roles, choose the key's role and let it see and edit records of all objects.": (
        "Dans Twenty, Settings → Roles, choisissez le rôle de la clé et permettez-lui de voir et de "
        "modifier les enregistrements de tous les objets."
    ),
    "see workspace members": "voir les membres de l'espace de travail",
    "see people": "voir les personnes",
    "edit notes": "modifier les notes",
    "edit phone calls": "modifier les appels",
    "edit tasks": "modifier les tâches",
    ", nor ": ", ni de ",
    "The key's role is not allowed to {lacking}": "Le rôle de la clé n'a pas le droit de {lacking}",
    "The key's role can see people and members, and edit the records that calls are written to.": (
        "Le rôle de la clé peut voir personnes et membres, et modifier ce à quoi les appels sont écrits."
    ),
    "{reason}: calls are written without their agent, and their tasks go only to owners.": (
        "{reason} : les appels sont écrits sans leur agent, et leurs tâches ne vont qu'aux propriétaires."
    ),
    "In Twenty, Settings → API & Webhooks, make an API key and set TWENTY_API_TOKEN.": (
        "Dans Twenty, Settings → API & Webhooks, créez une clé d'API et donnez TWENTY_API_TOKEN."
    ),
    "twenty-bridge setup twenty; if that does not help, run a version of the bridge made for this Twenty.": (
        "twenty-bridge setup twenty ; si cela ne suffit pas, installez une version faite pour ce Twenty."
    ),
    "twenty-bridge people normalise --dry-run says what it would rewrite, and what it leaves to you": (
        "twenty-bridge people normalise --dry-run dit ce qu'il réécrirait, et ce qu'il vous laisse"
    ),
    "{operation}: {problem} (without it: {feature})": (
        "{operation} : {problem} (ce qui manque sans cela : {feature})"
    ),
    "Ask again in {seconds} s.": "Réessayez dans {seconds} s.",
    "1 row with a number": "1 ligne qui a un numéro",
    "{count} rows with a number": "{count} lignes qui ont un numéro",
    "{seen} rows with a number, the oldest of {total}": (
        "{seen} lignes qui ont un numéro, les plus anciennes de {total}"
    ),
    "Calls find all of {rows}.": "Tout est reconnu à l'appel : {rows}.",
    "Calls do not find {found} of {rows}: a number in a form of its own.": (
        "À l'appel, {found} sur {rows} ne sont pas reconnues : le numéro est écrit de façon inhabituelle."
    ),
    "The API key holds until {ends:%Y-%m-%d}.": "La clé d'API est valable jusqu'au {ends:%Y-%m-%d}.",
    "The API key does not say until when it holds.": (
        "La clé d'API ne dit pas jusqu'à quand elle est valable."
    ),
    "The workspace's rate limit is used up.": ("La limite de requêtes de l'espace de travail est atteinte."),
    "The workspace's rate limit is used up: {limit} root fields per {window:g} s.": (
        "La limite de requêtes de l'espace de travail est atteinte : {limit} champs racine par {window:g} s."
    ),
    "{again} If it is always so, others spend it, too: lower twenty.requests_per_minute.": (
        "{again} Si c'est toujours ainsi, d'autres s'en servent aussi : baissez twenty.requests_per_minute."
    ),
    "Start Twenty, or set TWENTY_API_URL.": "Démarrez Twenty, ou réglez TWENTY_API_URL.",
    "Run the newest version of the bridge.": "Installez la dernière version de la passerelle.",
    "{api_url} answers.": "{api_url} répond.",
    "Twenty takes the API key.": "Twenty accepte la clé d'API.",
    "The object {phone_call} has all its fields.": "L'objet {phone_call} a tous ses champs.",
    "There is no object {phone_call}: calls become notes on the person.": (
        "Il n'y a pas d'objet {phone_call} : les appels deviennent des notes de la personne."
    ),
    "The object {phone_call} lacks {missing}.": "Il manque à l'objet {phone_call} : {missing}.",
    "The rate limit has room. The bridge keeps to {set_to} root fields a minute; Twenty names its own "
    "limit only where it refuses.": (
        "La limite de requêtes n'est pas atteinte. La passerelle s'en tient à {set_to} champs racine par "
        "minute ; Twenty ne dit sa propre limite que quand il refuse."
    ),
    "Twenty allows {allowed} root fields a minute, and the bridge counts on {set_to}.": (
        "Twenty permet {allowed} champs racine par minute, et la passerelle compte sur {set_to}."
    ),
    "Set twenty.requests_per_minute to {allowed}, or raise API_RATE_LIMITING_LONG_LIMIT of Twenty's "
    "server.": (
        "Réglez twenty.requests_per_minute sur {allowed}, ou relevez API_RATE_LIMITING_LONG_LIMIT du "
        "serveur de Twenty."
    ),
    "Every operation fits the workspace's schema.": (
        "Chaque opération est compatible avec le schéma de l'espace de travail."
    ),
    "twenty.requests_per_minute is {set_to}; Twenty's own default is {default_limit}.": (
        "twenty.requests_per_minute est à {set_to} ; la valeur par défaut de Twenty est {default_limit}."
    ),
    "Set API_RATE_LIMITING_LONG_LIMIT of Twenty's server to as much, or take the setting back.": (
        "Réglez API_RATE_LIMITING_LONG_LIMIT du serveur de Twenty sur autant, ou retirez ce réglage."
    ),
    "In Twenty, Settings → Roles, choose the key's role and allow Settings permissions → {permission}. Or "
    "run {set_up} with a key that may.": (
        "Dans Twenty, Settings → Roles, choisissez le rôle de la clé et permettez Settings permissions → "
        "{permission}. Ou lancez {set_up} avec une clé qui en a le droit."
    ),
    "Fix what database.writable says, then run twenty-bridge doctor again.": (
        "Corrigez ce que dit database.writable, puis relancez twenty-bridge doctor."
    ),
    "In Twenty, Settings → API & Webhooks, delete those where no bridge listens any more.": (
        "Dans Twenty, Settings → API & Webhooks, supprimez ceux où aucune passerelle n'écoute plus."
    ),
    "Let Twenty's worker reach {url}. Twenty drops deliveries to a private address without a word: set "
    "OUTBOUND_HTTP_ALLOWED_INTERNAL_HOSTS={host} for its server and worker, or, of a version that does "
    "not know it (2.21), OUTBOUND_HTTP_SAFE_MODE_ENABLED=false for the worker (docs/operating.md).": (
        "Laissez le worker de Twenty atteindre {url}. Twenty abandonne sans rien dire les envois à une "
        "adresse privée : réglez OUTBOUND_HTTP_ALLOWED_INTERNAL_HOSTS={host} pour son serveur et son "
        "worker, ou, pour une version qui ne le connaît pas (2.21), OUTBOUND_HTTP_SAFE_MODE_ENABLED=false "
        "pour le worker (docs/operating.md)."
    ),
    "none since {arrived:%Y-%m-%d %H:%M} UTC": "aucun depuis le {arrived:%Y-%m-%d %H:%M} UTC",
    "none so far": "aucun jusqu'ici",
    "Twenty's webhook to {url} is registered, and no delivery shows that it arrives: {since}.": (
        "Le webhook de Twenty vers {url} est enregistré, et aucun envoi ne montre qu'il arrive : {since}."
    ),
    "{probe} tries it, with a person that it creates and destroys.": (
        "{probe} l'essaie, avec une personne qu'il crée et détruit."
    ),
    "The webhooks cannot be looked at: {denied}": "Les webhooks ne peuvent pas être lus : {denied}",
    "Deliveries of Twenty's webhook to {url} arrive, the last one {time} ago.": (
        "Les envois du webhook de Twenty à {url} arrivent, le dernier il y a {time}."
    ),
    "Without TWENTY_WEBHOOK_SECRET Twenty reports no new people: old calls do not find them.": (
        "Sans TWENTY_WEBHOOK_SECRET, Twenty ne signale pas les nouvelles personnes : les anciens appels "
        "ne les trouvent pas."
    ),
    "Set it (openssl rand -hex 32 makes one), then {set_up}": (
        "Donnez-le (openssl rand -hex 32 en fait un), puis {set_up}"
    ),
    "To do: {steps}.": "À faire : {steps}.",
    "Webhooks of the bridge also point elsewhere: {addresses}.": (
        "Des webhooks de la passerelle mènent aussi ailleurs : {addresses}."
    ),
    "Deliveries of Twenty's webhook to {url} arrive; the key may not see the webhook itself.": (
        "Les envois du webhook de Twenty à {url} arrivent ; la clé n'a pas le droit de voir le webhook "
        "lui-même."
    ),
    "{module} is missing": "{module} manque",
    "the database cannot be read: {problem}": "la base ne peut pas être lue : {problem}",
    "It is not known whether deliveries arrive: {problem}.": (
        "On ne sait pas si les envois arrivent : {problem}."
    ),
    # The running bridge
    "Look at database.writable and database.space, and at inbox.not_written in the bridge's log.": (
        "Regardez database.writable et database.space, et inbox.not_written dans le journal de la passerelle."
    ),
    "Destroy records that the workspace does not need, or raise its quota; the bridge goes on by itself.": (
        "Détruisez des enregistrements dont l'espace de travail n'a pas besoin, ou relevez son quota ; la "
        "passerelle reprend d'elle-même."
    ),
    "Look at worker.waits in the bridge's log; docs/reference/http.md has the reasons.": (
        "Regardez worker.waits dans le journal de la passerelle ; docs/reference/http.md donne les raisons."
    ),
    "The bridge stores callbacks. All its requests come from one private address, and "
    "server.trusted_proxies names no proxy: all clients count as one.": (
        "La passerelle enregistre les callbacks. Toutes ses requêtes viennent d'une seule adresse privée, "
        "et server.trusted_proxies ne nomme aucun proxy : tous les clients comptent pour un."
    ),
    "Set server.trusted_proxies to the proxy's address: {code} in the log has it.": (
        "Réglez server.trusted_proxies sur l'adresse du proxy : {code} dans le journal la donne."
    ),
    "Restart the bridge: it reads .env and config.yaml at its start. Or run doctor with the environment "
    "that the bridge has, such as in its container.": (
        "Redémarrez la passerelle : elle lit .env et config.yaml à son démarrage. Ou lancez doctor dans "
        "l'environnement de la passerelle, par exemple dans son conteneur."
    ),
    "The bridge listens at {url}.": "La passerelle écoute à {url}.",
    "it does not say why": "elle ne dit pas pourquoi",
    "The bridge stores callbacks.": "La passerelle enregistre les callbacks.",
    "The running bridge was started with settings other than the present ones.": (
        "La passerelle en marche a démarré avec d'autres réglages que ceux en vigueur."
    ),
    "No bridge listens at {url}.": "Aucune passerelle n'écoute à {url}.",
    "The bridge cannot store callbacks now: {reasons}.": (
        "La passerelle ne peut pas enregistrer de callbacks en ce moment : {reasons}."
    ),
    "The bridge stores callbacks, but Twenty accepts no more records.": (
        "La passerelle enregistre les callbacks, mais Twenty n'accepte plus d'enregistrements."
    ),
    "The bridge stores callbacks, but writes none to Twenty now: {reasons}.": (
        "La passerelle enregistre les callbacks, mais n'en écrit pas dans Twenty en ce moment : {reasons}."
    ),
    "The running bridge has the present settings.": ("La passerelle en marche utilise les réglages actuels."),
    "TWILIO_AUTH_TOKEN or BRIDGE_PUBLIC_URL": "TWILIO_AUTH_TOKEN ou BRIDGE_PUBLIC_URL",
    "The running bridge was started with another {names}.": (
        "La passerelle en marche a démarré avec un autre {names}."
    ),
    ", another ": ", un autre ",
    # The status page of the running bridge
    "The running bridge was started with settings other than the present ones. Restart it, or run this "
    "with the environment that it has, such as in its container.": (
        "La passerelle en marche a démarré avec d'autres réglages que ceux en vigueur. Redémarrez-la, ou "
        "lancez ceci dans son environnement, par exemple dans son conteneur."
    ),
    "No bridge answers at {url}: {reason}.": "Aucune passerelle ne répond à {url} : {reason}.",
    "The bridge at {url} answers {status}.": "La passerelle à {url} répond {status}.",
    # The settings
    "Set BRIDGE_WIDGET_KEYS (openssl rand -hex 32 makes one), and give it to the widget.": (
        "Donnez BRIDGE_WIDGET_KEYS (openssl rand -hex 32 en fait une), et donnez-la au widget."
    ),
    "Set it right in the environment, .env or config.yaml (docs/reference/settings.md).": (
        "Corrigez-le dans l'environnement, .env ou config.yaml (docs/reference/settings.md)."
    ),
    "Only its owner can read {env_file}.": "Seul son propriétaire peut lire {env_file}.",
    "All settings hold.": "Tous les réglages sont valides.",
    "Only users of Twenty and holders of keys get tokens.": (
        "Seuls les utilisateurs de Twenty et ceux qui ont une clé reçoivent des jetons."
    ),
    "There is no .env here: the secrets are in the environment.": (
        "Il n'y a pas de .env ici : les secrets sont dans l'environnement."
    ),
    "{env_file} can be read by other users (mode {mode:o}).": (
        "{env_file} peut être lu par d'autres utilisateurs (mode {mode:o})."
    ),
    "Several lines of {env_file} set a variable, and only the last one counts: {named}.": (
        "Plusieurs lignes de {env_file} fixent une variable, et seule la dernière compte : {named}."
    ),
    "Take the other lines out.": "Retirez les autres lignes.",
    "Some settings have changed: {changes}.": "Des réglages ont changé : {changes}.",
    "Some settings are ignored: {settings}.": "Des réglages sont ignorés : {settings}.",
    "Correct them in config.yaml or .env. What a newer version left can stay: it reads it again.": (
        "Corrigez-les dans config.yaml ou .env. Ce qu'une version plus récente a laissé peut rester : elle "
        "le relira."
    ),
    "Edit config.yaml, then restart the bridge.": "Modifiez config.yaml, puis redémarrez la passerelle.",
    "auth.anonymous is on: any client that sends an origin of cors.origins calls on your bill.": (
        "auth.anonymous est actif : tout client qui envoie une origine de cors.origins appelle à vos frais."
    ),
    "Take auth.anonymous out of config.yaml. {keys}": "Retirez auth.anonymous de config.yaml. {keys}",
    # Twilio
    "Twilio console → Account → API keys & tokens": "Console Twilio → Account → API keys & tokens",
    "{console}: copy the Auth Token into TWILIO_AUTH_TOKEN, and TWILIO_ACCOUNT_SID beside it.": (
        "{console} : copiez l'Auth Token dans TWILIO_AUTH_TOKEN, et à côté TWILIO_ACCOUNT_SID."
    ),
    "Let this machine reach https://api.twilio.com, or set TWILIO_API_URL.": (
        "Laissez cette machine atteindre https://api.twilio.com, ou réglez TWILIO_API_URL."
    ),
    "Take TWILIO_API_KEY and TWILIO_API_SECRET out of .env, then {set_up} (it makes new ones).": (
        "Retirez TWILIO_API_KEY et TWILIO_API_SECRET de .env, puis {set_up} (il en crée de nouveaux)."
    ),
    "Twilio console → Voice → Settings → Geo permissions": (
        "Console Twilio → Voice → Settings → Geo permissions"
    ),
    "Twilio console → Voice → Settings → General: Enforce HTTP Auth on Media URLs.": (
        "Console Twilio → Voice → Settings → General : Enforce HTTP Auth on Media URLs."
    ),
    "Twilio console → Phone Numbers → Verified Caller IDs: verify it; or take it out of "
    "TWILIO_PHONE_NUMBER, dialling.caller_ids, dialling.own_caller_ids.": (
        "Console Twilio → Phone Numbers → Verified Caller IDs : vérifiez-le ; ou retirez-le de "
        "TWILIO_PHONE_NUMBER, dialling.caller_ids, dialling.own_caller_ids."
    ),
    "Make new credentials: Twilio console → Account → API keys & tokens, or → OAuth apps.": (
        "Créez de nouveaux identifiants : console Twilio → Account → API keys & tokens, ou → OAuth apps."
    ),
    "docs/how-to/twilio-credentials.md says what Rules do.": (
        "docs/how-to/twilio-credentials.md dit ce que font les Rules."
    ),
    "Give the restricted key this permission: Twilio console → Account → API keys & tokens "
    "(docs/how-to/twilio-credentials.md lists all of them).": (
        "Donnez cette permission à la clé restreinte : console Twilio → Account → API keys & tokens "
        "(docs/how-to/twilio-credentials.md en donne la liste)."
    ),
    "{shown} and {count} more": "{shown} et {count} autres",
    "Twilio calls no more countries than the bridge allows.": (
        "Twilio n'autorise pas plus de pays que la passerelle."
    ),
    "Twilio takes the Auth Token.": "Twilio accepte l'Auth Token.",
    "Twilio accepts the API key.": "Twilio accepte la clé d'API.",
    "Twilio accepts the credentials for the REST API.": "Twilio accepte les identifiants de l'API REST.",
    "The TwiML App's URLs are ours.": "Les adresses de la TwiML App sont les nôtres.",
    "Calls to our numbers come here.": "Les appels à nos numéros arrivent ici.",
    "Twilio lets the bridge show every caller ID that is set.": (
        "Twilio laisse la passerelle présenter chaque numéro configuré."
    ),
    "Anyone who has the URL of a recording can listen to it.": (
        "Quiconque a l'adresse d'un enregistrement peut l'écouter."
    ),
    "Twilio does not call {countries}, which the bridge allows.": (
        "Twilio bloque les appels vers {countries}, que la passerelle autorise."
    ),
    "{permissions}: open.": "{permissions} : ouvrez-les.",
    "Twilio calls high-risk numbers in {countries}.": (
        "Twilio autorise les appels vers des numéros à haut risque : {countries}."
    ),
    "{permissions}: close them.": "{permissions} : fermez-les.",
    "Twilio calls {countries}, too: a stolen key can call what the bridge refuses.": (
        "Twilio autorise aussi {countries} : une clé volée permet d'appeler ce que la passerelle refuse."
    ),
    "{permissions}: leave open what you call.": (
        "{permissions} : ne laissez ouvert que ce que vous appelez."
    ),
    "Twilio does not know TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN.": (
        "Twilio ne connaît pas TWILIO_ACCOUNT_SID avec TWILIO_AUTH_TOKEN."
    ),
    "The account is {state}.": "Le compte est {state}.",
    "Twilio console → Billing, or ask Twilio's support.": (
        "Console Twilio → Billing, ou demandez au support de Twilio."
    ),
    "One of the tokens in TWILIO_AUTH_TOKEN is not valid (any more).": (
        "Un des jetons de TWILIO_AUTH_TOKEN n'est pas (ou plus) valable."
    ),
    "Take it out when the rotation is over.": "Retirez-le quand la rotation est finie.",
    "It is a trial account: it calls only verified numbers.": (
        "C'est un compte d'essai : il n'appelle que des numéros vérifiés."
    ),
    "Twilio console → Upgrade.": "Console Twilio → Upgrade.",
    "The API key opens the REST API.": "La clé d'API donne accès à l'API REST.",
    "The account has no TwiML App {app_sid}.": "Le compte n'a pas de TwiML App {app_sid}.",
    "Take TWILIO_APP_SID out of .env, then {set_up}.": "Retirez TWILIO_APP_SID de .env, puis {set_up}.",
    "The TwiML App calls elsewhere: {urls}.": "La TwiML App appelle d'autres adresses : {urls}.",
    "{set_up}, if {public_url} is right; else correct BRIDGE_PUBLIC_URL.": (
        "{set_up}, si {public_url} est juste ; sinon corrigez BRIDGE_PUBLIC_URL."
    ),
    "The account does not own {numbers}: calls to it cannot come here.": (
        "Le compte ne possède pas {numbers} : ses appels ne peuvent pas arriver ici."
    ),
    "Buy it, or set TWILIO_PHONE_NUMBER and lines.numbers to {numbers}.": (
        "Achetez-le, ou réglez TWILIO_PHONE_NUMBER et lines.numbers sur {numbers}."
    ),
    "numbers of yours": "des numéros à vous",
    "Calls to {numbers} do not come here.": "Les appels à {numbers} n'arrivent pas ici.",
    "docs/how-to/transcripts.md says which of Twilio's products an account can have.": (
        "docs/how-to/transcripts.md dit lequel des produits de Twilio un compte peut avoir."
    ),
    "Conversation Intelligence has no service {name}; there is {known}.": (
        "Conversation Intelligence n'a pas de service {name} ; il y a {known}."
    ),
    "The service transcribes all recordings by itself: one can be paid for twice.": (
        "Le service transcrit de lui-même tous les enregistrements : l'un d'eux peut être payé deux fois."
    ),
    "Switch AutoTranscribe of the service off.": "Désactivez AutoTranscribe du service.",
    "Conversation Intelligence (classic) transcribes in {language}, and redacts personal data.": (
        "Conversation Intelligence (classic) transcrit en {language}, et masque les données personnelles."
    ),
    "Conversation Intelligence (classic) transcribes in {language}, without redaction.": (
        "Conversation Intelligence (classic) transcrit en {language}, sans rien masquer."
    ),
    "The account has services of Conversation Intelligence (classic): Twilio refuses batch "
    "transcription there.": (
        "Le compte a des services de Conversation Intelligence (classic) : Twilio y refuse la transcription "
        "par lots."
    ),
    "Set transcripts.engine to twilio-classic, or delete these services.": (
        "Mettez transcripts.engine à twilio-classic, ou supprimez ces services."
    ),
    "Twilio refuses batch transcription here: {denied}.": (
        "Twilio refuse ici la transcription par lots : {denied}."
    ),
    "The account has batch transcription.": "Le compte a la transcription par lots.",
    "{numbers} is neither the account's nor verified: Twilio refuses calls out that show it (13214).": (
        "{numbers} n'est ni au compte ni vérifié : Twilio refuse de le présenter à l'appelé (13214)."
    ),
    "There are no recordings.": "Il n'y a pas d'enregistrement.",
    "Recordings take credentials.": "Les enregistrements demandent des identifiants.",
    "These credentials cannot see the voice geographic permissions.": (
        "Ces identifiants ne voient pas les permissions géographiques de la voix."
    ),
    # Webhook Rules
    "No webhook Rule matches our URLs: the auth token signs.": (
        "Aucune Rule de webhook ne concerne nos adresses : l'Auth Token signe."
    ),
    "Add id=secret to TWILIO_SHARED_KEYS and restart; Twilio shows the secret only when a key is made.": (
        "Ajoutez id=secret à TWILIO_SHARED_KEYS et redémarrez ; Twilio ne montre le secret qu'à la "
        "création d'une clé."
    ),
    "Set TWILIO_AUTH_TOKEN, or make a Rule whose prefix is BRIDGE_PUBLIC_URL and a slash.": (
        "Donnez TWILIO_AUTH_TOKEN, ou créez une Rule dont le préfixe est BRIDGE_PUBLIC_URL et une barre "
        "oblique."
    ),
    "Make a Setting whose signature.algorithm is one of {algorithms}, or update the bridge.": (
        "Créez un Setting dont signature.algorithm est un de {algorithms}, ou mettez la passerelle à jour."
    ),
    "Make a Setting with connection.retryPolicy {{retryCount: 5, retryOn: [ALL]}}, and name it in the "
    "Rule: a Rule's Setting replaces the retries that our URLs ask for.": (
        "Créez un Setting avec connection.retryPolicy {{retryCount: 5, retryOn: [ALL]}}, et nommez-le "
        "dans la Rule : le Setting d'une Rule remplace les nouveaux essais que nos adresses demandent."
    ),
    "Look it up: GET https://webhooks.twilio.com/v1/Webhooks/Settings/ and its id.": (
        "Consultez-le : GET https://webhooks.twilio.com/v1/Webhooks/Settings/ et son id."
    ),
    "Let this machine reach https://webhooks.twilio.com.": (
        "Laissez cette machine atteindre https://webhooks.twilio.com."
    ),
    "Rule “{name}” signs with {key} and retries {retries} times, on {on}": (
        "la Rule « {name} » signe avec {key} et réessaie {retries} fois, sur {on}"
    ),
    "The keys of the webhook Rules that match our URLs are known: {described}.": (
        "Les clés des Rules de webhook qui concernent nos adresses sont connues : {described}."
    ),
    "the auth token": "l'Auth Token",
    "nothing": "rien",
    "These credentials cannot see the account's webhook Rules.": (
        "Ces identifiants ne voient pas les Rules de webhook du compte."
    ),
    "The account's webhook Rules could not be read: {away}.": (
        "Les Rules de webhook du compte n'ont pas pu être lues : {away}."
    ),
    "no Rule matches some of our URLs ({url}): the auth token signs their webhooks, and is not configured": (
        "aucune Rule ne concerne certaines de nos adresses ({url}) : l'Auth Token signe leurs webhooks, "
        "et n'est pas donné"
    ),
    "Webhooks are refused": "Des webhooks sont refusés",
    "A webhook that fails is lost": "Un webhook qui échoue est perdu",
    "A webhook may be refused, or lost": "Un webhook peut être refusé, ou perdu",
    "Rule “{name}” signs with {shared_key_id}, which is not configured": (
        "la Rule « {name} » signe avec {shared_key_id}, qui n'est pas donnée"
    ),
    "Rule “{name}” signs with the auth token, which is not configured": (
        "la Rule « {name} » signe avec l'Auth Token, qui n'est pas donné"
    ),
    "Rule “{name}” signs by {algorithm}, which the bridge does not know": (
        "la Rule « {name} » signe par {algorithm}, que la passerelle ne connaît pas"
    ),
    "Rule “{name}” retries {retries} times, on {on}": (
        "la Rule « {name} » réessaie {retries} fois, sur {on}"
    ),
    "Rule “{name}” has the Setting {one}, which these credentials cannot see": (
        "la Rule « {name} » a le Setting {one}, que ces identifiants ne voient pas"
    ),
}
