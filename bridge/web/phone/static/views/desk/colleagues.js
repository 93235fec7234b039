/** Who is there, and who is in a call. */

import { dial } from "../../agent.js";
import { agents } from "../../desk/desk.js";
import { html } from "../../html.js";
import { idle, me as own, stage } from "../../store.js";
import { useState } from "../../vendor/hooks.js";
import { moment, say } from "../../words/say.js";
import { useActs } from "./acts.js";
import { CallsOf } from "./calls-of.js";

/** @typedef {import("../../bridge.js").Agent} Agent */

const MODES = /** @type {const} */ (["listen", "whisper", "join"]);

/** @param {Agent} agent Whether a call to them would ring and could be taken. */
const isFree = ({ present, availability, inCall }) => present && !inCall && availability.status === "available";

/** @param {Agent} agent The order in which they are offered: free, busy, not signed in. */
const rankOf = (agent) => (isFree(agent) ? 0 : agent.present ? 1 : 2);

/** How the dot shows each rank. */
const DOTS = ["free", "", "gone"];

/** Those to whom a call can go. */
export const others = () => agents.value.filter(({ me }) => !me).sort((one, other) => rankOf(one) - rankOf(other));

/** @param {{agent: Agent, children: any}} props One of them, with what can be done. */
export const Other = ({ agent, children }) => html`
  <li class="person ${DOTS[rankOf(agent)]}">
    <p><span class="name">${agent.name}</span> <span class="quiet presence">${stateOf(agent)}</span></p>
    ${children}
  </li>
`;

/** @param {Agent} agent */
function stateOf({ present, availability, inCall, call }) {
  const who = call?.readable ?? call?.number;
  if (inCall) return who ? say("agent.with", { who }) : say("agent.in-call");
  return present ? availableOf(availability) : say("agent.gone");
}

/** @param {import("../../bridge.js").Availability} availability */
export function availableOf({ status, until }) {
  const words = say(`availability.${status}`);
  return until ? say("availability.until", { status: words, time: moment(until) }) : words;
}

export function Colleagues() {
  return html`<ul class="list">${agents.value.map((agent) => html`<${Colleague} key=${agent.identity} agent=${agent} />`)}</ul>`;
}

/** @param {{agent: Agent}} props */
function Colleague({ agent }) {
  const { identity, name, me } = agent;
  const [open, show] = useState(false);
  return html`
    <li class="entry person ${DOTS[rankOf(agent)]}" data-identity=${identity}>
      <div>
        <p class="name">${me ? say("agent.me", { name }) : name}</p>
        <p class="quiet presence">${stateOf(agent)}</p>
      </div>
      ${!me &&
      html`
        <button
          aria-label=${say("agent.call", { name })}
          disabled=${!idle.value}
          onClick=${() => dial(`client:${identity}`, "")}
        >
          ${say("call")}
        </button>
      `}
      ${!me && own.value.allowed?.supervisor && html`<${Overseen} agent=${agent} open=${open} show=${show} />`}
    </li>
  `;
}

/** @param {{agent: Agent, open: boolean, show: (open: boolean) => void}} props What a supervisor sees of an agent. */
function Overseen({ agent: { identity, name, inCall, call }, open, show }) {
  return html`
    <div class="overseen">
      ${inCall && call && html`<${Listen} key=${call.sid} sid=${call.sid} name=${name} />`}
      <button class="link" aria-expanded=${open} onClick=${() => show(!open)}>${say("agent.calls", { name })}</button>
      ${open && html`<${CallsOf} agent=${identity} />`}
    </div>
  `;
}

/** @param {{sid: string, name: string}} props Ways into the agent's call: the supervisor's own phone rings. */
function Listen({ sid, name }) {
  const { act, busy, refusal } = useActs(sid);
  return html`
    <div class="row">
      ${MODES.map(
        (mode) => html`
          <button
            aria-label=${say(`listen.${mode}.name`, { name })}
            disabled=${busy || stage.value !== "ready"}
            onClick=${() => act("listen", { mode })}
          >
            ${say(`listen.${mode}`)}
          </button>
        `,
      )}
    </div>
    ${refusal}
  `;
}
