/** Sends the other party on: to a colleague, those who are free first, or to a number. */

import { transfer } from "../../agent.js";
import { html } from "../../html.js";
import { useState } from "../../vendor/hooks.js";
import { explained, say } from "../../words/say.js";
import { Other, others } from "./colleagues.js";

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
  return html`
    <div class="transfer" role="group" aria-label=${say("transfer")}>
      <ul class="list">
        ${others().map(
          (agent) => html`
            <${Other} key=${agent.identity} agent=${agent}>
              <button
                aria-label=${say("transfer.colleague", { name: agent.name })}
                disabled=${busy}
                onClick=${() => send(`client:${agent.identity}`)}
              >
                ${say("transfer")}
              </button>
            <//>
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
