/** The other party: the person with a link to Twenty, the company, the number. */

import { ofPhone } from "../desk/calls.js";
import { html } from "../html.js";
import { shownNumber } from "../words/say.js";

/** @param {import("../state/call.js").Call} call @returns {string} its number, as people write it once that is known */
export function numberOf(call) {
  const readable = call.number.startsWith("+") && (call.readable ?? ofPhone(call)?.readable);
  return readable || shownNumber(call.number);
}

/** @param {{call: import("../state/call.js").Call}} props */
export function Party({ call }) {
  const number = numberOf(call);
  return html`
    <div class="party">
      <p class="name"><${Name} url=${call.url} name=${call.name ?? number} /></p>
      ${call.company && html`<p class="quiet">${call.company}</p>`}
      ${call.name && html`<p class="quiet">${number}</p>`}
    </div>
  `;
}

/** @param {{url?: string, name: string}} props A name that leads to the person's page in Twenty. */
export function Name({ url, name }) {
  return isPage(url) ? html`<a href=${url} target="_blank" rel="noopener">${name}</a>` : name;
}

/** @param {string} [url] */
const isPage = (url) => /^https?:\/\//.test(url ?? "");
