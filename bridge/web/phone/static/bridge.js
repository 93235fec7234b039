/** What the page asks of the bridge. */

const PATIENCE = 10_000;

/** A request that failed. `message` is a sentence for people; `status` is 0 where no answer came. */
export class BridgeError extends Error {
  /**
   * @param {string} message
   * @param {number} status
   * @param {number} [retryAfter] seconds
   */
  constructor(message, status, retryAfter) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }

  get isRefusal() {
    return this.status === 401 || this.status === 403;
  }
}

export class Bridge {
  /**
   * @param {string} root the bridge's URL, without a slash at its end
   * @param {() => {bearer: string | null, identity: string | null}} credentials asked for each request
   */
  constructor(root, credentials) {
    this.root = root;
    this.credentials = credentials;
  }

  me() {
    const { identity } = this.credentials();
    return this.ask("GET", `/api/me${identity ? `?identity=${encodeURIComponent(identity)}` : ""}`);
  }

  /** @returns {Promise<{token: string, identity: string, ttl: number}>} */
  token() {
    const { identity } = this.credentials();
    return this.ask("POST", "/api/twilio/token", identity ? { identity } : {});
  }

  /** @param {string} typed */
  number(typed) {
    return this.ask("GET", `/api/numbers/${encodeURIComponent(typed)}`);
  }

  /**
   * What became of a call.
   *
   * @param {string} sid of the call, of a leg of it, or this phone's name for it
   * @returns {Promise<{state: string, ended: boolean, reason: string | null, why: string | null,
   *   durationInSeconds: number | null}>}
   */
  call(sid) {
    const { identity } = this.credentials();
    const query = identity ? `?identity=${encodeURIComponent(identity)}` : "";
    return this.ask("GET", `/api/calls/${encodeURIComponent(sid)}${query}`);
  }

  /** @param {string} sid of a call that rings */
  decline(sid) {
    const { identity } = this.credentials();
    return this.ask("POST", `/api/calls/${encodeURIComponent(sid)}/decline`, identity ? { identity } : {});
  }

  /** @param {string} number */
  caller(number) {
    return this.ask("GET", `/api/callers/${encodeURIComponent(number)}`);
  }

  /**
   * @param {string} secret of a one-time link
   * @param {boolean} device whether the sign-in outlives the tab
   * @returns {Promise<{key: string, identity: string}>}
   */
  signIn(secret, device) {
    return this.ask("POST", "/api/sign-in", { secret, device });
  }

  signOut() {
    return this.ask("POST", "/api/sign-out", {});
  }

  /**
   * @param {"GET" | "POST"} method
   * @param {string} path
   * @param {object} [body]
   * @returns {Promise<any>}
   */
  async ask(method, path, body) {
    const { bearer } = this.credentials();
    const answer = await this.fetch(path, {
      method,
      headers: {
        ...(bearer && { Authorization: `Bearer ${bearer}` }),
        ...(body && { "Content-Type": "application/json" }),
      },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.status === 204) return null;
    const read = await answer.json().catch(() => ({}));
    if (answer.ok) return read;
    const sentence = read.detail ?? read.title ?? `The bridge answered with ${answer.status}.`;
    throw new BridgeError(sentence, answer.status, Number(answer.headers.get("Retry-After")) || undefined);
  }

  /**
   * @param {string} path
   * @param {RequestInit} request
   */
  async fetch(path, request) {
    try {
      return await fetch(this.root + path, request);
    } catch {
      throw new BridgeError("The bridge does not answer.", 0);
    }
  }
}
