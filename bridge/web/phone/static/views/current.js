/** The call that one is in: how long, mute, keys, hang up. */

import { hangUp, mute, press } from "../agent.js";
import { html } from "../html.js";
import { isOpen } from "../state/call.js";
import { current, now } from "../store.js";
import { useState } from "../vendor/hooks.js";
import { CALL_STAGES, lasted } from "../words.js";
import { Keypad } from "./keypad.js";
import { Party } from "./party.js";

const WARNINGS = /** @type {Record<string, string>} */ ({
  "high-rtt": "Your network is slow: you hear each other late.",
  "low-mos": "Your network is poor: the sound suffers.",
  "high-jitter": "Your network is uneven: the sound suffers.",
  "high-packet-loss": "Your network loses sound.",
  "high-packets-lost-fraction": "Your network loses sound.",
  "ice-connectivity-lost": "The sound is interrupted.",
  "constant-audio-input-level": "Your microphone is silent.",
});

export function Current() {
  const call = current.value;
  return call ? html`<${Shown} key=${call.id} call=${call} />` : null;
}

/** @param {{call: import("../state/call.js").Call}} props */
function Shown({ call }) {
  const [keys, showKeys] = useState(false);
  const open = isOpen(call);
  const warning = call.warnings.map((name) => WARNINGS[name]).find(Boolean);
  return html`
    <section class="card current" aria-label="Call" data-call=${call.id} data-stage=${call.stage}>
      <p class="quiet" role="status">${CALL_STAGES[call.stage]}</p>
      <${Party} call=${call} />
      ${open && html`<p class="timer" role="timer">${lasted(call.answeredAt ?? now.value, now.value)}</p>`}
      ${warning && html`<p class="banner" role="status">${warning}</p>`}
      ${keys && html`<p class="digits" aria-label="Keys pressed">${call.digits}</p>`}
      ${keys && html`<${Keypad} press=${(/** @type {string} */ key) => press(call.id, key)} />`}
      <div class="row">
        ${open &&
        html`
          <button aria-pressed=${call.muted} onClick=${() => mute(call.id, !call.muted)}>
            ${call.muted ? "Unmute" : "Mute"}
          </button>
          <button aria-pressed=${keys} onClick=${() => showKeys(!keys)}>Keys</button>
        `}
        <button class="bad" onClick=${() => hangUp(call.id)}>Hang up</button>
      </div>
    </section>
  `;
}
