/** What the page asks of the bridge. */

const PATIENCE = 10_000;

/** Milliseconds before an act is sent again. */
const PAUSE = 500;

/**
 * @typedef {{status: "available" | "busy" | "away" | "after_call", until: string | null}} Availability
 * @typedef {{id: string, name: string, url: string, company?: string | null}} Person
 * @typedef {{number: string, readable: string, allowed: boolean, reason?: string | null, why: string | null}} PersonNumber
 * @typedef {{url: string, durationInSeconds: number}} Recording
 *
 * @typedef {object} AgentCall a call, as the agent had it
 * @property {string} sid
 * @property {"inbound" | "outbound"} direction
 * @property {"calling" | "ringing" | "talking" | "talked" | "missed" | "answered_elsewhere" | "declined" | "busy"
 *   | "not_answered" | "failed" | "canceled" | "refused" | "waiting"} state
 * @property {boolean} ended
 * @property {number | null} durationInSeconds
 * @property {string | null} reason
 * @property {string | null} why
 * @property {string} startedAt
 * @property {string | null} missedAt when the bridge heard that the agent missed it
 * @property {string | null} number
 * @property {string | null} readable
 * @property {string | null} colleague
 * @property {Person | null} person
 * @property {{identity: string, name: string} | null} agent
 * @property {import("./state/note.js").Kept} note
 * @property {{recordings: Recording[], transcript: string | null} | null} voicemail
 * @property {Recording[]} recordings
 * @property {boolean} calledBack
 * @property {boolean} seen
 * @property {{record: boolean, transfer: boolean, hangup: boolean, note: boolean, hold?: boolean}} can
 * @property {Conference | null} [conference] who is in a call of more than two ends
 * @property {boolean} recorded
 * @property {"in-progress" | "paused" | null} recording that goes on
 *
 * @typedef {{onHold: boolean, since: string | null, participants: Participant[]}} Conference
 *
 * @typedef {object} Participant
 * @property {string} sid of their leg
 * @property {string | null} identity
 * @property {string} name
 * @property {"ringing" | "talking" | "on_hold" | "listening"} state
 * @property {boolean} asked whether they are asked to take the call over
 * @property {boolean} joined whether they were called into the call
 *
 * @typedef {object} Agent
 * @property {string} identity
 * @property {string} name
 * @property {boolean} me
 * @property {boolean} present
 * @property {Availability} availability
 * @property {boolean} inCall
 * @property {{sid: string, direction: string, number: string | null, readable: string | null} | null} call
 */

/** A request that failed. `message` is a sentence for people; `status` is 0 where no answer came. */
export class BridgeError extends Error {
  /**
   * @param {string} message
   * @param {number} status
   * @param {number} [retryAfter] seconds
   * @param {any} [problem] the body
   */
  constructor(message, status, retryAfter, problem = {}) {
    super(message);
    this.problem = problem;
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
    return this.read("/api/me");
  }

  /** @returns {Promise<{token: string, identity: string, ttl: number}>} */
  token() {
    return this.act("POST", "/api/twilio/token");
  }

  /** @param {string} typed */
  number(typed) {
    return this.ask("GET", `/api/numbers/${encodeURIComponent(typed)}`);
  }

  /**
   * What became of a call.
   *
   * @param {string} sid of the call, of a leg of it, or this phone's name for it
   * @returns {Promise<AgentCall>}
   */
  call(sid) {
    return this.read(`/api/calls/${encodeURIComponent(sid)}`);
  }

  /** @param {string} sid of a call that rings */
  decline(sid) {
    return this.act("POST", `/api/calls/${encodeURIComponent(sid)}/decline`);
  }

  /**
   * @param {string} sid
   * @param {string} to `client:identity`, or a number
   */
  transfer(sid, to) {
    return this.act("POST", `/api/calls/${encodeURIComponent(sid)}/transfer`, { to });
  }

  /**
   * An act on a call. Without an answer it is sent once more; by its key it acts once.
   *
   * @param {string} sid
   * @param {string} act `hangup`, `hold`, `transfer/complete` …
   * @param {object} [body]
   * @param {"POST" | "DELETE"} [method]
   */
  async ends(sid, act, body = {}, method = "POST") {
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    const send = () => this.act(method, `/api/calls/${encodeURIComponent(sid)}/${act}`, body, { headers });
    try {
      return await send();
    } catch (error) {
      if (/** @type {BridgeError} */ (error).status) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
      return send();
    }
  }

