/** Calls that are over: how they ended, and a way to call back. */

import { dial } from "../agent.js";
import { html } from "../html.js";
import { current, forget, past, stage } from "../store.js";
import { ENDING, REASONS, lasted } from "../words.js";
import { Party } from "./party.js";

export function Past() {
  return html`<div class="past" aria-live="polite">
    ${past.value.map((call) => html`<${One} key=${call.id} call=${call} />`)}
  </div>`;
}

/** @param {{call: import("../state/call.js").Call}} props */
function One({ call }) {
  const began = call.answeredAt ?? (call.seconds === undefined ? undefined : 0);
  const ended = call.seconds === undefined ? call.endedAt : (began ?? 0) + call.seconds * 1000;
  const length = began === undefined ? "" : ` · ${lasted(began, ended ?? began)}`;
  const how = call.asking ? ENDING : `${REASONS[call.reason ?? "failed"]}${length}`;
  const canCall = /^(\+?\d|client:)/.test(call.number) && stage.value === "ready" && !current.value;
  return html`
    <section class="card over" aria-label="Call that is over" data-call=${call.id} data-reason=${call.reason}>
      <p class="quiet">${call.direction === "in" ? "Incoming" : "Outgoing"}: ${how}</p>
      <${Party} call=${call} />
      ${call.why && html`<p class="refusal">${call.why}</p>`}
      <div class="row">
        ${canCall &&
        html`<button onClick=${() => dial(call.number, "")}>${call.direction === "in" ? "Call back" : "Call again"}</button>`}
        <button class="link" onClick=${() => forget(call.id)}>Dismiss</button>
      </div>
    </section>
  `;
}
