/** The last calls of another agent, for supervisors. */

import { bridge } from "../../connection.js";
import { html } from "../../html.js";
import { useEffect, useState } from "../../vendor/hooks.js";
import { moment, say } from "../../words/say.js";
import { Name } from "../party.js";
import { Noted, outcomeOf, partyOf } from "./row.js";

/** @typedef {import("../../bridge.js").AgentCall} AgentCall */
/** @typedef {{calls: AgentCall[], next: string | null, state: "loading" | "loaded" | "failed"}} Shown */

/** @type {Shown} */
const NEW = { calls: [], next: null, state: "loading" };

/** @param {{agent: string}} props by identity */
export function CallsOf({ agent }) {
  const [shown, show] = useState(NEW);
  const load = () =>
    bridge.calls({ agent, before: shown.next ?? undefined }).then(
      ({ calls, next }) => show({ calls: [...shown.calls, ...calls], next, state: "loaded" }),
      () => show({ ...shown, state: "failed" }),
    );
  useEffect(() => void load(), [agent]);
  const { calls, next, state } = shown;
  return html`
    <ul class="list calls-of">${calls.map((call) => html`<${One} key=${call.sid} call=${call} />`)}</ul>
    ${state === "loaded" && calls.length === 0 && html`<p class="quiet">${say("list.empty")}</p>`}
    ${state === "failed" && html`<p class="refusal" role="alert">${say("list.failed")}</p>`}
    ${(next || state === "failed") && html`<button onClick=${load}>${say(next ? "list.more" : "list.again")}</button>`}
  `;
}

/** @param {{call: AgentCall}} props */
function One({ call }) {
  return html`
    <li>
      <p class="quiet">
        ${say(call.direction === "inbound" ? "over.in" : "over.out", { outcome: outcomeOf(call) })} ·${" "}
        <time datetime=${call.startedAt}>${moment(call.startedAt)}</time>
      </p>
      <p class="name"><${Name} url=${call.person?.url} name=${partyOf(call)} /></p>
      <${Noted} text=${call.note} />
    </li>
  `;
}
