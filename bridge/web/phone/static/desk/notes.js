/** Notes of calls, saved as one types: to the bridge a moment after the last key, to this device at each one. */

import { bridge } from "../connection.js";
import { EMPTY, isDue, isUnsaved, next } from "../state/note.js";
import { retryAfter } from "../state/renewal.js";
import { me } from "../store.js";
import { signal } from "../vendor/signals.js";
import { explained } from "../words/say.js";

/** After the last key. */
const PAUSE = 1000;

/** A call that was never placed is not known after so many tries either. */
const MOST_FAILURES = 12;

/** @typedef {import("../state/note.js").Draft} Draft */

/** @type {{value: Record<string, Draft>}} by the name of the call */
export const drafts = signal({});

/** @type {Map<string, {timer: any, failures: number}>} */
const waiting = new Map();

/** @param {string} name */
export const draftOf = (name) => drafts.value[name] ?? EMPTY;

const key = () => `twenty-bridge.notes ${bridge.root} ${me.value?.identity}`;

/** Takes up what an earlier page could not save. */
export function restore() {
  try {
    drafts.value = JSON.parse(localStorage.getItem(key()) ?? "{}");
  } catch {
    drafts.value = {};
  }
  for (const name of Object.keys(drafts.value)) tell(name, { type: "failed", why: "" });
  saveAll();
}

/**
 * @param {string} name
 * @param {import("../state/note.js").NoteEvent} event
 */
export function tell(name, event) {
  const after = next(draftOf(name), event);
  drafts.value = { ...drafts.value, [name]: after };
  const unsaved = Object.entries(drafts.value).filter(([, draft]) => isUnsaved(draft));
  if (unsaved.length) localStorage.setItem(key(), JSON.stringify(Object.fromEntries(unsaved)));
  else localStorage.removeItem(key());
  return after;
}

/**
 * @param {string} name
 * @param {Partial<import("../state/note.js").Text>} text
 */
export function type(name, text) {
  tell(name, { type: "typed", text });
  later(name, PAUSE);
}

/**
 * @param {string} name
 * @param {"mine" | "theirs"} which of two versions stays
 */
export function settle(name, which) {
  tell(name, { type: which });
  void save(name);
}

/**
 * @param {string} name
 * @param {number} after
 */
function later(name, after) {
  const { timer, failures } = waiting.get(name) ?? { timer: 0, failures: 0 };
  clearTimeout(timer);
  waiting.set(name, { failures, timer: setTimeout(() => void save(name), after) });
}

/**
 * @param {string} name
 * @param {boolean} [leaving] whether the page goes meanwhile
 */
export async function save(name, leaving = false) {
  const draft = draftOf(name);
  // What is on its way may not arrive when the page goes; the same again changes nothing.
  if (!isDue(draft) && !(leaving && draft.state === "saving")) return;
  clearTimeout(waiting.get(name)?.timer);
  tell(name, { type: "saving" });
  try {
    const note = await bridge.note(name, { ...draft.text, version: draft.version }, leaving);
    waiting.delete(name);
    if (isDue(tell(name, { type: "saved", note }))) later(name, PAUSE);
  } catch (error) {
    missed(name, /** @type {import("../bridge.js").BridgeError} */ (error));
  }
}

/**
 * @param {string} name
 * @param {import("../bridge.js").BridgeError} error
 */
function missed(name, error) {
  const failures = (waiting.get(name)?.failures ?? 0) + 1;
  const why = explained(error);
  if (error.status === 409) tell(name, { type: "conflict", note: error.problem.current });
  else if (error.status === 403 || error.status === 400 || failures > MOST_FAILURES) tell(name, { type: "refused", why });
  else {
    tell(name, { type: "failed", why });
    waiting.set(name, { failures, timer: 0 });
    later(name, retryAfter(failures, Math.random(), (error.retryAfter ?? 0) * 1000));
  }
}

/** @param {boolean} [leaving] */
export function saveAll(leaving = false) {
  for (const name of Object.keys(drafts.value)) void save(name, leaving);
}
