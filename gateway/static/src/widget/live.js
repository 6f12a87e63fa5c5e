const POLL_EVERY = 4_000;
const LONGEST_PAUSE = 15_000;

/** A conversation's WebSocket, and when it is worth another try. */
export class Live {
  failures = 0;
  #socket = null;
  #timer = null;
  #on;

  /** `on` is told of what happens: `opened()`, `heard(frame)` and, unless it was closed, `broken()`. */
  constructor(on) {
    this.#on = on;
  }

  get open() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Opens it, unless there is one. */
  connect(address, token) {
    if (this.#socket) return;
    const socket = new WebSocket(address, ["svar", `bearer.${token}`]);
    this.#socket = socket;
    socket.onopen = () => {
      this.failures = 0;
      this.#on.opened();
    };
    socket.onmessage = ({ data }) => socket === this.#socket && this.#on.heard(JSON.parse(data));
    socket.onclose = () => {
      if (socket !== this.#socket) return;
      this.#socket = null;
      this.#on.broken();
    };
  }

  send(frame) {
    this.#socket.send(JSON.stringify(frame));
  }

  /**
   * Tries again later: soon when only the WebSocket fails (`there`), ever more seldom when nothing
   * answers. Gives how often it has failed in a row.
   */
  later(there, act) {
    this.cancel();
    this.failures += 1;
    const growing = Math.min(LONGEST_PAUSE, 400 * 2 ** this.failures) * (0.75 + Math.random() / 2);
    this.#timer = setTimeout(act, there ? Math.min(POLL_EVERY, growing) : growing);
    return this.failures;
  }

  /** Takes back the try that is due. */
  cancel() {
    clearTimeout(this.#timer);
  }

  close() {
    this.cancel();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}
