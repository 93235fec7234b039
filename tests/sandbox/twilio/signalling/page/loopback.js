// The SDK always says wss; on loopback the sandbox has no certificate.
const Real = WebSocket;
const near = (url) => String(url).replace('wss://127.0.0.1:', 'ws://127.0.0.1:');
globalThis.WebSocket = class extends Real {
  constructor(url, ...more) { super(near(url), ...more); }
};
