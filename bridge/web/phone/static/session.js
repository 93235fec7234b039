/** Signing in, and out again. */

import { device, tabs, timer } from "./agent.js";
import { bridge } from "./connection.js";
import * as Credentials from "./credentials.js";
import * as Desk from "./desk/desk.js";
import { finish } from "./desk/notes.js";
import * as Journal from "./journal.js";
import * as store from "./store.js";
import { signal } from "./vendor/signals.js";
import { explained } from "./words/say.js";

/** Signs in with what there is: a key, or a session at Twenty; says whether that was enough. */
export async function signIn() {
  try {
    store.me.value = await bridge.me();
  } catch (error) {
    const { isRefusal } = /** @type {import("./bridge.js").BridgeError} */ (error);
    if (!isRefusal) throw error;
    store.tellLine({ type: "sign-out", why: Credentials.hasKey() ? explained(error) : undefined });
    return false;
  }
  store.tellLine({ type: "sign-in" });
  const { calls, identity } = store.me.value;
  if (calls) tabs.start(`twenty-bridge.line ${bridge.root} ${identity}`);
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

/** How many notes kept the agent from signing out: they are not saved yet. */
export const unsaved = signal(0);

/** @param {boolean} [sure] whether notes that are not saved stay on this device */
export async function signOut(sure = false) {
  unsaved.value = sure ? 0 : await finish();
  if (unsaved.value) return;
  timer.stop();
  device.close();
  tabs.stop();
  Desk.close();
  await bridge.signOut().catch(() => {});
  Credentials.forget();
  Journal.erase(store.me.value?.identity ?? "");
  store.calls.value = [];
  store.me.value = null;
  store.tellLine({ type: "sign-out" });
}
