/**
 * Whether calls can be placed and taken, from what is known of the agent, the network, the token and the SDK.
 * Each is known for itself, so the order in which they are reported does not matter.
 */

/**
 * @typedef {"signed-out" | "refused" | "connecting" | "elsewhere" | "ready" | "offline"} LineStage
 * @typedef {"network" | "bridge" | "twilio"} Missing
 * @typedef {object} Line
 * @property {boolean | null} signedIn null until the bridge has said so
 * @property {boolean} away whether the bridge did not answer who one is
 * @property {boolean} elsewhere whether another tab has the line
 * @property {boolean} network as the browser says
 * @property {"none" | "good" | "failed" | "refused"} token
 * @property {boolean} registered
 * @property {boolean} wasReady
 * @property {boolean} failed whether the SDK could not connect, and is not registered since
 * @property {string} [why] in the bridge's words
 *
 * @typedef {{type: string, why?: string}} LineEvent
 */

/** @type {Line} */
export const UNKNOWN = {
  signedIn: null,
  away: false,
  elsewhere: false,
  network: true,
  token: "none",
  registered: false,
  wasReady: false,
  failed: false,
};

/**
 * @param {Line} line
 * @param {LineEvent} event
 * @returns {Line}
 */
export function next(line, event) {
  const step = STEPS[event.type];
  if (!step) return line;
  const now = { ...line, ...step(event) };
  return { ...now, wasReady: Boolean(now.signedIn) && (now.wasReady || stageOf(now) === "ready") };
}

/** @type {Record<string, (event: LineEvent) => Partial<Line>>} */
const STEPS = {
  "sign-in": () => ({ signedIn: true, away: false, token: "none", registered: false, failed: false, why: undefined }),
  "sign-out": ({ why }) => ({ signedIn: false, away: false, elsewhere: false, token: "none", registered: false, why }),
  away: ({ why }) => ({ away: true, why }),
  holds: () => ({ elsewhere: false }),
  elsewhere: () => ({ elsewhere: true, token: "none", registered: false }),
  "network-up": () => ({ network: true }),
  "network-down": () => ({ network: false }),
  token: () => ({ token: "good", why: undefined }),
  "token-failed": ({ why }) => ({ token: "failed", why }),
  "token-refused": ({ why }) => ({ token: "refused", why }),
  registered: () => ({ registered: true, failed: false }),
  "not-connected": () => ({ failed: true }),
  unregistered: () => ({ registered: false }),
};

/**
 * @param {Line} line
 * @returns {LineStage}
 */
export function stageOf(line) {
  if (!line.signedIn) return stageBefore(line);
  if (line.elsewhere) return "elsewhere";
  if (line.token === "refused") return "refused";
  if (!line.network) return "offline";
  if (line.registered) return "ready";
  return line.wasReady || line.failed || line.token === "failed" ? "offline" : "connecting";
}

/**
 * @param {Line} line whose agent is not signed in, or not yet
 * @returns {LineStage}
 */
function stageBefore(line) {
  if (line.away) return "offline";
  if (line.signedIn === false) return "signed-out";
  return line.network ? "connecting" : "offline";
}

/**
 * What an offline line waits for.
 *
 * @param {Line} line
 * @returns {Missing | null}
 */
export function missingOf(line) {
  if (stageOf(line) !== "offline") return null;
  if (!line.network) return "network";
  return line.token === "failed" || line.away ? "bridge" : "twilio";
}
