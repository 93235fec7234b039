/** The call that one is in: how long, mute, keys, hang up. */

import { hangUp, mute, press } from "../agent.js";
import { ofPhone } from "../desk/calls.js";
import { html } from "../html.js";
import { shortcut } from "../shortcuts.js";
import { isOpen, nameOf } from "../state/call.js";
import { current, now } from "../store.js";
import { useState } from "../vendor/hooks.js";
import { lasted, say } from "../words/say.js";
import { LastCalls } from "./desk/last-calls.js";
import { Note } from "./desk/note.js";
import { Conference } from "./desk/conference.js";
import { Recording } from "./desk/recording.js";
import { Transfer } from "./desk/transfer.js";
import { Keypad } from "./keypad.js";
import { Party } from "./party.js";

/** @satisfies {Record<string, import("../words/say.js").Key>} What the SDK warns of. */
const WARNINGS = {
  "ice-connectivity-lost": "network.interrupted",
  "constant-audio-input-level": "network.unheard",
  "high-packet-loss": "network.loss",
  "high-packets-lost-fraction": "network.loss",
  "high-jitter": "network.high-jitter",
  "high-rtt": "network.high-rtt",
  "low-mos": "network.low-mos",
};

/** @param {readonly string[]} warnings @returns {(typeof WARNINGS)[keyof typeof WARNINGS] | undefined} the gravest */
function gravest(warnings) {
  return Object.entries(WARNINGS).find(([name]) => warnings.includes(name))?.[1];
}

export function Current() {
  const call = current.value;
  return call ? html`<${Shown} key=${call.id} call=${call} />` : null;
}

/** @param {{call: import("../state/call.js").Call}} props */
function Shown({ call }) {
  const [keys, showKeys] = useState(false);
  const [sending, send] = useState(false);
  const open = isOpen(call);
  return html`
    <section class="card current" tabindex="-1" aria-label=${say("call.now")} data-call=${call.id} data-stage=${call.stage}>
      <p class="quiet">${say(`call.${call.stage}`)}</p>
      <${Party} call=${call} />
      <div class="row">
        ${open && html`<p class="timer" role="timer">${lasted(call.answeredAt ?? now.value, now.value)}</p>`}
        <button class="bad" ...${shortcut("hang-up")} onClick=${() => hangUp(call.id)}>${say("hang-up")}</button>
      </div>
      <${Warning} warnings=${call.warnings} />
      ${open &&
      html`
        <div class="row">
          <${Mute} call=${call} />
          <button aria-expanded=${keys} ...${shortcut("keys")} onClick=${() => showKeys(!keys)}>${say("keys")}</button>
          <${Allowed} call=${call} sending=${sending} send=${send} />
        </div>
      `}
      ${keys && html`<${Keys} call=${call} />`}
      ${sending && html`<${Transfer} id=${call.id} />`}
      ${open && ofPhone(call) && html`<${Conference} call=${ofPhone(call)} />`}
      ${open && nameOf(call) && html`<${Note} name=${nameOf(call)} main />`}
      <${LastCalls} call=${call} />
    </section>
  `;
}

/** @param {{warnings: readonly string[]}} props */
function Warning({ warnings }) {
  const warning = gravest(warnings);
  return html`<p class="banner" role="status">${warning && say(warning)}</p>`;
}

/** @param {{call: import("../state/call.js").Call}} props */
function Mute({ call }) {
  return html`
    <button data-on=${call.muted} ...${shortcut("mute")} onClick=${() => mute(call.id, !call.muted)}>
      ${say(call.muted ? "unmute" : "mute")}
    </button>
  `;
}

/** @param {{call: import("../state/call.js").Call}} props */
function Keys({ call }) {
  return html`
    <p class="digits"><span class="unseen">${say("keys.pressed")}: </span>${call.digits}</p>
    <${Keypad} press=${(/** @type {string} */ key) => press(call.id, key)} />
  `;
}

/**
 * What the bridge lets the agent do with this call.
 *
 * @param {{call: import("../state/call.js").Call, sending: boolean, send: (sending: boolean) => void}} props
 */
function Allowed({ call, sending, send }) {
  const known = ofPhone(call);
  if (!known) return null;
  return html`
    ${known.can.transfer &&
    html`
      <button aria-expanded=${sending} ...${shortcut("transfer")} onClick=${() => send(!sending)}>${say("transfer")}</button>
    `}
    <${Recording} call=${known} />
  `;
}
