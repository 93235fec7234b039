/** What an agent does at the phone, and what follows from what is heard. */

import { Bridge } from "./bridge.js";
import { configuration } from "./configuration.js";
import * as Credentials from "./credentials.js";
import { Device } from "./device.js";
import { announce, withdraw } from "./notifications.js";
import * as Call from "./state/call.js";
import { isEmergency } from "./state/emergency.js";
import { TokenTimer } from "./state/renewal.js";
import * as store from "./store.js";

const configured = configuration();
export const bridge = new Bridge(configured.root, Credentials.credentials);

const device = new Device(/** @type {any} */ (globalThis).Twilio, configured, {
  line: store.tellLine,
  began,
  call: tell,
  accepted: () => timer.accepted(),
  rejected: () => timer.rejected(),
});

const timer = new TokenTimer({
  ask: () => bridge.token(),
  use: ({ token }) => {
    store.tellLine({ type: "token" });
    device.use(token);
  },
  failed: (error) => {
    const refused = /** @type {import("./bridge.js").BridgeError} */ (error).isRefusal;
    store.tellLine({ type: refused ? "token-refused" : "token-failed", why: error.message });
  },
});

/** Signs in with what there is: a key, or a session at Twenty; says whether that was enough. */
export async function signIn() {
  try {
    store.me.value = await bridge.me();
  } catch (error) {
    const { message, isRefusal } = /** @type {import("./bridge.js").BridgeError} */ (error);
    if (!isRefusal) throw error;
    store.tellLine({ type: "sign-out", why: Credentials.hasKey() ? message : undefined });
    return false;
  }
  store.tellLine({ type: "sign-in" });
  if (store.me.value.calls) await timer.start();
  return true;
}

/**
 * @param {string} secret
 * @param {boolean} onDevice
 */
export async function signInByLink(secret, onDevice) {
  const { key } = await bridge.signIn(secret, onDevice);
  Credentials.keep(key, { device: onDevice });
  return signIn();
}

/**
 * @param {string} key
 * @param {{device: boolean, identity?: string}} how
 */
export function signInByKey(key, how) {
  Credentials.keep(key, how);
  return signIn();
}

export async function signOut() {
  timer.stop();
  device.close();
  await bridge.signOut().catch(() => {});
  Credentials.forget();
  store.me.value = null;
  store.tellLine({ type: "sign-out" });
}

/** After sleep, or with the network back. */
export const wake = () => void timer.wake();

/** @param {boolean} audible */
export function allowSound(audible) {
  store.audible.value = audible;
  device.soundsFrom(audible);
}

/** @param {{direction: "in" | "out", number: string, name?: string}} call */
function began(call) {
  const id = store.begin(call);
  if (call.direction === "in") announce(id, call.name || call.number);
  void lookUp(id, call.number);
  return id;
}

/**
 * @param {string} id
 * @param {import("./state/call.js").CallEvent} event
 */
function tell(id, event) {
  const ended = store.tell(id, event);
  const call = store.find(id);
  if (!call || call.stage !== "ringing") withdraw(id);
  // An event can arrive late, of a call that is over for the page.
  if (ended || (call && Call.isOver(call) && event.type === "accept")) device.drop(id);
}

/**
 * Who is on the line; without an answer the number is shown.
 *
 * @param {string} id
 * @param {string} number
 */
async function lookUp(id, number) {
  if (!number.startsWith("+")) return;
  try {
    const { person, url } = await bridge.caller(number);
    if (person) store.tell(id, { type: "learned", name: person.name, company: person.company ?? undefined, url });
  } catch {
    // The call is what matters.
  }
}

/**
 * @param {string} given
 * @param {string} callerId
 */
export async function dial(given, callerId) {
  const wanted = given.trim();
  if (!wanted || store.current.value) return;
  store.refusal.value = null;
  const { emergency } = store.me.value;
  if (isEmergency(wanted, emergency.numbers)) {
    if (emergency.allowed) await device.connect({ to: wanted, number: wanted, callerId });
    else refuse(emergency.text);
    return;
  }
  const number = wanted.startsWith("client:") ? wanted : await check(wanted);
  if (number && !store.current.value) await device.connect({ to: wanted, number, callerId });
}

/**
 * @param {string} typed
 * @returns {Promise<string | null>} the number as it is shown, or null where it was refused in words
 */
async function check(typed) {
  try {
    const { allowed, number, why } = await bridge.number(typed);
    if (allowed) return number ?? typed;
    refuse(why);
  } catch (error) {
    refuse(/** @type {Error} */ (error).message);
  }
  return null;
}

/** @param {string} text */
function refuse(text) {
  store.refusal.value = { text };
}

/** @param {string} id */
export function answer(id) {
  const open = store.current.value;
  if (open) hangUp(open.id);
  tell(id, { type: "answer" });
  device.answer(id);
}

/** @param {string} id */
export function decline(id) {
  device.decline(id);
  tell(id, { type: "decline" });
}

/** @param {string} id */
export function ignore(id) {
  device.ignore(id);
  tell(id, { type: "ignore" });
}

/** @param {string} id */
export const hangUp = (id) => tell(id, { type: "hangup" });

/**
 * @param {string} id
 * @param {boolean} muted
 */
export function mute(id, muted) {
  device.mute(id, muted);
  tell(id, { type: "mute", muted });
}

/**
 * @param {string} id
 * @param {string} digits
 */
export function press(id, digits) {
  device.press(id, digits);
  tell(id, { type: "digits", digits });
}
