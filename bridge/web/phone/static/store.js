/** All that the page knows, as signals: views read it, and `heard` changes it. */

import { computed, signal } from "./vendor/signals.js";
import * as Call from "./state/call.js";
import * as Line from "./state/line.js";

/** Calls that are over and still shown. */
const LONGEST_PAST = 5;

/** @type {{value: import("./state/line.js").Line}} */
export const line = signal(Line.UNKNOWN);
/** @type {{value: import("./state/call.js").Call[]}} Those that began last are first. */
export const calls = signal([]);
/** Who one is, as the bridge says. */
export const me = signal(/** @type {any} */ (null));
/**
 * The company's number, or one that a call can show, as people write it. During an upgrade another replica can answer
 * without that.
 *
 * @param {string} number
 */
export const ownNumber = (number) => me.value?.readable?.[number] ?? number;
/** What is wrong with the microphone. */
export const microphone = signal(/** @type {"" | "denied" | "absent" | "insecure"} */ (""));
/** @type {{value: import("./tabs.js").Shown | null}} What the tab with the line shows, if that is another one. */
export const mirror = signal(null);
/** Whether a gesture has allowed sound. */
export const audible = signal(false);
/** @type {{value: NotificationPermission | "unsupported"}} */
export const notifications = signal(globalThis.Notification?.permission ?? "unsupported");
/** What became of what the address asks for, in a tab without the line. */
export const request = signal(/** @type {{handed: boolean, why: string} | null} */ (null));
/** What is in the field of the number. */
export const typed = signal("");
/** Whether the bridge is asked about a number that was to be called. */
export const checking = signal(false);
/** @type {{value: (() => string) | null}} Why the number that was to be dialled is not, in the page's language. */
export const refusal = signal(null);
/** Once a second while there is a call; milliseconds. */
export const now = signal(Date.now());

export const stage = computed(() => Line.stageOf(line.value));
export const live = computed(() => calls.value.filter((call) => !Call.isOver(call)));
/** The one that came first is first, and stays there when others come. */
export const ringing = computed(() =>
  live.value.filter((call) => call.direction === "in" && !Call.isOpen(call)).toReversed(),
);
export const current = computed(() => live.value.find((call) => call.direction === "out" || Call.isOpen(call)));
/** Whether a call can be placed now. */
export const idle = computed(() => stage.value === "ready" && !current.value && !checking.value);
/** Whether a call is to be heard: in a call, or while one is answered, none is. */
export const rings = computed(
  () => live.value.some(Call.rings) && !live.value.some((call) => call === current.value || call.stage === "answering"),
);
/** The one that ended last is first: its note is written now. */
export const past = computed(() =>
  calls.value.filter(Call.isOver).sort((one, other) => (other.endedAt ?? 0) - (one.endedAt ?? 0)),
);

let count = 0;

/** @param {Parameters<typeof Call.begin>[0] | any} given @returns {string} the call's id */
export function begin(given) {
  count += 1;
  const id = `call-${count}`;
  const kept = past.value.slice(0, LONGEST_PAST - 1);
  calls.value = [Call.begin({ id, ...given }), ...live.value, ...kept];
  return id;
}

/**
 * @param {string} id
 * @param {import("./state/call.js").CallEvent} event
 * @returns {boolean} whether that ended the call
 */
export function tell(id, event) {
  const before = find(id);
  if (!before) return false;
  const after = Call.next(before, { at: Date.now(), ...event });
  calls.value = calls.value.map((call) => (call.id === id ? after : call));
  return Call.isOver(after) && !Call.isOver(before);
}

/** @param {string} id */
export const find = (id) => calls.value.find((call) => call.id === id);

/** @param {string} id */
export const forget = (id) => {
  calls.value = calls.value.filter((call) => call.id !== id);
};

/** @param {import("./state/line.js").LineEvent} event */
export function tellLine(event) {
  line.value = Line.next(line.value, event);
}
