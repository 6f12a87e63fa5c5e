import { clock } from "../shared/dates.js";
import { attribute, h } from "../shared/dom.js";
import { field } from "../staff/field.js";
import { anew } from "./anew.js";
import { Pages } from "./pages.js";
import { askReply } from "./settings.js";

const PLACEHOLDER = /\{(operator|municipality|reference)\}/g;

/**
 * What stands beside a conversation: what the pages say, canned replies, notes, a shared contact.
 * Nothing here is ever sent by itself. Tells by events on its element: `desk:use` {text, sources} and
 * `desk:asked` {messages} when the resident has been asked for a contact.
 */
export class Aside {
  #page;
  #view = null;
  #aside = { notes: [], contact: null, reference: null, suggested: [] };
  #replies = [];
  #known = false;
  #turn = 0;
  #asked = 0;

  constructor(page) {
    this.#page = page;
    this.element = h("aside", { class: "aside", hidden: true });
    this.pages = new Pages(page);
    this.pages.element.addEventListener("desk:use", ({ detail }) => this.#tell("use", detail));
    this.canned = h("section", { "aria-labelledby": "canned-heading" });
    this.notes = h("section", { "aria-labelledby": "notes-title" });
    this.contact = h("section", { "aria-labelledby": "contact-title" });
  }

  get suggested() {
    return this.#aside.suggested;
  }

  /** Shows what belongs to a conversation, or with null nothing. */
  show(view) {
    const same = view && this.#view?.id === view.id;
    this.#view = view;
    this.element.hidden = !view;
    if (!view) return;
    this.pages.show(view);
    if (!same) {
      this.#aside = { notes: [], contact: null, reference: null, suggested: [] };
      this.#known = false;
    }
    this.draw();
  }

  draw() {
    if (!this.#view) return;
    const { t } = this.#page;
    this.element.setAttribute("aria-label", t("desk.aside"));
    this.#build();
    this.element.replaceChildren(...[
      this.#own ? this.contact : null, this.pages.element, this.canned, this.notes,
    ].filter(Boolean));
    this.pages.draw();
    this.#drawCanned();
    this.#drawNotes();
    this.#drawContact();
  }

  get #own() {
    return this.#view?.status === "with_operator";
  }

  /** Reads it anew; `question`: the resident wrote something new; `replies`: also the canned ones. */
  async refresh({ question = true, replies = true } = {}) {
    const { id } = this.#view ?? {};
    if (!id) return;
    const turn = ++this.#turn;
    // A later look at notes must not throw away what is being found for the question.
    const asked = question ? ++this.#asked : 0;
    const current = () => turn === this.#turn && this.#view?.id === id;
    const answers = () => asked === this.#asked && this.#view?.id === id;
    const { api } = this.#page;
    const ask = async (path, take, wanted = current, refused = () => {}) => {
      try {
        const answer = await api.get(path);
        if (wanted()) take(answer);
      } catch (error) {
        if (wanted()) refused(error);
      }
    };
    await Promise.all([
      ask(`desk/conversations/${id}/aside`, (aside) => {
        const last = aside.notes.at(-1);
        const came = this.#known && aside.notes.length > this.#aside.notes.length && last.author !== this.#page.session.name;
        this.#aside = aside;
        this.#known = true;
        if (came) this.#page.announce(this.#page.t("desk.notes.came"));
        this.#drawNotes();
        this.#drawContact();
        this.#tell("aside", aside);
      }),
      replies ? ask("desk/replies", (known) => {
        this.#replies = known.replies;
        this.#drawCanned();
      }) : null,
      question ? ask(`desk/conversations/${id}/passages`, ({ passages }) => {
        this.pages.passages = passages;
      }, answers, (error) => this.pages.refused(error)) : null,
    ]);
  }

  /** Puts the passage with this number, from 1, into the reply. */
  use(number) {
    this.pages.use(number);
  }

  focusSearch() {
    this.pages.focusSearch();
  }

  focusNote() {
    this.element.querySelector("#note")?.focus();
  }

  #build() {
    const { t } = this.#page;
    const { id } = this.#view;
    const note = field(h("textarea", {
      id: "note", rows: "2", maxlength: "2000", oninput: () => this.#page.drafts.set(id, "note", note.control.value),
    }), t("desk.notes.new"), { hint: t("desk.notes.hint") });
    note.control.value = this.#page.drafts.get(id, "note") ?? "";
    this.noteList = h("ul", { class: "plain notes" });
    this.notes.replaceChildren(
      h("h3", { class: "ds-heading", "data-size": "2xs", id: "notes-title" }, t("desk.notes")),
      this.noteList,
      h("form", { novalidate: true, onsubmit: (event) => this.#note(event, note) }, note.element,
        h("button", { type: "submit", class: "ds-button small", "data-variant": "secondary" }, t("desk.notes.save"))));
  }

  #drawCanned() {
    const { t } = this.#page;
    const change = (reply) => askReply(this.#page, reply, async (written) => {
      const { api } = this.#page;
      await (reply ? api.put(`desk/replies/${reply.id}`, written) : api.post("desk/replies", written));
      await this.refresh({ question: false });
      this.#page.announce(t("desk.canned.saved"));
    });
    const remove = async (reply) => {
      try {
        await this.#page.api.delete(`desk/replies/${reply.id}`);
      } catch (error) {
        if (error.status !== 404) return this.#page.announce(this.#page.explain(error));
      }
      await this.refresh({ question: false });
      this.#page.announce(t("desk.canned.removed"));
      this.canned.querySelector("summary, button")?.focus();
    };
    const named = (key, reply) => [t(key), h("span", { class: "sr-only" }, `: ${reply.title}`)];
    const open = this.canned.querySelector("details")?.open ?? false;
    anew(this.canned, this.canned, ...[
      h("h3", { class: "ds-heading", "data-size": "2xs", id: "canned-heading", tabindex: "-1" }, t("desk.canned")),
      this.#replies.length ? null : h("p", { class: "none" }, t("desk.canned.none")),
      ...(this.#own && this.#replies.length ? [h("ul", { class: "plain picks" }, ...this.#replies.map((reply) => h("li", {},
        h("button", { type: "button", class: "ds-button small", "data-variant": "secondary", "data-key": `canned-${reply.id}`, onclick: () => this.#fill(reply) }, reply.title))))] : []),
      h("details", { open }, h("summary", { "data-key": "canned-edit" }, t("desk.canned.edit")),
        h("ul", { class: "plain" }, ...this.#replies.map((reply) => h("li", { class: "row spread" }, h("span", {}, reply.title),
          h("span", { class: "row" },
            h("button", { type: "button", class: "ds-button small", "data-variant": "tertiary", "data-key": `change-${reply.id}`, onclick: () => change(reply) }, ...named("desk.canned.change", reply)),
            h("button", { type: "button", class: "ds-button small", "data-variant": "tertiary", onclick: () => remove(reply) }, ...named("desk.canned.remove", reply)))))),
        h("button", { type: "button", class: "ds-button small", "data-variant": "tertiary", "data-key": "canned-new", onclick: () => change(null) }, t("desk.canned.new"))),
    ].filter(Boolean));
  }

