// The customer's telephone. ?number=+33… is its own; ?tone=440 sends a tone in place of the microphone.
const asked = new URLSearchParams(location.search);
const own = asked.get('number') ?? '+33639980001';
const element = (id) => document.getElementById(id);
const line = new WebSocket(`${location.protocol.replace('http', 'ws')}//${location.host}/sandbox/telephone/line?number=${encodeURIComponent(own)}`);
const say = (type, members) => line.send(JSON.stringify({ type, ...members }));

let call = null; // { sid, offer, connection, incoming }
let voice = null;

/** The microphone, or a tone where there is none. */
async function microphone() {
  voice ??= await spoken();
  return voice;
}

async function spoken() {
  if (!asked.has('tone')) {
    try {
      return await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      show('no microphone: a tone is sent');
    }
  }
  const context = new AudioContext();
  const tone = new OscillatorNode(context, { frequency: Number(asked.get('tone') ?? 440) });
  const out = context.createMediaStreamDestination();
  tone.connect(new GainNode(context, { gain: 0.2 })).connect(out);
  tone.start();
  await context.resume();
  return out.stream;
}

/** A new peer connection that replaces the former one. Its candidates are not told: the relay finds it. */
async function peer() {
  const connection = new RTCPeerConnection();
  for (const track of (await microphone()).getAudioTracks()) connection.addTrack(track, voice);
  connection.addEventListener('track', ({ streams, track }) => {
    element('sound').srcObject = streams[0] ?? new MediaStream([track]);
  });
  call.connection?.close();
  call.connection = connection;
  return connection;
}

async function offer() {
  const connection = await peer();
  await connection.setLocalDescription();
  return connection.localDescription.sdp;
}

async function dial() {
  if (call) return;
  call = {};
  show('calling');
  say('dial', { to: element('to').value.trim(), sdp: await offer() });
}

async function answer() {
  const connection = await peer();
  await connection.setRemoteDescription({ type: 'offer', sdp: call.offer });
  await connection.setLocalDescription();
  say('answer', { sid: call.sid, sdp: connection.localDescription.sdp });
  call.incoming = false;
  show('talking');
}

function end(words) {
  if (!call) return show(words);
  call.connection?.close();
  element('sound').srcObject = null;
  call = null;
  show(words);
}

const hears = {
  ready({ number, company }) {
    element('number').textContent = number;
    element('to').value ||= company;
    show('ready');
  },
  dialled({ sid }) { call.sid = sid; show('calling'); },
  ringing() { show('it rings'); },
  ring({ sid, sdp, from }) {
    if (call) return say('reject', { sid });
    call = { sid, offer: sdp, incoming: true };
    show(`${from} calls`);
  },
  async answer({ sdp }) { await hears.connect({ sdp }); },
  async connect({ sdp }) {
    await call.connection.setRemoteDescription({ type: 'answer', sdp });
    show('talking');
  },
  async offer({ sid }) { say('offer', { sid, sdp: await offer() }); },
  digits({ digits }) { element('heard').textContent = `keys ${digits}`; },
  hangup({ sid }) { if (call?.sid === sid) end('the call is over'); },
  cancel({ sid }) { if (call?.sid === sid) end('missed'); },
  refused({ why }) { end(why); },
};

function show(words) {
  element('status').textContent = words;
  element('call').disabled = call !== null;
  element('answer').hidden = element('decline').hidden = !call?.incoming;
  element('hangup').hidden = !call?.sid || call.incoming;
  element('keys').hidden = words !== 'talking';
}

line.addEventListener('message', async ({ data }) => {
  const { type, ...members } = JSON.parse(data);
  if (type) await hears[type]?.(members);
  else say('alive', {});
});
line.addEventListener('close', () => { if (call) end(''); show('not connected: reload the page'); });
element('dialler').addEventListener('submit', (event) => { event.preventDefault(); dial(); });
element('answer').addEventListener('click', answer);
element('decline').addEventListener('click', () => { say('reject', { sid: call.sid }); end('declined'); });
element('hangup').addEventListener('click', () => say('hangup', { sid: call.sid }));
element('keys').addEventListener('click', ({ target }) => {
  if (target.matches('button')) say('digits', { sid: call.sid, digits: target.textContent });
});

/** For tests: packets received, the loudest frequency that is heard in Hz, and its level. */
globalThis.measure = async () => {
  const stats = [...(await call.connection.getStats()).values()].find(({ type }) => type === 'inbound-rtp');
  const context = new AudioContext();
  await context.resume();
  const analyser = new AnalyserNode(context, { fftSize: 8192 });
  context.createMediaStreamSource(element('sound').srcObject).connect(analyser);
  const levels = new Float32Array(analyser.frequencyBinCount);
  await new Promise((done) => setTimeout(done, 500));
  analyser.getFloatFrequencyData(levels);
  const loudest = levels.indexOf(Math.max(...levels));
  const hertz = (loudest * context.sampleRate) / analyser.fftSize;
  await context.close();
  return { packets: stats?.packetsReceived ?? 0, hertz, level: levels[loudest] };
};
