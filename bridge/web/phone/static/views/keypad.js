/** The twelve keys of a telephone. */

import { html } from "../html.js";
import { known, say } from "../words/say.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

/** @param {{press: (key: string) => void}} props */
export function Keypad({ press }) {
  return html`
    <div class="keypad" role="group" aria-label=${say("keypad")}>
      ${KEYS.map(
        (key) => html`<button type="button" key=${key} aria-label=${known(`key.${key}`, key)} onClick=${() => press(key)}>${key}</button>`,
      )}
    </div>
  `;
}
