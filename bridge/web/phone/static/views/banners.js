/** What stands in the way of a call, and what to do about it. */

import { takePhoneLinks } from "../address.js";
import { html } from "../html.js";
import { askForNotifications } from "../notifications.js";
import { audible, microphone, notifications } from "../store.js";
import { useState } from "../vendor/hooks.js";
import { MICROPHONE, PHONE_LINKS } from "../words.js";

export function Banners() {
  const words = MICROPHONE[microphone.value];
  return html`
    ${words && html`<p class="banner bad" role="alert" id="microphone">${words}</p>`}
    ${!audible.value && html`<p class="banner" id="silent">Click anywhere so that this page can ring with sound.</p>`}
    ${notifications.value === "default" &&
    html`
      <p class="banner">
        See calls while you look at another window.${" "}
        <button class="link" onClick=${askForNotifications}>Show notifications</button>
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
  return html`<button class="link" onClick=${take}>${PHONE_LINKS}</button>`;
}
