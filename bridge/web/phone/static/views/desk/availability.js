/** Whether calls ring this agent, and until when they do not. */

import { availability, be } from "../../desk/desk.js";
import { html } from "../../html.js";
import { useState } from "../../vendor/hooks.js";
import { explained, moment, say } from "../../words/say.js";

const MINUTES = [15, 30, 60, 120, 240, 480];
const CHOICES = /** @type {const} */ (["available", "busy", "away"]);

/** @param {number} minutes from now; 0: until it is changed */
const until = (minutes) => (minutes ? new Date(Date.now() + minutes * 60_000).toISOString().replace(/\.\d+/, "") : null);

export function Availability() {
  const [problem, tell] = useState("");
  const { value } = availability;
  if (!value) return null;
  /** @param {string} status @param {number} [minutes] */
  const set = async (status, minutes = 0) => {
    tell("");
    await be(status, until(minutes)).catch((error) => tell(explained(error)));
  };
  const { status } = value;
  return html`
    <div class="availability">
      <select aria-label=${say("availability")} value=${status} onChange=${(/** @type {any} */ { target }) => set(target.value)}>
        ${CHOICES.map((one) => html`<option key=${one} value=${one}>${say(`availability.${one}`)}</option>`)}
        ${status === "after_call" && html`<option value="after_call">${say("availability.after_call")}</option>`}
      </select>
      ${(status === "busy" || status === "away") && html`<${HowLong} value=${value} set=${(/** @type {number} */ minutes) => set(status, minutes)} />`}
      ${status === "after_call" && html`<button onClick=${() => set("available")}>${say("availability.ready")}</button>`}
      ${problem && html`<p class="refusal" role="alert">${problem}</p>`}
    </div>
  `;
}

/** @param {{value: import("../../bridge.js").Availability, set: (minutes: number) => void}} props */
function HowLong({ value, set }) {
  const words = value.until && say("availability.until", { status: say(`availability.${value.status}`), time: moment(value.until) });
  return html`
    <select
      aria-label=${say("availability.for")}
      value=${value.until ? "set" : "0"}
      onChange=${(/** @type {any} */ { target }) => set(Number(target.value))}
    >
      ${words && html`<option value="set">${words}</option>`}
      <option value="0">${say("availability.open")}</option>
      ${MINUTES.map((minutes) => html`<option key=${minutes} value=${minutes}>${length(minutes)}</option>`)}
    </select>
  `;
}

/** @param {number} minutes */
const length = (minutes) =>
  minutes < 60 ? say("availability.minutes", { minutes }) : say("availability.hours", { hours: minutes / 60 });
