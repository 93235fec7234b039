/** What stands beside the telephone, one at a time: calls, missed calls, voicemails, colleagues, devices. */

import { missed } from "../../desk/calls.js";
import { html } from "../../html.js";
import { useState } from "../../vendor/hooks.js";
import { say } from "../../words/say.js";
import { Colleagues } from "./colleagues.js";
import { Devices } from "./devices.js";
import { List } from "./list.js";

const TABS = /** @type {const} */ (["recent", "missed", "voicemails", "colleagues", "devices"]);

/** @typedef {(typeof TABS)[number]} Tab */

export function Panel() {
  const [tab, open] = useState(/** @type {Tab} */ ("recent"));
  /** @param {KeyboardEvent} event */
  const move = ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (!step) return;
    const next = TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length];
    open(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return html`
    <section class="panel" aria-label=${say("desk")}>
      <div class="tabs" role="tablist" aria-label=${say("desk")} onKeyDown=${move}>
        ${TABS.map((one) => html`<${Head} key=${one} tab=${one} selected=${one === tab} open=${() => open(one)} />`)}
      </div>
      <div id="panel" role="tabpanel" aria-labelledby="tab-${tab}" key=${tab}>
        <${Content} tab=${tab} />
      </div>
    </section>
  `;
}

/** @param {{tab: Tab}} props */
function Content({ tab }) {
  if (tab === "colleagues") return html`<${Colleagues} />`;
  if (tab === "devices") return html`<${Devices} />`;
  return html`<${List} show=${tab} />`;
}

/** @param {{tab: Tab, selected: boolean, open: () => void}} props */
function Head({ tab, selected, open }) {
  const count = tab === "missed" ? missed.value : 0;
  return html`
    <button
      id="tab-${tab}"
      role="tab"
      aria-selected=${selected}
      aria-controls="panel"
      tabindex=${selected ? 0 : -1}
      onClick=${open}
    >
      ${say(`desk.${tab}`)}${count > 0 && html` <span class="count">${count > 99 ? "99+" : count}</span>`}
    </button>
  `;
}