  /**
   * @param {string} sid
   * @param {"start" | "pause" | "resume"} action
   * @returns {Promise<{status: "in-progress" | "paused" | "stopped"}>}
   */
  recording(sid, action) {
    return this.act("POST", `/api/calls/${encodeURIComponent(sid)}/recording`, { action });
  }

  /**
   * @param {string} sid
   * @param {import("./state/note.js").Kept} note `version` is the one that it is based on
   * @param {boolean} leaving whether the page goes meanwhile
   * @returns {Promise<import("./state/note.js").Kept>}
   */
  note(sid, note, leaving) {
    return this.act("PUT", `/api/calls/${encodeURIComponent(sid)}/note`, note, { keepalive: leaving });
  }

  /**
   * @param {{show?: "recent" | "missed" | "voicemails", before?: string, with?: string, person?: string, limit?: string, agent?: string}} which
   * @returns {Promise<{calls: AgentCall[], next: string | null, missed: number}>}
   */
  calls(which) {
    return this.read("/api/me/calls", which);
  }

  /** @param {string} until the latest time at which one that was seen was missed */
  seen(until) {
    return this.act("POST", "/api/me/calls/seen", { until });
  }

  /**
   * @param {string} status
   * @param {string | null} until
   * @returns {Promise<Availability>}
   */
  availability(status, until) {
    return this.act("PUT", "/api/me/availability", { status, until });
  }

  /** @returns {Promise<{agents: Agent[]}>} */
  agents() {
    return this.read("/api/agents");
  }

  /**
   * @param {string} search
   * @returns {Promise<{people: Person[], companies: {id: string, name: string}[]}>}
   */
  people(search) {
    return this.read("/api/people", { search });
  }

  /** @param {string} company */
  peopleOf(company) {
    return this.read("/api/people", { company });
  }

  /**
   * @param {string} id
   * @returns {Promise<Person & {numbers: PersonNumber[]}>}
   */
  person(id) {
    return this.read(`/api/people/${encodeURIComponent(id)}`);
  }

  /**
   * @param {string} id of a phone call in Twenty
   * @returns {Promise<{number: string | null, person: Person | null}>} its other party
   */
  phoneCall(id) {
    return this.read(`/api/phone-calls/${encodeURIComponent(id)}`);
  }

  /**
   * @param {string} after the id of the last event
   * @param {AbortSignal} signal
   */
  events(after, signal) {
    return this.fetch(`/api/events${this.query(after ? { after } : {})}`, { headers: this.headers(), signal });
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
   * @param {string} path
   * @param {Record<string, string | undefined>} [query]
   */
  read(path, query = {}) {
    return this.ask("GET", path + this.query(query));
  }

  /**
   * @param {"POST" | "PUT" | "DELETE"} method
   * @param {string} path
   * @param {object} [body]
   * @param {RequestInit} [how]
   */
  act(method, path, body = {}, how = {}) {
    const { identity } = this.credentials();
    return this.ask(method, path, identity ? { ...body, identity } : body, how);
  }

  /** @param {Record<string, string | undefined>} given with the agent, for a key of several */
  query(given) {
    const { identity } = this.credentials();
    const named = Object.entries({ ...given, identity }).filter(([, value]) => value);
    return named.length ? `?${new URLSearchParams(/** @type {[string, string][]} */ (named))}` : "";
  }

  /** @returns {Record<string, string>} */
  headers() {
    const { bearer } = this.credentials();
    return bearer ? { Authorization: `Bearer ${bearer}` } : {};
  }

  /**
   * @param {"GET" | "POST" | "PUT" | "DELETE"} method
   * @param {string} path
   * @param {object} [body]
   * @param {RequestInit} [how]
   * @returns {Promise<any>}
   */
  async ask(method, path, body, how = {}) {
    const answer = await this.fetch(path, {
      method,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE),
      ...how,
      headers: { ...this.headers(), ...(body && { "Content-Type": "application/json" }), ...how.headers },
    });
    if (answer.status === 204) return null;
    const read = await answer.json().catch(() => ({}));
    if (answer.ok) return read;
    const sentence = read.detail ?? read.title ?? `The bridge answered with ${answer.status}.`;
    throw new BridgeError(sentence, answer.status, Number(answer.headers.get("Retry-After")) || undefined, read);
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
