/** Microphones, speakers and what rings, as the agent chose them for this device. */

import { computed, signal } from "./vendor/signals.js";

const CHOSEN = "twenty-bridge.devices";

/** Browsers without it play everything where the system says. */
export const CAN_CHOOSE_OUTPUT = "setSinkId" in HTMLMediaElement.prototype;

/** @typedef {"microphone" | "speaker" | "ringer"} Use */

/** @type {{value: MediaDeviceInfo[]}} */
const present = signal([]);

/** @type {{value: Partial<Record<Use, string>>}} ids; without one the system's default */
const wanted = signal(stored());

/** @type {{value: Record<Use, string>}} What is used: a chosen one only while it is there. */
export const used = computed(() => ({
  microphone: thereOr(wanted.value.microphone),
  speaker: thereOr(wanted.value.speaker),
  ringer: thereOr(wanted.value.ringer),
}));

/** @returns {Partial<Record<Use, string>>} */
function stored() {
  try {
    return JSON.parse(localStorage.getItem(CHOSEN) ?? "{}");
  } catch {
    return {};
  }
}

/** @param {string} [id] */
const thereOr = (id) => (id && present.value.some(({ deviceId }) => deviceId === id) ? id : "");

/** @param {Use} use */
export function choices(use) {
  const kind = use === "microphone" ? "audioinput" : "audiooutput";
  return present.value.filter((device) => device.kind === kind && device.deviceId && device.deviceId !== "default");
}

/** @param {Use} use @param {string} id */
export function choose(use, id) {
  wanted.value = { ...wanted.value, [use]: id };
  localStorage.setItem(CHOSEN, JSON.stringify(wanted.value));
}

/** @param {MediaDeviceInfo[]} devices */
export const hear = (devices) => (present.value = devices);

/** @returns {MediaStreamConstraints} */
export const constraints = () => {
  const { microphone } = used.value;
  return { audio: microphone ? { deviceId: { ideal: microphone } } : true };
};

/**
 * @param {HTMLAudioElement} sound
 * @param {string} id
 */
export async function playAt(sound, id) {
  if (CAN_CHOOSE_OUTPUT) await sound.setSinkId(id).catch(() => {});
  await sound.play();
}

/** @param {MediaStream} stream */
const close = (stream) => stream.getTracks().forEach((track) => track.stop());

/** How loud it is at the microphone, ten times a second. */
export class Meter {
  /** @param {(level: number) => void} show from 0 to 1 */
  constructor(show) {
    this.show = show;
    this.starts = 0;
    /** @type {() => void} */
    this.end = () => {};
  }

  /** The agent can be asked for the permission meanwhile: what was stopped, or started again, by then opens nothing. */
  async start() {
    this.stop();
    const mine = this.starts;
    const stream = await navigator.mediaDevices.getUserMedia(constraints());
    if (mine !== this.starts) return close(stream);
    this.end = () => close(stream);
    hear(await navigator.mediaDevices.enumerateDevices());
    if (mine === this.starts) this.measure(stream);
  }

  /** @param {MediaStream} stream */
  measure(stream) {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, one) => sum + one * one, 0) / samples.length;
      this.show(Math.min(1, Math.sqrt(power) * 4));
    }, 100);
    this.end = () => {
      clearInterval(timer);
      close(stream);
      void context.close();
    };
  }

  stop() {
    this.starts += 1;
    this.end();
    this.end = () => {};
  }
}
