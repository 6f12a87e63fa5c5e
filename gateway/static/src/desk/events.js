import { seldom } from "../shared/typing.js";

const SHORTEST_PAUSE = 1_000;
const LONGEST_PAUSE = 15_000;

/**
 * What happens at the desk, by WebSocket. Tells by events: `queue` (the queue), `message`
 * {conversation, status, message}, `presence` {presence}, `case` {reference}, `typing` {conversation}
 * (its resident is writing, now), `connection` (true, false). A live connection is also what tells
 * residents that somebody is there.
 */
export class DeskEvents extends EventTarget {
  #api;
  #socket = null;
  #timer = null;
  #pause = SHORTEST_PAUSE;
  #stopped = false;
  #sayTyping = seldom((conversation) => this.#socket.send(JSON.stringify({ type: "typing", conversation })));

  constructor(api) {
    super();
    this.#api = api;
  }

  start() {
    this.#stopped = false;
    this.#connect();
  }

  /** Tells the resident of a conversation that the operator is writing, never what. */
  typing(conversation) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#sayTyping(conversation);
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #connect() {
    if (this.#stopped) return;
    const address = new URL("/api/v1/desk/events", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.onopen = () => {
      this.#pause = SHORTEST_PAUSE;
      this.#tell("connection", true);
    };
    socket.onmessage = ({ data }) => {
      const { type, ...frame } = JSON.parse(data);
      this.#tell(type, type === "queue" ? frame.queue : frame);
    };
    socket.onclose = () => {
      if (this.#stopped || socket !== this.#socket) return;
      this.#tell("connection", false);
      this.#timer = setTimeout(() => this.#again(), this.#pause);
      this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2);
    };
  }

  async #again() {
    try {
      // Asking first keeps the queue right without WebSockets, and notices that a session is over.
      this.#tell("queue", await this.#api.get("desk/queue"));
    } catch {
      // No answer either; the next attempt comes by itself.
    }
    this.#connect();
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
