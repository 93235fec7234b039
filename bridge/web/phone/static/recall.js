/** What became of a call, asked of the bridge: the SDK says only that it is over. */

import * as Call from "./state/call.js";
import * as store from "./store.js";
import { worded } from "./words/say.js";

/** The bridge hears of an end a moment later than the phone; another step of the line may ring on. */
export const WAITS = [0, 200, 500, 1000, 2000, 4000, 8000, 15_000, 30_000];

/** After so many answers that are not the last one, the page shows what it knows. */
const SOON = 3;

/** So often a call that rings is asked after: its end can get lost with the socket. */
const RINGING_MILLISECONDS = 8000;

export class Recall {
  /**
   * @param {import("./bridge.js").Bridge} bridge
   * @param {(id: string, event: import("./state/call.js").CallEvent) => void} tell
   */
  constructor(bridge, tell) {
    this.bridge = bridge;
    this.tell = tell;
  }

  /** @param {string} id of a call that is over */
  async outcome(id) {
    const call = store.find(id);
    if (!call || !Call.isUnclear(call) || !Call.legOf(call)) return;
    this.tell(id, { type: "asks", asking: true });
    for (const [place, wait] of WAITS.entries()) {
      await new Promise((done) => setTimeout(done, wait));
      if (place === SOON) this.tell(id, { type: "asks", asking: false });
      if (!store.find(id) || (await this.ask(id))) break;
    }
    this.tell(id, { type: "asks", asking: false });
  }

  /** @param {string} id of a call that rings here */
  watch(id) {
    const timer = setInterval(() => {
      const call = store.find(id);
      if (call && !Call.isOver(call) && !Call.isOpen(call)) void this.ask(id);
      else clearInterval(timer);
    }, RINGING_MILLISECONDS);
  }

  /**
   * @param {string} id
   * @returns {Promise<boolean>} whether the answer is the last one
   */
  async ask(id) {
    const call = store.find(id);
    try {
      const found = await this.bridge.call(Call.legOf(call) ?? "");
      const { state, ended, reason, why, durationInSeconds } = found;
      const words = why ? worded(`refused.${reason}`, why, store.me.value.language) : undefined;
      this.tell(id, { type: "outcome", state, ended, why: words, seconds: durationInSeconds ?? undefined });
      return ended;
    } catch {
      // The bridge has not heard of it yet, or is away: it is asked again.
      return false;
    }
  }
}
