/** Sends the other party on: to a colleague, those who are free first, or to a number. */

import { transfer } from "../../agent.js";
import { agents } from "../../desk/desk.js";
import { html } from "../../html.js";
import { useState } from "../../vendor/hooks.js";
import { explained, say } from "../../words/say.js";
import { isFree, stateOf } from "./colleagues.js";

/** @param {{id: string}} props of the call */
export function Transfer({ id }) {
  const [number, type] = useState("");
  const [problem, tell] = useState("");
  const [busy, work] = useState(false);
  /** @param {string} to */
  const send = async (to) => {
    tell("");
    work(true);
    await transfer(id, to).catch((error) => tell(explained(error)));
    work(false);
  };
  const others = agents.value.filter(({ me }) => !me);
  const first = [...others.filter(isFree), ...others.filter((one) => !isFree(one))];
  return html`
    <div class="transfer" role="group" aria-label=${say("transfer")}>
      <ul class="list">
        ${first.map(
          (agent) => html`
            <li key=${agent.identity} class="person ${isFree(agent) ? "free" : ""}">
              <p><span class="name">${agent.name}</span> <span class="quiet presence">${stateOf(agent)}</span></p>
              <button
                aria-label=${say("transfer.colleague", { name: agent.name })}
                disabled=${busy}
                onClick=${() => send(`client:${agent.identity}`)}
              >
                ${say("transfer")}
              </button>
            </li>
          `,
        )}
      </ul>
      <form onSubmit=${(/** @type {Event} */ event) => (event.preventDefault(), send(number.trim()))}>
        <label for="transfer-to">${say("transfer.to")}</label>
        <input id="transfer-to" type="tel" autocomplete="off" value=${number}
          onInput=${(/** @type {any} */ { target }) => type(target.value)} />
        <button disabled=${busy || !number.trim()}>${say("transfer.now")}</button>
      </form>
      ${problem && html`<p class="refusal" role="alert">${problem}</p>`}
    </div>
  `;
}
