/** What the page says, in its language. A view or an effect that reads this follows the language. */

import { signal } from "../vendor/signals.js";
import { language } from "./language.js";
import { FRENCH_PROBLEMS, TABLE } from "./table.js";

/** @typedef {import("./table.js").Key} Key */

/**
 * @template {string} Text
 * @typedef {Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Slots<Rest> : never} Slots
 */

/**
 * @template {Key} K
 * @typedef {[Slots<(typeof TABLE)[K]["en"]>] extends [never] ? []
 *   : [Record<Slots<(typeof TABLE)[K]["en"]>, string | number>]} Values
 */

/**
 * @template {Key} K
 * @param {K} key
 * @param {Values<K>} values
 * @returns {string}
 */
export function say(key, ...values) {
  return filled(TABLE[key][language.value], values[0] ?? {});
}

/**
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
const filled = (text, values) => text.replace(/\{([\w-]+)\}/g, (_, name) => String(values[name]));

/**
 * @param {"last-calls" | "search.count" | "sign-out.unsaved"} what
 * @param {number} count
 */
export const counted = (what, count) =>
  say(new Intl.PluralRules(language.value).select(count) === "one" ? `${what}.one` : `${what}.other`, { count });

/** @param {Date} at such as Mon Nov 30 2026 */
export const dayOf = (at) => at.toDateString();

/** A page can stay open for days: what it shows of today is of yesterday then. */
export const today = signal(dayOf(new Date()));

/**
 * A time, its day where that is not today, and its year where that is another one.
 *
 * @param {string} iso
 */
export function moment(iso) {
  const at = new Date(iso);
  const isThisYear = today.value.endsWith(` ${at.getFullYear()}`);
  /** @type {Intl.DateTimeFormatOptions} */
  const day = { day: "numeric", month: "short", year: isThisYear ? undefined : "numeric" };
  const isToday = dayOf(at) === today.value;
  return at.toLocaleString(language.value, { ...(isToday ? {} : day), hour: "numeric", minute: "2-digit" });
}

/**
 * What the bridge says: its own words, which an operator can have changed, where it speaks the page's language.
 *
 * @param {string} key
 * @param {string | null | undefined} text
 * @param {string} tongue the bridge's
 */
export const worded = (key, text, tongue) => (text && tongue.startsWith(language.value) ? text : known(key, text));

/**
 * @param {string} key
 * @param {string | null | undefined} otherwise
 * @returns {string}
 */
export const known = (key, otherwise) => (isKey(key) ? TABLE[key][language.value] : (otherwise ?? ""));

/** @param {string} key @returns {key is Key} */
const isKey = (key) => Object.hasOwn(TABLE, key);

/**
 * Why a request failed. The bridge's own sentences are English; a reason that this page does not know is said so.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function explained(error) {
  const { message, status = -1, problem = {} } = /** @type {Partial<import("../bridge.js").BridgeError> & Error} */ (error);
  if (language.value === "en" && status !== 0) return message;
  const keys = [`${problem.code}`, `problem.${problem.code}`, `problem.${status}`];
  const bare = status > 0 && !problem.detail;
  const found = keys.map((key) => FRENCH_PROBLEMS[key] ?? known(key, "")).find(Boolean);
  return found ?? (bare ? say("problem.other", { status }) : message);
}

/** What networks send in place of a number, as a word or by the digits that spell it on a keypad. */
const WITHHELD = /anonymous|^\+?1?(266696687|7378742833|2562533|8656696|86282452253)$/i;

/** @param {string} number of the other party, or `client:identity` */
export function shownNumber(number) {
  if (number.startsWith("client:")) return number.slice("client:".length);
  return /[\d@]/.test(number) && !WITHHELD.test(number) ? number : say("number.withheld");
}

/**
 * @param {number} from milliseconds
 * @param {number} to
 */
export function lasted(from, to) {
  const seconds = Math.max(0, Math.floor((to - from) / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
