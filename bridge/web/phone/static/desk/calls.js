/** The agent's calls as the bridge knows them: the newest, the missed ones, and voicemails. */

import { bridge } from "../connection.js";
import { isOver, nameOf } from "../state/call.js";
import { calls, find, tell } from "../store.js";
import { signal } from "../vendor/signals.js";
import * as Notes from "./notes.js";

/** So many earlier calls with a person are shown, of some more that are asked for: one can be going on. */
const LAST = 5;
const ASKED = 8;

/** @typedef {import("../bridge.js").AgentCall} AgentCall */
/** @typedef {"recent" | "missed" | "voicemails"} Show */

/** @typedef {{calls: AgentCall[], next: string | null, state: "new" | "loading" | "loaded" | "failed"}} List */

/** @type {List} */
const NEW = { calls: [], next: null, state: "new" };

/** @type {Record<Show, {value: List}>} */
export const lists = { recent: signal(NEW), missed: signal(NEW), voicemails: signal(NEW) };

/** How many calls were missed, and neither seen nor called back. */
export const missed = signal(0);

/** @type {{value: Record<string, AgentCall>}} What is known of calls that this phone has, or had. */
export const known = signal({});

/** When calls were heard of last, in the order of what is asked and heard. @type {Record<string, number>} */
const heard = {};
let order = 0;

/** What belongs into a list. @type {Record<Show, (call: AgentCall) => boolean>} */
const BELONGS = {
  recent: ({ state }) => state !== "waiting",
  missed: ({ state, ended, direction }) => ended && direction === "inbound" && (state === "missed" || state === "waiting"),
  voicemails: ({ voicemail }) => voicemail !== null,
};

const SHOWS = /** @type {Show[]} */ (Object.keys(BELONGS));

/** @param {Show} show @param {boolean} [more] of those that are older */
export async function load(show, more = false) {
  const list = lists[show];
  const { next } = list.value;
  const asked = ++order;
  list.value = { ...list.value, state: "loading" };
  try {
    const page = await bridge.calls({ show, before: (more && next) || undefined });
    // What was heard meanwhile is newer than the answer.
    page.calls = page.calls.map((call) => ((heard[call.sid] ?? 0) > asked ? known.value[call.sid] ?? call : call));
    const before = list.value.calls;
    const isDeeper = !more && before.length > page.calls.length;
    list.value = { calls: merged(page.calls, before), next: isDeeper ? next : page.next, state: "loaded" };
    missed.value = page.missed;
    page.calls.forEach(hearNote);
  } catch {
    list.value = { ...list.value, state: "failed" };
  }
}

/** Those that are shown, and those of this phone, again: the stream has missed something. */
export function reload() {
  for (const show of SHOWS) if (lists[show].value.state !== "new") void load(show);
  for (const call of calls.value) if (!isOver(call)) void ask(nameOf(call));
}

export function forgetAll() {
  for (const show of SHOWS) lists[show].value = NEW;
  [known.value, missed.value] = [{}, 0];
  Notes.forget();
}

/** @param {AgentCall} call that began, or changed */
export function hear(call) {
  heard[call.sid] = ++order;
  for (const show of SHOWS) {
    const list = lists[show];
    const isThere = list.value.calls.some(({ sid }) => sid === call.sid);
    if (list.value.state === "loaded" && (isThere || BELONGS[show](call))) {
      list.value = { ...list.value, calls: merged([call], list.value.calls) };
    }
  }
  known.value = { ...known.value, [call.sid]: call };
  hearNote(call);
  hearPerson(call);
}

/**
 * The look-up of a number can fail; who it is, is known once the call is written to Twenty, too.
 *
 * @param {AgentCall} call
 */
function hearPerson({ sid, person }) {
  const own = calls.value.find((one) => nameOf(one) === sid && !one.name);
  if (own && person) tell(own.id, { type: "learned", name: person.name, url: person.url, person: person.id });
}

/**
 * @param {AgentCall} call
 * @param {"in-progress" | "paused" | "stopped"} status of its recording
 */
export function hearRecording(call, status) {
  hear({ ...(known.value[call.sid] ?? call), recording: status === "stopped" ? null : status });
}

/**
 * @param {AgentCall[]} newer
 * @param {AgentCall[]} older
 */
function merged(newer, older) {
  const sids = new Set(newer.map(({ sid }) => sid));
  const all = [...newer, ...older.filter(({ sid }) => !sids.has(sid))];
  return all.sort((one, other) => other.startedAt.localeCompare(one.startedAt));
}

/** @param {AgentCall} call */
function hearNote({ sid, note }) {
  if (note.version > 0) Notes.tell(sid, { type: "heard", note });
}

/**
 * What the bridge knows of a call of this phone: what can be done with it, and what was noted.
 *
 * @param {import("../state/call.js").Call} call
 */
export const ofPhone = (call) => known.value[nameOf(call) ?? ""];

/**
 * Asks what can be done with a call that is answered: the bridge hears of the answer a moment later.
 *
 * @param {string} id of a call of this phone
 */
export async function learn(id) {
  for (const wait of [0, 1000, 4000]) {
    await new Promise((done) => setTimeout(done, wait));
    const call = find(id);
    const name = nameOf(call);
    if (!call || !name || isOver(call) || ofPhone(call)?.can.hangup) return;
    await ask(name);
  }
}

/** @param {string} [name] of a call */
async function ask(name) {
  const asked = ++order;
  // What was heard meanwhile is newer. During an upgrade another replica can know less of calls.
  const isNews = (/** @type {AgentCall} */ { sid, can }) => can && (heard[sid] ?? 0) < asked;
  await bridge.call(name ?? "").then((answer) => {
    rename(name, answer.sid);
    if (isNews(answer)) hear(answer);
  }, () => {});
}

/**
 * A call that a colleague passed on rings without the SID of all of it.
 *
 * @param {string | undefined} leg
 * @param {string} root
 */
function rename(leg, root) {
  const own = calls.value.find(({ sid }) => sid === leg);
  if (own && leg !== root) tell(own.id, { type: "learned", root });
}

/** All calls are seen that were missed before one that is shown; when they began does not matter. */
export async function see() {
  const times = lists.missed.value.calls.map(({ missedAt, startedAt }) => missedAt ?? startedAt);
  const [latest] = times.sort((one, other) => Date.parse(other) - Date.parse(one));
  if (latest && missed.value > 0) {
    await bridge.seen(latest).then((told) => (missed.value = told.missed), () => {});
  }
}

/**
 * The last calls with a person, with the notes that the agent may read.
 *
 * @param {string} number
 * @param {string} [person] the id in Twenty, once it is known
 */
export async function withParty(number, person) {
  const found = await bridge.calls({ with: number, person, limit: String(ASKED) });
  // During an upgrade another replica can answer with all.
  const isTheirs = (/** @type {AgentCall} */ call) => call.number === number || (person && call.person?.id === person);
  return found.calls.filter((call) => call.ended && isTheirs(call)).slice(0, LAST);
}
