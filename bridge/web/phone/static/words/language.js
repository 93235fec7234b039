/** The language of the page: the one that was chosen here before, or else the browser's. */

import { effect, signal } from "../vendor/signals.js";

/** @typedef {"en" | "fr"} Language */

/** Each by its own name. @type {Record<Language, string>} */
export const LANGUAGES = { en: "English", fr: "Français" };

const CHOSEN = "twenty-bridge.language";

/** @param {string | null | undefined} tag @returns {tag is Language} */
const isOurs = (tag) => tag !== null && tag !== undefined && Object.hasOwn(LANGUAGES, tag);

/**
 * @param {string | null} chosen
 * @param {readonly string[]} spoken by the browser's user, the best first
 * @returns {Language}
 */
export function languageOf(chosen, spoken) {
  const tags = [chosen, ...spoken.map((tag) => tag.toLowerCase().split("-")[0])];
  return tags.find(isOurs) ?? "en";
}

export const language = signal(languageOf(localStorage.getItem(CHOSEN), navigator.languages));

/** @param {Language} wanted */
export function choose(wanted) {
  localStorage.setItem(CHOSEN, wanted);
  language.value = wanted;
}

effect(() => {
  document.documentElement.lang = language.value;
});
