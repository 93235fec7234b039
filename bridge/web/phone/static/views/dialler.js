/** Where a number is typed, pasted or pressed, and called. */

import { dial } from "../agent.js";
import { search } from "../desk/people.js";
import { html } from "../html.js";
import { shortcut } from "../shortcuts.js";
import { isEmergency } from "../state/emergency.js";
import { checking, current, me, ownNumber, refusal, stage, typed } from "../store.js";
import { useState } from "../vendor/hooks.js";
import { say } from "../words/say.js";
import { Found } from "./desk/found.js";
import { Keypad } from "./keypad.js";

/** @param {string} value */
function type(value) {
  typed.value = value;
  refusal.value = null;
  search(value);
}

export function Dialler() {
  const { callerIds, allowed } = me.value;
  const [callerId, choose] = useState("");
  if (current.value) return null;
  /** @param {Event} event */
  const call = (event) => {
    event.preventDefault();
    void dial(typed.value, callerId);
  };
  const searches = Boolean(allowed?.search);
  return html`
    <form class="card dialler" aria-label=${say("place")} onSubmit=${call}>
      <label for="number">${say(searches ? "search.label" : "number")}</label>
      <input
        id="number"
        ...${shortcut("number")}
        type=${searches ? "text" : "tel"}
        autocomplete="off"
        autofocus
        placeholder="+33 1 59 13 00 01"
        aria-describedby="refusal"
        aria-invalid=${refusal.value !== null}
        value=${typed.value}
        onInput=${(/** @type {any} */ { target }) => type(target.value)}
      />
      <p id="refusal" class="refusal" role="alert">${refusal.value?.()}</p>
      <${Found} />
      <${Keypad} press=${(/** @type {string} */ key) => type(typed.value + key)} />
      ${callerIds.length > 1 && html`<${CallerIds} ids=${callerIds} chosen=${callerId} choose=${choose} />`}
      <button class="good wide" disabled=${!typed.value.trim() || !canCall()}>
        ${say(checking.value ? "checking" : "call")}
      </button>
    </form>
  `;
}

/** An emergency number is answered, if only with words, whatever the line is, and waits for no other. */
const canCall = () => isEmergency(typed.value, me.value.emergency.numbers) || (stage.value === "ready" && !checking.value);

/** @param {{ids: string[], chosen: string, choose: (id: string) => void}} props */
function CallerIds({ ids, chosen, choose }) {
  return html`
    <label for="caller-id">${say("number.shown")}</label>
    <select id="caller-id" value=${chosen} onChange=${(/** @type {any} */ { target }) => choose(target.value)}>
      ${ids.map((id, place) => html`<option key=${id} value=${place ? id : ""}>${ownNumber(id)}</option>`)}
    </select>
  `;
}
