/** The calls that go on, written down, so that a page that comes after this one knows of them. */

/** @param {string} agent */
const key = (agent) => `twenty-bridge.calls ${agent}`;

const LONGEST_AGO = 60 * 60 * 1000;

/**
 * @typedef {Pick<import("./state/call.js").Call, "direction" | "number" | "readable" | "sid" | "root" | "attempt" | "name"
 *   | "company" | "url" | "answeredAt">} Entry
 */

/**
 * @param {string} agent
 * @param {readonly import("./state/call.js").Call[]} calls
 */
export function write(agent, calls) {
  if (calls.length === 0) return erase(agent);
  const entries = calls.map(({ direction, number, readable, sid, root, attempt, name, company, url, answeredAt }) => {
    return { direction, number, readable, sid, root, attempt, name, company, url, answeredAt };
  });
  return localStorage.setItem(key(agent), JSON.stringify({ at: Date.now(), entries }));
}

/**
 * @param {string} agent another agent's calls are not shown
 * @returns {Entry[]}
 */
export function read(agent) {
  try {
    const { at, entries } = JSON.parse(localStorage.getItem(key(agent)) ?? "{}");
    return Date.now() - at < LONGEST_AGO ? entries : [];
  } catch {
    return [];
  }
}

/** @param {string} agent */
export const erase = (agent) => localStorage.removeItem(key(agent));
