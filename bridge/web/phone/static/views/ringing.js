/** Calls that come in; several can ring at once. */

import { answer, decline, hangUp, ignore } from "../agent.js";
import { html } from "../html.js";
import { shortcut } from "../shortcuts.js";
import { rings } from "../state/call.js";
import { current, microphone, ringing } from "../store.js";
import { say } from "../words/say.js";
import { LastCalls } from "./desk/last-calls.js";
import { Party } from "./party.js";

export function Ringing() {
  return html`<div class="ringing">
    ${ringing.value.map((call) => html`<${One} key=${call.id} call=${call} />`)}
  </div>`;
}

/** @param {{call: import("../state/call.js").Call}} props */
function One({ call }) {
  const first = ringing.value.find(rings) === call;
  const waits = rings(call);
  const status = say(call.ignored ? "incoming.rings-elsewhere" : `call.${call.stage}`);
  return html`
    <article class="card incoming ${waits ? "rings" : ""}" tabindex="-1" aria-label=${say("incoming")} data-call=${call.id}>
      <p class="quiet">${status}</p>
      <${Party} call=${call} />
      ${waits &&
      html`
        <div class="row">
          <button class="good" ...${shortcut("answer", first)} onClick=${() => answer(call.id)} disabled=${microphone.value === "denied"}>
            ${say(current.value ? "answer.instead" : "answer")}
          </button>
          <button class="bad" ...${shortcut("decline", first)} onClick=${() => decline(call.id)}>${say("decline")}</button>
          <button onClick=${() => ignore(call.id)}>${say("ignore")}</button>
        </div>
      `}
      ${call.stage === "answering" &&
      html`
        <div class="row">
          <p class="timer" />
          <button class="bad" ...${shortcut("hang-up")} onClick=${() => hangUp(call.id)}>${say("hang-up")}</button>
        </div>
      `}
      <${LastCalls} call=${call} />
    </article>
  `;
}
