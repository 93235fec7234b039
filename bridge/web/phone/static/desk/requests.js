/** What the page's address asks for, as Twenty's Call button writes it: shown here, or in the tab with the line. */

import { requestIn } from "../address.js";
import { announceRequest } from "../notifications.js";
import { me, request, typed } from "../store.js";
import { choose, ofCall, ofCompany } from "./people.js";

/** @typedef {import("../address.js").Request} Request */

/** @type {Request | null} */
let pending = requestIn(location);
typed.value = pending?.number ?? "";

/** The address has changed. */
export function read() {
  pending = requestIn(location);
}

/** What is asked for and was not shown yet. */
export function take() {
  const taken = pending;
  pending = null;
  return taken;
}

/**
 * Nothing is dialled: the agent presses the number.
 *
 * @param {Request} asked
 * @returns {Promise<string>} why it cannot be shown, or ""
 */
export async function show({ number, person, company, call }) {
  if (number) typed.value = number;
  if (!me.value?.allowed?.search) return "";
  if (person) await choose(person);
  else if (company) await ofCompany(company);
  else if (call) await ofCall(call);
  return "";
}

/**
 * Hands what the address asks for to the tab with the line, and closes this one where the browser lets it.
 *
 * @param {(asked: Request) => Promise<string>} hand
 */
export async function handOver(hand) {
  const asked = take();
  if (!asked) return;
  request.value = { handed: false, why: "" };
  const why = await hand(asked);
  request.value = { handed: !why, why };
  if (!why) window.close();
}

/** @param {Request} asked that came from another tab */
export async function showHanded(asked) {
  announceRequest();
  return show(asked);
}
