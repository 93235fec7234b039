/** Starts, pauses and resumes the recording of a call, where its line allows that. */

import { hearRecording } from "../../desk/calls.js";
import { bridge } from "../../connection.js";
import { html } from "../../html.js";
import { useState } from "../../vendor/hooks.js";
import { explained, say } from "../../words/say.js";

/** What is done next, and how it is called. */
const NEXT = /** @type {const} */ ({
  stopped: ["start", "record"],
  "in-progress": ["pause", "record.pause"],
  paused: ["resume", "record.resume"],
});

/** @param {{call: import("../../bridge.js").AgentCall}} props */
export function Recording({ call }) {
  const [problem, tell] = useState(/** @type {unknown} */ (null));
  const [busy, work] = useState(false);
  const status = call.recording ?? "stopped";
  const [action, words] = NEXT[status];
  const act = async () => {
    work(true);
    await bridge.recording(call.sid, action).then((told) => {
      tell(null);
      hearRecording(call, told.status);
    }, tell);
    work(false);
  };
  return html`
    ${call.can.record && html`<button data-recording=${status} disabled=${busy} onClick=${act}>${say(words)}</button>`}
    <p class="quiet full spoken" role="status">
      ${status !== "stopped" && say(status === "paused" ? "record.paused" : "record.on")}
    </p>
    ${problem && html`<p class="refusal full" role="alert">${explained(problem)}</p>`}
  `;
}
