import { h } from "../shared/dom.js";
import { Aside } from "./aside.js";
import { ConversationPanel } from "./conversation.js";
import { DeskEvents } from "./events.js";
import { OtherLists } from "./lists.js";
import { Presence } from "./presence.js";
import { QueueList } from "./queue.js";
import { askSettings, DeskSettings } from "./settings.js";
import { Shortcuts, showShortcuts } from "./shortcuts.js";

/** The operators' desk: the queue beside the conversation that is being answered. */
export class Desk {
  #page;
  #queue;
  #conversation;
  #events;
  #presence;
  #joining = false;
  #others;
  #aside;
  #settings = new DeskSettings();
  #shortcuts;

  constructor(page) {
    this.#page = page;
    this.#presence = new Presence(page);
    this.#others = new OtherLists(page, this.#presence);
    this.#aside = new Aside(page);
    this.#queue = new QueueList(page);
    this.#conversation = new ConversationPanel(page);
    this.#events = new DeskEvents(page.api);
    this.title = h("h1", { class: "sr-only" });
    this.#queue.lists.after(this.#others.element, this.#presence.colleagues);
    this.element = h("div", { class: "desk" }, this.title, this.#queue.element, this.#conversation.element, this.#aside.element);
    const on = (target, name, handle) => target.addEventListener(name, ({ detail }) => handle(detail));
    on(this.#queue.element, "desk:open", ({ id }) => this.#open(id));
    on(this.#queue.element, "desk:claim", ({ id }) => this.#claim(id));
    on(this.#conversation.element, "desk:claim", ({ id }) => this.#claim(id));
    on(this.#conversation.element, "desk:typing", ({ id }) => this.#events.typing(id));
    on(this.#conversation.element, "desk:left", ({ id, text }) => {
      this.#page.drafts.forget(id);
      this.#left(text);
    });
    on(this.#conversation.element, "desk:back", () => this.#back());
    on(this.#queue.element, "desk:new", ({ text }) => this.#settings.alert(text));
    on(this.#others.element, "desk:pull", ({ id }) => this.#take(id, "pull"));
    on(this.#others.element, "desk:reopen", ({ id }) => this.#take(id, "reopen"));
    on(this.#conversation.element, "desk:shown", ({ view }) => this.#beside(view));
    on(this.#aside.element, "desk:use", (chosen) => this.#conversation.insert(chosen));
    on(this.#aside.element, "desk:aside", ({ suggested }) => this.#conversation.suggested(suggested));
    on(this.#aside.element, "desk:asked", ({ messages }) => messages.forEach((message) => this.#conversation.add(message)));
    on(this.#events, "presence", ({ presence }) => this.#present(presence));
    on(this.#events, "queue", (queue) => {
      this.#arrived(queue);
      // Changes are told from the first queue of a connection on: what came before it is asked for.
      if (this.#joining) this.#present();
      this.#joining = false;
    });
    on(this.#events, "message", (frame) => this.#message(frame));
    on(this.#events, "typing", ({ conversation }) => this.#conversation.typing(conversation));
    on(this.#events, "case", (detail) => this.element.dispatchEvent(new CustomEvent("desk:case", { detail })));
    on(this.#events, "note", ({ conversation }) => {
      if (conversation === this.#conversation.id) this.#aside.refresh({ question: false, replies: false });
    });
    on(this.#events, "connection", (connected) => this.#connected(connected));
    this.#shortcuts = new Shortcuts({
      next: () => this.#queue.oldest && this.#take(this.#queue.oldest, "claim"),
      down: () => this.#queue.step(1),
      up: () => this.#queue.step(-1),
      reply: () => this.#conversation.focusReply(),
      use: (number) => this.#aside.use(number),
      search: () => this.#aside.focusSearch(),
      note: () => this.#aside.focusNote(),
      transfer: () => this.#conversation.transfer(),
      resolve: () => this.#conversation.resolve(),
      help: () => this.#help(),
    }, () => this.#settings.values.shortcuts && this.element.checkVisibility());
  }

  async start() {
    this.draw();
    this.#queue.connected(true);
    this.#queue.start();
    this.#others.start();
    this.#shortcuts.start();
    this.#events.start();
    this.#present();
    try {
      const queue = await this.#page.api.get("desk/queue");
      this.#page.drafts.only(new Set([...queue.waiting, ...queue.own].map(({ id }) => id)));
      this.#arrived(queue);
    } catch (error) {
      this.#page.announce(this.#page.explain(error));
    }
  }

  stop() {
    this.#queue.stop();
    this.#others.stop();
    this.#shortcuts.stop();
    this.#events.stop();
  }

  draw() {
    this.title.textContent = this.#page.t("desk.title");
    const { t, tools } = this.#page;
    const button = (key, act) => h("button", { type: "button", class: "ds-button small", "data-variant": "tertiary", onclick: act }, t(key));
    tools.replaceChildren(this.#presence.control,
      button("desk.settings", () => askSettings(this.#page, this.#settings, () => {})), button("desk.help", () => this.#help()));
    this.#presence.draw();
    this.#queue.draw();
    this.#others.draw();
    this.#conversation.draw();
    this.#aside.draw();
  }

  #help() {
    showShortcuts(this.#page, this.#settings.values.shortcuts);
  }

  async #present(presence = null) {
    if (presence) this.#presence.show(presence);
    else await this.#presence.refresh();
    this.#queue.limit = this.#presence.limit;
    this.#queue.draw();
    if (!presence) await this.#others.refresh();
  }

  #beside(view) {
    this.element.classList.toggle("with-aside", Boolean(view));
    this.#aside.show(view);
    this.#aside.refresh();
  }

  #arrived(queue) {
    // What is with the bot or resolved only changes when something comes or goes here.
    if (this.#queue.show(queue)) this.#others.soon();
    const { id } = this.#conversation;
    if (id && !this.#queue.has(id)) this.#missed(id);
    this.#nameDepartments();
  }

  /**
   * The conversation that is shown was not in the queue that came: it is gone, or the queue was read
   * before it was taken and came after. The queue of this moment tells which.
   */
  async #missed(id) {
    let queue;
    try {
      queue = await this.#page.api.get("desk/queue");
    } catch {
      return; // Without a connection it stays as it is; the next queue tells.
    }
    this.#queue.show(queue);
    if (id !== this.#conversation.id || this.#queue.has(id)) return;
    this.#page.drafts.forget(id);
    this.#left(this.#page.t("desk.gone"));
  }

  /** Their names are only asked for where there are any. */
  async #nameDepartments() {
    if (this.#queue.departments || !this.#queue.ofDepartments) return;
    try {
      this.#queue.departments = [];
      this.#queue.departments = (await this.#page.api.get("desk/departments")).departments;
      this.#queue.draw();
    } catch {
      // Their ids say which is which, too.
    }
  }

  #message({ conversation, message }) {
    const shown = conversation === this.#conversation.id;
    if (shown) this.#conversation.add(message);
    if (message.author !== "resident") return;
    // Also what was shared: the contact itself never comes with a message.
    if (shown) this.#aside.refresh({ replies: false });
    if (shown && document.hasFocus()) return;
    if (!shown) this.#queue.unread.add(conversation);
    this.#queue.draw();
    this.#page.announce(this.#page.t("desk.new_message"));
  }

  async #connected(connected) {
    this.#queue.connected(connected);
    this.#joining = connected;
    // A case of no name: any may have changed while there was no connection.
    if (connected) this.element.dispatchEvent(new CustomEvent("desk:case", { detail: {} }));
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

  #claim(id) {
    return this.#take(id, "claim");
  }

  /** Takes a conversation: claims it, pulls it from the bot, or reopens it. */
  async #take(id, how) {
    const { t, api } = this.#page;
    this.#queue.say("");
    try {
      this.#show(await api.post(`desk/conversations/${id}/${how}`));
    } catch (error) {
      if (error.faults?.some(({ code }) => code === "limit")) {
        this.#queue.say(t("desk.limit", { limit: this.#presence.limit }));
        return;
      }
      const taken = error.status === 409 || error.status === 404;
      const gone = t(how === "claim" ? "desk.claimed_by_other" : "desk.take.gone");
      if (how === "claim") this.#left(taken ? gone : this.#page.explain(error));
      else this.#queue.say(taken ? gone : this.#page.explain(error));
    }
    this.#others.refresh();
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
    const focus = () => this.#queue.element.querySelector("[data-key=heading-own]")?.focus();
    // While a dialog is open nothing behind it can have the focus.
    const dialog = document.querySelector("dialog[open]");
    if (dialog) dialog.addEventListener("close", focus, { once: true });
    else focus();
  }
}
