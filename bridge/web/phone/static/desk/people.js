/** Finding people as one types. */

import { bridge } from "../connection.js";
import { me, typed } from "../store.js";
import { signal } from "../vendor/signals.js";
import { explained } from "../words/say.js";

const PAUSE = 250;

/**
 * @typedef {import("../bridge.js").Person & {numbers: import("../bridge.js").PersonNumber[]}} Chosen
 * @typedef {{people: import("../bridge.js").Person[], companies: {id: string, name: string}[]}} Found
 */

/** @type {Found} */
const NOTHING = { people: [], companies: [] };

/** @type {{value: Found}} */
export const found = signal(NOTHING);

/** @type {{value: Chosen | null}} The person whose numbers are shown. */
export const chosen = signal(null);

/** Whether a search for a name found nothing; a number that is no person's can be called all the same. */
export const foundNothing = signal(false);

/** Why nothing was found. @type {{value: (() => string) | null}} */
export const problem = signal(null);

/** @type {any} */
let timer = 0;
let asked = 0;

/** @param {string} text what stands in the field */
export function search(text) {
  clearTimeout(timer);
  asked += 1;
  [chosen.value, problem.value, foundNothing.value] = [null, null, false];
  const wanted = text.trim();
  if (!me.value?.allowed?.search || !/\p{L}|\d{4}/u.test(wanted)) {
    found.value = NOTHING;
    return;
  }
  const isName = /\p{L}/u.test(wanted);
  timer = setTimeout(() => void ask(() => bridge.people(wanted), isName), PAUSE);
}

/** @param {string} id */
export const ofCompany = (id) => ask(() => bridge.peopleOf(id), true);

/**
 * @param {() => Promise<Found>} request
 * @param {boolean} says whether it is told that nothing was found
 */
async function ask(request, says) {
  const mine = (asked += 1);
  problem.value = null;
  try {
    const answer = await request();
    if (mine !== asked) return;
    found.value = answer;
    foundNothing.value = says && answer.people.length + answer.companies.length === 0;
  } catch (error) {
    if (mine === asked) [found.value, problem.value] = [NOTHING, () => explained(error)];
  }
}

/** @param {string} id of a person, whose numbers are to choose from */
export async function choose(id) {
  const mine = (asked += 1);
  problem.value = null;
  try {
    const answer = await bridge.person(id);
    if (mine === asked) [chosen.value, found.value] = [answer, NOTHING];
  } catch (error) {
    if (mine === asked) problem.value = () => explained(error);
  }
}

/** @param {string} id of a phone call in Twenty, whose other party is to be called */
export async function ofCall(id) {
  const mine = (asked += 1);
  problem.value = null;
  try {
    const { number, person } = await bridge.phoneCall(id);
    if (mine !== asked) return;
    typed.value = number ?? "";
    if (person) await choose(person.id);
  } catch (error) {
    if (mine === asked) problem.value = () => explained(error);
  }
}
