/**
 * The Voice SDK's Device, whose events become those of the line and of calls. What the SDK leaves in a state
 * from which it does not come back by itself is replaced here.
 */

import { CAN_CHOOSE_OUTPUT, constraints, used } from "./devices.js";
import { Input } from "./input.js";

const CALL_EVENTS = ["ringing", "accept", "cancel", "disconnect", "reject", "reconnecting", "reconnected"];
const KEYS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "s", "h"];

/** Twilio does not take the token. https://www.twilio.com/docs/voice/sdks/error-codes */
const TOKEN_REFUSED = new Set([20101, 20103, 20104, 20151, 20157, 31201, 31204, 31205, 53000]);

/** A call lives so long without its socket, and the SDK comes back so soon. */
const SOCKET_PATIENCE = 30_000;

/** A call that Twilio does not take up: with an expired token the SDK waits for ever. */
const CALL_PATIENCE = 15_000;

/** After so long without being registered the Device is replaced. */
const REGISTRATION_PATIENCE = 25_000;

/**
 * @typedef {{direction: "in" | "out", number: string, sid?: string, root?: string, attempt?: string, name?: string,
 *   url?: string, readable?: string}} Began
 *
 * @typedef {object} Heard
 * @property {(event: import("./state/line.js").LineEvent) => void} line
 * @property {(call: Began) => string} began gives the call's id
 * @property {(id: string, event: import("./state/call.js").CallEvent) => void} call
 * @property {() => void} accepted Twilio takes the token
 * @property {() => void} rejected Twilio does not
 */

export class Device {
  /**
   * @param {any} sdk the global Twilio
   * @param {import("./configuration.js").Configuration} configuration
   * @param {Heard} heard
   */
  constructor(sdk, configuration, heard) {
    this.sdk = sdk;
    this.options = optionsOf(configuration);
    this.heard = heard;
    this.token = "";
    /** @type {any} */
    this.device = null;
    /** @type {Map<string, any>} the SDK's calls by the page's ids */
    this.calls = new Map();
    this.spoiled = false;
    /** @type {Input | null} */
    this.input = null;
    /** @type {any} */
    this.watchdog = null;
  }

  /** @param {string} token */
  use(token) {
    this.token = token;
    if (!this.device) this.open();
    else if (this.device.state === "destroyed") this.replace();
    else this.renew(token);
  }

  /** @param {string} token */
  renew(token) {
    try {
      this.device.updateToken(token);
    } catch {
      // https://github.com/twilio/twilio-voice.js/issues/33
      this.spoiled = true;
      this.replaceIfIdle();
    }
  }

  open() {
    const device = new this.sdk.Device(this.token, this.options);
    this.device = device;
    this.spoiled = false;
    // The page rings itself: the SDK would first wait two seconds for a ringtone that does not play.
    device.audio?.incoming(false);
    this.input = new Input(device.audio, () => [...this.calls.values()]);
    /** @type {(name: string, act: (told: any) => void) => void} */
    const on = (name, act) => device.on(name, (/** @type {any} */ told) => device === this.device && act(told));
    on("registered", () => this.registered());
    on("unregistered", () => this.unregistered());
    on("error", (error) => this.failed(error));
    on("incoming", (call) => this.rings(call));
    this.watch();
    // What it fails with arrives as an event, too.
    device.register().catch(() => {});
  }

  registered() {
    clearTimeout(this.watchdog);
    this.heard.accepted();
    this.speak();
    this.heard.line({ type: "registered" });
  }

  /** Calls are heard where the agent chose; what cannot be set stays at the system's. */
  speak() {
    const { speaker } = used.value;
    const outputs = this.device?.audio?.speakerDevices;
    if (CAN_CHOOSE_OUTPUT && outputs) outputs.set(speaker || "default").catch(() => {});
  }

  unregistered() {
    this.heard.line({ type: "unregistered" });
    this.watch();
  }

  /** @param {{code: number}} error */
  failed(error) {
    this.heard.line({ type: "not-connected" });
    if (TOKEN_REFUSED.has(error.code)) this.heard.rejected();
  }

