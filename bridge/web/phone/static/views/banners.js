/** What stands in the way of a call, and what to do about it. */

import { takePhoneLinks } from "../address.js";
import { html } from "../html.js";
import { askForNotifications } from "../notifications.js";
import { audible, microphone, notifications } from "../store.js";
import { useState } from "../vendor/hooks.js";
import { say } from "../words/say.js";

export function Banners() {
  const wrong = microphone.value;
  return html`
    ${wrong && html`<p class="banner bad" role="alert" id="microphone">${say(`microphone.${wrong}`)}</p>`}
    ${!audible.value && html`<p class="banner" id="silent">${say("sound.silent")}</p>`}
    ${notifications.value === "default" &&
    html`
      <p class="banner">
        ${say("notifications.why")}${" "}
        <button class="link" onClick=${askForNotifications}>${say("notifications.show")}</button>
      </p>
    `}
  `;
}

const CAN_TAKE_LINKS = "registerProtocolHandler" in navigator && window.top === window;

/** A way to call by a click on a number in Twenty, or anywhere. */
export function PhoneLinks() {
  const [asked, ask] = useState(false);
  if (!CAN_TAKE_LINKS || asked) return null;
  const take = () => {
    takePhoneLinks();
    ask(true);
  };
  return html`<button class="link" onClick=${take}>${say("phone-links")}</button>`;
}
