/** The page: who one is and whether calls can be placed, then either the sign-in or the telephone. */

import { html } from "../html.js";
import { isOpen } from "../state/call.js";
import { missingOf } from "../state/line.js";
import { current, line, me, ownNumber, ringing, stage } from "../store.js";
import { say, worded } from "../words/say.js";
import { Announcements } from "./announcements.js";
import { Banners, PhoneLinks } from "./banners.js";
import { Current } from "./current.js";
import { Dialler } from "./dialler.js";
import { Availability } from "./desk/availability.js";
import { Panel } from "./desk/panel.js";
import { Elsewhere } from "./elsewhere.js";
import { Footer } from "./footer.js";
import { Newest, Past } from "./past.js";
import { Ringing } from "./ringing.js";
import { SignIn } from "./sign-in.js";

export function Page() {
  return html`
    <${Announcements} />
    <${Header} />
    <main class="phone">
      <${Body} />
    </main>
    <${Footer} />
  `;
}

function Body() {
  if (stage.value === "signed-out") return html`<${SignIn} />`;
  if (stage.value === "elsewhere") return html`<${Elsewhere} />`;
  return me.value && html`<${Telephone} />`;
}

const isTalking = () => stage.value === "ready" && current.value !== undefined && isOpen(current.value);

function Header() {
  const missing = missingOf(line.value);
  return html`
    <header class="header">
      <div class="who">
        <h1>${me.value?.name ?? me.value?.identity ?? say("phone")}</h1>
        ${me.value && html`<p class="quiet">${ownNumber(me.value.phoneNumber)}</p>`}
      </div>
      <p class="pill ${stage.value}" id="stage">${isTalking() ? say("call.talking") : say(`line.${stage.value}`)}</p>
      <${Availability} />
      ${missing && html`<p class="banner">${say(`missing.${missing}`)}</p>`}
      ${stage.value === "refused" && html`<p class="banner bad" role="alert">${line.value.why}</p>`}
    </header>
  `;
}

function Telephone() {
  const { availability, calls, whyNot, ask, language } = me.value;
  return html`
    ${ringing.value.length > 0 && html`<${Ringing} />`}
    <div class="line">
    <${Current} />
    <${Banners} />
    ${whyNot.map((/** @type {{code: string, text: string}} */ { code, text }) => html`<p class="banner" key=${code}>${worded(`lack.${code}`, text, language)}</p>`)}
    ${ask && html`<p class="quiet contact">${say("lack.ask", { whom: ask.whom ?? say("lack.administrator"), name: ask.name })}</p>`}
    <${Newest} />
    ${calls && html`<${Dialler} />`}
    <${Past} />
    ${calls && html`<${PhoneLinks} />`}
    </div>
    ${calls && availability && html`<${Panel} />`}
  `;
}
