/**
 * A note while it is typed: what stands in the fields, and what the bridge has. The bridge counts versions, so that two
 * devices do not overwrite each other; what this one has not saved yet stays in the fields when another one arrives.
 *
 *     kept → typed → saving → kept
 *                      ↘ failed → saving …    ↘ conflict → typed
 */

/**
 * @typedef {{outcome: string, note: string}} Text
 * @typedef {Text & {version: number}} Kept
 * @typedef {object} Draft
 * @property {"kept" | "typed" | "saving" | "failed" | "refused" | "conflict"} state
 * @property {Text} text
 * @property {number} version that the text is based on
 * @property {readonly Text[]} [tried] what was sent on this version, the newest last: any of it can have arrived
 * @property {Kept} [theirs] what another device saved meanwhile
 * @property {string} [why] it is not saved
 *
 * @typedef {{type: "typed", text: Partial<Text>} | {type: "saving"} | {type: "saved", note: Kept, sent?: Text}
 *   | {type: "failed", why: string} | {type: "refused", why: string} | {type: "conflict", note: Kept, version?: number}
 *   | {type: "heard", note: Kept} | {type: "mine"} | {type: "theirs"}} NoteEvent
 */

/** @type {Draft} */
export const EMPTY = { state: "kept", text: { outcome: "", note: "" }, version: 0 };

/** So many texts are known again when they come back. */
const MOST_TRIED = 20;

/** @param {Draft} draft Whether something of it is nowhere but here. */
export const isUnsaved = ({ state }) => state !== "kept";

/** @param {Draft} draft Whether it can be sent as it is. */
export const isDue = ({ state }) => state === "typed" || state === "failed";

/**
 * @param {Draft} draft
 * @param {NoteEvent} event
 * @returns {Draft}
 */
export const next = (draft, event) => STEPS[event.type](draft, event);

/** @type {Record<NoteEvent["type"], (draft: Draft, event: any) => Draft>} */
const STEPS = {
  typed: (draft, { text }) => typed(draft, { ...draft.text, ...text }),
  saving: (draft) => (isDue(draft) || draft.state === "saving" ? sending(draft) : draft),
  saved: (draft, event) => saved(draft, event),
  failed: (draft, { why }) => ({ ...draft, state: "failed", why }),
  refused: (draft, { why }) => ({ ...draft, state: "refused", why }),
  conflict: (draft, { note, version = draft.version }) => (version < draft.version ? heard(draft, note) : met(draft, note)),
  heard: (draft, { note }) => heard(draft, note),
  mine: (draft) => (draft.theirs ? { ...draft, state: "typed", version: draft.theirs.version, theirs: undefined } : draft),
  theirs: (draft) => (draft.theirs ? kept(draft.theirs) : draft),
};

/**
 * @param {Draft} draft
 * @param {Text} text
 * @returns {Draft}
 */
function typed(draft, text) {
  const waits = draft.state === "conflict" || draft.state === "saving";
  return { ...draft, text, state: waits ? draft.state : "typed" };
}

/** @param {Draft} draft @returns {Draft} */
function sending(draft) {
  const before = (draft.tried ?? []).filter((one) => !same(one, draft.text));
  return { ...draft, state: "saving", tried: [...before, draft.text].slice(-MOST_TRIED), why: undefined };
}

/**
 * @param {Draft} draft
 * @param {{note: Kept, sent?: Text}} event
 * @returns {Draft}
 */
function saved(draft, { note: { version }, sent: asked = draft.tried?.at(-1) }) {
  // Of two requests the earlier can be answered last.
  if (version < draft.version) return draft;
  const more = asked && !same(asked, draft.text);
  return { ...draft, version, state: more ? "typed" : "kept", tried: undefined, why: undefined };
}

/**
 * @param {Draft} draft
 * @param {Kept} note that was saved before: by another device, or by an earlier request of this one
 * @returns {Draft}
 */
function met(draft, note) {
  if (same(draft.text, note)) return { ...draft, state: "kept", version: note.version, theirs: undefined };
  if (draft.tried?.some((one) => same(one, note))) return own(draft, note);
  return { ...draft, state: "conflict", theirs: note, tried: undefined };
}

/**
 * @param {Draft} draft
 * @param {Kept} note of an earlier request of this device
 * @returns {Draft}
 */
function own(draft, { version }) {
  return { ...draft, state: draft.state === "saving" ? "typed" : draft.state, version };
}

/**
 * @param {Draft} draft
 * @param {Kept} note
 * @returns {Draft}
 */
function heard(draft, note) {
  // The answer to what is being saved says more.
  if (note.version <= draft.version || draft.state === "saving") return draft;
  return isUnsaved(draft) ? met(draft, note) : kept(note);
}

/** @param {Kept} note @returns {Draft} */
const kept = ({ outcome, note, version }) => ({ state: "kept", text: { outcome, note }, version });

/**
 * The bridge keeps no blanks at the ends.
 *
 * @param {Text} one
 * @param {Text} other
 */
const same = (one, other) => one.outcome.trim() === other.outcome.trim() && one.note.trim() === other.note.trim();
