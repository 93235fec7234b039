/** Microphone, speaker and what rings, a test of each, and a check of the connection. */

import { checkConnection, chooseDevice } from "../../agent.js";
import { configuration } from "../../configuration.js";
import { CAN_CHOOSE_OUTPUT, Meter, choices, playAt, used } from "../../devices.js";
import { html } from "../../html.js";
import { current, stage } from "../../store.js";
import { useEffect, useState } from "../../vendor/hooks.js";
import { explained, say } from "../../words/say.js";

/** @typedef {import("../../devices.js").Use} Use */

const USES = /** @type {Use[]} */ (["microphone", "speaker", "ringer"]);
const OUTPUTS = CAN_CHOOSE_OUTPUT ? USES : USES.slice(0, 1);

export function Devices() {
  return html`
    ${OUTPUTS.map((use) => html`<${Choice} key=${use} use=${use} />`)}
    <${Check} />
  `;
}

/** @param {{use: Use}} props */
function Choice({ use }) {
  return html`
    <div class="device">
      <label for="device-${use}">${say(`device.${use}`)}</label>
      <select id="device-${use}" value=${used.value[use]}
        onChange=${(/** @type {any} */ { target }) => chooseDevice(use, target.value)}>
        <option value="">${say("device.default")}</option>
        ${choices(use).map(({ deviceId, label }) => html`<option key=${deviceId} value=${deviceId}>${label}</option>`)}
      </select>
      ${use === "microphone" ? html`<${Listen} />` : html`<${Play} use=${use} />`}
    </div>
  `;
}

/** @type {Record<string, "microphone.denied" | "microphone.absent">} Why the browser opens none. */
const WRONG = { NotAllowedError: "microphone.denied", NotFoundError: "microphone.absent" };

function Listen() {
  const [level, show] = useState(/** @type {number | null} */ (null));
  const [problem, tell] = useState("");
  const [meter] = useState(() => new Meter(show));
  useEffect(() => () => meter.stop(), [meter]);
  const toggle = async () => {
    tell("");
    if (level !== null) {
      meter.stop();
      show(null);
    } else await meter.start().catch(({ name }) => tell(say(WRONG[name] ?? "microphone.kept")));
  };
  return html`
    <button onClick=${toggle}>${say(level === null ? "device.listen" : "device.stop")}</button>
    ${level !== null && html`<meter aria-label=${say("device.level")} min="0" max="1" value=${level} />`}
    ${problem && html`<p class="refusal" role="alert">${problem}</p>`}
  `;
}

/** @param {{use: Use}} props */
function Play({ use }) {
  const play = () => void playAt(new Audio(`${configuration().sounds}/ring.wav`), used.value[use]).catch(() => {});
  return html`<button aria-label="${say("device.play")}: ${say(`device.${use}`)}" onClick=${play}>${say("device.play")}</button>`;
}

function Check() {
  const [step, go] = useState(/** @type {"" | "asks" | "runs"} */ (""));
  const [outcome, tell] = useState(/** @type {import("../../preflight.js").Found | null} */ (null));
  const [problem, fail] = useState("");
  const check = async () => {
    [tell, fail].forEach((clear) => clear(/** @type {any} */ ("")));
    go("runs");
    await checkConnection().then(tell, (error) => fail(explained(error)));
    go("");
  };
  const isIdle = stage.value === "ready" && !current.value;
  return html`
    <section class="check-up" aria-label=${say("check")}>
      ${step === "" && html`<button disabled=${!isIdle} onClick=${() => go("asks")}>${say("check")}</button>`}
      ${step === "asks" &&
      html`
        <p class="banner">${say("check.billed")}</p>
        <div class="row">
          <button class="good" disabled=${!isIdle} onClick=${check}>${say("check.start")}</button>
          <button onClick=${() => go("")}>${say("cancel")}</button>
        </div>
      `}
      <p role="status">
        ${step === "runs" ? say("check.runs") : outcome && say(`quality.${outcome.quality}`)}
      </p>
      ${problem && html`<p class="refusal" role="alert">${say("check.failed", { why: problem })}</p>`}
    </section>
  `;
}
