/**
 * The sound of calls that ring: one for all of them, and silence in a call. The SDK's own can be heard of calls that
 * are ignored, or not of those that are not: https://github.com/twilio/twilio-voice.js/issues/312
 */

import { audible, rings } from "./store.js";
import { effect } from "./vendor/signals.js";

/** @param {string} url of the sound */
export function ringWithSound(url) {
  const sound = new Audio(url);
  sound.loop = true;
  effect(() => {
    if (audible.value && rings.value) play(sound);
    else sound.pause();
  });
}

/** @param {HTMLAudioElement} sound */
function play(sound) {
  sound.currentTime = 0;
  // Without a sound that loads the page still shows the call.
  sound.play().catch(() => {});
}