  watch() {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => {
      this.spoiled = true;
      this.replaceIfIdle();
      this.watch();
    }, REGISTRATION_PATIENCE);
  }

  /** A Device that is spoiled makes no calls any more, but those that it has are left to end. */
  replaceIfIdle() {
    if (!this.spoiled || this.calls.size > 0) return;
    this.replace();
  }

  replace() {
    this.close();
    this.heard.line({ type: "unregistered" });
    this.open();
  }

  /** The SDK ends a Device whose page is left in a call, and the browser may show that page again. */
  revive() {
    if (this.device?.state === "destroyed") this.replace();
  }

  close() {
    const device = this.device;
    this.device = null;
    clearTimeout(this.watchdog);
    device?.destroy();
  }

  /** @param {any} call that comes in */
  rings(call) {
    const { name, url, readable, callSid: root } = Object.fromEntries(call.customParameters);
    const { From: number = "", CallSid: sid } = call.parameters;
    // After a socket was lost the same call can be announced again.
    if ([...this.calls.values()].some((known) => known && sid && known.parameters.CallSid === sid)) return;
    this.follow(call, this.heard.began({ direction: "in", number, readable, sid, root, name, url }));
  }

  /**
   * @param {object} wanted
   * @param {string} wanted.to as it was typed, with an extension
   * @param {string} wanted.number
   * @param {string} [wanted.readable] the number as people write it
   * @param {string} wanted.callerId empty for the company's own
   */
  async connect({ to, number, readable, callerId }) {
    const attempt = crypto.randomUUID();
    const id = this.heard.began({ direction: "out", number, readable, attempt });
    this.calls.set(id, null);
    const params = { To: to, Attempt: attempt, ...(callerId && { CallerId: callerId }) };
    const late = setTimeout(() => this.tooLate(id), CALL_PATIENCE);
    try {
      const call = await this.device.connect({ params, rtcConstraints: constraints() });
      if (this.calls.has(id)) this.follow(call, id);
      else call.disconnect();
    } catch (error) {
      const { code } = /** @type {{code: number}} */ (error);
      this.spoiled ||= this.device?.isBusy;
      this.heard.call(id, { type: "error", code });
      this.heard.call(id, { type: "transportClose", lost: true });
    }
    clearTimeout(late);
    return id;
  }

  /** @param {string} id of a call that the SDK has not begun yet */
  tooLate(id) {
    this.spoiled = true;
    this.heard.call(id, { type: "transportClose", lost: true });
  }

  /**
   * @param {any} call
   * @param {string} id
   */
  follow(call, id) {
    this.calls.set(id, call);
    const sid = () => this.heard.call(id, { type: "learned", sid: call.parameters.CallSid });
    for (const type of CALL_EVENTS) {
      call.on(type, () => {
        sid();
        this.heard.call(id, { type });
      });
    }
    call.on("accept", () => this.input?.watch(call));
    call.on("transportClose", () => queueMicrotask(() => this.lost(call, id)));
    call.on("error", (/** @type {{code: number}} */ { code }) => this.heard.call(id, { type: "error", code }));
    call.on("mute", (/** @type {boolean} */ muted) => this.heard.call(id, { type: "mute", muted }));
    for (const type of ["warning", "warning-cleared"]) {
      call.on(type, (/** @type {string} */ warning) => this.heard.call(id, { type, warning }));
    }
  }

  /**
   * Without a token to reconnect with, a call is closed and the SDK does not say so; its Device is busy for
   * ever. https://github.com/twilio/twilio-voice.js/issues/93
   *
   * @param {any} call
   * @param {string} id
   */
  lost(call, id) {
    const lost = call.status() === "closed";
    this.spoiled ||= lost && Boolean(this.device?.isBusy);
    this.heard.call(id, { type: "transportClose", lost });
  }

  /**
   * The call is over for the page: it shall be so for the SDK.
   *
   * @param {string} id
   */
  drop(id) {
    const call = this.calls.get(id);
    this.calls.delete(id);
    if (call?.status() === "pending") call.ignore();
    else if (call && call.status() !== "closed") call.disconnect();
    // The SDK itself is still at work on the end.
    queueMicrotask(() => {
      this.input?.close();
      this.replaceIfIdle();
    });
  }

  /** The page goes: what rings is left to ring elsewhere, where the SDK would decline it. */
  leave() {
    for (const call of this.calls.values()) if (call?.status() === "pending") call.ignore();
  }

  /** @param {string} id */
  answer(id) {
    this.calls.get(id)?.accept({ rtcConstraints: constraints() });
  }

  /** @param {string} id */
  decline(id) {
    this.calls.get(id)?.reject();
  }

  /** @param {string} id */
  ignore(id) {
    this.calls.get(id)?.ignore();
  }

  /**
   * @param {string} id
   * @param {boolean} muted
   */
  mute(id, muted) {
    this.calls.get(id)?.mute(muted);
  }

  /**
   * @param {string} id
   * @param {string} digits
   */
  press(id, digits) {
    this.calls.get(id)?.sendDigits(digits);
  }
}

/** @param {import("./configuration.js").Configuration} configuration */
function optionsOf({ signalling, edges, sounds }) {
  const keys = KEYS.map((key) => [`dtmf${key}`, `${sounds}/key.wav`]);
  return {
    ...(signalling ? { chunderw: new URL(signalling).host, publishEvents: false } : { edge: edges }),
    sounds: {
      incoming: `${sounds}/silence.wav`,
      outgoing: `${sounds}/silence.wav`,
      disconnect: `${sounds}/silence.wav`,
      ...Object.fromEntries(keys),
    },
    allowIncomingWhileBusy: true,
    closeProtection: false,
    codecPreferences: ["opus", "pcmu"],
    enableImprovedSignalingErrorPrecision: true,
    logLevel: "silent",
    maxCallSignalingTimeoutMs: SOCKET_PATIENCE,
  };
}
