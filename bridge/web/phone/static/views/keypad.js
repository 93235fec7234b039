/** The twelve keys of a telephone. */

import { html } from "../html.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const NAMES = /** @type {Record<string, string>} */ ({ "*": "star", "#": "pound" });

/** @param {{press: (key: string) => void}} props */
export function Keypad({ press }) {
  return html`
    <div class="keypad" role="group" aria-label="Keypad">
      ${KEYS.map(
        (key) => html`<button type="button" key=${key} aria-label=${NAMES[key] ?? key} onClick=${() => press(key)}>${key}</button>`,
      )}
    </div>
  `;
}
