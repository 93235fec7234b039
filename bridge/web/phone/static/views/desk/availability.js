/** Whether calls ring this agent, and until when they do not. */

import { availability, be, wanted } from "../../desk/desk.js";
import { html } from "../../html.js";
import { useState } from "../../vendor/hooks.js";
import { explained, moment, say } from "../../words/say.js";

const MINUTES = [15, 30, 60, 120, 240, 480];
const CHOICES = /** @type {const} */ (["available", "busy", "away"]);

/** @param {number} minutes from now; 0: until it is changed */
const inMinutes = (minutes) => (minutes ? new Date(Date.now() + minutes * 60_000) : null);

/**
 * @param {string} time of day, such as 17:30; where it is over today, tomorrow's
 * @param {Date} now
 */
export function nextAt(time, now) {
  const [hours, minutes] = time.split(":").map(Number);
  const at = new Date(now);
  at.setHours(hours, minutes, 0, 0);
  if (at <= now) at.setDate(at.getDate() + 1);
  return at;
}

export function Availability() {
  const [problem, tell] = useState("");
  const value = wanted.value ?? availability.value;
  if (!value) return null;
  /** @param {import("../../bridge.js").Availability["status"]} status @param {Date | null} [until] */
  const set = async (status, until = null) => {
    tell("");
    await be({ status, until: until && until.toISOString().replace(/\.\d+/, "") }).catch((error) => tell(explained(error)));
  };
  const { status } = value;
  return html`
    <div class="availability" aria-busy=${!!wanted.value}>
      <select aria-label=${say("availability")} value=${status} onChange=${(/** @type {any} */ { target }) => set(target.value)}>
        ${CHOICES.map((one) => html`<option key=${one} value=${one}>${say(`availability.${one}`)}</option>`)}
        ${status === "after_call" && html`<option value="after_call">${say("availability.after_call")}</option>`}
      </select>
      ${(status === "busy" || status === "away") && html`<${HowLong} value=${value} set=${(/** @type {Date | null} */ until) => set(status, until)} />`}
      ${status === "after_call" && html`<button onClick=${() => set("available")}>${say("availability.ready")}</button>`}
      ${problem && html`<p class="refusal" role="alert">${problem}</p>`}
    </div>
  `;
}

/** @param {{value: import("../../bridge.js").Availability, set: (until: Date | null) => void}} props */
function HowLong({ value, set }) {
  const words = value.until && say("availability.until", { status: say(`availability.${value.status}`), time: moment(value.until) });
  return html`
    <select
      aria-label=${say("availability.for")}
      value=${value.until ? "set" : "0"}
      onChange=${(/** @type {any} */ { target }) => set(inMinutes(Number(target.value)))}
    >
      ${words && html`<option value="set">${words}</option>`}
      <option value="0">${say("availability.open")}</option>
      ${MINUTES.map((minutes) => html`<option key=${minutes} value=${minutes}>${length(minutes)}</option>`)}
    </select>
    <input
      type="time"
      aria-label=${say("availability.at")}
      onChange=${(/** @type {any} */ { target }) => target.value && set(nextAt(target.value, new Date()))}
    />
  `;
}

/** @param {number} minutes */
const length = (minutes) =>
  minutes < 60 ? say("availability.minutes", { minutes }) : say("availability.hours", { hours: minutes / 60 });
