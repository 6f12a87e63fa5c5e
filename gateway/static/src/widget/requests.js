const TIME_LIMIT = 10_000; // ms; the gateway itself gives up on a turn after 4 s

/** The answers to whoever asks for a conversation that is no more. */
export const GONE = new Set([401, 403, 404, 410]);

export class Failure extends Error {
  /** `status` is 0 when no answer came; `faults` are [{field, code}], `code` that of the first. */
  constructor(status, faults = []) {
    super(`Request failed with ${status}`);
    this.status = status;
    this.faults = faults;
    this.code = faults[0]?.code ?? null;
  }
}

/** Asks the gateway at `base`; gives what its answer holds, a text or an object. Throws a Failure. */
export async function request(base, method, path, body, token) {
  let response;
  try {
    response = await fetch(new URL(`api/v1/${path}`, base), {
      method,
      headers: {
        ...(body && { "Content-Type": "application/json" }),
        ...(token && { Authorization: `Bearer ${token}` }),
      },
      body: body && JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
      signal: AbortSignal.timeout(TIME_LIMIT),
    });
  } catch {
    throw new Failure(0);
  }
  let answer = null;
  try {
    const text = await response.text();
    const plain = response.headers.get("Content-Type")?.startsWith("text/plain");
    answer = plain || !text ? text : JSON.parse(text);
  } catch {
    // Of a proxy's own error page the status says enough; half an answer, or a page instead of
    // one, is no answer.
    if (response.ok) throw new Failure(0);
  }
  if (!response.ok) throw new Failure(response.status, answer?.errors);
  return answer || {};
}
