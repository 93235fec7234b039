/**
 * The microphone of a call that goes on: another one takes the place of one that is gone. The SDK sees to that only
 * where the browser lists a "default" one, and keeps what it opened. https://github.com/twilio/twilio-voice.js/issues/256
 */

import { used } from "./devices.js";

export class Input {
  /**
   * @param {any} audio the SDK's
   * @param {() => any[]} calls the SDK's
   */
  constructor(audio, calls) {
    this.audio = audio;
    this.calls = calls;
    // After the SDK's own attempt.
    audio?.on("deviceChange", () => setTimeout(() => this.replace()));
  }

  /** @param {any} call that is answered */
  watch(call) {
    for (const track of tracksOf(call)) track.addEventListener("ended", () => this.replace(), { once: true });
  }

  replace() {
    const there = this.audio.availableInputDevices;
    const chosen = used.value.microphone;
    const [id] = there.has(chosen) ? [chosen] : there.keys();
    // Without a microphone, or without a new one that opens, the next that is connected is tried.
    if (id !== undefined && this.calls().some(isUnheard)) this.open(id).catch(() => {});
  }

  /**
   * @param {string} id
   * @returns {Promise<void>}
   */
  open(id) {
    const isOpened = this.audio.inputDevice?.deviceId === id;
    const opens = isOpened ? this.audio.unsetAudioConstraints() : this.audio.setInputDevice(id);
    // The call can be over by then: the microphone would stay open.
    return opens.finally(() => this.calls().length || this.close());
  }

  /** The agent chose another one: a call that goes on is heard by it at once. */
  change() {
    const id = used.value.microphone || "default";
    if (this.calls().some(Boolean) && this.audio.availableInputDevices.has(id)) this.open(id).catch(() => {});
  }

  /** No call needs it any more; while one does, the SDK refuses. */
  close() {
    this.audio?.unsetInputDevice().catch(() => {});
  }
}

/**
 * @param {any} call
 * @returns {MediaStreamTrack[]}
 */
const tracksOf = (call) => call.getLocalStream()?.getAudioTracks() ?? [];

/** @param {any} call Whether it goes on, and had a microphone. */
function isUnheard(call) {
  const tracks = call && call.status() !== "closed" ? tracksOf(call) : [];
  return tracks.length > 0 && !tracks.some(({ readyState }) => readyState === "live");
}
