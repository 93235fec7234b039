/** What another tab shows that has the line, and a way to hand it a number. */

import { tabs } from "../agent.js";
import { html } from "../html.js";
import { mirror, request, stage as own, typed } from "../store.js";
import { useState } from "../vendor/hooks.js";
import { say } from "../words/say.js";
import { Party } from "./party.js";

const PATIENCE = 3000;

export function Elsewhere() {
  const calls = mirror.value?.calls ?? [];
  const stage = mirror.value?.stage ?? "elsewhere";
  return html`
    <section class="card elsewhere" aria-label=${say("elsewhere.title")} data-stage=${stage}>
      <p>${say("elsewhere.where", { stage: say(`line.${stage}`) })}</p>
      <p role="status">${request.value && (request.value.why || say(request.value.handed ? "elsewhere.handed" : "checking"))}</p>
      ${calls.map((call) => html`<${Call} key=${call.id} call=${call} />`)}
      ${calls.length === 0 && html`<${Hand} />`}
      ${calls.length === 0 && html`<button class="link" onClick=${take}>${say("elsewhere.take")}</button>`}
    </section>
  `;
}

/** A tab that hangs does not hear that this one asks for the line. */
function take() {
  tabs.take();
  setTimeout(() => {
    if (own.value === "elsewhere") request.value = { handed: false, why: say("elsewhere.silent") };
  }, PATIENCE);
}

function Hand() {
  const [told, tell] = useState("");
  const [asking, ask] = useState(false);
  /** @param {Event} event */
  const hand = async (event) => {
    event.preventDefault();
    ask(true);
    tell(await tabs.hand(typed.value));
    ask(false);
  };
  return html`
    <form onSubmit=${hand}>
      <label for="number">${say("number")}</label>
      <input
        id="number"
        type="tel"
        autocomplete="off"
        aria-describedby="refusal"
        value=${typed.value}
        onInput=${(/** @type {any} */ { target }) => (typed.value = target.value)}
      />
      <p id="refusal" class="refusal" role="alert">${told}</p>
      <button class="good wide" disabled=${asking || !typed.value.trim()}>
        ${say(asking ? "checking" : "elsewhere.call")}
      </button>
    </form>
  `;
}

/** @param {{call: import("../state/call.js").Call}} props */
function Call({ call }) {
  return html`
    <div class="mirrored" data-call-stage=${call.stage}>
      <p class="quiet">${say(`call.${call.stage}`)}</p>
      <${Party} call=${call} />
    </div>
  `;
}
