/** A list of the agent's calls: the newest, the missed ones, or voicemails. */

import { lists, load, missed, see } from "../../desk/calls.js";
import { html } from "../../html.js";
import { useEffect } from "../../vendor/hooks.js";
import { say } from "../../words/say.js";
import { Row } from "./row.js";

/** @param {{show: import("../../desk/calls.js").Show}} props */
export function List({ show }) {
  const { calls, next, state } = lists[show].value;
  useEffect(() => void load(show), [show]);
  const newest = calls[0]?.startedAt;
  useEffect(() => {
    if (show !== "missed") return undefined;
    const look = () => void (document.hidden || see());
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [show, newest, missed.value]);
  return html`
    ${calls.length > 0 && html`<ul class="list">${calls.map((call) => html`<${Row} key=${call.sid} call=${call} />`)}</ul>`}
    ${state === "loading" && calls.length === 0 && html`<p class="quiet" role="status">${say("list.loading")}</p>`}
    ${state === "loaded" && calls.length === 0 && !next && html`<p class="quiet">${say("list.empty")}</p>`}
    ${state === "failed" &&
    html`
      <p class="refusal" role="alert">${say("list.failed")}</p>
      <button onClick=${() => load(show)}>${say("list.again")}</button>
    `}
    ${next && html`<button disabled=${state === "loading"} onClick=${() => load(show, true)}>${say("list.more")}</button>`}
  `;
}
