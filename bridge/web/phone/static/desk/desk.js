/** What stands around calls: the stream that keeps it up to date, and who is there. */

import { bridge } from "../connection.js";
import { me } from "../store.js";
import { signal } from "../vendor/signals.js";
import * as Calls from "./calls.js";
import * as Notes from "./notes.js";
import * as Requests from "./requests.js";
import { Stream } from "./stream.js";

/** @type {{value: import("../bridge.js").Agent[]}} */
export const agents = signal([]);

/** @type {{value: import("../bridge.js").Availability | null}} One's own. */
export const availability = signal(null);

/** @type {Record<string, (data: any) => void>} */
const HEARD = {
  hello: (data) => {
    agents.value = data.agents;
    availability.value = data.availability;
    Calls.missed.value = data.missed;
    if (!data.resumed) Calls.reload();
  },
  call: Calls.hear,
  missed: (data) => (Calls.missed.value = data.missed),
  availability: (data) => (availability.value = data),
  agent: (data) => {
    const others = agents.value.filter(({ identity }) => identity !== data.identity);
    agents.value = [...others, data].sort((one, other) => one.name.localeCompare(other.name));
  },
};

export const stream = new Stream({
  open: (after, stopped) => bridge.events(after, stopped),
  hear: ({ type, data }) => HEARD[type]?.(data),
});

/** The agent has signed in, and this tab has the line. */
export function open() {
  availability.value = me.value.availability ?? null;
  Notes.restore();
  if (!availability.value) return;
  stream.start();
  showRequest();
  // The stream says so, too, once it is open.
  bridge.agents().then((told) => (agents.value = told.agents), () => {});
}

/** What the address asks for, where this tab has the line. */
export function showRequest() {
  const asked = Requests.take();
  if (asked) void Requests.show(asked);
}

export function close() {
  stream.stop();
  stream.last = "";
  Calls.forgetAll();
  agents.value = [];
}

/** The page goes; the browser keeps one with an open stream less willingly for the way back. */
export const leave = () => stream.stop();

/** The browser shows the page again. */
export function comeBack() {
  if (availability.value && !stream.isOpen) stream.start();
}

export function wake() {
  stream.wake();
  Notes.saveAll();
}

/** A call of this phone is over: with it an earlier one can be called back. */
export function ended() {
  if (availability.value) Calls.reload();
}

/**
 * @param {string} status
 * @param {string | null} until
 */
export async function be(status, until) {
  availability.value = await bridge.availability(status, until);
}
