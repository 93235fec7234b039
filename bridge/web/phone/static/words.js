/** What the page says. */

/** @type {Record<import("./state/line.js").LineStage, string>} */
export const STAGES = {
  "signed-out": "Signed out",
  refused: "Not signed in",
  connecting: "Connecting …",
  elsewhere: "In another tab",
  ready: "Ready for calls",
  offline: "Offline",
};

/** @type {Record<import("./state/line.js").Missing, string>} */
export const OFFLINE = {
  network: "There is no network. The phone comes back by itself.",
  bridge: "The bridge does not answer. The phone tries again by itself.",
  twilio: "The connection to Twilio is lost. The phone reconnects by itself.",
};

/** @type {Record<import("./state/call.js").Reason, string>} */
export const REASONS = {
  answered_elsewhere: "Answered elsewhere",
  busy: "Busy",
  canceled: "Canceled",
  connection_lost: "The connection was lost",
  declined: "Declined",
  declined_by_other: "Declined by the other party",
  failed: "Could not be connected: check the number",
  gave_up: "Missed",
  hung_up: "Ended",
  left: "Ended when the page was closed",
  media: "No sound connection",
  microphone: "No microphone",
  not_answered: "Not answered",
  other_hung_up: "Ended by the other party",
  refused: "Not placed",
};

/** @type {Partial<Record<import("./state/call.js").Stage, string>>} */
export const CALL_STAGES = {
  calling: "Calling …",
  alerting: "Ringing …",
  answering: "Connecting …",
  talking: "In call",
  reconnecting: "Reconnecting …",
};

export const MICROPHONE = {
  "": "",
  denied: "The browser does not let this page use the microphone. Allow it beside the address, then reload.",
  absent: "There is no microphone. Connect one: callers cannot hear you.",
  insecure: "Calls need https:// in the address. Ask who administers the bridge.",
};

export const ENDING = "Ending …";
export const IN_A_CALL = "The other tab is in a call.";
export const NO_CONNECTION = "This phone has no connection. Use another telephone.";
export const PHONE_LINKS = "Open phone links with this phone";

export const WITHHELD = "Withheld number";

/** @param {string} who */
export const CALLS_YOU = (who) => `${who} calls`;

/** @param {string} number */
export const shownNumber = (number) => (/^\+?\d/.test(number) ? number : number.replace(/^client:/, "") || WITHHELD);

/**
 * @param {number} from milliseconds
 * @param {number} to
 */
export function lasted(from, to) {
  const seconds = Math.max(0, Math.floor((to - from) / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
