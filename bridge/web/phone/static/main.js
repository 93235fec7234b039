/** Puts the page together, and listens to the browser. */

import { numberOf } from "./address.js";
import { comeBack, leave, publish, readAddress, wake } from "./agent.js";
import { configuration } from "./configuration.js";
import { saveAll } from "./desk/notes.js";
import { html } from "./html.js";
import { watchMicrophone } from "./microphone.js";
import { ringWithSound } from "./ringtone.js";
import { keepFocus } from "./focus.js";
import { signIn } from "./session.js";
import { ignoreHastyPresses } from "./settled.js";
import { listen } from "./shortcuts.js";
import { rings } from "./state/call.js";
import { audible, current, live, now, tellLine, typed } from "./store.js";
import { effect } from "./vendor/signals.js";
import { render } from "./vendor/preact.js";
import { Page } from "./views/page.js";
import { dayOf, explained, say, today } from "./words/say.js";

const AGAIN_SECONDS = 5;
const SECOND = 1000;
const MINUTE = 60 * SECOND;

addEventListener("online", () => {
  tellLine({ type: "network-up" });
  wake();
});
addEventListener("offline", () => tellLine({ type: "network-down" }));
addEventListener("hashchange", readAddress);
addEventListener("pageshow", comeBack);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) saveAll(true);
  else wake();
});
if (!navigator.onLine) tellLine({ type: "network-down" });

// Browsers play nothing before a gesture. https://developer.mozilla.org/docs/Web/Media/Guides/Autoplay
audible.value = navigator.userActivation?.hasBeenActive ?? false;
// The banner goes then: a press has to be over, or what it is on would move from under it.
for (const gesture of ["click", "keydown"]) {
  addEventListener(gesture, () => (audible.value ||= navigator.userActivation?.hasBeenActive ?? true));
}
ringWithSound(`${configuration().sounds}/ring.wav`);

addEventListener("beforeunload", (event) => {
  // Closing the page hangs up.
  if (current.value) event.preventDefault();
});
// Before the SDK, which declines what rings.
addEventListener("pagehide", leave);

document.addEventListener("paste", (event) => {
  const { target } = event;
  if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || current.value) return;
  typed.value = numberOf(event.clipboardData?.getData("text") ?? "");
});

effect(() => {
  if (live.value.length === 0) return undefined;
  const ticking = setInterval(() => {
    now.value = Date.now();
  }, SECOND);
  return () => clearInterval(ticking);
});

effect(() => {
  const waiting = live.value.filter(rings).length;
  document.title = waiting ? say("incoming.title", { count: waiting }) : say("phone");
});

setInterval(() => (today.value = dayOf(new Date())), MINUTE);

effect(publish);
keepFocus();
ignoreHastyPresses();
listen();

async function begin() {
  try {
    await signIn();
  } catch (error) {
    tellLine({ type: "away", why: explained(error) });
    setTimeout(begin, AGAIN_SECONDS * SECOND);
  }
}

render(html`<${Page} />`, document.body);
void begin();
void watchMicrophone();
