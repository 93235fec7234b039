/** The last calls with the other party, and what was noted of them. */

import { withParty } from "../../desk/calls.js";
import { html } from "../../html.js";
import { useEffect, useState } from "../../vendor/hooks.js";
import { counted, moment, say } from "../../words/say.js";
import { Noted, outcomeOf } from "./row.js";

/** @typedef {import("../../bridge.js").AgentCall} AgentCall */

/** @param {{call: import("../../state/call.js").Call}} props */
export function LastCalls({ call: { number, person } }) {
  const [calls, hear] = useState(/** @type {AgentCall[]} */ ([]));
  useEffect(() => {
    if (number.startsWith("+")) withParty(number, person).then(hear, () => {});
  }, [number, person]);
  if (calls.length === 0) return null;
  return html`
    <details class="last-calls" open>
      <summary>${counted("last-calls", calls.length)}</summary>
      <ul class="list">
        ${calls.map((call) => html`<${Past} key=${call.sid} call=${call} />`)}
      </ul>
    </details>
  `;
}

/** @param {{call: AgentCall}} props */
function Past({ call }) {
  return html`
    <li>
      <p class="quiet">
        <time datetime=${call.startedAt}>${moment(call.startedAt)}</time> ·${" "}
        ${say(call.direction === "inbound" ? "over.in" : "over.out", { outcome: outcomeOf(call) })}
      </p>
      <${Noted} text=${call.note} />
    </li>
  `;
}
