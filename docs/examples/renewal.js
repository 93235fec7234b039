/** When a token is renewed. Times are milliseconds; `random` is from 0 up to 1. */

const SHORTEST_WAIT = 1000;
const LONGEST_WAIT = 30_000;

/**
 * Before half of the token's life is over, and not for all pages at once.
 *
 * @param {number} life
 * @param {number} random
 */
export const renewAfter = (life, random) => life * (0.4 + 0.1 * random);

/**
 * After so many failures in a row; at least as late as the server asks.
 *
 * @param {number} failures
 * @param {number} random
 * @param {number} [asked]
 */
export function retryAfter(failures, random, asked = 0) {
  const most = Math.min(LONGEST_WAIT, SHORTEST_WAIT * 2 ** Math.min(failures - 1, 10));
  return Math.max(asked, most * (0.5 + 0.5 * random));
}

/**
 * @typedef {{token: string, ttl: number}} Token
 * @typedef {object} Clock
 * @property {() => number} now
 * @property {(act: () => void, after: number) => unknown} set
 * @property {(timer: any) => void} clear
 */

/** @type {Clock} */
const BROWSER = {
  now: () => Date.now(),
  set: (act, after) => setTimeout(act, after),
  clear: (timer) => clearTimeout(timer),
};

/** Keeps a token young: one request at a time, and never more than one timer. */
export class TokenTimer {
  /**
   * @param {object} parts
   * @param {() => Promise<Token>} parts.ask
   * @param {(token: Token) => void} parts.use
   * @param {(error: Error & {retryAfter?: number}) => void} parts.failed
   * @param {Clock} [parts.clock]
   * @param {() => number} [parts.random]
   */
  constructor({ ask, use, failed, clock = BROWSER, random = Math.random }) {
    this.ask = ask;
    this.use = use;
    this.failed = failed;
    this.clock = clock;
    this.random = random;
    this.failures = 0;
    this.rejections = 0;
    this.dueAt = 0;
    this.running = false;
    /** @type {unknown} */
    this.timer = null;
    /** @type {Promise<void> | null} */
    this.asking = null;
  }

  start() {
    this.running = true;
    return this.renew();
  }

  stop() {
    this.running = false;
    this.clock.clear(this.timer);
  }

  /** After sleep, or when the network is back: timers stood still, or waited for nothing. */
  wake() {
    if (this.running && (this.failures > 0 || this.clock.now() >= this.dueAt)) return this.renew();
    return Promise.resolve();
  }

  /** Asks now; who asks meanwhile gets the same token. */
  renew() {
    this.asking ??= this.request().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  /** Twilio takes the token. */
  accepted() {
    this.rejections = 0;
  }

  /** Twilio refuses the token: another one is asked for, but not in a hurry. */
  rejected() {
    if (!this.running || this.asking) return;
    this.rejections += 1;
    this.schedule(retryAfter(this.rejections, this.random()));
  }

  async request() {
    this.clock.clear(this.timer);
    const began = this.clock.now();
    try {
      const token = await this.ask();
      if (!this.running) return;
      this.failures = 0;
      this.schedule(began + renewAfter(token.ttl * 1000, this.random()) - this.clock.now());
      this.use(token);
    } catch (error) {
      if (!this.running) return;
      const reported = /** @type {Error & {retryAfter?: number}} */ (error);
      this.failures += 1;
      this.schedule(retryAfter(this.failures, this.random(), (reported.retryAfter ?? 0) * 1000));
      this.failed(reported);
    }
  }

  /** @param {number} after */
  schedule(after) {
    const wait = Math.max(0, after);
    this.clock.clear(this.timer);
    this.dueAt = this.clock.now() + wait;
    this.timer = this.clock.set(() => void this.renew(), wait);
  }
}
