/** The page: who one is and whether calls can be placed, then either the sign-in or the telephone. */

import { hasKey } from "../credentials.js";
import { html } from "../html.js";
import { signOut } from "../session.js";
import { missingOf } from "../state/line.js";
import { line, me, stage } from "../store.js";
import { OFFLINE, STAGES } from "../words.js";
import { Banners, PhoneLinks } from "./banners.js";
import { Current } from "./current.js";
import { Dialler } from "./dialler.js";
import { Elsewhere } from "./elsewhere.js";
import { Past } from "./past.js";
import { Ringing } from "./ringing.js";
import { SignIn } from "./sign-in.js";

export function Page() {
  return html`
    <main class="phone">
      <${Header} />
      <${Body} />
    </main>
  `;
}

function Body() {
  if (stage.value === "signed-out") return html`<${SignIn} />`;
  if (stage.value === "elsewhere") return html`<${Elsewhere} />`;
  return me.value && html`<${Telephone} />`;
}

function Header() {
  const missing = missingOf(line.value);
  return html`
    <header class="header">
      <div class="who">
        <h1>${me.value?.name ?? me.value?.identity ?? "Phone"}</h1>
        ${me.value && html`<p class="quiet">${me.value.phoneNumber}</p>`}
      </div>
      <p class="pill ${stage.value}" id="stage" role="status">${STAGES[stage.value]}</p>
      ${me.value && hasKey() && html`<button class="link" onClick=${signOut}>Sign out</button>`}
    </header>
    ${missing && html`<p class="banner" role="status">${OFFLINE[missing]}</p>`}
    ${stage.value === "refused" && html`<p class="banner bad" role="alert">${line.value.why}</p>`}
  `;
}

function Telephone() {
  const { calls, whyNot, contact } = me.value;
  return html`
    <${Ringing} />
    <${Current} />
    <${Banners} />
    ${whyNot.map((/** @type {{code: string, text: string}} */ { code, text }) => html`<p class="banner" key=${code}>${text}</p>`)}
    ${contact && html`<p class="quiet contact">${contact}</p>`}
    ${calls && html`<${Dialler} />`}
    <${Past} />
    ${calls && html`<${PhoneLinks} />`}
  `;
}
