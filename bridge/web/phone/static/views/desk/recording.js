/** Starts, pauses and resumes the recording of a call, where its line allows that. */

import { bridge } from "../../connection.js";
import { html } from "../../html.js";
import { legOf } from "../../state/call.js";
import { useState } from "../../vendor/hooks.js";
import { explained, say } from "../../words/say.js";

/** What is done next, and how it is called. */
const NEXT = /** @type {const} */ ({
  stopped: ["start", "record"],
  "in-progress": ["pause", "record.pause"],
  paused: ["resume", "record.resume"],
});

/** @param {{call: import("../../state/call.js").Call, known: import("../../bridge.js").AgentCall}} props */
export function Recording({ call, known }) {
  const [own, hear] = useState(/** @type {keyof typeof NEXT | null} */ (null));
  const [problem, tell] = useState("");
  const status = own ?? (known.recorded ? "in-progress" : "stopped");
  const [action, words] = NEXT[status];
  const act = () =>
    bridge.recording(legOf(call) ?? "", action).then(
      (told) => (tell(""), hear(told.status)),
      (error) => tell(explained(error)),
    );
  return html`
    ${known.can.record && html`<button data-recording=${status} onClick=${act}>${say(words)}</button>`}
    ${status !== "stopped" && html`<p class="quiet full" role="status">${say(status === "paused" ? "record.paused" : "record.on")}</p>`}
    ${problem && html`<p class="refusal full" role="alert">${problem}</p>`}
  `;
}
