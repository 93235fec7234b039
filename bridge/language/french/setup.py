"""Questions and answers of `init`; plans, steps and hints of `setup`."""

from collections.abc import Mapping

PREPARED: Mapping[str, str] = {
    # init
    "Y/n": "O/n",
    "y/N": "o/N",
    "The output cannot be written: {reason}.": "La sortie ne peut pas être écrite : {reason}.",
    "y or n, please.": "o ou n, s'il vous plaît.",
    "Aborted.": "Interrompu.",
    "all": "tous",
    "Twenty's URL": "L'adresse (URL) de Twenty",
    "An API key of Twenty (Settings → API & Webhooks)": (
        "Une clé d'API de Twenty (Settings → API & Webhooks)"
    ),
    "Twilio's Account SID": "L'Account SID de Twilio",
    "Twilio's Auth Token": "L'Auth Token de Twilio",
    "The bridge's own public URL (https://phone.example.com, or https://crm.example.com/phone)": (
        "L'adresse publique de la passerelle (https://phone.example.com, ou https://crm.example.com/phone)"
    ),
    "Which number do calls go out with?": "Quel numéro présenter pour les appels sortants ?",
    "Who takes calls? Numbers or e-mails, with commas between": (
        "Qui prend les appels ? Des numéros de la liste ou des e-mails, séparés par des virgules"
    ),
    "{file} has other values of {names}. Replace them by these answers?": (
        "{file} contient d'autres valeurs pour {names}. Les remplacer par ces réponses ?"
    ),
    "Prepare the Twilio account now (setup twilio)?": (
        "Préparer maintenant le compte Twilio (setup twilio) ?"
    ),
    "Prepare the workspace in Twenty now (setup twenty)?": (
        "Préparer maintenant l'espace de travail dans Twenty (setup twenty) ?"
    ),
    "Agents sign in to the phone by a link, which works once, within an hour. A link made here works for a "
    "bridge that runs here; in Docker or under systemd, make it there: keys new --link.": (
        "Chaque agent se connecte au téléphone par un lien, valable une seule fois, pendant une heure. Un "
        "lien créé ici vaut pour une passerelle qui tourne ici ; avec Docker ou systemd, créez-le là-bas : "
        "keys new --link."
    ),
    "Make a link for each agent now?": "Créer maintenant un lien pour chaque agent ?",
    "Notes have the time of {zone}: activities.zone in {file}.": (
        "Les notes sont à l'heure de {zone} : activities.zone dans {file}."
    ),
    "The time zone of times in notes, such as Europe/Paris": (
        "Le fuseau horaire des heures dans les notes, par exemple Europe/Paris"
    ),
    "{zone}: the IANA database has no such time zone.": (
        "{zone} : la base de l'IANA n'a pas de fuseau horaire de ce nom."
    ),
    "Go on?": "Continuer ?",
    "One of 1 to {count}, please.": "Un nombre de 1 à {count}, s'il vous plaît.",
    "Twenty at {url} takes the key.": "Twenty à l'adresse {url} accepte la clé.",
    "Twilio knows the account; it has 1 number.": "Twilio reconnaît le compte, qui a 1 numéro.",
    "Twilio knows the account; it has {count} numbers.": (
        "Twilio reconnaît le compte, qui a {count} numéros."
    ),
    "The account has no number yet: buy one, Twilio console → Phone Numbers.": (
        "Le compte n'a pas encore de numéro : achetez-en un, console Twilio → Phone Numbers."
    ),
    "{number} is none of the account's numbers ({numbers}).": (
        "{number} n'est pas un numéro de ce compte ({numbers})."
    ),
    "it has none": "il n'en a aucun",
    "No DNS server knows {host} yet. doctor checks it once it does.": (
        "Aucun serveur DNS ne connaît encore {host}. doctor le vérifiera ensuite."
    ),
    "{reason} Name who takes calls in config.yaml, as agents.names.": (
        "{reason} Indiquez dans config.yaml (agents.names) qui prend les appels."
    ),
    "Wrote {names} into {file}, which only you may read.": (
        "{names} : écrit dans {file}, que vous seul pouvez lire."
    ),
    "Wrote {file}: everything in it has a default, and an explanation.": (
        "{file} : créé ; chaque réglage y a une valeur par défaut et une explication."
    ),
    "{file} keeps its {names}; your other answers stand there now.": (
        "{file} conserve {names} ; vos autres réponses y sont enregistrées."
    ),
    "Run init again when that is decided: it asks for no more than is missing.": (
        "Relancez init une fois que c'est décidé : il ne demandera que ce qui manque."
    ),
    "Calls ring {agents}: agents.names in {file}.": (
        "Les appels sonnent chez {agents} : agents.names dans {file}."
    ),
    "{file} is left as it is. Who takes calls stands there as agents.names.": (
        "{file} reste inchangé. Indiquez-y sous agents.names qui prend les appels."
    ),
    "{agent} signs in with this link, once, within an hour:": (
        "{agent} se connecte avec ce lien, une fois, pendant une heure :"
    ),
    "Send it as you would a password; the bridge stores only a hash of it.": (
        "Envoyez-le comme un mot de passe ; la passerelle n'en garde qu'une empreinte."
    ),
    "Next: twenty-bridge serve, and then twenty-bridge doctor.": (
        "Ensuite : twenty-bridge serve, puis twenty-bridge doctor."
    ),
    "Next: twenty-bridge setup twilio, setup twenty, serve, and then doctor.": (
        "Ensuite : twenty-bridge setup twilio, setup twenty, serve, puis doctor."
    ),
    "Nothing to do: the account has all that the bridge needs.": (
        "Rien à faire : le compte a tout ce qu'il faut à la passerelle."
    ),
    "A bridge that runs already has to be restarted: it reads .env at its start.": (
        "Redémarrez la passerelle si elle est déjà en marche : elle lit .env au démarrage."
    ),
    "{variable} is missing or was refused, and --yes asks no questions.": (
        "{variable} manque ou a été refusé, et --yes ne pose pas de question."
    ),
    "{question} Give --number, one of {numbers}.": "{question} Précisez --number, l'un de {numbers}.",
    "Twenty does not take this API key ({reason}). Make one in Twenty: Settings → API & Webhooks.": (
        "Twenty n'accepte pas cette clé d'API ({reason}). Créez-en une dans Twenty : Settings → API & "
        "Webhooks."
    ),
    "{question}: ": "{question} : ",
    "{reason}.": "{reason}.",
    # keys new
    "The key, which is shown this once:": "La clé, qui n'est montrée qu'une fois :",
    "Written into {file}, under auth.keys:": "Écrit dans {file}, sous auth.keys :",
    "It counts once the bridge is started again.": "Elle vaudra quand la passerelle aura redémarré.",
    "For {file}, under auth:": "Pour {file}, sous auth :",
    "{file} is left as it is: add the line there.": "{file} reste tel quel : ajoutez-y la ligne.",
    "{reason} Add the line there.": "{reason} Ajoutez-y la ligne.",
    "Twenty does not list its members to this key: {reason}": (
        "Twenty ne montre pas ses membres à cette clé : {reason}"
    ),
    "{names}: no such member of the workspace.": (
        "{names} : aucun membre de ce nom dans l'espace de travail."
    ),
    "Twilio at {url} does not know this SID with this Auth Token, and does not say which is wrong. Both "
    "stand in its console → Account → API keys & tokens.": (
        "Twilio à l'adresse {url} ne connaît pas ce SID avec cet Auth Token, et ne dit pas lequel est faux. "
        "Les deux se trouvent dans sa console → Account → API keys & tokens."
    ),
    "{reason}. If yours is not at {url}, set TWILIO_API_URL.": (
        "{reason}. Si le vôtre n'est pas à l'adresse {url}, donnez TWILIO_API_URL."
    ),
    "{url} is not https: browsers give no microphone, and tokens can be read on the way.": (
        "{url} n'est pas en https : les navigateurs ne donnent pas de microphone, et les jetons peuvent "
        "être lus en route."
    ),
    "{host} is not the name of a host: {reason}.": "{host} n'est pas le nom d'un serveur : {reason}.",
    # Keys and links
    "{agent}: links and devices ended: {count}.": "{agent} : liens et appareils déconnectés : {count}.",
    "A phone that is open rings until its access token ends, within {minutes} minutes.": (
        "Un téléphone ouvert sonne jusqu'à la fin de son jeton d'accès, dans {minutes} minutes au plus."
    ),
    "A key needs a --name.": "Une clé exige un --name.",
    "A link needs an --identity: whose phone it is.": (
        "Un lien exige un --identity : l'agent à qui est ce téléphone."
    ),
    "expires: {expires} is over: this key would open nothing": (
        "expires : {expires} est passé : cette clé n'ouvrirait rien"
    ),
    "--identity: {agent} is no agent; agents.names in config.yaml names them": (
        "--identity : {agent} n'est pas un agent ; agents.names dans config.yaml les nomme"
    ),
    # setup twenty: results, steps, hints
    "done": "fait",
    "to do": "à faire",
    "not allowed": "non autorisé",
    "left out": "laissé de côté",
    "refused": "refusé",
    "not possible": "impossible",
    "left out, as a user removed it": "laissé de côté, car un utilisateur l'a supprimé",
    "{result}: {step}": "{result} : {step}",
    "{result} ({reason}): {step}": "{result} ({reason}) : {step}",
    "{number} of {total} · {step}": "{number} sur {total} · {step}",
    "Give Twenty a button Call on people, companies and phone calls (setup app)?": (
        "Ajouter à Twenty un bouton Call sur les personnes, sociétés et appels (setup app) ?"
    ),
    "publish the app, version {version}": "publier l'application, version {version}",
    "install it: a button Call on people, companies and phone calls": (
        "l'installer : un bouton Call sur les personnes, sociétés et appels"
    ),
    "install version {version} in the place of the one that is there": (
        "installer la version {version} à la place de celle qui est là"
    ),
    "tell it that the phone is at {address}": "lui indiquer l'adresse du téléphone : {address}",
    "uninstall the app": "désinstaller l'application",
    "remove its published package": "supprimer son paquet publié",
    "Nothing to do: the app is there.": "Rien à faire : l'application est là.",
    "Nothing to do: the app is not there.": "Rien à faire : l'application n'est pas là.",
    "The app: {reason}": "L'application : {reason}",
    "The key's role needs the settings permissions Applications, Marketplace apps, and API keys & webhooks: "
    "Twenty → Settings → Roles.": (
        "Le rôle de la clé a besoin des permissions Applications, Marketplace apps et API keys & webhooks : "
        "Twenty → Settings → Roles."
    ),
    "Everything else of the bridge works without the app.": (
        "Tout le reste de la passerelle marche sans l'application."
    ),
    "Make this dashboard, which all users see?": (
        "Créer ce tableau de bord, que tous les utilisateurs voient ?"
    ),
    "this Twenty's schema: {refusal}": "le schéma de ce Twenty : {refusal}",
    "needs {missing}": "il faut {missing}",
    "the object {phone_call}": "l'objet {phone_call}",
    "the view “{name}”": "la vue « {name} »",
    "the dashboard “{title}”": "le tableau de bord « {title} »",
    "a call": "un appel",
    "a person": "une personne",
    "a company": "une société",
    "create {what}": "créer {what}",
    "give {what} its {looks}": "donner à {what} : {looks}",
    "create the field {field}": "créer le champ {field}",
    "give icons to the fields {names}": "donner des icônes aux champs {names}",
    "The object {phone_call} is deactivated: activate it.": (
        "L'objet {phone_call} est désactivé : activez-le."
    ),
    "{field} is {type}, not {wanted}: rename it, run this again.": (
        "{field} est {type}, et non {wanted} : renommez-le, puis relancez."
    ),
    "{field} is deactivated: activate it.": "{field} est désactivé : activez-le.",
    "{field} lacks {values}: Twenty refuses the calls that have one of these. Add each as an option with "
    "this API value.": (
        "Il manque à {field} : {values}. Twenty refuse les appels qui ont une de ces valeurs. Ajoutez "
        "chacune comme option avec cette valeur d'API."
    ),
    "{field} is unique, but several calls can have the same: switch “Unique” off.": (
        "{field} est unique, mais plusieurs appels peuvent avoir le même : désactivez « Unique »."
    ),
    "arrange the views of phone calls": "disposer les vues des appels",
    "note which looks were made, so that those that users remove stay removed": (
        "noter ce qui a été créé, pour que ce que les utilisateurs suppriment le reste"
    ),
    "restore {dashboard}": "restaurer {dashboard}",
    "What users removed stays removed. `twenty-bridge setup twenty {options}` restores it.": (
        "Ce que les utilisateurs ont supprimé le reste. `twenty-bridge setup twenty {options}` le restaure."
    ),
    "arrange the sidebar": "disposer la barre latérale",
    "lay out the page of {owner}": "disposer la page : {owner}",
    "lay out the columns of the view “{name}”, newest first": (
        "disposer les colonnes de la vue « {name} », les plus récents d'abord"
    ),
    "bring the columns of {what} up to date": "mettre à jour les colonnes : {what}",
    "show the fields of a call in groups: {groups}": ("montrer les champs d'un appel par groupes : {groups}"),
    "lead “{name}” in the sidebar to {url}": "faire mener « {name} » de la barre latérale vers {url}",
    "add “{name}” to the sidebar": "ajouter « {name} » à la barre latérale",
    "color and place phone calls in the sidebar": "colorer et placer les appels dans la barre latérale",
    "add the tab “{title}” to the page of {owner}": "ajouter l'onglet « {title} » à la page : {owner}",
    "register the webhook to {url}": "enregistrer le webhook vers {url}",
    "move the webhook from {former} to {url}": "déplacer le webhook de {former} vers {url}",
    "change {what} of the webhook to {url}": "changer {what} du webhook vers {url}",
    "make {dashboard}: calls per day, by outcome, by agent, missed and not called back": (
        "créer {dashboard} : appels par jour, par issue, par agent, manqués et pas rappelés"
    ),
    "Left out: {dashboard}. This Twenty's CreatePageLayoutWidgetInput has no gridPosition: how it places "
    "charts is not known to this version of the bridge.": (
        "Laissé de côté : {dashboard}. CreatePageLayoutWidgetInput de ce Twenty n'a pas de gridPosition : "
        "cette version de la passerelle ne sait pas comment il place des graphiques."
    ),
    "Nothing to do: the workspace has all that calls are written to and shown with.": (
        "Rien à faire : l'espace de travail a tout ce qu'il faut pour noter et afficher les appels."
    ),
    "Left out: the webhook by which Twenty tells of changed people. Set TWENTY_WEBHOOK_SECRET in the "
    "environment or .env (`openssl rand -hex 32` makes one), and run this again.": (
        "Laissé de côté : le webhook par lequel Twenty signale les personnes modifiées. Donnez "
        "TWENTY_WEBHOOK_SECRET dans l'environnement ou .env (`openssl rand -hex 32` en fait un), puis "
        "relancez."
    ),
    "The API key's role may not do all of it. In Twenty, open Settings → Roles, choose the key's role (or "
    "a separate one for set-up) and allow Settings permissions → {permissions}; then run this again.": (
        "Le rôle de la clé d'API n'a pas tous les droits. Dans Twenty, ouvrez Settings → Roles, "
        "choisissez le rôle de la clé (ou un autre pour la préparation) et permettez Settings permissions "
        "→ {permissions} ; puis relancez."
    ),
    "What was left out takes {permissions}.": "Ce qui a été laissé de côté demande {permissions}.",
    "This Twenty does not accept what is named as not possible, and nothing of that was sent: run a "
    "version of the bridge that is made for this Twenty.": (
        "Ce Twenty n'accepte pas ce qui est marqué impossible, et rien n'en a été envoyé : installez une "
        "version de la passerelle faite pour ce Twenty."
    ),
    # setup twilio: steps and problems
    "done: {step}": "fait : {step}",
    "- {step}": "- {step}",
    "create the TwiML App “{name}”": "créer la TwiML App « {name} »",
    "change the TwiML App “{name}” ({sid})": "changer la TwiML App « {name} » ({sid})",
    "create the API key “{name}”; its secret goes into .env": (
        "créer la clé d'API « {name} » ; son secret va dans .env"
    ),
    "attach {number} to the TwiML App “{name}”": "rattacher {number} à la TwiML App « {name} »",
    "write {variable}={value} into .env": "écrire {variable}={value} dans .env",
    "    application: {other} → this one; calls no longer go there": (
        "    application : {other} → celle-ci ; les appels n'y vont plus"
    ),
    "    its voice URL {url} is no longer requested": "    son adresse voice {url} n'est plus demandée",
    "    {label}: {url}": "    {label} : {url}",
    "    {label}: {before} → {after}": "    {label} : {before} → {after}",
    "voice URL": "adresse voice",
    "fallback URL": "adresse de secours",
    "status callback URL": "adresse de status callback",
    "voice method": "méthode voice",
    "fallback method": "méthode de secours",
    "status callback method": "méthode de status callback",
    "{variable} is set in the environment, too, and wins over {file}.": (
        "{variable} est donné dans l'environnement aussi, et l'emporte sur {file}."
    ),
    "There are {count} TwiML Apps “{name}”: set TWILIO_APP_SID to one of {sids}.": (
        "Il y a {count} TwiML Apps « {name} » : réglez TWILIO_APP_SID sur l'une de {sids}."
    ),
    "Only the account's Auth Token can make an API key: set TWILIO_AUTH_TOKEN for this command, or make a "
    "Standard key in the console and set TWILIO_API_KEY and TWILIO_API_SECRET.": (
        "Seul l'Auth Token du compte peut créer une clé d'API : donnez TWILIO_AUTH_TOKEN à cette "
        "commande, ou créez une clé Standard dans la console et donnez TWILIO_API_KEY et "
        "TWILIO_API_SECRET."
    ),
    "The account has no number for calls. Buy one: Twilio console → Phone Numbers → Buy a number.": (
        "Le compte n'a pas de numéro pour des appels. Achetez-en un : console Twilio → Phone Numbers → "
        "Buy a number."
    ),
    "The account has several numbers: set TWILIO_PHONE_NUMBER to one of {numbers}.": (
        "Le compte a plusieurs numéros : réglez TWILIO_PHONE_NUMBER sur l'un de {numbers}."
    ),
    "TWILIO_APP_SID is {app_sid}, which this account does not have. Take it out of the environment or "
    ".env, and run this again: an app is then found by name or made.": (
        "TWILIO_APP_SID est {app_sid}, que ce compte n'a pas. Retirez-le de l'environnement ou de .env, "
        "puis relancez : une application est alors trouvée par son nom, ou créée."
    ),
    "{number} is not one of this account's numbers: calls to it cannot come here, and it can be shown as "
    "caller only where it is verified (Twilio console → Verified Caller IDs).": (
        "{number} n'est pas un numéro de ce compte : ses appels ne peuvent pas arriver ici, et il ne peut "
        "être présenté à l'appelé que s'il est vérifié (console Twilio → Verified Caller IDs)."
    ),
    "No TwiML App to attach numbers to.": "Pas de TwiML App à laquelle rattacher des numéros.",
}
