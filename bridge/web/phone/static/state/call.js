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
 *   | "hung_up" | "answered_elsewhere" | "media" | "microphone" | "not_answered" | "other_hung_up"
 *   | "refused"} Reason
 * @typedef {object} Call
 * @property {string} id the page's own: the SDK's SID comes late
 * @property {"in" | "out"} direction
 * @property {string} number the other party's, as it was dialled or as it calls
 * @property {Stage} stage
 * @property {string} [sid]
 * @property {string} [name]
 * @property {string} [company]
 * @property {string} [url] the person's page in Twenty
 * @property {Reason} [reason] why it ended
 * @property {number} [answeredAt] milliseconds, by the clock of the page
 * @property {number} [endedAt]
 * @property {Reason} [failure] what an error said, until the end shows whether that was why
 * @property {boolean} ignored
 * @property {boolean} muted
 * @property {string} digits that were pressed
 * @property {readonly string[]} warnings of the network's quality
 *
 * @typedef {{type: string, at?: number, code?: number, lost?: boolean, muted?: boolean, digits?: string,
 *   name?: string, company?: string, url?: string, sid?: string, reason?: Reason, warning?: string}} CallEvent
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
  53405: "media",
  53402: "media",
  53400: "media",
});

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

/** @param {Call} call */
const isWaiting = (call) => call.stage === "ringing" || call.stage === "answering";

/**
 * @param {Call} call
 * @param {CallEvent} event
 * @returns {Call}
 */
export function next(call, event) {
  const known = { ...call, ...learned(call, event) };
  if (isOver(call)) return { ...known, reason: refined(call, event) };
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
  cancel: (call, { at }) => ended(isWaiting(call) ? "gave_up" : "canceled", at),
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
  refused: (_call, { at }) => ended("refused", at),
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
  const { name = call.name, company = call.company, url = call.url, sid = call.sid } = event;
  return { name, company, url, sid };
}

/**
 * @param {Call} call that is over
 * @param {CallEvent} event
 * @returns {Reason | undefined}
 */
function refined(call, event) {
  if (event.type === "learned" && event.reason && call.reason === "gave_up") return event.reason;
  if (event.type === "error" && call.reason === "not_answered") return FAILURES[event.code ?? 0] ?? "failed";
  return call.reason;
}
