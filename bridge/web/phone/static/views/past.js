/** Calls that are over: how they ended, and a way to call back. */

import { dial } from "../agent.js";
import { html } from "../html.js";
import { current, forget, past, stage } from "../store.js";
import { REASONS, lasted } from "../words.js";
import { Party } from "./party.js";

export function Past() {
  return html`<div class="past" aria-live="polite">
    ${past.value.map((call) => html`<${One} key=${call.id} call=${call} />`)}
  </div>`;
}

/** @param {{call: import("../state/call.js").Call}} props */
function One({ call }) {
  const length = call.answeredAt ? ` · ${lasted(call.answeredAt, call.endedAt ?? call.answeredAt)}` : "";
  const canCall = /^(\+?\d|client:)/.test(call.number) && stage.value === "ready" && !current.value;
  return html`
    <section class="card over" aria-label="Call that is over" data-call=${call.id} data-reason=${call.reason}>
      <p class="quiet">${call.direction === "in" ? "Incoming" : "Outgoing"}: ${REASONS[call.reason ?? "failed"]}${length}</p>
      <${Party} call=${call} />
      <div class="row">
        ${canCall &&
        html`<button onClick=${() => dial(call.number, "")}>${call.direction === "in" ? "Call back" : "Call again"}</button>`}
        <button class="link" onClick=${() => forget(call.id)}>Dismiss</button>
      </div>
    </section>
  `;
}
