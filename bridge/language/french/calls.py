"""What `calls`, `people` and `backfill` say."""

from collections.abc import Mapping

KEPT: Mapping[str, str] = {
    "1 call": "1 appel",
    "{count} calls": "{count} appels",
    "1 row": "1 ligne",
    "{count} rows": "{count} lignes",
    "calls": "appels",
    "people": "personnes",
    "days": "jours",
    "No such calls.": "Aucun appel de ce genre.",
    "{sid}: the inbox has no such call.": "{sid} : la boîte de réception n'a pas cet appel.",
    "{sid}: the inbox has no such call, or has dropped its callbacks.": (
        "{sid} : la boîte de réception n'a pas cet appel, ou n'a plus ses notifications."
    ),
    "{sid}: no such call; `twenty-bridge calls list` shows their SIDs": (
        "{sid} : cet appel n'existe pas ; `twenty-bridge calls list` montre les SID"
    ),
    "{number}: the company's own, so every call would be forgotten": (
        "{number} : c'est celui de l'entreprise, tous les appels seraient donc oubliés"
    ),
    "Erase the call {sid} here, for good?": "Effacer ici l'appel {sid}, définitivement ?",
    "Erase {calls} of {number} here, for good?": "Effacer ici {calls} de {number}, définitivement ?",
    "Erased here: {calls}. Their history does not come back; a new call is a new call.": (
        "Effacé ici : {calls}. L'historique ne revient pas ; un nouvel appel est un nouvel appel."
    ),
    "Backups of the database hold what they held. Logs have shortened numbers alone.": (
        "Les sauvegardes de la base gardent ce qu'elles avaient. Les journaux n'ont que des numéros abrégés."
    ),
    "In Twenty remain, to be deleted there, and then destroyed (Deleted records):": (
        "Restent dans Twenty, à y supprimer, puis à y détruire (Deleted records) :"
    ),
    "  the person           {url}": "  la personne          {url}",
    "  a call               {url}": "  un appel             {url}",
    "  notes and tasks on them, and other people and calls with the number": (
        "  leurs notes et tâches, et les autres personnes et appels avec ce numéro"
    ),
    "At Twilio remain call logs and recordings; with Twilio's command line:": (
        "Restent chez Twilio les journaux d'appels et les enregistrements ; par la ligne de commande de "
        "Twilio :"
    ),
    "Calls that are no longer kept here are in Twilio's console, by number: Monitor → Logs → Calls.": (
        "Les appels qui ne sont plus gardés ici sont dans la console de Twilio, par numéro : "
        "Monitor → Logs → Calls."
    ),
    "Transcripts that Twilio made are deleted there by the bridge, as soon as it runs.": (
        "Les transcriptions faites par Twilio y sont supprimées par la passerelle, dès qu'elle tourne."
    ),
    "{what} will be written again.": "Sera écrit à nouveau : {what}.",
    "{calls} will be matched anew.": "À rapprocher à nouveau : {calls}.",
    "Matching anew": "Rapprochement",
    "Reading people": "Lecture des personnes",
    "Putting back": "Remise en place",
    "What stood there before: {path} (put back by --undo {path}).": (
        "Ce qui s'y trouvait avant : {path} (remis en place par --undo {path})."
    ),
    "Stopped. Run it again to go on.": "Interrompu. Relancez la commande pour continuer.",
    "{rows} rewritten": "{rows} : récrites",
    "{rows} with a number, {rewritten} would be rewritten.": (
        "Avec un numéro : {rows}, dont {rewritten} à récrire."
    ),
    "{rows} with a number, {rewritten} rewritten.": "Avec un numéro : {rows}, dont {rewritten} récrites.",
    "{rows} changed meanwhile: run it again.": "Modifié entre-temps : {rows}. Relancez la commande.",
    "{rows} left alone:": "Laissé tel quel, {rows} :",
    "{rows} refused by Twenty:": "Refusé par Twenty, {rows} :",
    "{rows} as before.": "Comme avant : {rows}.",
    "{rows} sent as before, which Twenty itself normalised.": (
        "Envoyé comme avant, et normalisé par Twenty lui-même : {rows}."
    ),
    "{rows} left alone: not as they were rewritten, or deleted.": (
        "Laissé tel quel, car modifié depuis ou supprimé : {rows}."
    ),
    "{rows} that Twenty does not take as before:": "Ce que Twenty ne reprend pas comme avant, {rows} :",
    "Asking Twilio": "Demande à Twilio",
    "Asking Twilio: {calls}": "Demande à Twilio : {calls}",
    "Writing to Twenty": "Écriture dans Twenty",
    "The bridge writes to Twenty": "La passerelle écrit dans Twenty",
    "Twenty does not take them{reason}. They wait in the inbox for the bridge.": (
        "Twenty ne les accepte pas{reason}. Ils attendent la passerelle dans la boîte de réception."
    ),
    "calls of the bridge, that are over": "appels de la passerelle, terminés",
    "of these the inbox did not know": "d'entre eux, inconnus de la boîte de réception",
    "of these it lacked something": "d'entre eux, incomplets",
    "others of people who were forgotten": "autres, de personnes oubliées",
    "others of this account's, not the bridge's": "autres de ce compte, pas de la passerelle",
    "wait to be written": "attendent d'être écrits",
    "Twenty refused: twenty-bridge calls list --parked": (
        "refusés par Twenty : twenty-bridge calls list --parked"
    ),
    "stand in Twenty": "sont dans Twenty",
    "of these with a person": "d'entre eux, avec une personne",
    "are not to be shown: by policy, or deleted there": (
        "ne sont pas à montrer : par choix, ou supprimés là-bas"
    ),
}
