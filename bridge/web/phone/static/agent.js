/** What an agent does at the phone, and what follows from what is heard. */

import { configuration } from "./configuration.js";
import { bridge } from "./connection.js";
import * as Calls from "./desk/calls.js";
import * as Desk from "./desk/desk.js";
import { saveAll } from "./desk/notes.js";
import * as Requests from "./desk/requests.js";
import { Device } from "./device.js";
import { choose } from "./devices.js";
import * as Journal from "./journal.js";
import { announce, withdraw } from "./notifications.js";
import { preflight } from "./preflight.js";
import { Recall, WAITS } from "./recall.js";
import * as Call from "./state/call.js";
import { isEmergency } from "./state/emergency.js";
import { TokenTimer } from "./state/renewal.js";
import * as store from "./store.js";
import { Tabs } from "./tabs.js";
import { explained, say, shownNumber, worded } from "./words/say.js";

/** For so long a call that was declined may ring on, until the bridge has been told. */
const DECLINE_PATIENCE = 1000;

const LOOK_UP_WAITS = [0, 1000, 5000];

/** For so long the SDK can take a dead socket for alive. */
const HANG_UP_DOUBT = 20_000;

const configured = configuration();

export const device = new Device(/** @type {any} */ (globalThis).Twilio, configured, {
  line: (event) => {
    store.tellLine(event);
    if (event.type === "unregistered") hangUpAgain();
  },
  began,
  call: tell,
  accepted: () => timer.accepted(),
  rejected: () => timer.rejected(),
});

export const timer = new TokenTimer({
  ask: () => bridge.token(),
  use: ({ token }) => {
    store.tellLine({ type: "token" });
    device.use(token);
    Desk.stream.signedIn();
  },
  failed: (error) => {
    const refused = /** @type {import("./bridge.js").BridgeError} */ (error).isRefusal;
    store.tellLine({ type: refused ? "token-refused" : "token-failed", why: explained(error) });
  },
});

export const tabs = new Tabs({
  holds: () => {
    remember();
    store.tellLine({ type: "holds" });
    void timer.start();
    Desk.open();
  },
  waits: () => {
    timer.stop();
    device.close();
    Desk.close();
    store.tellLine({ type: "elsewhere" });
    void Requests.handOver((asked) => tabs.handRequest(asked));
  },
  shows: (shown) => {
    store.mirror.value = shown;
  },
  mine: () => ({ stage: store.stage.value, calls: store.live.value }),
  dial: async (number) => {
    if (store.current.value) return say("elsewhere.in-call");
    store.typed.value = number;
    await dial(number, "");
    return store.refusal.value?.() ?? "";
  },
  show: Requests.showHanded,
});

/** What follows the `#` has changed: Twenty's Call button was pressed, and this window is the one that it opens. */
export function readAddress() {
  Requests.read();
  if (store.stage.value === "elsewhere") void Requests.handOver((asked) => tabs.handRequest(asked));
  else if (tabs.holding && store.me.value) Desk.showRequest();
}

const recall = new Recall(bridge, tell);

/** What became of the calls of a page that was closed, or reloaded, in the middle of them. */
function remember() {
  const { identity } = store.me.value;
  for (const entry of Journal.read(identity)) {
    const id = store.begin({ ...entry, stage: "ended", reason: "left", endedAt: Date.now() });
    void recall.outcome(id);
  }
  Journal.erase(identity);
}

let leaving = false;

/** The page goes: the SDK ends its calls, and the journal keeps them for the page that comes next. */
export function leave() {
  leaving = true;
  saveAll(true);
  Desk.leave();
  device.leave();
}

/** The browser shows the page again that it had kept. */
export function comeBack() {
  leaving = false;
  publish();
  device.revive();
  if (tabs.holding) Desk.comeBack();
  wake();
}

/** Writes down the calls that go on, and shows other tabs what this one shows. */
export function publish() {
  const [live, me] = [store.live.value, store.me.value, store.stage.value];
  if (leaving || !tabs.holding || !me) return;
  Journal.write(me.identity, live);
  tabs.show();
}

/** After sleep, or with the network back. */
export function wake() {
  void timer.wake();
  Desk.wake();
}

/** @param {import("./device.js").Began} call */
function began(call) {
  const id = store.begin(call);
  if (call.direction === "in") {
    announce(id, call.name || call.readable || shownNumber(call.number));
    recall.watch(id);
  }
  void lookUp(id, call.number);
  return id;
}

/**
 * @param {string} id
 * @param {import("./state/call.js").CallEvent} event
 */
function tell(id, event) {
  const ended = store.tell(id, event);
  const call = store.find(id);
  if (event.type === "accept") void Calls.learn(id);
  if (!call || call.stage !== "ringing") withdraw(id);
  if (ended) void recall.outcome(id).then(Desk.ended);
  // An event can arrive late, of a call that is over for the page.
  if (ended || (call && Call.isOver(call) && event.type === "accept")) device.drop(id);
}

/**
 * Who is on the line; without an answer the number is shown.
 *
 * @param {string} id
 * @param {string} number
 */
