// Writes down what the SDK says: `said` holds names of events, of the device and of its calls.
const said = [];
const errors = [];
let device;
let call;

const sounds = Object.fromEntries(
  ['incoming', 'outgoing', 'disconnect', 'dtmfs', 'dtmfh', ...Array.from({ length: 10 }, (_, digit) => `dtmf${digit}`)]
    .map((name) => [name, '/beep.wav']),
);

function watch(one) {
  call = one;
  for (const name of ['accept', 'cancel', 'disconnect', 'reject', 'ringing', 'reconnecting', 'reconnected',
    'transportClose', 'messageReceived', 'messageSent', 'warning', 'warning-cleared', 'error']) {
    one.on(name, (told) => {
      said.push(name.startsWith('warning') ? `${name} ${told}` : name);
      if (name === 'error') errors.push(told.code);
      if (name === 'messageReceived') said.push(told.content);
    });
  }
}

globalThis.start = async (host, token, options) => {
  device = new Twilio.Device(token, { chunderw: host, publishEvents: false, sounds, logLevel: 'silent', ...options });
  for (const name of ['registered', 'unregistered', 'tokenWillExpire', 'destroyed']) device.on(name, () => said.push(name));
  device.on('error', (told) => { said.push('device error'); errors.push(told.code); });
  device.on('incoming', (one) => { said.push('incoming'); watch(one); });
  await device.register();
};
globalThis.dial = async (params, more) => { watch(await device.connect({ params, ...more })); };
globalThis.sid = () => call.parameters.CallSid;
