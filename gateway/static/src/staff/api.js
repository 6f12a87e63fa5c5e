const TIME_LIMIT = 15_000; // ms

/** An answer that says no. `status` is 0 when none came; `faults` are the fields' {field, code}. */
export class Refusal extends Error {
  constructor(status, body = {}) {
    super(`Request failed with ${status}`);
    this.status = status;
    this.body = body;
    this.faults = body.errors ?? [];
  }
}

/** The gateway's API for staff: JSON, with the session's CSRF token. */
export class StaffApi {
  csrf = null;
  /** Called when the session turns out to be over; resolves once somebody has signed in again. */
  onSignedOut = null;
  #ending = false;
  #asked = new AbortController();

  async request(method, path, body, again = true) {
    const asks = method === "GET";
    if (asks && this.#ending) throw new Refusal(0);
    const limit = AbortSignal.timeout(TIME_LIMIT);
    let response;
    try {
      response = await fetch(`/api/v1/${path}`, {
        method,
        headers: {
          ...(body !== undefined && { "Content-Type": "application/json" }),
          ...(this.csrf && !asks && { "X-CSRF-Token": this.csrf }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        cache: "no-store",
        signal: asks ? AbortSignal.any([limit, this.#asked.signal]) : limit,
      });
    } catch {
      throw new Refusal(0);
    }
    let answer = {};
    try {
      if (response.status !== 204) answer = await response.json();
    } catch {
      // Not JSON: a proxy's own page. The status says enough.
    }
    if (response.ok) return answer;
    if (response.status === 401 && again && this.onSignedOut && path !== "session" && !this.#ending) {
      await this.onSignedOut();
      return this.request(method, path, body, false);
    }
    throw new Refusal(response.status, answer);
  }

  get(path) {
    return this.request("GET", path);
  }

  post(path, body = {}) {
    return this.request("POST", path, body);
  }

  put(path, body) {
    return this.request("PUT", path, body);
  }

  delete(path) {
    return this.request("DELETE", path);
  }

  /**
   * Ends the session. What a list is just asking for is given up first: it would be told that the
   * session is over, and ask the person who leaves to sign in again.
   */
  async signOut() {
    this.#ending = true;
    this.#asked.abort();
    try {
      await this.delete("session");
    } finally {
      this.#asked = new AbortController();
      this.#ending = false;
    }
  }
}
