/**
 * The sound of calls that ring: one for all of them, and silence in a call. The SDK's own can be heard of calls that
 * are ignored, or not of those that are not: https://github.com/twilio/twilio-voice.js/issues/312
 */

import { playAt, used } from "./devices.js";
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
  playAt(sound, used.value.ringer).catch(({ name }) => {
    // A key that is no gesture for the browser was taken for one. Without a sound that loads the call is still shown.
    if (name === "NotAllowedError") audible.value = false;
  });
}
