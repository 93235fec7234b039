// A phone in a page: @twilio/voice-sdk 2.x (global Twilio) and the bridge.
import { Bridge, twentyToken } from "./bridge.js";
import { TokenTimer } from "./renewal.js";

const page = new URL(location.href).searchParams;
const $ = (id) => document.getElementById(id);
const bridge = new Bridge(
  page.get("bridge") ?? "",
  () => twentyToken() ?? $("key").value,
  () => $("identity").value,
);

let device = null;
let call = null;
/** @type {"" | "connects" | "calls" | "rings" | "talks"} */
let state = "";
// Of the call that was last here: what came of it may be said when it is over.
let sid = null;

const shown = (text) => ($("status").textContent = text);
// Only what can do something now can be pressed.
function enter(next) {
  state = next;
  const can = {
    call: device && !state,
    answer: state === "rings",
    decline: state === "rings",
    "hang-up": state === "calls" || state === "talks",
    ...Object.fromEntries(["end", "record", "pause", "transfer"].map((id) => [id, state === "talks"])),
    dispose: sid,
  };
  for (const [id, now] of Object.entries(can)) $(id).disabled = !now;
}

const doing = (act) => async () => {
  try {
    await act();
  } catch (error) {
    shown(error.message);
  }
};

// The SDK's own tokenWillExpire comes once, and not while the browser is offline.
const timer = new TokenTimer({
  ask: () => bridge.token(),
  use: ({ token, identity }) => (device ? device.updateToken(token) : register(token, identity)),
  failed: (error) => shown(error.message),
});
addEventListener("online", () => timer.wake());
document.addEventListener("visibilitychange", () => document.hidden || timer.wake());

// Again, too: under another key.
function goOnline() {
  device?.destroy();
  device = null;
  enter("");
  return timer.start();
}

function register(token, identity) {
  device = new Twilio.Device(token, { closeProtection: true });
  device.on("registered", () => shown(`online as ${identity}`));
  device.on("incoming", ring);
  device.on("error", (error) => shown(`${error.code}: ${error.message}`));
  device.register().catch((error) => shown(error.message));
  enter(state);
}

async function dial() {
  // The TwiML App hears of `To`; another caller ID of the company's may be asked for as `CallerId`.
  enter("connects");
  try {
    follow(await device.connect({ params: { To: $("number").value } }), "calls");
  } catch (error) {
    enter("");
    throw error;
  }
  shown(`calling ${$("number").value}`);
}

function ring(incoming) {
  follow(incoming, "rings");
  // The bridge sends these along, so that nobody waits for a look-up.
  const { name, url, readable } = Object.fromEntries(incoming.customParameters);
  shown(`${name || readable || incoming.parameters.From} calls`);
  leadTo(url, name);
}

// Without an address it is no link: one without a name would be one that a screen reader cannot read.
function leadTo(url, name) {
  if (url) $("person").href = url;
  else $("person").removeAttribute("href");
  $("person").textContent = (url && name) ?? "";
}

function follow(one, first) {
  call = one;
  enter(first);
  one.on("accept", () => {
    sid = one.parameters.CallSid;
    enter("talks");
    shown("talking");
  });
  for (const end of ["disconnect", "cancel", "reject"]) {
    one.on(end, () => {
      if (call === one) {
        call = null;
        enter("");
      }
      shown("the call is over");
    });
  }
}

async function lookUp() {
  const found = await bridge.caller($("number").value);
  leadTo(found.url, found.person?.name);
  if (!found.person) shown("Twenty does not know this number");
}

const acts = {
  online: goOnline,
  call: dial,
  "look-up": lookUp,
  answer: () => call.accept(),
  decline: () => call.reject(),
  "hang-up": () => call.disconnect(),
  end: () => bridge.hangup(sid),
  record: async () => shown(`recording: ${(await bridge.recording(sid, "start")).status}`),
  pause: async () => shown(`recording: ${(await bridge.recording(sid, "pause")).status}`),
  transfer: async () => shown((await bridge.transfer(sid, $("number").value)) ?? "sent on"),
  dispose: async () => shown((await bridge.disposition(sid, $("outcome").value, $("note").value)) ?? "noted"),
};
for (const [id, act] of Object.entries(acts)) $(id).addEventListener("click", doing(act));
enter("");
