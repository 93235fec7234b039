/** One of the agent's calls in a list. */

import { dial } from "../../agent.js";
import { draftOf } from "../../desk/notes.js";
import { html } from "../../html.js";
import { nameOf } from "../../state/call.js";
import { current, idle } from "../../store.js";
import { useState } from "../../vendor/hooks.js";
import { useComputed } from "../../vendor/signals.js";
import { lasted, moment, say } from "../../words/say.js";
import { Name } from "../party.js";
import { Note, stateOf } from "./note.js";
import { Recording } from "./recording.js";
import { Sound } from "./sound.js";

/** @typedef {import("../../bridge.js").AgentCall} AgentCall */

/** @param {AgentCall} call */
export const partyOf = (call) => call.person?.name ?? call.readable ?? call.number ?? say("number.withheld");

/** @param {AgentCall} call */
export function outcomeOf({ state, durationInSeconds, agent }) {
  const outcome = agent ? say("by-agent", { outcome: say(`state.${state}`), name: agent.name }) : say(`state.${state}`);
  return durationInSeconds === null ? outcome : `${outcome} · ${lasted(0, durationInSeconds * 1000)}`;
}

/** @param {AgentCall} call */
const targetOf = ({ number, colleague }) => number ?? (colleague && `client:${colleague}`);

/** @param {AgentCall} call Whether it goes on at another phone of the agent's. */
const isTalkElsewhere = ({ state, sid }) => state === "talking" && nameOf(current.value) !== sid;

/** @param {{call: AgentCall}} props */
export function Row({ call }) {
  const [open, show] = useState(false);
  const typing = open && call.can.note;
  return html`
    <li class="entry" data-sid=${call.sid} data-state=${call.state}>
      <p class="quiet">
        ${say(call.direction === "inbound" ? "over.in" : "over.out", { outcome: outcomeOf(call) })} ·${" "}
        <time datetime=${call.startedAt}>${moment(call.startedAt)}</time>
      </p>
      <p class="name"><${Name} url=${call.person?.url} name=${partyOf(call)} /></p>
      ${call.person && call.readable && html`<p class="quiet">${call.readable}</p>`}
      ${call.voicemail && html`<${Voicemail} voicemail=${call.voicemail} />`}
      <${Written} sid=${call.sid} typing=${typing} />
      <div class="row">
        <${CallBack} call=${call} />
        <${Details} call=${call} open=${open} show=${show} />
        ${isTalkElsewhere(call) && html`<${Recording} call=${call} />`}
      </div>
      ${typing && html`<${Note} name=${call.sid} />`}
      ${open && call.recordings.map((one) => html`<${Sound} key=${one.url} url=${one.url} label=${say("recording")} />`)}
    </li>
  `;
}

/** @param {{call: AgentCall, open: boolean, show: (open: boolean) => void}} props */
function Details({ call, open, show }) {
  if (!call.can.note && call.recordings.length === 0) return null;
  return html`
    <button class="link" aria-expanded=${open} aria-label="${say("details")}: ${partyOf(call)}" onClick=${() => show(!open)}>
      ${say("details")}
    </button>
  `;
}

/** @param {{sid: string, typing: boolean}} props What the agent wrote of a call, and why that can never be saved. */
function Written({ sid, typing }) {
  const draft = useComputed(() => draftOf(sid)).value;
  if (typing) return null;
  return html`
    <${Noted} text=${draft.text} />
    ${draft.state === "refused" && html`<p class="refusal" role="alert">${stateOf(draft)}</p>`}
  `;
}

/** @param {{text: import("../../state/note.js").Text}} props What was noted of a call, to read. */
export function Noted({ text }) {
  const words = [text.outcome, text.note].filter(Boolean).join(": ");
  return words && html`<p class="text">${words}</p>`;
}

/** @param {{call: AgentCall}} props */
function CallBack({ call }) {
  const target = targetOf(call);
  const isMissed = call.state === "missed" || call.state === "waiting";
  return html`
    ${isMissed && call.calledBack && html`<p class="quiet">${say("called-back")}</p>`}
    ${target &&
    call.ended &&
    html`
      <button
        aria-label="${say("call-back")}: ${partyOf(call)}"
        disabled=${!idle.value}
        onClick=${() => dial(target, "")}
      >
        ${say("call-back")}
      </button>
    `}
  `;
}

/** @param {{voicemail: NonNullable<AgentCall["voicemail"]>}} props */
function Voicemail({ voicemail }) {
  return html`
    ${voicemail.recordings.map((one) => html`<${Sound} key=${one.url} url=${one.url} label=${say("voicemail")} />`)}
    ${voicemail.transcript && html`<p class="text" aria-label=${say("transcript")}>${voicemail.transcript}</p>`}
  `;
}