  #drawNotes() {
    const { language, t } = this.#page;
    this.noteList.replaceChildren(...this.#aside.notes.map(({ author, text, created_at }) =>
      h("li", {}, h("p", { class: "about" }, `${author}, ${clock(created_at, language)}`), h("p", { class: "lines", dir: "auto" }, text))));
    this.noteList.setAttribute("aria-label", t("desk.notes"));
    this.noteList.hidden = !this.#aside.notes.length;
  }

  #drawContact() {
    const { t } = this.#page;
    const { contact } = this.#aside;
    anew(this.contact, this.contact,
      h("h3", { class: "ds-heading", "data-size": "2xs", id: "contact-title", tabindex: "-1" }, t("desk.contact")),
      contact?.contact
        ? h("p", {}, h("strong", { class: "shared" }, contact.contact), h("br"), h("span", { class: "hint" }, t("desk.contact.kept")))
        : h("p", { class: "hint" }, t(contact ? "desk.contact.waiting" : "desk.contact.hint")),
      contact && !contact.contact ? "" : h("button", {
        type: "button", class: "ds-button small", "data-variant": "secondary", "data-key": "ask-contact",
        onclick: (event) => this.#askContact(event),
      }, t("desk.contact.ask")));
  }

  #fill({ text }) {
    const values = {
      operator: this.#page.session.name,
      municipality: this.#page.municipality.name,
      reference: this.#aside.reference,
    };
    this.#tell("use", { text: text.replace(PLACEHOLDER, (whole, name) => values[name] ?? whole), sources: [] });
  }

  async #note(event, note) {
    event.preventDefault();
    const text = note.control.value.trim();
    note.error(text ? null : this.#page.t("desk.notes.required"));
    if (!text) return note.control.focus();
    const { id } = this.#view;
    try {
      const stored = await this.#page.api.post(`desk/conversations/${id}/notes`, { text });
      this.#page.drafts.set(id, "note", "");
      if (this.#view?.id !== id) return;
      this.#aside = { ...this.#aside, notes: [...this.#aside.notes.filter(({ id: other }) => other !== stored.id), stored] };
      note.control.value = "";
      this.#drawNotes();
      this.#page.announce(this.#page.t("desk.notes.saved"));
    } catch (error) {
      note.error(error.status === 404 ? this.#page.t("desk.gone") : this.#page.explain(error));
    }
  }

  async #askContact({ currentTarget: button }) {
    if (button.getAttribute("aria-disabled")) return;
    attribute(button, "aria-disabled", "true");
    const { id } = this.#view;
    try {
      const { messages } = await this.#page.api.post(`desk/conversations/${id}/contact`);
      if (this.#view?.id !== id) return;
      this.#tell("asked", { messages });
      await this.refresh({ question: false });
      this.#page.announce(this.#page.t("desk.contact.waiting"));
    } catch (error) {
      this.#page.announce(this.#page.explain(error));
    } finally {
      attribute(button, "aria-disabled", null);
    }
  }

  #tell(name, detail) {
    this.element.dispatchEvent(new CustomEvent(`desk:${name}`, { detail }));
  }
}
