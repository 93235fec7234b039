/** Calls that are over: how they ended, and a way to call back. */

import { dial } from "../agent.js";
import { html } from "../html.js";
import { nameOf } from "../state/call.js";
import { current, forget, idle, microphone, past } from "../store.js";
import { lasted, say } from "../words/say.js";
import { LastCalls } from "./desk/last-calls.js";
import { Note } from "./desk/note.js";
import { Party } from "./party.js";

/** The newest, whose note is written now. */
export function Newest() {
  const [call] = past.value;
  return call && !current.value && html`<${One} key=${call.id} call=${call} noted />`;
}

export function Past() {
  const older = current.value ? past.value : past.value.slice(1);
  return html`<div class="past">${older.map((call) => html`<${One} key=${call.id} call=${call} />`)}</div>`;
}

/** @param {import("../state/call.js").Call} call */
const isIn = (call) => call.direction === "in";

/**
 * @param {import("../state/call.js").Call} call
 * @returns {string} of a talk
 */
function lengthOf({ answeredAt, endedAt, seconds }) {
  if (seconds !== undefined) return ` · ${lasted(0, seconds * 1000)}`;
  return answeredAt ? ` · ${lasted(answeredAt, endedAt ?? answeredAt)}` : "";
}

/** @param {import("../state/call.js").Call} call */
export const outcomeOf = (call) => (call.asking ? say("over.asking") : `${say(`reason.${call.reason ?? "failed"}`)}${lengthOf(call)}`);

/** @param {import("../state/call.js").Call} call What the outcome leaves to say, unless a banner says it. */
const whyOf = (call) => (call.reason === "microphone" && !microphone.value ? say("microphone.kept") : call.why);

/** @param {import("../state/call.js").Call} call */
const canCall = (call) => /^(\+?\d|client:)/.test(call.number);

/** @param {{call: import("../state/call.js").Call, noted?: boolean}} props */
function One({ call, noted = false }) {
  return html`
    <article class="card over" tabindex="-1" aria-label=${say("over")} data-call=${call.id} data-reason=${call.reason}>
      <p class="quiet">${say(isIn(call) ? "over.in" : "over.out", { outcome: outcomeOf(call) })}</p>
      <${Party} call=${call} />
      ${whyOf(call) && html`<p class="refusal">${whyOf(call)}</p>`}
      ${noted && nameOf(call) && html`<${Note} name=${nameOf(call)} main />`}
      ${noted && html`<${LastCalls} call=${call} />`}
      <div class="row">
        ${canCall(call) &&
        html`
          <button disabled=${!idle.value} onClick=${() => dial(call.number, "")}>
            ${say(isIn(call) ? "call-back" : "call-again")}
          </button>
        `}
        <button class="link" onClick=${() => forget(call.id)}>${say("dismiss")}</button>
      </div>
    </article>
  `;
}
