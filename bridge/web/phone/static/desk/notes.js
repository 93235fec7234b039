/** Notes of calls, saved as one types: to the bridge a moment after the last key, to this device at each one. */

import { bridge } from "../connection.js";
import { EMPTY, isDue, isUnsaved, next } from "../state/note.js";
import { retryAfter } from "../state/renewal.js";
import { me } from "../store.js";
import { signal } from "../vendor/signals.js";
import { explained } from "../words/say.js";

/** After the last key. */
const PAUSE = 1000;

/** So long the sign-out waits for notes that are not saved yet. */
const LAST_PATIENCE = 5000;

/** A call that was never placed is not known after so many tries either. */
const MOST_UNKNOWN = 12;

/** The same text is refused again: as no note, as another agent's call, as too long. */
const REFUSALS = [400, 403, 413, 422];

/** @typedef {import("../state/note.js").Draft} Draft */

/** @type {{value: Record<string, Draft>}} by the name of the call */
export const drafts = signal({});

/** @type {Map<string, {timer: any, failures: number}>} */
const waiting = new Map();

/** Saves that are on their way. @type {Set<Promise<void>>} */
const saving = new Set();

/** While the agent is signed in, and this tab has the line. @type {symbol | null} */
let session = null;

/** @param {string} name */
export const draftOf = (name) => drafts.value[name] ?? EMPTY;

const key = () => `twenty-bridge.notes ${bridge.root} ${me.value?.identity}`;

/** Notes that this device has and the bridge has not, of whichever tab. @returns {Record<string, Draft>} */
function stored() {
  try {
    return JSON.parse(localStorage.getItem(key()) ?? "{}");
  } catch {
    return {};
  }
}

/** Takes up what an earlier page could not save. */
export function restore() {
  session = Symbol("session");
  drafts.value = stored();
  for (const name of Object.keys(drafts.value)) tell(name, { type: "failed", why: "" });
  saveAll();
}

/** This tab has the line no more: what is not saved yet stays on the device, for the page that has it next. */
export function forget() {
  session = null;
  for (const { timer } of waiting.values()) clearTimeout(timer);
  waiting.clear();
  drafts.value = {};
}

/**
 * @param {string} name
 * @param {import("../state/note.js").NoteEvent} event
 */
export function tell(name, event) {
  const after = next(draftOf(name), event);
  if (!session) return after;
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
  const work = send(name, leaving);
  saving.add(work);
  await work.finally(() => saving.delete(work));
}

/**
 * @param {string} name
 * @param {boolean} leaving
 */
async function send(name, leaving) {
  const [draft, mine] = [draftOf(name), session];
  // What is on its way may not arrive when the page goes; the same again changes nothing.
  if (!isDue(draft) && !(leaving && draft.state === "saving")) return;
  clearTimeout(waiting.get(name)?.timer);
  tell(name, { type: "saving" });
  try {
    const note = await bridge.note(name, { ...draft.text, version: draft.version }, leaving);
    if (mine !== session) return;
    waiting.delete(name);
    if (isDue(tell(name, { type: "saved", note, sent: draft.text }))) later(name, PAUSE);
  } catch (error) {
    if (mine === session) missed(name, draft.version, /** @type {import("../bridge.js").BridgeError} */ (error));
  }
}

/**
 * @param {string} name
 * @param {number} version that the request was based on
 * @param {import("../bridge.js").BridgeError} error
 */
function missed(name, version, error) {
  const { failures: before, timer } = waiting.get(name) ?? { failures: 0, timer: 0 };
  const failures = before + 1;
  const why = explained(error);
  if (error.status === 409 && error.problem.current) {
    if (isDue(tell(name, { type: "conflict", note: error.problem.current, version }))) later(name, PAUSE);
  } else if (REFUSALS.includes(error.status) || (error.status === 404 && failures > MOST_UNKNOWN)) {
    tell(name, { type: "refused", why });
  } else {
    tell(name, { type: "failed", why });
    waiting.set(name, { failures, timer });
    later(name, retryAfter(failures, Math.random(), (error.retryAfter ?? 0) * 1000));
  }
}

/** @param {boolean} [leaving] */
export function saveAll(leaving = false) {
  for (const name of Object.keys(drafts.value)) void save(name, leaving);
}

/**
 * Saves all, before the agent signs out; answers how many notes are not saved even so. Those of the tab with the line
 * are for that tab to save.
 */
export async function finish() {
  const late = new Promise((done) => setTimeout(done, LAST_PATIENCE));
  if (!session) return Object.keys(await savedElsewhere(late)).length;
  saveAll();
  await Promise.race([Promise.all([...saving]), late]);
  // What was typed while an earlier text was on its way.
  saveAll();
  await Promise.race([Promise.all([...saving]), late]);
  return Object.values(drafts.value).filter(isUnsaved).length;
}

/** @param {Promise<unknown>} late */
async function savedElsewhere(late) {
  let waits = true;
  void late.then(() => (waits = false));
  while (waits && Object.values(stored()).some((draft) => isDue(draft) || draft.state === "saving")) {
    await Promise.race([late, new Promise((done) => addEventListener("storage", done, { once: true }))]);
  }
  return stored();
}
