/** A call of more than two ends: hold, ask a colleague first, add a third, and who is in the call. */

import { html } from "../../html.js";
import { shortcut } from "../../shortcuts.js";
import { me, now } from "../../store.js";
import { useState } from "../../vendor/hooks.js";
import { lasted, say } from "../../words/say.js";
import { useActs } from "./acts.js";
import { Other, others } from "./colleagues.js";

/** After so many milliseconds on hold the agent is reminded. */
const STILL = 60_000;

/** @typedef {import("../../bridge.js").AgentCall} AgentCall */
/** @typedef {import("../../bridge.js").Participant} Participant */
/** @typedef {import("./acts.js").Do} Do */

/** @param {{call: AgentCall}} props */
export function Conference({ call }) {
  const { act, busy, refusal } = useActs(call.sid);
  const [inviting, invite] = useState(false);
  if (!call.can.hold) return null;
  const { onHold = false, since = null, participants = [] } = call.conference ?? {};
  const joined = participants.filter((one) => one.joined && one.identity !== me.value?.identity);
  return html`
    <div class="conference" role="group" aria-label=${say("ends")} data-held=${onHold}>
      <div class="row">
        <button data-on=${onHold} disabled=${busy} ...${shortcut("hold")} onClick=${() => act(onHold ? "resume" : "hold")}>
          ${say(onHold ? "resume" : "hold")}
        </button>
        <button aria-expanded=${inviting} disabled=${busy} onClick=${() => invite(!inviting)}>${say("ends.invite")}</button>
      </div>
      <${OnHold} since=${onHold ? since : null} />
      <ul class="list">${joined.map((one) => html`<${Participant} key=${one.sid} one=${one} busy=${busy} act=${act} />`)}</ul>
      ${inviting && html`<${Invite} busy=${busy} asking=${joined.some(({ asked }) => asked)} act=${act} done=${() => invite(false)} />`}
      ${refusal}
    </div>
  `;
}

/** @param {{since: string | null}} props */
function OnHold({ since }) {
  const began = since ? Date.parse(since) : 0;
  const isLong = since !== null && now.value - began >= STILL;
  return html`
    <p class="quiet" role="status">${since && say("on-hold")}</p>
    ${since && html`<p class="quiet timer">${lasted(Math.min(began, now.value), now.value)}</p>`}
    ${isLong && html`<p class="banner" role="alert">${say("on-hold.still")}</p>`}
  `;
}

/** @param {{one: Participant, busy: boolean, act: Do}} props */
function Participant({ one, busy, act }) {
  const { name } = one;
  /**
   * @param {"ask.complete" | "ask.swap" | "ask.cancel"} words
   * @param {string} to
   */
  const button = (words, to) => html`
    <button aria-label=${say(`${words}.name`, { name })} disabled=${busy} onClick=${() => act(to)}>
      ${say(words)}
    </button>
  `;
  const isThere = one.state === "talking" || one.state === "on_hold";
  return html`
    <li class="person" data-state=${one.state}>
      <p><span class="name">${name}</span> <span class="quiet presence">${say(`end.${one.state}`)}</span></p>
      ${one.asked && isThere && html`${button("ask.complete", "transfer/complete")} ${button("ask.swap", "transfer/swap")}`}
      ${one.asked && button("ask.cancel", "transfer/cancel")}
      ${!one.asked &&
      html`
        <button
          aria-label=${say("end.remove.name", { name })}
          disabled=${busy}
          onClick=${() => act(`participants/${encodeURIComponent(one.sid)}`, {}, "DELETE")}
        >
          ${say("end.remove")}
        </button>
      `}
    </li>
  `;
}

/** @param {{busy: boolean, asking: boolean, act: Do, done: () => void}} props */
function Invite({ busy, asking, act, done }) {
  const [number, type] = useState("");
  /**
   * @param {string} to
   * @param {boolean} ask
   */
  const call = async (to, ask) => {
    if (await (ask ? act("transfer", { to, ask }) : act("participants", { to }))) done();
  };
  /**
   * @param {string} to
   * @param {string} [name]
   */
  const both = (to, name) => html`
    <button aria-label=${name && say("ask.name", { name })} disabled=${busy || asking || !to} onClick=${() => call(to, true)}>
      ${say("ask")}
    </button>
    <button aria-label=${name && say("add.name", { name })} disabled=${busy || !to} onClick=${() => call(to, false)}>
      ${say("add")}
    </button>
  `;
  return html`
    <ul class="list">
      ${others().map(
        (agent) => html`
          <${Other} key=${agent.identity} agent=${agent}>
            ${agent.present && both(`client:${agent.identity}`, agent.name)}
          <//>
        `,
      )}
    </ul>
    <div class="row">
      <label for="invite-to">${say("ends.number")}</label>
      <input id="invite-to" type="tel" autocomplete="off" value=${number}
        onInput=${(/** @type {any} */ { target }) => type(target.value)} />
      ${both(number.trim())}
    </div>
  `;
}
