/** The last calls with the other party, and what was noted of them. */

import { known, withParty } from "../../desk/calls.js";
import { html } from "../../html.js";
import { nameOf } from "../../state/call.js";
import { useEffect, useState } from "../../vendor/hooks.js";
import { counted, moment, say } from "../../words/say.js";
import { Noted, outcomeOf } from "./row.js";

/** @typedef {import("../../bridge.js").AgentCall} AgentCall */

/** @param {{call: import("../../state/call.js").Call}} props */
export function LastCalls({ call }) {
  const { number, person } = call;
  const [calls, hear] = useState(/** @type {AgentCall[]} */ ([]));
  useEffect(() => {
    if (number.startsWith("+")) withParty(number, person).then(hear, () => {});
  }, [number, person]);
  const earlier = calls.filter(({ sid }) => sid !== nameOf(call));
  if (earlier.length === 0) return null;
  return html`
    <details class="last-calls" open>
      <summary>${counted("last-calls", earlier.length)}</summary>
      <ul class="list">
        ${earlier.map((one) => html`<${Past} key=${one.sid} call=${one} />`)}
      </ul>
    </details>
  `;
}

/** @param {AgentCall} call The newer of the note that was read with a list and the one that the stream told of. */
function noteOf({ sid, note }) {
  const heard = known.value[sid]?.note;
  return heard && heard.version > note.version ? heard : note;
}

/** @param {{call: AgentCall}} props */
export function Past({ call }) {
  return html`
    <li>
      <p class="quiet">
        <time datetime=${call.startedAt}>${moment(call.startedAt)}</time> ·${" "}
        ${say(call.direction === "inbound" ? "over.in" : "over.out", { outcome: outcomeOf(call) })}
      </p>
      <${Noted} text=${noteOf(call)} />
    </li>
  `;
}
