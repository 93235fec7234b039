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

/** @type {{value: import("../bridge.js").Availability | null}} The one that the bridge is asked for. */
export const wanted = signal(null);

/** @type {Promise<unknown>} */
let asking = Promise.resolve();

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
 * One change after the other: of those that come while one is on its way, the last alone is sent.
 *
 * @param {import("../bridge.js").Availability} asked
 */
export function be(asked) {
  wanted.value = asked;
  const send = async () => {
    if (wanted.value !== asked) return;
    try {
      const told = await bridge.availability(asked.status, asked.until);
      if (wanted.value === asked) availability.value = told;
    } catch (error) {
      if (wanted.value === asked) throw error;
    } finally {
      if (wanted.value === asked) wanted.value = null;
    }
  };
  const change = asking.then(send);
  asking = change.catch(() => {});
  return change;
}
