/** What a screen reader says by itself: who calls, and what becomes of calls and of the connection. */

import { html } from "../html.js";
import { missingOf } from "../state/line.js";
import { current, line, past, ringing, stage } from "../store.js";
import { say } from "../words/say.js";
import { numberOf } from "./party.js";
import { outcomeOf } from "./past.js";

export function Announcements() {
  return html`
    <p class="unseen" role="alert">${ringing.value.filter(({ ignored }) => !ignored).map(calling).join(". ")}</p>
    <p class="unseen" role="status">${connection()}</p>
    <p class="unseen" role="status">${ofCall()}</p>
  `;
}

/** @param {import("../state/call.js").Call} call */
const partyOf = (call) => [call.name ?? numberOf(call), call.company].filter(Boolean).join(", ");

/** @param {import("../state/call.js").Call} call */
const calling = (call) => `${say("incoming")}: ${partyOf(call)}`;

function connection() {
  const missing = missingOf(line.value);
  return missing ? say(`missing.${missing}`) : say(`line.${stage.value}`);
}

/** Of the call that one is in, or else of the one that ended last. */
function ofCall() {
  if (current.value) return `${say(`call.${current.value.stage}`)}: ${partyOf(current.value)}`;
  const [newest] = past.value;
  return newest ? `${outcomeOf(newest)}: ${partyOf(newest)}` : "";
}
