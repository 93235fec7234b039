/** System notifications of calls that ring, for an agent who looks at another window. */

import * as store from "./store.js";
import { say } from "./words/say.js";

/** @type {Map<string, Notification>} */
const shown = new Map();

/** Asks for the permission; browsers want a gesture for that. */
export async function askForNotifications() {
  store.notifications.value = await Notification.requestPermission();
}

/**
 * @param {string} id of a call
 * @param {string} who
 */
export function announce(id, who) {
  if (globalThis.Notification?.permission !== "granted" || document.hasFocus()) return;
  const notification = new Notification(say("incoming.calls-you", { who }), { tag: id, requireInteraction: true });
  notification.addEventListener("click", () => window.focus());
  shown.set(id, notification);
}

/** @param {string} id */
export function withdraw(id) {
  shown.get(id)?.close();
  shown.delete(id);
}

/** What Twenty asks for is shown here, and the agent looks at another window: a press on this leads to the phone. */
export function announceRequest() {
  if (globalThis.Notification?.permission !== "granted" || document.hasFocus()) return;
  const notification = new Notification(say("request.here"), { tag: "request" });
  notification.addEventListener("click", () => window.focus());
}
