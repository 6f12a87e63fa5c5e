import { attribute, h } from "../shared/dom.js";
import { field } from "../staff/field.js";
import { askOutcome, askTransfer } from "./dialogs.js";
import { line, reasons } from "./transcript.js";

const LONGEST = 2000;

/**
 * The chosen conversation: why it came, the messages, and the reply. Tells by events on its element:
 * `desk:claim` {id}, `desk:left` {id} (no longer the operator's), `desk:back`.
 */
export class ConversationPanel {
  #page;
  #view = null;
  #drafts = new Map();
  #reply = null;
  #list = null;

  constructor(page) {
    this.#page = page;
    this.element = h("section", { class: "conversation", tabindex: "-1" });
    this.empty();
  }

  get id() {
    return this.#view?.id ?? null;
  }

  empty(text = this.#page.t("desk.none_chosen")) {
    this.#view = null;
    this.element.setAttribute("aria-label", this.#page.t("desk.conversation"));
    this.element.replaceChildren(h("p", { class: "none" }, text));
  }

  /** Shows a conversation with its messages, as the API gives it. */
  show(view, { focus = false } = {}) {
    this.#view = view;
    this.draw();
    if (!focus) return;
    if (this.#reply) this.#reply.control.focus();
    else this.element.focus();
  }

  draw() {
    const { t } = this.#page;
    if (!this.#view) return this.empty();
    const view = this.#view;
    const own = view.status === "with_operator";
    this.#list = h("div", { class: "transcript", role: "log", "aria-label": t("desk.transcript"), tabindex: "0" },
      ...view.messages.map((message) => line(this.#page, message)));
    this.#reply = null;
    this.element.replaceChildren(...[
      h("div", { class: "bar" },
        h("button", { type: "button", class: "ds-button small back", "data-variant": "tertiary", onclick: () => this.#tell("back") },
          t("desk.back")),
        h("h2", { class: "ds-heading", "data-size": "xs" }, t("desk.conversation")),
        own ? h("div", { class: "tools" },
          h("button", { type: "button", class: "ds-button small", "data-variant": "secondary", onclick: () => this.#transfer() }, t("desk.transfer")),
          h("button", { type: "button", class: "ds-button small", "data-variant": "secondary", onclick: () => this.#resolve() }, t("desk.resolve")))
          : null),
      reasons(this.#page, view.handoff, view.language),
      this.#list,
      own ? this.#form()
        : h("div", { class: "reply" },
          h("button", { type: "button", class: "ds-button", onclick: () => this.#tell("claim") }, t("desk.claim"))),
    ].filter(Boolean));
    this.#toEnd();
  }

  /** A message that just came, or one's own that was stored. */
  add(message) {
    if (!this.#view || this.#view.messages.some(({ seq }) => seq === message.seq)) return;
    this.#view.messages = [...this.#view.messages, message].sort((one, other) => one.seq - other.seq);
    const next = this.#view.messages[this.#view.messages.indexOf(message) + 1];
    this.#list.insertBefore(line(this.#page, message), next ? this.#list.querySelector(`[data-seq="${next.seq}"]`) : null);
    this.#toEnd();
  }

  #toEnd() {
    this.#list.scrollTop = this.#list.scrollHeight;
  }

  #form() {
    const { t } = this.#page;
    const { id } = this.#view;
    const reply = field(h("textarea", {
      id: "reply", rows: "3", lang: this.#view.language,
      oninput: () => {
        this.#drafts.set(id, reply.control.value);
        if (reply.control.getAttribute("aria-invalid")) reply.error(null);
      },
      onkeydown: (event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        form.requestSubmit();
      },
    }), t("desk.reply"), { hint: t("desk.reply.hint") });
    reply.control.value = this.#drafts.get(id) ?? "";
    const button = h("button", { type: "submit", class: "ds-button" }, t("desk.reply.send"));
    const form = h("form", { class: "reply", novalidate: true, onsubmit: (event) => this.#send(event, reply, button) }, reply.element, button);
    this.#reply = reply;
    return form;
  }

  async #send(event, reply, button) {
    event.preventDefault();
    const { t } = this.#page;
    const { id } = this.#view;
    const text = reply.control.value.trim();
    const length = [...text].length;
    if (!length || length > LONGEST) {
      reply.error(length ? t("desk.reply.too_long", { count: length }) : t("desk.reply.required"));
      reply.control.focus();
      return;
    }
    if (button.getAttribute("aria-disabled")) return;
    attribute(button, "aria-disabled", "true");
    try {
      const { messages = [] } = await this.#page.api.post(`desk/conversations/${id}/messages`, { text });
      // Something more may have been written while it was on its way.
      if (reply.control.value.trim() === text) {
        reply.control.value = "";
        this.#drafts.delete(id);
      }
      if (this.id === id) for (const message of messages) this.add(message);
    } catch (error) {
      if (error.status === 404 || error.status === 409) this.#tell("left", t("desk.over"));
      else reply.error(this.#page.explain(error));
    } finally {
      attribute(button, "aria-disabled", null);
    }
  }

  async #transfer() {
    const { id } = this.#view;
    const { t, api } = this.#page;
    let colleagues = [];
    try {
      ({ operators: colleagues } = await api.get("desk/operators"));
    } catch {
      // Giving it back to the queue works without the list of colleagues.
    }
    askTransfer(this.#page, colleagues, async (transfer) => {
      await this.#finish(() => api.post(`desk/conversations/${id}/transfer`, transfer), t("desk.transfer.done"));
    });
  }

  #resolve() {
    const { id } = this.#view;
    const { t, api } = this.#page;
    askOutcome(this.#page, async (outcome) => {
      await this.#finish(() => api.post(`desk/conversations/${id}/resolve`, { outcome }), t("desk.resolve.done"));
    });
  }

  async #finish(ask, done) {
    try {
      await ask();
    } catch (error) {
      if (error.status !== 404 && error.status !== 409) throw error;
      this.#tell("left", this.#page.t("desk.over"));
      return;
    }
    this.#tell("left", done);
  }

  #tell(name, text) {
    this.element.dispatchEvent(new CustomEvent(`desk:${name}`, { detail: { id: this.id, text } }));
  }
}
