/** The other party: the person with a link to Twenty, the company, the number. */

import { html } from "../html.js";
import { shownNumber } from "../words/say.js";

/** @param {{call: import("../state/call.js").Call}} props */
export function Party({ call }) {
  const number = shownNumber(call.number);
  const name = call.name ?? number;
  return html`
    <div class="party">
      <p class="name">
        ${isPage(call.url) ? html`<a href=${call.url} target="_blank" rel="noopener">${name}</a>` : name}
      </p>
      ${call.company && html`<p class="quiet">${call.company}</p>`}
      ${call.name && html`<p class="quiet">${number}</p>`}
    </div>
  `;
}

/** @param {string} [url] */
const isPage = (url) => /^https?:\/\//.test(url ?? "");
