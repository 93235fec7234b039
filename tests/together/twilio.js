// In the place of @twilio/voice-sdk, whose signalling only Twilio has: the same events and methods, with
// calls that the sandbox places by the token. `Twilio.devices` are those that the page made.
class Emitter {
  #heard = {};
  on(name, act) {
    (this.#heard[name] ??= []).push(act);
  }
  emit(name, ...values) {
    for (const act of this.#heard[name] ?? []) act(...values);
  }
}

class Call extends Emitter {
  constructor(parameters, customParameters = {}) {
    super();
    this.parameters = parameters;
    this.customParameters = new Map(Object.entries(customParameters));
  }
  accept() {
    this.emit("accept", this);
  }
  reject() {
    this.emit("reject");
  }
  disconnect() {
    this.emit("disconnect", this);
  }
}

class Device extends Emitter {
  constructor(token, options) {
    super();
    Object.assign(this, { token, options });
    Twilio.devices.push(this);
  }
  async register() {
    this.emit("registered");
  }
  destroy() {
    this.token = null;
  }
  updateToken(token) {
    this.token = token;
    this.updates = (this.updates ?? 0) + 1;
  }
  async connect({ params }) {
    const placed = await fetch("/sandbox", { method: "POST", body: JSON.stringify({ token: this.token, params }) });
    const call = new Call(await placed.json());
    setTimeout(() => call.emit("accept", call));
    return call;
  }
}

globalThis.Twilio = { Device, Call, devices: [] };
