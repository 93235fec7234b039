/**
 * What a call is, from what its agent did and what the SDK said of it, in any order.
 *
 *     out: calling → alerting → talking ⇄ reconnecting → ended
 *     in:  ringing → answering → talking ⇄ reconnecting → ended
 *
 * What has ended stays ended; only why can become known later.
 */

/**
 * @typedef {"calling" | "alerting" | "ringing" | "answering" | "talking" | "reconnecting" | "ended"} Stage
 * @typedef {"busy" | "canceled" | "connection_lost" | "declined" | "declined_by_other" | "failed" | "gave_up"
 *   | "hung_up" | "answered_elsewhere" | "left" | "media" | "microphone" | "not_answered" | "other_hung_up"
 *   | "refused" | "transferred"} Reason
 * @typedef {object} Call
 * @property {string} id the page's own: the SDK's SID comes late
 * @property {"in" | "out"} direction
 * @property {string} number the other party's, as it was dialled or as it calls
 * @property {Stage} stage
 * @property {string} [sid] of this phone's leg
 * @property {string} [root] the SID of the caller's leg, of a call that comes in
 * @property {string} [attempt] the name under which this phone places it, known before the SID is
 * @property {string} [readable] the number as people write it
 * @property {string} [name]
 * @property {string} [company]
 * @property {string} [url] the person's page in Twenty
 * @property {string} [person] the person's id in Twenty
 * @property {Reason} [reason] why it ended
 * @property {string} [why] in the bridge's words, of a call that it refused
 * @property {boolean} [asking] whether the bridge is still asked why it ended
 * @property {number} [seconds] the length of a talk, as the bridge knows it
 * @property {number} [answeredAt] milliseconds, by the clock of the page
 * @property {number} [endedAt]
 * @property {Reason} [failure] what an error said, until the end shows whether that was why
 * @property {boolean} ignored
 * @property {boolean} muted
 * @property {boolean} [transferred] whether this agent sends the other party on to another
 * @property {string} digits that were pressed
 * @property {readonly string[]} warnings of the network's quality
 *
 * @typedef {{type: string, at?: number, code?: number, lost?: boolean, muted?: boolean, digits?: string,
 *   name?: string, company?: string, url?: string, person?: string, sid?: string, root?: string, warning?: string,
 *   asking?: boolean, state?: string, ended?: boolean, why?: string, seconds?: number}} CallEvent
 */

/** https://www.twilio.com/docs/voice/sdks/error-codes */
const FAILURES = /** @type {Record<number, Reason>} */ ({
  31401: "microphone",
  31402: "microphone",
  31208: "microphone",
  31486: "busy",
  31600: "busy",
  31480: "not_answered",
  31603: "declined_by_other",
  31404: "failed",
  31000: "connection_lost",
  31003: "connection_lost",
  31005: "connection_lost",
  31009: "connection_lost",
  53000: "connection_lost",
  53001: "connection_lost",
  53405: "media",
  53402: "media",
  53400: "media",
});

/**
 * What the bridge says became of a call. Of a talk the phone knows better how it ended, if it saw the end.
 * https://github.com/twilio/twilio-voice.js has one event, `cancel`, for all that ends the ringing.
 */
const OUTCOMES = /** @type {Record<string, Reason>} */ ({
  missed: "gave_up",
  answered_elsewhere: "answered_elsewhere",
  declined: "declined",
  busy: "busy",
  not_answered: "not_answered",
  failed: "failed",
  canceled: "canceled",
  refused: "refused",
});

/** What the agent did, or what is wrong with this phone: the bridge knows no better. */
const CERTAIN = new Set(["hung_up", "declined", "canceled", "microphone", "media", "refused", "transferred"]);

/** Errors after which the SDK says no more of a call that has not begun. */
const FATAL = new Set([31401, 31402, 31208, 53402, 53400]);

/**
 * @param {Pick<Call, "id" | "direction" | "number"> & Partial<Call>} given
 * @returns {Call}
 */
export function begin(given) {
  const stage = given.direction === "in" ? "ringing" : "calling";
  return { stage, ignored: false, muted: false, digits: "", warnings: [], ...given };
}

/** @param {Call} call */
export const isOver = (call) => call.stage === "ended";

/** @param {Call} call Whether its two parties are connected, or were until a moment ago. */
export const isOpen = (call) => call.stage === "talking" || call.stage === "reconnecting";

/** @param {Call} call Whether it waits for its agent's answer. */
export const rings = (call) => call.stage === "ringing" && !call.ignored;

/** @param {Call} call Whether the bridge can know better why it ended. */
export const isUnclear = (call) => isOver(call) && !CERTAIN.has(call.reason ?? "");

/** @param {Call} call Whether its agent ended it, or this phone lost it: its leg must not go on. */
export const wasLeft = ({ reason, direction, answeredAt }) =>
  /hung_up|canceled/.test(String(reason)) || (reason === "connection_lost" && (direction === "out" || Boolean(answeredAt)));