async function lookUp(id, number) {
  if (!number.startsWith("+")) return;
  for (const wait of LOOK_UP_WAITS) {
    await new Promise((done) => setTimeout(done, wait));
    try {
      const { person, url } = await bridge.caller(number);
      if (person) {
        const { id: known, name, company } = person;
        store.tell(id, { type: "learned", name, company: company ?? undefined, url, person: known });
      }
      return;
    } catch {
      // The call is what matters; Twenty may answer a moment later.
    }
  }
}

/**
 * @param {string} given
 * @param {string} callerId
 */
export async function dial(given, callerId) {
  const wanted = given.trim();
  if (!wanted || store.current.value) return;
  store.refusal.value = null;
  const { emergency, language } = store.me.value;
  if (isEmergency(wanted, emergency.numbers)) {
    if (!emergency.allowed) refuse(() => worded("refused.emergency", emergency.text, language));
    else if (!device.device) refuse(() => say("refused.no_connection"));
    else await device.connect({ to: wanted, number: wanted, callerId });
    return;
  }
  if (store.checking.value) return;
  const checked = wanted.startsWith("client:") ? { number: wanted } : await check(wanted);
  if (checked && !store.current.value) await device.connect({ to: wanted, ...checked, callerId });
}

/**
 * @param {string} typed
 * @returns {Promise<{number: string, readable?: string} | null>} null where it was refused in words
 */
async function check(typed) {
  store.checking.value = true;
  try {
    const { allowed, number, readable, reason, why } = await bridge.number(typed);
    if (allowed) return { number: number ?? typed, readable };
    refuse(() => worded(`refused.${reason}`, why, store.me.value.language));
  } catch (error) {
    refuse(() => explained(error));
  } finally {
    store.checking.value = false;
  }
  return null;
}

/** @param {() => string} why */
function refuse(why) {
  store.refusal.value = why;
}

/** @param {string} id */
export function answer(id) {
  const open = store.current.value;
  if (open) hangUp(open.id);
  tell(id, { type: "answer" });
  device.answer(id);
}

/**
 * Tells the bridge first: it silences this agent's other phones, and rings them no more for this call.
 *
 * @param {string} id
 */
export async function decline(id) {
  const call = store.find(id);
  if (!call) return;
  store.tell(id, { type: "decline" });
  withdraw(id);
  await Promise.race([
    tellDeclined(call.sid ?? call.root ?? ""),
    new Promise((done) => setTimeout(done, DECLINE_PATIENCE)),
  ]);
  device.decline(id);
}

/** @param {string} sid of a leg, of which the bridge can hear later than its phone */
async function tellDeclined(sid) {
  for (const wait of WAITS) {
    await new Promise((done) => setTimeout(done, wait));
    if (await bridge.decline(sid).then(() => true, () => false)) break;
  }
}

/**
 * @param {import("./devices.js").Use} use
 * @param {string} id of a device; empty for the system's
 */
export function chooseDevice(use, id) {
  choose(use, id);
  if (use === "microphone") device.input?.change();
  if (use === "speaker") device.speak();
}

/** Places the SDK's test call, which is billed. */
export async function checkConnection() {
  const { token } = await bridge.token();
  return preflight(device.sdk, token, device.options);
}

/** @param {string} id */
export function ignore(id) {
  device.ignore(id);
  tell(id, { type: "ignore" });
}

/** @param {string} id */
export function hangUp(id) {
  tell(id, { type: "hangup" });
  if (store.stage.value !== "ready") hangUpAgain();
}

/** The socket is lost, and maybe hang-ups with it. */
function hangUpAgain() {
  const since = Date.now() - HANG_UP_DOUBT;
  for (const call of store.past.value) if (Call.wasLeft(call) && (call.endedAt ?? 0) > since) void leaveCall(call);
}

/**
 * The bridge ends this phone's part in a call, if it goes on.
 *
 * @param {import("./state/call.js").Call} call
 */
async function leaveCall(call) {
  for (const wait of WAITS) {
    await new Promise((done) => setTimeout(done, wait));
    const ending = bridge.ends(Call.legOf(call) ?? "", "hangup", { leave: true });
    if (await ending.then(() => true, ({ status }) => status === 409)) return;
  }
}

/**
 * @param {string} id
 * @param {boolean} muted
 */
export function mute(id, muted) {
  device.mute(id, muted);
  tell(id, { type: "mute", muted });
}

/**
 * Sends the other party on, and leaves the call.
 *
 * @param {string} id
 * @param {string} to `client:identity`, or a number
 */
export async function transfer(id, to) {
  const call = store.find(id);
  // This phone's part can end before the answer comes.
  tell(id, { type: "transfer" });
  try {
    await bridge.transfer(Call.legOf(call) ?? "", to);
  } catch (error) {
    tell(id, { type: "not-transferred" });
    throw error;
  }
}

/**
 * @param {string} id
 * @param {string} digits
 */
export function press(id, digits) {
  device.press(id, digits);
  tell(id, { type: "digits", digits });
}
