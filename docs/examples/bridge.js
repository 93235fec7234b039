// What a page asks of the bridge. `credential()` gives Twenty's access token of the user, or a key; it is
// asked for each request, because Twenty's tokens live for half an hour. `identity()` says as whom; only
// who has a key that is good for several agents has to say it.
export class Bridge {
  constructor(url, credential, identity = () => undefined) {
    this.url = url.replace(/\/$/, "");
    this.credential = credential;
    this.identity = identity;
  }

  // {token, identity, phoneNumber, ttl, expiresAt}
  token() {
    return this.#ask("POST", "/api/twilio/token", {});
  }

  // {person: {id, name, company, avatar} | null, url, others, lastCalls}
  caller(number) {
    return this.#ask("GET", `/api/callers/${encodeURIComponent(number)}`);
  }

  // `sid` is that of the browser's own leg, as the SDK knows it. Nothing comes back, but of a recording.
  disposition(sid, outcome, note) {
    return this.#ask("POST", `/api/calls/${sid}/disposition`, { outcome, note });
  }

  hangup(sid) {
    return this.#ask("POST", `/api/calls/${sid}/hangup`, {});
  }

  // start, pause, resume, stop; {status: "in-progress" | "paused" | "stopped"}
  recording(sid, action) {
    return this.#ask("POST", `/api/calls/${sid}/recording`, { action });
  }

  // `to` is client:IDENTITY, or a number. Only of calls that came in.
  transfer(sid, to) {
    return this.#ask("POST", `/api/calls/${sid}/transfer`, { to });
  }

  async #ask(method, path, body) {
    const answer = await fetch(this.url + path, {
      method,
      headers: { Authorization: `Bearer ${this.credential()}`, ...(body && { "Content-Type": "application/json" }) },
      body: body && JSON.stringify({ ...body, identity: this.identity() || undefined }),
    });
    const told = answer.status === 204 ? null : await answer.json();
    // Errors are application/problem+json: `detail` is a sentence for whoever looks at it.
    if (!answer.ok) {
      const retryAfter = Number(answer.headers.get("Retry-After")) || undefined;
      throw Object.assign(new Error(told.detail ?? told.title), { retryAfter });
    }
    return told;
  }
}

// On a page under Twenty's own origin: the access token of whoever is logged in there.
export function twentyToken() {
  const pair = JSON.parse(localStorage.getItem("tokenPairState") ?? "null");
  return pair?.accessOrWorkspaceAgnosticToken?.token ?? null;
}
