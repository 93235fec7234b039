/**
 * Every text of the page, in each of its languages: the type checker holds the rows complete. `{name}` stands for a
 * value; a key that ends in `.one` or `.other` is chosen by a number.
 */

/** @satisfies {Record<string, {en: string, fr: string}>} */
export const TABLE = /** @type {const} */ ({
  phone: { en: "Phone", fr: "Téléphone" },
  language: { en: "Language", fr: "Langue" },

  "line.signed-out": { en: "Signed out", fr: "Déconnecté" },
  "line.refused": { en: "Not signed in", fr: "Non connecté" },
  "line.connecting": { en: "Connecting …", fr: "Connexion …" },
  "line.elsewhere": { en: "In another tab", fr: "Dans un autre onglet" },
  "line.ready": { en: "Ready for calls", fr: "Prêt à appeler" },
  "line.offline": { en: "Offline", fr: "Hors ligne" },

  "missing.network": {
    en: "There is no network. The phone comes back by itself.",
    fr: "Il n'y a pas de réseau. Le téléphone revient de lui-même.",
  },
  "missing.bridge": {
    en: "The bridge does not answer. The phone tries again by itself.",
    fr: "La passerelle ne répond pas. Le téléphone réessaie de lui-même.",
  },
  "missing.twilio": {
    en: "The connection to Twilio is lost. The phone reconnects by itself.",
    fr: "La connexion à Twilio est perdue. Le téléphone se reconnecte de lui-même.",
  },

  "sign-in": { en: "Sign in", fr: "Se connecter" },
  "sign-out": { en: "Sign out", fr: "Se déconnecter" },
  "sign-out.unsaved.one": {
    en: "{count} note is not saved yet. If you sign out now, it stays on this device, and is saved when you sign in here again.",
    fr: "{count} note n'est pas encore enregistrée. Si vous vous déconnectez maintenant, elle reste sur cet appareil, et sera enregistrée quand vous vous y reconnecterez.",
  },
  "sign-out.unsaved.other": {
    en: "{count} notes are not saved yet. If you sign out now, they stay on this device, and are saved when you sign in here again.",
    fr: "{count} notes ne sont pas encore enregistrées. Si vous vous déconnectez maintenant, elles restent sur cet appareil, et seront enregistrées quand vous vous y reconnecterez.",
  },
  "sign-out.stay": { en: "Stay signed in", fr: "Rester connecté" },
  "sign-out.anyway": { en: "Sign out all the same", fr: "Se déconnecter quand même" },
  "sign-in.stay": { en: "Stay signed in on this device", fr: "Rester connecté sur cet appareil" },
  "sign-in.link": {
    en: "Your link works once. It makes this browser your phone.",
    fr: "Votre lien sert une fois. Il fait de ce navigateur votre téléphone.",
  },
  "sign-in.use-key": { en: "Use a key", fr: "Utiliser une clé" },
  "sign-in.how": {
    en: "Open the link that you were sent, log in to Twenty, or give your key.",
    fr: "Ouvrez le lien que vous avez reçu, connectez-vous à Twenty, ou donnez votre clé.",
  },
  "sign-in.key": { en: "Key", fr: "Clé" },
  "sign-in.agent": { en: "Agent (for a key of several)", fr: "Agent (pour une clé commune)" },

  number: { en: "Number", fr: "Numéro" },
  "number.shown": { en: "Number that is shown", fr: "Numéro affiché" },
  "number.withheld": { en: "Withheld number", fr: "Numéro masqué" },
  place: { en: "Place a call", fr: "Passer un appel" },
  call: { en: "Call", fr: "Appeler" },
  checking: { en: "Checking …", fr: "Vérification …" },
  keypad: { en: "Keypad", fr: "Clavier" },
  "key.*": { en: "star", fr: "étoile" },
  "key.#": { en: "pound", fr: "dièse" },

  incoming: { en: "Incoming call", fr: "Appel entrant" },
  "incoming.title": { en: "({count}) Incoming call", fr: "({count}) Appel entrant" },
  "incoming.calls-you": { en: "{who} calls", fr: "{who} appelle" },
  "incoming.rings-elsewhere": { en: "Rings elsewhere", fr: "Sonne ailleurs" },
  answer: { en: "Answer", fr: "Répondre" },
  "answer.instead": { en: "Hang up and answer", fr: "Raccrocher et répondre" },
  decline: { en: "Decline", fr: "Refuser" },
  ignore: { en: "Ignore", fr: "Ignorer" },

  "call.now": { en: "Current call", fr: "Appel en cours" },
  "call.calling": { en: "Calling …", fr: "Appel …" },
  "call.alerting": { en: "Ringing …", fr: "Sonnerie …" },
  "call.ringing": { en: "Incoming call", fr: "Appel entrant" },
  "call.answering": { en: "Connecting …", fr: "Connexion …" },
  "call.talking": { en: "In call", fr: "En communication" },
  "call.reconnecting": { en: "Reconnecting …", fr: "Reconnexion …" },
  "call.ended": { en: "Ended", fr: "Terminé" },
  mute: { en: "Mute", fr: "Couper le micro" },
  unmute: { en: "Unmute", fr: "Rétablir le micro" },
  keys: { en: "Keys", fr: "Touches" },
  "keys.pressed": { en: "Keys pressed", fr: "Touches pressées" },
  "hang-up": { en: "Hang up", fr: "Raccrocher" },

  over: { en: "Call that is over", fr: "Appel terminé" },
  "over.in": { en: "Incoming: {outcome}", fr: "Entrant : {outcome}" },
  "over.out": { en: "Outgoing: {outcome}", fr: "Sortant : {outcome}" },
  "over.asking": { en: "Ending …", fr: "Fin de l'appel …" },
  "call-back": { en: "Call back", fr: "Rappeler" },
  "call-again": { en: "Call again", fr: "Appeler encore" },
  dismiss: { en: "Dismiss", fr: "Masquer" },

  "reason.answered_elsewhere": { en: "Answered elsewhere", fr: "Pris ailleurs" },
  "reason.busy": { en: "Busy", fr: "Occupé" },
  "reason.canceled": { en: "Canceled", fr: "Annulé" },
  "reason.connection_lost": { en: "The connection was lost", fr: "La connexion a été perdue" },
  "reason.declined": { en: "Declined", fr: "Refusé" },
  "reason.declined_by_other": { en: "Declined by the other party", fr: "Refusé par le correspondant" },
  "reason.failed": { en: "Could not be connected: check the number", fr: "Appel impossible : vérifiez le numéro" },
  "reason.gave_up": { en: "Missed", fr: "Manqué" },
  "reason.hung_up": { en: "Ended", fr: "Terminé" },
  "reason.left": { en: "Ended when the page was closed", fr: "Terminé à la fermeture de la page" },
  "reason.media": { en: "No sound connection", fr: "Pas de liaison audio" },
  "reason.microphone": { en: "No microphone", fr: "Pas de microphone" },
  "reason.not_answered": { en: "Not answered", fr: "Sans réponse" },
  "reason.other_hung_up": { en: "Ended by the other party", fr: "Terminé par le correspondant" },
  "reason.refused": { en: "Not placed", fr: "Non passé" },

  "refused.invalid": { en: "This is not a valid telephone number.", fr: "Ce numéro de téléphone n'est pas valide." },
  "refused.country": {
    en: "Calls to this country are not allowed.",
    fr: "Les appels vers ce pays ne sont pas autorisés.",
  },
  "refused.special": {
    en: "Calls to premium-rate and other special numbers are not allowed.",
    fr: "Les appels vers les numéros surtaxés et autres numéros spéciaux ne sont pas autorisés.",
  },
  "refused.denied": {
    en: "Calls to this number are not allowed.",
    fr: "Les appels vers ce numéro ne sont pas autorisés.",
  },
  "refused.emergency": {
    en: "Emergency numbers cannot be called from here. Please use another phone.",
    fr: "Les numéros d'urgence ne peuvent pas être appelés d'ici. Merci d'utiliser un autre téléphone.",
  },
  "refused.short": {
    en: "Short numbers and service codes cannot be called from here.",
    fr: "Les numéros courts et les codes de service ne peuvent pas être appelés d'ici.",
  },
  "refused.caller_id": {
    en: "You may not call with the number that was chosen. Please choose another one.",
    fr: "Vous ne pouvez pas appeler avec le numéro choisi. Merci d'en choisir un autre.",
  },
  "refused.agent_limit": {
    en: "You have placed too many calls in a short time. Please wait a while.",
    fr: "Vous avez passé trop d'appels en peu de temps. Merci de patienter un peu.",
  },
  "refused.company_limit": {
    en: "Your company has placed too many calls in a short time. Please wait a while.",
    fr: "Votre entreprise a passé trop d'appels en peu de temps. Merci de patienter un peu.",
  },
  "refused.at_once": {
    en: "You are in too many calls at the same time. Please end one of them and try again.",
    fr: "Vous avez trop d'appels en cours. Merci d'en terminer un avant de recommencer.",
  },
  "refused.not_signed_in": {
    en: "Your phone is not signed in here. Please reload its page and call again.",
    fr: "Votre téléphone n'est pas connecté ici. Merci de recharger sa page et de rappeler.",
  },
  "refused.no_connection": {
    en: "This phone has no connection. Use another telephone.",
    fr: "Ce téléphone n'a pas de connexion. Utilisez un autre téléphone.",
  },

  "lack.ask": {
    en: "Ask {whom}. They need your name: {name}.",
    fr: "Demandez à {whom}. Votre nom à donner : {name}.",
  },
  "lack.administrator": { en: "who administers this bridge", fr: "l'administrateur de cette passerelle" },
  "lack.not_allowed": {
    en: "You may not use this phone: the settings name who may, and you are not one of them.",
    fr: "Vous ne pouvez pas utiliser ce téléphone : la configuration nomme qui le peut, et vous n'y êtes pas.",
  },
  "lack.not_an_agent": {
    en: "You are not set up as an agent, so no call rings here.",
    fr: "Vous n'êtes pas configuré comme agent : aucun appel ne sonne ici.",
  },
  "lack.not_rung": {
    en: "No line rings you: the ring plans in the settings name others.",
    fr: "Aucune ligne ne vous sonne : les plans de sonnerie en nomment d'autres.",
  },
  "lack.calls_out_only": {
    en: "This sign-in is for calls out: no call rings here.",
    fr: "Cette connexion ne sert qu'à appeler : aucun appel ne sonne ici.",
  },

  "problem.0": { en: "The bridge does not answer.", fr: "La passerelle ne répond pas." },
  "problem.400": { en: "The bridge did not understand that.", fr: "La passerelle n'a pas compris." },
  "problem.401": {
    en: "You are not signed in, or not any more. Please sign in again.",
    fr: "Vous n'êtes pas, ou plus, connecté. Merci de vous reconnecter.",
  },
  "problem.403": { en: "You are not allowed to do that.", fr: "Vous n'y êtes pas autorisé." },
  "problem.404": { en: "The bridge does not know of it.", fr: "La passerelle ne le connaît pas." },
  "problem.409": { en: "That is being done already.", fr: "C'est déjà en cours." },
  "problem.410": {
    en: "This link was used already, or is too old. Ask for another one.",
    fr: "Ce lien a déjà servi, ou est trop ancien. Demandez-en un autre.",
  },
  "problem.429": {
    en: "Too many requests in a short time. Please wait a while.",
    fr: "Trop de demandes en peu de temps. Merci de patienter un peu.",
  },
  "problem.502": { en: "Twilio refuses that.", fr: "Twilio le refuse." },
  "problem.503": {
    en: "That is not possible right now. Please try again in a moment.",
    fr: "Ce n'est pas possible pour le moment. Merci de réessayer dans un instant.",
  },
  "problem.other": { en: "The bridge answered with {status}.", fr: "La passerelle a répondu {status}." },
  "problem.auth.expired": { en: "This key has expired. Ask for another one.", fr: "Cette clé a expiré. Demandez-en une autre." },
  "problem.auth.no_agent": {
    en: "You are not set up as an agent any more.",
    fr: "Vous n'êtes plus configuré comme agent.",
  },
  "problem.auth.not_a_member": {
    en: "You are not a member of the workspace that this bridge serves.",
    fr: "Vous n'êtes pas membre de l'espace de travail que sert cette passerelle.",
  },
  "problem.auth.not_listed": {
    en: "You may not use this phone: the settings name who may, and you are not one of them.",
    fr: "Vous ne pouvez pas utiliser ce téléphone : la configuration nomme qui le peut, et vous n'y êtes pas.",
  },
  "problem.auth.not_verified": {
    en: "Twenty, which knows who you are, does not answer now. Please try again.",
    fr: "Twenty, qui vous connaît, ne répond pas pour le moment. Merci de réessayer.",
  },
  "problem.auth.signed_out": {
    en: "This device is not signed in any more. Ask for a new link.",
    fr: "Cet appareil n'est plus connecté. Demandez un nouveau lien.",
  },
  "problem.bridge.busy": {
    en: "The bridge is busy. Please try again in a moment.",
    fr: "La passerelle est surchargée. Merci de réessayer dans un instant.",
  },
  "problem.call.left": { en: "The call goes on without you.", fr: "L'appel continue sans vous." },
  "problem.call.not_taken": {
    en: "This call rang here, and another agent took it, or none.",
    fr: "Cet appel a sonné ici, et un autre agent l'a pris, ou personne.",
  },
  "problem.call.not_yours": { en: "This is another agent's call.", fr: "C'est l'appel d'un autre agent." },
  "problem.call.busy": {
    en: "Another action on this call goes on. Please try again in a moment.",
    fr: "Une autre action est en cours sur cet appel. Merci de réessayer dans un instant.",
  },
  "problem.call.emergency": {
    en: "An emergency call is never held, moved or passed on.",
    fr: "Un appel d'urgence n'est jamais mis en attente ni transféré.",
  },
  "problem.call.listening": { en: "You only listen to this call.", fr: "Vous ne faites qu'écouter cet appel." },
  "problem.call.not_answered": { en: "The call has not been answered yet.", fr: "L'appel n'a pas encore été pris." },
  "problem.call.originated": {
    en: "Another program placed this call; it cannot be held or passed on.",
    fr: "Un autre programme a passé cet appel ; il ne peut être ni mis en attente ni transféré.",
  },
  "problem.call.too_many_ends": {
    en: "No more parties can join this call.",
    fr: "Personne d'autre ne peut rejoindre cet appel.",
  },
  "problem.call.over": { en: "The call is over.", fr: "L'appel est terminé." },
  "problem.call.unknown": { en: "There is no such call.", fr: "Cet appel n'existe pas." },
  "problem.identity.refused": {
    en: "This key does not let you act as that agent. Check the agent's name.",
    fr: "Cette clé ne permet pas d'agir comme cet agent. Vérifiez son nom.",
  },
  "problem.inbox.unavailable": {
    en: "The bridge cannot store anything now. Please try again in a moment.",
    fr: "La passerelle ne peut rien enregistrer pour le moment. Merci de réessayer dans un instant.",
  },
  "problem.link.expired": {
    en: "This link has expired: it works for an hour. Ask for a new one.",
    fr: "Ce lien a expiré : il sert pendant une heure. Demandez-en un nouveau.",
  },
  "problem.link.unknown": { en: "This link is not valid. Ask for a new one.", fr: "Ce lien n'est pas valable. Demandez-en un nouveau." },
  "problem.link.used": {
    en: "This link was used already, and works once. Ask for a new one.",
    fr: "Ce lien a déjà servi, et ne sert qu'une fois. Demandez-en un nouveau.",
  },
  "problem.listen.in_call": {
    en: "You are in this call and cannot listen to it.",
    fr: "Vous êtes dans cet appel et ne pouvez pas l'écouter.",
  },
  "problem.listen.on_hold": {
    en: "The agent is on hold, and hears no whisper (Twilio's error 16027).",
    fr: "L'agent est en attente et n'entend pas ce qu'on lui souffle (erreur 16027 de Twilio).",
  },
  "problem.participant.unknown": {
    en: "There is no such participant who could be removed.",
    fr: "Aucun participant de ce nom ne peut être retiré.",
  },
  "problem.note.conflict": {
    en: "Another device saved this note meanwhile.",
    fr: "Un autre appareil a enregistré cette note entre-temps.",
  },
  "problem.people.denied": { en: "Twenty does not let you see people.", fr: "Twenty ne vous laisse pas voir les personnes." },
  "problem.people.not_allowed": {
    en: "The settings do not let you search people.",
    fr: "La configuration ne vous laisse pas chercher des personnes.",
  },
  "problem.people.unknown": {
    en: "There is no such person, or none whom Twenty lets you see.",
    fr: "Cette personne n'existe pas, ou Twenty ne vous la laisse pas voir.",
  },
  "problem.recording.changing": {
    en: "The recording is being changed already.",
    fr: "L'enregistrement est déjà en cours de changement.",
  },
  "problem.recording.none": { en: "Nothing of this call is being recorded.", fr: "Rien de cet appel n'est enregistré." },
  "problem.recording.not_allowed": {
    en: "Agents do not record calls of this line.",
    fr: "Les agents n'enregistrent pas les appels de cette ligne.",
  },
  "problem.recording.paused": { en: "The recording is paused; resume it.", fr: "L'enregistrement est suspendu ; reprenez-le." },
  "problem.transfer.asking": {
    en: "A colleague is being asked already: complete or cancel that first.",
    fr: "Un collègue est déjà consulté : terminez ou annulez d'abord.",
  },
  "problem.transfer.conference": {
    en: "This call was held or has a third party: ask the colleague first, then complete.",
    fr: "Cet appel a été mis en attente ou a un tiers : consultez d'abord le collègue, puis transférez.",
  },
  "problem.transfer.extension": {
    en: "An extension cannot be dialled for a party who joins a call.",
    fr: "On ne peut pas composer de poste pour une personne qui rejoint un appel.",
  },
  "problem.transfer.not_answered": {
    en: "The colleague who is asked has not answered yet.",
    fr: "Le collègue consulté n'a pas encore répondu.",
  },
  "problem.transfer.not_asking": { en: "No colleague is being asked.", fr: "Aucun collègue n'est consulté." },
  "problem.transfer.running": { en: "The call is being transferred already.", fr: "L'appel est déjà en cours de transfert." },
  "problem.transfer.self": { en: "You cannot transfer a call to yourself.", fr: "Vous ne pouvez pas vous transférer un appel." },
  "problem.transfer.target": { en: "There is no such agent.", fr: "Cet agent n'existe pas." },
  "problem.twenty.unavailable": {
    en: "Twenty does not answer now. Please try again.",
    fr: "Twenty ne répond pas pour le moment. Merci de réessayer.",
  },
  "problem.twilio.denied": {
    en: "Twilio does not let the bridge do that. Ask who administers the bridge.",
    fr: "Twilio ne le permet pas à la passerelle. Adressez-vous à son administrateur.",
  },
  "problem.twilio.refused": { en: "Twilio refuses that.", fr: "Twilio le refuse." },
  "problem.twilio.unavailable": {
    en: "Twilio does not answer now. Please try again.",
    fr: "Twilio ne répond pas pour le moment. Merci de réessayer.",
  },

  "microphone.denied": {
    en: "The browser does not let this page use the microphone. Allow it beside the address, then reload.",
    fr: "Le navigateur ne laisse pas cette page utiliser le micro. Autorisez-le près de l'adresse, puis rechargez.",
  },
  "microphone.absent": {
    en: "There is no microphone. Connect one: callers cannot hear you.",
    fr: "Il n'y a pas de micro. Branchez-en un : on ne peut pas vous entendre.",
  },
  "microphone.insecure": {
    en: "Calls need https:// in the address. Ask who administers the bridge.",
    fr: "Les appels demandent https:// dans l'adresse. Adressez-vous à l'administrateur de la passerelle.",
  },
  "sound.silent": {
    en: "Click anywhere so that this page can ring with sound.",
    fr: "Cliquez n'importe où pour que cette page puisse sonner.",
  },
  "notifications.why": {
    en: "See calls while you look at another window.",
    fr: "Voyez les appels quand vous regardez une autre fenêtre.",
  },
  "notifications.show": { en: "Show notifications", fr: "Afficher les notifications" },
  "phone-links": { en: "Open phone links with this phone", fr: "Ouvrir les liens téléphoniques avec ce téléphone" },

  "network.high-rtt": {
    en: "Your network is slow: you hear each other late. Stop downloads and videos, or use a cable.",
    fr: "Votre réseau est lent : vous vous entendez en retard. Arrêtez téléchargements et vidéos, ou prenez un câble.",
  },
  "network.low-mos": {
    en: "Your network is poor: the sound suffers. Move nearer to the router, or use a cable.",
    fr: "Votre réseau est mauvais : le son en souffre. Rapprochez-vous de la box, ou prenez un câble.",
  },
  "network.high-jitter": {
    en: "Your network is uneven: the sound suffers. Stop downloads and videos, or use a cable.",
    fr: "Votre réseau est irrégulier : le son en souffre. Arrêtez téléchargements et vidéos, ou prenez un câble.",
  },
  "network.loss": {
    en: "Your network loses sound. Move nearer to the router, or use a cable.",
    fr: "Votre réseau perd du son. Rapprochez-vous de la box, ou prenez un câble.",
  },
  "network.interrupted": {
    en: "The sound is interrupted. Check the network; the call goes on when it is back.",
    fr: "Le son est interrompu. Vérifiez le réseau ; l'appel reprend dès son retour.",
  },
  "network.unheard": {
    en: "Your microphone is silent. Check its switch, or choose another one under Devices.",
    fr: "Votre micro est muet. Vérifiez son bouton, ou choisissez-en un autre sous Appareils.",
  },

  "reason.transferred": { en: "Transferred", fr: "Transféré" },

  "state.calling": { en: "Calling …", fr: "Appel …" },
  "state.ringing": { en: "Ringing …", fr: "Sonnerie …" },
  "state.talking": { en: "In call", fr: "En communication" },
  "state.talked": { en: "Talked", fr: "Conversation" },
  "state.missed": { en: "Missed", fr: "Manqué" },
  "state.answered_elsewhere": { en: "Answered elsewhere", fr: "Pris ailleurs" },
  "state.declined": { en: "Declined", fr: "Refusé" },
  "state.busy": { en: "Busy", fr: "Occupé" },
  "state.not_answered": { en: "Not answered", fr: "Sans réponse" },
  "state.failed": { en: "Not connected", fr: "Non abouti" },
  "state.canceled": { en: "Canceled", fr: "Annulé" },
  "state.refused": { en: "Not placed", fr: "Non passé" },
  "state.waiting": { en: "Missed: no agent was rung", fr: "Manqué : aucun agent sonné" },
  "by-agent": { en: "{outcome} ({name})", fr: "{outcome} ({name})" },

  desk: { en: "Desk", fr: "Bureau" },
  "desk.recent": { en: "Calls", fr: "Appels" },
  "desk.missed": { en: "Missed", fr: "Manqués" },
  "desk.voicemails": { en: "Voicemail", fr: "Messagerie" },
  "desk.colleagues": { en: "Colleagues", fr: "Collègues" },
  "desk.devices": { en: "Devices", fr: "Appareils" },
  "list.loading": { en: "Loading …", fr: "Chargement …" },
  "list.failed": { en: "The list could not be loaded.", fr: "La liste n'a pas pu être chargée." },
  "list.again": { en: "Try again", fr: "Réessayer" },
  "list.more": { en: "Older ones", fr: "Plus anciens" },
  "list.empty": { en: "Nothing here.", fr: "Rien ici." },
  "called-back": { en: "Called back", fr: "Rappelé" },
  details: { en: "Note and recordings", fr: "Note et enregistrements" },
  speed: { en: "Speed", fr: "Vitesse" },
  transcript: { en: "Transcript", fr: "Transcription" },
  voicemail: { en: "Voicemail", fr: "Message vocal" },
  recording: { en: "Recording", fr: "Enregistrement" },

  note: { en: "Note", fr: "Note" },
  "note.outcome": { en: "Outcome", fr: "Résultat" },
  "note.kept": { en: "Saved", fr: "Enregistré" },
  "note.saving": { en: "Saving …", fr: "Enregistrement …" },
  "note.failed": {
    en: "Not saved yet: it is kept on this device, and saved as soon as possible.",
    fr: "Pas encore enregistré : gardé sur cet appareil, et enregistré dès que possible.",
  },
  "note.refused": { en: "Not saved: {why}", fr: "Non enregistré : {why}" },
  "note.conflict": {
    en: "Another device saved something else meanwhile:",
    fr: "Un autre appareil a enregistré autre chose entre-temps :",
  },
  "note.mine": { en: "Keep mine", fr: "Garder le mien" },
  "note.theirs": { en: "Take the other", fr: "Prendre l'autre" },
  "last-calls.one": { en: "{count} earlier call", fr: "{count} appel précédent" },
  "last-calls.other": { en: "{count} earlier calls", fr: "{count} appels précédents" },

  record: { en: "Record", fr: "Enregistrer l'appel" },
  "record.pause": { en: "Pause recording", fr: "Suspendre l'enregistrement" },
  "record.resume": { en: "Resume recording", fr: "Reprendre l'enregistrement" },
  "record.on": { en: "This call is being recorded.", fr: "Cet appel est enregistré." },
  "record.paused": { en: "The recording is paused.", fr: "L'enregistrement est suspendu." },
  transfer: { en: "Transfer", fr: "Transférer" },
  "transfer.to": { en: "Transfer to a number", fr: "Transférer à un numéro" },
  "transfer.now": { en: "Transfer now", fr: "Transférer maintenant" },
  "transfer.colleague": { en: "Transfer to {name}", fr: "Transférer à {name}" },

  availability: { en: "Availability", fr: "Disponibilité" },
  "availability.available": { en: "Available", fr: "Disponible" },
  "availability.busy": { en: "Busy", fr: "Occupé" },
  "availability.away": { en: "Away", fr: "Absent" },
  "availability.after_call": { en: "After-call work", fr: "Suite d'appel" },
  "availability.for": { en: "For how long", fr: "Pour combien de temps" },
  "availability.open": { en: "Until I change it", fr: "Jusqu'à nouvel ordre" },
  "availability.at": { en: "Until this time of day", fr: "Jusqu'à cette heure" },
  "availability.minutes": { en: "{minutes} min", fr: "{minutes} min" },
  "availability.hours": { en: "{hours} h", fr: "{hours} h" },
  "availability.until": { en: "{status} until {time}", fr: "{status} jusqu'à {time}" },
  "availability.ready": { en: "Ready again", fr: "De nouveau prêt" },
  "agent.in-call": { en: "In a call", fr: "En communication" },
  "agent.with": { en: "In a call with {who}", fr: "En communication avec {who}" },
  "agent.gone": { en: "Not signed in", fr: "Non connecté" },
  "agent.me": { en: "{name} (you)", fr: "{name} (vous)" },
  "agent.calls": { en: "Calls of {name}", fr: "Appels de {name}" },
  "agent.call": { en: "Call {name}", fr: "Appeler {name}" },

  "search.label": { en: "Name, company or number", fr: "Nom, société ou numéro" },
  "search.found": { en: "People and companies found", fr: "Personnes et sociétés trouvées" },
  "search.count.one": { en: "{count} found", fr: "{count} résultat" },
  "search.count.other": { en: "{count} found", fr: "{count} résultats" },
  "search.none": { en: "Nothing was found.", fr: "Aucun résultat." },
  "search.company": { en: "Company", fr: "Société" },
  "person.numbers": { en: "Numbers of {name}", fr: "Numéros de {name}" },
  "person.none": { en: "No number is known.", fr: "Aucun numéro n'est connu." },
  "person.call": { en: "Call {number}", fr: "Appeler {number}" },

  "device.microphone": { en: "Microphone", fr: "Micro" },
  "device.speaker": { en: "Speaker", fr: "Haut-parleur" },
  "device.ringer": { en: "Rings at", fr: "Sonne sur" },
  "device.default": { en: "As the system says", fr: "Celui du système" },
  "device.listen": { en: "Test the microphone", fr: "Tester le micro" },
  "device.stop": { en: "Stop", fr: "Arrêter" },
  "device.level": { en: "How loud you are", fr: "Niveau de votre voix" },
  "device.play": { en: "Play a sound", fr: "Jouer un son" },
  check: { en: "Check the connection", fr: "Vérifier la connexion" },
  "check.billed": {
    en: "This places a test call of a quarter of a minute, which Twilio bills as a call. Start it?",
    fr: "Ceci passe un appel d'essai d'un quart de minute, que Twilio facture comme un appel. Le lancer ?",
  },
  "check.start": { en: "Start the test call", fr: "Lancer l'appel d'essai" },
  "check.runs": { en: "Checking the connection …", fr: "Vérification de la connexion …" },
  "check.failed": { en: "The test call failed: {why}", fr: "L'appel d'essai a échoué : {why}" },
  cancel: { en: "Cancel", fr: "Annuler" },
  "quality.excellent": { en: "The connection is excellent.", fr: "La connexion est excellente." },
  "quality.great": { en: "The connection is very good.", fr: "La connexion est très bonne." },
  "quality.good": { en: "The connection is good.", fr: "La connexion est bonne." },
  "quality.fair": {
    en: "The connection is mediocre: calls can suffer. Stop downloads and videos, or use a cable.",
    fr: "La connexion est moyenne : les appels peuvent en souffrir. Arrêtez téléchargements et vidéos, ou prenez un câble.",
  },
  "quality.degraded": {
    en: "The connection is poor: you will hardly understand each other. Use a cable or another network.",
    fr: "La connexion est mauvaise : on se comprendra mal. Prenez un câble ou un autre réseau.",
  },

  shortcuts: { en: "Keyboard shortcuts", fr: "Raccourcis clavier" },
  "shortcut.answer": { en: "Answer", fr: "Répondre" },
  "shortcut.decline": { en: "Decline", fr: "Refuser" },
  "shortcut.hang-up": { en: "Hang up", fr: "Raccrocher" },
  "shortcut.mute": { en: "Mute, unmute", fr: "Couper ou rétablir le micro" },
  "shortcut.keys": { en: "Keys during a call", fr: "Touches pendant l'appel" },
  "shortcut.number": { en: "To the number", fr: "Aller au numéro" },
  "shortcut.note": { en: "To the note", fr: "Aller à la note" },
  "shortcut.transfer": { en: "Transfer", fr: "Transférer" },
  "shortcut.shortcuts": { en: "Show these keys", fr: "Afficher ces raccourcis" },
  "shortcut.of": { en: "Ctrl+Shift+{digit}", fr: "Ctrl+Maj+{digit}" },

  "elsewhere.title": { en: "Another tab has the line", fr: "Un autre onglet a la ligne" },
  "elsewhere.where": { en: "Your phone is in another tab: {stage}", fr: "Votre téléphone est dans un autre onglet : {stage}" },
  "elsewhere.take": { en: "Use this tab instead", fr: "Utiliser plutôt cet onglet" },
  "elsewhere.call": { en: "Call in the other tab", fr: "Appeler dans l'autre onglet" },
  "elsewhere.handed": {
    en: "Your phone in the other tab shows it. You can close this one.",
    fr: "Votre téléphone dans l'autre onglet l'affiche. Vous pouvez fermer celui-ci.",
  },
  "request.here": { en: "Your phone shows whom to call", fr: "Votre téléphone affiche qui appeler" },
  "elsewhere.in-call": { en: "The other tab is in a call.", fr: "L'autre onglet est en communication." },
  "elsewhere.silent": {
    en: "The other tab does not answer. Close it, and this one takes the line.",
    fr: "L'autre onglet ne répond pas. Fermez-le, et celui-ci prend la ligne.",
  },
});

/** @typedef {keyof typeof TABLE} Key */
