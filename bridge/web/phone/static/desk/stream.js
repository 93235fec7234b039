/** The bridge's events, read by `fetch`: an EventSource cannot send who one is. Comes back by itself, without gaps. */

import { retryAfter } from "../state/renewal.js";
import { cut } from "../state/stream.js";

/** The bridge sends something each 15 seconds. */
const SILENCE = 40_000;

/** After a farewell, not all pages come back at once. */
const SPREAD = 2000;

/**
 * @typedef {object} Parts
 * @property {(after: string, signal: AbortSignal) => Promise<Response>} open
 * @property {(event: import("../state/stream.js").StreamEvent) => void} hear
 */

export class Stream {
  /** @param {Parts} parts */
  constructor({ open, hear }) {
    this.open = open;
    this.hear = hear;
    this.last = "";
    this.failures = 0;
    this.isOpen = false;
    this.isRefused = false;
    this.running = new AbortController();
    /** @type {() => void} */
    this.hurry = () => {};
  }

  /** Goes on after the last event that was heard. */
  start() {
    this.stop();
    this.running = new AbortController();
    void this.run(this.running.signal);
  }

  stop() {
    this.isRefused = false;
    this.running.abort();
    this.hurry();
  }

  /** After sleep, or with the network back: the next try is now. */
  wake() {
    if (this.isRefused) this.start();
    else this.hurry();
  }

  /** The bridge takes the agent's credentials: perhaps it refused them only for a while. */
  signedIn() {
    if (this.isRefused) this.start();
  }

  /** @param {AbortSignal} signal */
  async run(signal) {
    while (!signal.aborted) {
      const wait = await this.listen(signal);
      if (wait === null) {
        this.isRefused ||= !signal.aborted;
        return;
      }
      await new Promise((done) => {
        this.hurry = () => done(undefined);
        setTimeout(done, wait);
      });
    }
  }

  /**
   * @param {AbortSignal} stopped
   * @returns {Promise<number | null>} milliseconds until the next try; null: not by itself
   */
  async listen(stopped) {
    const silent = new AbortController();
    const signal = AbortSignal.any([stopped, silent.signal]);
    let watch = setTimeout(() => silent.abort(), SILENCE);
    try {
      const answer = await this.open(this.last, signal);
      if (!answer.ok) return this.refused(answer);
      this.isOpen = true;
      for await (const text of texts(answer)) {
        clearTimeout(watch);
        watch = setTimeout(() => silent.abort(), SILENCE);
        if (this.take(text)) return SPREAD * Math.random();
      }
    } catch {
      // The network, the bridge or the watch ended it.
    } finally {
      this.isOpen = false;
      clearTimeout(watch);
      silent.abort();
    }
    return this.again();
  }

  /** @param {import("../state/stream.js").StreamEvent[]} events @returns {boolean} whether the bridge said farewell */
  take(events) {
    for (const event of events) {
      this.failures = 0;
      if (event.id) this.last = event.id;
      if (event.type === "bye") return true;
      this.hear(event);
    }
    return false;
  }

  /** @param {Response} answer */
  refused({ status, headers }) {
    // Without credentials, or with a bridge that has no stream, the next try would be no better.
    if ([401, 403, 404].includes(status)) return null;
    return this.again(Number(headers.get("Retry-After")) * 1000);
  }

  again(asked = 0) {
    this.failures += 1;
    return retryAfter(this.failures, Math.random(), asked);
  }
}

/** @param {Response} answer */
async function* texts(answer) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (answer.body).getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    const { events, rest } = cut(text + decoder.decode(read.value, { stream: true }));
    text = rest;
    yield events;
  }
}
