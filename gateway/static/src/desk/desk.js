import { h } from "../shared/dom.js";
import { ConversationPanel } from "./conversation.js";
import { DeskEvents } from "./events.js";
import { QueueList } from "./queue.js";

/** The operators' desk: the queue beside the conversation that is being answered. */
export class Desk {
  #page;
  #queue;
  #conversation;
  #events;

  constructor(page) {
    this.#page = page;
    this.#queue = new QueueList(page);
    this.#conversation = new ConversationPanel(page);
    this.#events = new DeskEvents(page.api);
    this.title = h("h1", { class: "sr-only" });
    this.element = h("div", { class: "desk" }, this.title, this.#queue.element, this.#conversation.element);
    const on = (target, name, handle) => target.addEventListener(name, ({ detail }) => handle(detail));
    on(this.#queue.element, "desk:open", ({ id }) => this.#open(id));
    on(this.#queue.element, "desk:claim", ({ id }) => this.#claim(id));
    on(this.#conversation.element, "desk:claim", ({ id }) => this.#claim(id));
    on(this.#conversation.element, "desk:left", ({ text }) => this.#left(text));
    on(this.#conversation.element, "desk:back", () => this.#back());
    on(this.#events, "queue", (queue) => this.#arrived(queue));
    on(this.#events, "message", (frame) => this.#message(frame));
    on(this.#events, "connection", (connected) => this.#connected(connected));
  }

  async start() {
    this.draw();
    this.#queue.connected(true);
    this.#queue.start();
    this.#events.start();
    try {
      this.#arrived(await this.#page.api.get("desk/queue"));
    } catch (error) {
      this.#page.announce(this.#page.explain(error));
    }
  }

  stop() {
    this.#queue.stop();
    this.#events.stop();
  }

  draw() {
    this.title.textContent = this.#page.t("desk.title");
    this.#queue.draw();
    this.#conversation.draw();
  }

  #arrived(queue) {
    this.#queue.show(queue);
    const { id } = this.#conversation;
    if (id && !this.#queue.has(id)) this.#left(this.#page.t("desk.gone"));
  }

  #message({ conversation, message }) {
    const shown = conversation === this.#conversation.id;
    if (shown) this.#conversation.add(message);
    if (message.author !== "resident") return;
    if (shown && document.hasFocus()) return;
    if (!shown) this.#queue.unread.add(conversation);
    this.#queue.draw();
    this.#page.announce(this.#page.t("desk.new_message"));
  }

  async #connected(connected) {
    this.#queue.connected(connected);
    // What was said while there was no connection comes with the conversation itself.
    if (connected && this.#conversation.id) await this.#refresh();
  }

  async #refresh() {
    try {
      const view = await this.#page.api.get(`desk/conversations/${this.#conversation.id}`);
      for (const message of view.messages) this.#conversation.add(message);
    } catch {
      // The queue tells whether it is gone.
    }
  }

  async #open(id) {
    try {
      this.#show(await this.#page.api.get(`desk/conversations/${id}`));
    } catch (error) {
      this.#left(error.status === 404 ? this.#page.t("desk.gone") : this.#page.explain(error));
    }
  }

  async #claim(id) {
    try {
      const claimed = await this.#page.api.post(`desk/conversations/${id}/claim`);
      this.#show(claimed.messages ? claimed : await this.#page.api.get(`desk/conversations/${id}`));
    } catch (error) {
      const taken = error.status === 409 || error.status === 404;
      this.#left(taken ? this.#page.t("desk.claimed_by_other") : this.#page.explain(error));
    }
  }

  #show(view) {
    this.#queue.selected = view.id;
    this.#queue.unread.delete(view.id);
    this.#queue.draw();
    this.element.classList.add("chosen");
    this.#conversation.show(view, { focus: true });
  }

  #left(text) {
    this.#queue.selected = null;
    this.#queue.draw();
    this.#conversation.empty(text);
    this.#page.announce(text);
    this.#back();
  }

  #back() {
    this.element.classList.remove("chosen");
    this.#queue.element.querySelector("[data-key=heading-own]")?.focus();
  }
}