/** @param {Call} [call] @returns {string | undefined} the name of this phone's part in it */
export const legOf = (call) => call?.sid ?? call?.attempt ?? call?.root;

/** @param {Call} [call] @returns {string | undefined} the SID of all of it, once it is known */
export const nameOf = (call) => call?.root ?? call?.sid;

/** @param {Call} call */
const isWaiting = (call) => call.stage === "ringing" || call.stage === "answering";

/**
 * @param {Call} call
 * @param {CallEvent} event
 * @returns {Call}
 */
export function next(call, event) {
  const known = { ...call, ...learned(call, event) };
  if (isOver(call)) return { ...known, ...refined(call, event) };
  return { ...known, ...(STEPS[event.type]?.(call, event) ?? {}) };
}

/** @type {Record<string, (call: Call, event: CallEvent) => Partial<Call> | undefined>} */
const STEPS = {
  ringing: (call) => (call.stage === "calling" ? { stage: "alerting" } : undefined),
  answer: (call) => (rings(call) ? { stage: "answering" } : undefined),
  accept: (call, { at }) => ({ stage: "talking", answeredAt: call.answeredAt ?? at }),
  ignore: (call) => (call.stage === "ringing" ? { ignored: true } : undefined),
  decline: (call, { at }) => (isWaiting(call) ? ended("declined", at) : undefined),
  reject: (call, { at }) => (isWaiting(call) ? ended("declined", at) : undefined),
  hangup: (call, { at }) => ended(isOpen(call) ? "hung_up" : isWaiting(call) ? "declined" : "canceled", at),
  disconnect: (call, { at }) => ended(whyDisconnected(call), at),
  cancel: (call, { at }) => ended(call.direction === "in" ? "gave_up" : "canceled", at),
  transportClose: (call, { at, lost }) => (lost || isWaiting(call) ? ended("connection_lost", at) : undefined),
  reconnecting: (call, { at }) => {
    if (isWaiting(call)) return ended("connection_lost", at);
    return isOpen(call) ? { stage: "reconnecting" } : undefined;
  },
  reconnected: (call) => (call.stage === "reconnecting" ? { stage: "talking" } : undefined),
  error: (call, { code, at }) => {
    const failure = FAILURES[code ?? 0] ?? "failed";
    return FATAL.has(code ?? 0) && !isOpen(call) ? ended(failure, at) : { failure };
  },
  outcome: (call, { at, state, ended: over, why, seconds }) => {
    // A cancel can get lost with the socket; so can a hang-up before the answer.
    const isPast = over && (isWaiting(call) || !isOpen(call)) && state !== "talking";
    return isPast ? { ...ended(OUTCOMES[state ?? ""] ?? "other_hung_up", at), why, seconds } : undefined;
  },
  asks: () => undefined,
  transfer: () => ({ transferred: true }),
  "not-transferred": () => ({ transferred: false }),
  mute: (_call, { muted }) => ({ muted: Boolean(muted) }),
  digits: (call, { digits }) => ({ digits: call.digits + (digits ?? "") }),
  warning: (call, { warning }) => ({ warnings: [...new Set([...call.warnings, warning ?? ""])] }),
  "warning-cleared": (call, { warning }) => ({ warnings: call.warnings.filter((one) => one !== warning) }),
};

/**
 * @param {Reason} reason
 * @param {number} [at]
 * @returns {Partial<Call>}
 */
const ended = (reason, at) => ({ stage: "ended", reason, endedAt: at, warnings: [] });

/**
 * @param {Call} call
 * @returns {Reason}
 */
function whyDisconnected(call) {
  if (call.transferred) return "transferred";
  if (isOpen(call)) return call.failure === "media" ? "connection_lost" : "other_hung_up";
  if (isWaiting(call)) return call.failure ?? "gave_up";
  return call.failure ?? "not_answered";
}

/**
 * Who is on the line becomes known at any time, after the end, too.
 *
 * @param {Call} call
 * @param {CallEvent} event
 * @returns {Partial<Call>}
 */
function learned(call, event) {
  if (event.type !== "learned") return {};
  const { name = call.name, company = call.company, url = call.url, person = call.person } = event;
  const { sid = call.sid, root = call.root } = event;
  return { name, company, url, person, sid, root };
}

/**
 * @param {Call} call that is over
 * @param {CallEvent} event
 * @returns {Partial<Call>}
 */
function refined(call, { type, code, state, why, seconds, asking }) {
  if (type === "asks") return { asking };
  if (type === "outcome" && isUnclear(call)) return { reason: outcome(call, state ?? ""), why, seconds };
  if (type === "error" && call.reason === "not_answered") return { reason: FAILURES[code ?? 0] ?? "failed" };
  return {};
}

/**
 * @param {Call} call
 * @param {string} state
 * @returns {Reason | undefined}
 */
function outcome(call, state) {
  if (state === "talked" && call.reason === "connection_lost") return call.reason;
  if (state === "talked" && call.reason !== "left") return "other_hung_up";
  return OUTCOMES[state] ?? call.reason;
}
