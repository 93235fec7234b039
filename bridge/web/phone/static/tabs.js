/**
 * Of several tabs of one agent one has the line: the one that holds the lock. The others show what it shows, and
 * hand it numbers; when it closes, the browser gives the lock to the next.
 */

import { say } from "./words/say.js";

/** Longer than the bridge is waited for. */
const PATIENCE = 11_000;

/**
 * @typedef {object} Shown what the tab with the line shows
 * @property {import("./state/line.js").LineStage} stage
 * @property {readonly import("./state/call.js").Call[]} calls
 *
 * @typedef {object} Parts
 * @property {() => void} holds this tab has the line
 * @property {() => void} waits another tab has it
 * @property {(shown: Shown | null) => void} shows what that one shows
 * @property {() => Shown} mine what this one shows
 * @property {(number: string) => Promise<string>} dial a number that was handed over; why not, or ""
 * @property {(asked: import("./address.js").Request) => Promise<string>} show a request that was handed over; why not, or ""
 */

export class Tabs {
  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    this.holding = false;
    /** @type {BroadcastChannel | null} */
    this.channel = null;
    this.waiting = new AbortController();
    /** @type {() => void} */
    this.release = () => {};
    /** @type {Map<string, (why: string) => void>} */
    this.handed = new Map();
  }

  /** @param {string} name of the line: the bridge and the agent */
  start(name) {
    this.stop();
    // Browsers know locks on pages that may use the microphone, and on no others.
    if (!navigator.locks) {
      this.holding = true;
      return this.parts.holds();
    }
    this.name = name;
    this.waiting = new AbortController();
    this.channel = new BroadcastChannel(name);
    this.channel.addEventListener("message", ({ data }) => void this.hear(data));
    return void navigator.locks.request(name, { ifAvailable: true }, (lock) => (lock ? this.hold() : this.wait()));
  }

  stop() {
    this.waiting.abort();
    this.channel?.close();
    this.channel = null;
    this.holding = false;
    this.release();
  }

  hold() {
    this.holding = true;
    this.parts.shows(null);
    this.parts.holds();
    return new Promise((done) => {
      this.release = () => done(undefined);
    });
  }

  wait() {
    const { signal } = this.waiting;
    this.holding = false;
    this.parts.waits();
    this.say({ type: "ask" });
    navigator.locks.request(this.name ?? "", { signal }, () => this.hold()).catch(() => {});
  }

  /** This tab's state changed. */
  show() {
    if (this.holding) this.say({ type: "shown", shown: this.parts.mine() });
  }

  /**
   * @param {string} number to dial in the tab with the line
   * @returns {Promise<string>} why not, or ""
   */
  hand(number) {
    return this.ask({ type: "dial", number });
  }

  /**
   * @param {import("./address.js").Request} asked to show in the tab with the line
   * @returns {Promise<string>} why not, or ""
   */
  handRequest(asked) {
    return this.ask({ type: "show", asked });
  }

  /**
   * @param {object} what
   * @returns {Promise<string>} why not, or ""
   */
  ask(what) {
    const id = crypto.randomUUID();
    return new Promise((done) => {
      const late = setTimeout(() => done(say("elsewhere.silent")), PATIENCE);
      this.handed.set(id, (why) => {
        clearTimeout(late);
        done(why);
      });
      this.say({ ...what, id });
    });
  }

  /** Asks for the line; a tab that is in a call keeps it. */
  take() {
    this.say({ type: "take" });
  }

  /** @param {any} heard */
  async hear(heard) {
    if (heard.type === "shown" && !this.holding) this.parts.shows(heard.shown);
    if (heard.type === "dialled") this.answered(heard);
    if (!this.holding) return;
    if (heard.type === "ask") this.show();
    if (heard.type === "dial") this.say({ type: "dialled", id: heard.id, why: await this.parts.dial(heard.number) });
    if (heard.type === "show") this.say({ type: "dialled", id: heard.id, why: await this.parts.show(heard.asked) });
    if (heard.type === "take" && this.parts.mine().calls.length === 0) this.yield();
  }

  /** @param {{id: string, why: string}} heard */
  answered({ id, why }) {
    this.handed.get(id)?.(why);
    this.handed.delete(id);
  }

  yield() {
    const release = this.release;
    // In this order: the tab that asked waits already, and gets the lock first.
    this.wait();
    release();
  }

  /** @param {object} said */
  say(said) {
    this.channel?.postMessage(said);
  }
}
