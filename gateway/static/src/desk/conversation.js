import { attribute, h } from "../shared/dom.js";
import { TypingLine } from "../shared/typing.js";
import { field } from "../staff/field.js";
import { askOutcome, askTransfer } from "./dialogs.js";
import { line, reasons } from "./transcript.js";

const LONGEST = 2000;
const MOST_SOURCES = 8;
const UNFILLED = /\{(operator|municipality|reference)\}/;

/**
 * The chosen conversation: why it came, the messages, and the reply. Tells by events on its element:
 * `desk:claim` {id}, `desk:left` {id} (no longer the operator's), `desk:back`, `desk:typing` {id}
 * (in the reply, right now), `desk:shown` {view} whenever another conversation is shown, or null.
 */
export class ConversationPanel {
  #page;
  #view = null;
  #reply = null;
  #list = null;
  #suggested = new Set();
  #writing = new TypingLine();

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
    this.#shown(null);
  }

  /** Shows a conversation with its messages, as the API gives it. */
  show(view, { focus = false } = {}) {
    this.#view = view;
    this.#suggested = new Set();
    this.#writing.clear();
    this.draw();
    this.#shown(view);
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
      ...view.messages.map((message) => this.#line(message)));
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
      own ? this.#writing.element : null,
      own ? this.#form()
        : h("div", { class: "reply" },
          h("button", { type: "button", class: "ds-button", onclick: () => this.#tell("claim") }, t("desk.claim"))),
    ].filter(Boolean));
    this.#toEnd();
  }

  /** A message that just came, or one's own that was stored. */
  add(message) {
    if (!this.#view || this.#view.messages.some(({ seq }) => seq === message.seq)) return;
    if (message.author === "resident") this.#writing.clear();
    this.#view.messages = [...this.#view.messages, message].sort((one, other) => one.seq - other.seq);
    const next = this.#view.messages[this.#view.messages.indexOf(message) + 1];
    this.#list.insertBefore(this.#line(message), next ? this.#list.querySelector(`[data-seq="${next.seq}"]`) : null);
    this.#toEnd();
  }

  /** The resident of a conversation is writing. */
  typing(id) {
    if (id === this.id) this.#writing.show(this.#page.t("desk.writing"));
  }

  /** Puts words into the reply, to be edited; nothing is sent. */
  insert({ text, sources = [] }) {
    if (!this.#reply) return;
    const { control } = this.#reply;
    const before = control.value.trimEnd();
    control.value = before ? `${before}\n\n${text}` : text;
    const { id } = this.#view;
    const { drafts } = this.#page;
    drafts.set(id, "reply", control.value);
    drafts.set(id, "used", [...(drafts.get(id, "used") ?? []), ...sources]);
    this.#reply.error(null);
    control.focus();
    control.setSelectionRange(control.value.length, control.value.length);
    control.scrollTop = control.scrollHeight;
    this.#page.announce(this.#page.t("desk.used"));
  }

  /** Marks what has been suggested to the editors, by seq. */
  suggested(seqs) {
    this.#suggested = new Set(seqs);
    for (const seq of seqs) this.#mark(seq);
  }

  focusReply() {
    (this.#reply?.control ?? this.element).focus();
  }

  transfer() {
    if (this.#reply) this.#transfer();
  }

  resolve() {
    if (this.#reply) this.#resolve();
  }

  #line(message) {
    const { t } = this.#page;
    const own = this.#view.status === "with_operator" && message.author === "operator";
    return line(this.#page, message, own ? h("p", { class: "suggest" },
      this.#suggested.has(message.seq) ? t("desk.suggest.done")
        : h("button", { type: "button", class: "ds-button small", "data-variant": "tertiary", onclick: () => this.#suggest(message.seq) },
          t("desk.suggest"))) : null);
  }

  async #suggest(seq) {
    const { id } = this.#view;
    const { t, api } = this.#page;
    const sources = (this.#page.drafts.get(id, "sources")?.[seq] ?? []).slice(0, MOST_SOURCES);
    try {
      await api.post(`desk/conversations/${id}/suggestions`, { message: seq, sources });
      if (this.id === id) this.#mark(seq);
      this.#page.announce(t("desk.suggest.done"));
    } catch (error) {
      this.#page.announce(error.status === 404 ? t("desk.gone") : this.#page.explain(error));
    }
  }

  #mark(seq) {
    this.#suggested.add(seq);
    const place = this.#list?.querySelector(`[data-seq="${seq}"] .suggest`);
    if (!place) return;
    const focused = place.contains(document.activeElement);
    place.textContent = this.#page.t("desk.suggest.done");
    if (focused) this.#list.focus();
  }

  #shown(view) {
    this.element.dispatchEvent(new CustomEvent("desk:shown", { detail: { view } }));
  }

  #toEnd() {
    this.#list.scrollTop = this.#list.scrollHeight;
  }

  #form() {
    const { t, drafts } = this.#page;
    const { id } = this.#view;
    const reply = field(h("textarea", {
      id: "reply", rows: "3", lang: this.#view.language,
      oninput: () => {
        drafts.set(id, "reply", reply.control.value);
        if (reply.control.getAttribute("aria-invalid")) reply.error(null);
        if (reply.control.value.trim()) this.#tell("typing");
      },
      onkeydown: (event) => {
        if (event.key === "Escape") {
          event.preventDefault();
          this.element.focus();
        }
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        form.requestSubmit();
      },
    }), t("desk.reply"), { hint: t("desk.reply.hint") });
    reply.control.value = drafts.get(id, "reply") ?? "";
    const button = h("button", { type: "submit", class: "ds-button" }, t("desk.reply.send"));
    const form = h("form", { class: "reply", novalidate: true, onsubmit: (event) => this.#send(event, reply, button) }, reply.element, button);
    this.#reply = reply;
    return form;
  }

  async #send(event, reply, button) {
    event.preventDefault();
    const { t, drafts } = this.#page;
    const { id } = this.#view;
    const text = reply.control.value.trim();
    const length = [...text].length;
    // A case's reference that there is none of: words in braces would reach the resident.
    const unfilled = UNFILLED.exec(text)?.[0];
    if (!length || length > LONGEST || unfilled) {
      reply.error(!length ? t("desk.reply.required")
        : unfilled ? t("desk.reply.unfilled", { placeholder: unfilled }) : t("desk.reply.too_long", { count: length }));
      reply.control.focus();
      return;
    }
    if (button.getAttribute("aria-disabled")) return;
    attribute(button, "aria-disabled", "true");
    const used = drafts.get(id, "used") ?? [];
    try {
      const { messages = [] } = await this.#page.api.post(`desk/conversations/${id}/messages`, { text });
      // The pages that went into a reply go with it to the editors, if it is suggested to them.
      if (used.length) {
        drafts.set(id, "sources", { ...drafts.get(id, "sources"), ...Object.fromEntries(messages.map(({ seq }) => [seq, used])) });
      }
      drafts.set(id, "used", (drafts.get(id, "used") ?? []).slice(used.length));
      // Something more may have been written while it was on its way.
      if (reply.control.value.trim() === text) {
        reply.control.value = "";
        drafts.set(id, "reply", "");
      }
      if (this.id === id) for (const message of messages) this.add(message);
    } catch (error) {
      if (error.status === 404 || error.status === 409) {
        if (this.id === id) this.#tell("left", t("desk.over"));
        else drafts.forget(id);
      } else reply.error(this.#page.explain(error));
    } finally {
      attribute(button, "aria-disabled", null);
    }
  }

  async #transfer() {
    const { id } = this.#view;
    const { t, api } = this.#page;
    // Giving it back to the queue works without the lists.
    const [{ operators = [] }, { departments = [] }] = await Promise.all(
      ["desk/operators", "desk/departments"].map((path) => api.get(path).catch(() => ({}))));
    askTransfer(this.#page, id, operators, departments, async (transfer) => {
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
