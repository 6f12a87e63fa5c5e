import { seldom } from "../shared/typing.js";

const SHORTEST_PAUSE = 1_000;
const LONGEST_PAUSE = 15_000;

/**
 * What happens at the desk, by WebSocket. Tells by events: `queue` (the queue), `message`
 * {conversation, status, message}, `note` {conversation}, `presence` {presence}, `case` {reference},
 * `typing` {conversation} (its resident is writing, now), `connection` (true, false). A live connection is also what tells
 * residents that somebody is there.
 */
export class DeskEvents extends EventTarget {
  #api;
  #socket = null;
  #timer = null;
  #pause = SHORTEST_PAUSE;
  #lines = new Map();
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
      if (type === "queue") this.#queue(frame.queue);
      else if (type === "lines") this.#changed(frame);
      else this.#tell(type, frame);
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
      this.#queue(await this.#api.get("desk/queue"));
    } catch {
      // No answer either; the next attempt comes by itself.
    }
    this.#connect();
  }

  #queue(queue) {
    this.#lines = new Map([...queue.waiting, ...queue.own].map((item) => [item.id, item]));
    this.#tell("queue", queue);
  }

  /** Every line is only told once, until it reads otherwise. */
  #changed({ waiting, own, lines }) {
    for (const item of lines) this.#lines.set(item.id, item);
    const items = (ids) => ids.map((id) => this.#lines.get(id));
    this.#queue({ waiting: items(waiting), own: items(own) });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
