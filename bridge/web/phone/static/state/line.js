/**
 * Whether calls can be placed and taken, from what is known of the agent, the network, the token and the SDK.
 * Each is known for itself, so the order in which they are reported does not matter.
 */

/**
 * @typedef {"signed-out" | "refused" | "connecting" | "ready" | "offline"} LineStage
 * @typedef {"network" | "bridge" | "twilio"} Missing
 * @typedef {object} Line
 * @property {boolean} signedIn
 * @property {boolean} network as the browser says
 * @property {"none" | "good" | "failed" | "refused"} token
 * @property {boolean} registered
 * @property {boolean} wasReady
 * @property {string} [why] in the bridge's words
 *
 * @typedef {{type: string, why?: string}} LineEvent
 */

/** @type {Line} */
export const SIGNED_OUT = { signedIn: false, network: true, token: "none", registered: false, wasReady: false };

/**
 * @param {Line} line
 * @param {LineEvent} event
 * @returns {Line}
 */
export function next(line, event) {
  const step = STEPS[event.type];
  if (!step) return line;
  const now = { ...line, ...step(event) };
  return { ...now, wasReady: now.signedIn && (now.wasReady || stageOf(now) === "ready") };
}

/** @type {Record<string, (event: LineEvent) => Partial<Line>>} */
const STEPS = {
  "sign-in": () => ({ signedIn: true, token: "none", registered: false, why: undefined }),
  "sign-out": ({ why }) => ({ signedIn: false, token: "none", registered: false, why }),
  "network-up": () => ({ network: true }),
  "network-down": () => ({ network: false }),
  token: () => ({ token: "good", why: undefined }),
  "token-failed": ({ why }) => ({ token: "failed", why }),
  "token-refused": ({ why }) => ({ token: "refused", why }),
  registered: () => ({ registered: true }),
  unregistered: () => ({ registered: false }),
};

/**
 * @param {Line} line
 * @returns {LineStage}
 */
export function stageOf(line) {
  if (!line.signedIn) return "signed-out";
  if (line.token === "refused") return "refused";
  if (!line.network) return "offline";
  if (line.registered) return "ready";
  return line.wasReady || line.token === "failed" ? "offline" : "connecting";
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
  return line.token === "failed" ? "bridge" : "twilio";
}
