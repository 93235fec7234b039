/** Calls that come in; several can ring at once. */

import { answer, decline, ignore } from "../agent.js";
import { html } from "../html.js";
import { current, microphone, ringing } from "../store.js";
import { CALL_STAGES } from "../words.js";
import { Party } from "./party.js";

export function Ringing() {
  return html`<div class="ringing" aria-live="assertive">
    ${ringing.value.map((call) => html`<${One} key=${call.id} call=${call} />`)}
  </div>`;
}

/** @param {{call: import("../state/call.js").Call}} props */
function One({ call }) {
  const waits = call.stage === "ringing" && !call.ignored;
  const status = call.ignored ? "Rings elsewhere" : (CALL_STAGES[call.stage] ?? "Incoming call");
  return html`
    <section class="card incoming ${waits ? "rings" : ""}" aria-label="Incoming call" data-call=${call.id}>
      <p class="quiet">${status}</p>
      <${Party} call=${call} />
      ${waits &&
      html`
        <div class="row">
          <button class="good" onClick=${() => answer(call.id)} disabled=${microphone.value === "denied"}>
            ${current.value ? "Hang up and answer" : "Answer"}
          </button>
          <button class="bad" onClick=${() => decline(call.id)}>Decline</button>
          <button onClick=${() => ignore(call.id)}>Ignore</button>
        </div>
      `}
    </section>
  `;
}
