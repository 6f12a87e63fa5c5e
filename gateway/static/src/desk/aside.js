import { clock, longDate } from "../shared/dates.js";
import { attribute, h } from "../shared/dom.js";
import { markdown } from "../shared/markdown.js";
import { field } from "../staff/field.js";
import { askReply } from "./settings.js";

const PLACEHOLDER = /\{(operator|municipality|reference)\}/g;

/** Markdown as it reads in a reply, which is plain text: without signs, links with their address. */
export function plain(text) {
  return text
    .replace(/^#{1,6}\s+/gm, "")
    .replace(/\*\*(.+?)\*\*/g, "$1")
    .replace(/\[([^\]]+)\]\(([^)\s]+)\)/g, "$1 ($2)")
    .trim();
}

/**
 * What stands beside a conversation: what the pages say, canned replies, notes, a shared contact.
 * Nothing here is ever sent by itself. Tells by events on its element: `desk:use` {text, sources} and
 * `desk:asked` {messages} when the resident has been asked for a contact.
 */
export class Aside {
  #page;
  #view = null;
  #aside = { notes: [], contact: null, reference: null, suggested: [] };
  #passages = null;
  #found = null;
  #replies = [];
  #problem = null;
  #known = false;
  #turn = 0;

  constructor(page) {
    this.#page = page;
    this.element = h("aside", { class: "aside", hidden: true });
    this.passages = h("section", { class: "passages", "aria-labelledby": "passages-title" });
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
    if (!same) {
      this.#aside = { notes: [], contact: null, reference: null, suggested: [] };
      this.#passages = this.#found = this.#problem = null;
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
      this.#own ? this.contact : null, this.passages, this.canned, this.notes,
    ].filter(Boolean));
    this.#drawPassages();
    this.#drawCanned();
    this.#drawNotes();
    this.#drawContact();
  }

  get #own() {
    return this.#view?.status === "with_operator";
  }

  /** Reads everything anew; `question` says that the resident wrote something new. */
  async refresh({ question = true } = {}) {
    const { id } = this.#view ?? {};
    if (!id) return;
    const turn = ++this.#turn;
    const current = () => turn === this.#turn && this.#view?.id === id;
    const { api } = this.#page;
    const ask = async (path, take) => {
      try {
        const answer = await api.get(path);
        if (current()) take(answer);
      } catch (error) {
        if (current() && path.endsWith("passages")) {
          this.#problem = error.status === 503 ? this.#page.t("desk.passages.error") : this.#page.explain(error);
          this.#drawPassages();
        }
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
      ask("desk/replies", ({ replies }) => {
        this.#replies = replies;
        this.#drawCanned();
      }),
      question ? ask(`desk/conversations/${id}/passages`, ({ passages }) => {
        this.#passages = passages;
        this.#problem = null;
        this.#drawPassages();
      }) : null,
    ]);
  }

  /** Puts the passage with this number, from 1, into the reply. */
  use(number) {
    const passage = (this.#found ?? this.#passages ?? [])[number - 1];
    if (passage && this.#own) this.#use(passage);
  }

  focusSearch() {
    this.element.querySelector("#pages-search")?.focus();
  }

  focusNote() {
    this.element.querySelector("#note")?.focus();
  }

  #build() {
    const { t } = this.#page;
    this.search = h("input", { class: "ds-input", type: "search", id: "pages-search", autocomplete: "off" });
    this.results = h("div", { class: "found" });
    this.count = h("p", { class: "none", role: "status" });
    this.passages.replaceChildren(
      h("h3", { class: "ds-heading", "data-size": "2xs", id: "passages-title", tabindex: "-1" }, t("desk.passages")),
      h("form", { class: "row", role: "search", onsubmit: (event) => this.#search(event) },
        h("label", { class: "sr-only", for: "pages-search" }, t("desk.search")), this.search,
        h("button", { type: "submit", class: "ds-button small", "data-variant": "secondary" }, t("desk.search.button"))),
      this.count, this.results);
    this.search.addEventListener("input", () => {
      if (this.search.value.trim()) return;
      this.#found = null;
      this.#drawPassages();
    });
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

  /** Draws a part anew; whoever was on something in it stays there, or comes to its heading. */
  #anew(part, parent, ...children) {
    const active = parent.contains(document.activeElement) ? document.activeElement : null;
    parent.replaceChildren(...children);
    if (!active) return;
    const { key } = active.dataset;
    (((key && parent.querySelector(`[data-key="${CSS.escape(key)}"]`)) || null) ?? part.querySelector("h3")).focus();
  }

  #drawPassages() {
    const { t, language } = this.#page;
    const passages = this.#found ?? this.#passages;
    this.count.textContent = this.#problem
      ?? (passages === null ? t("desk.passages.busy") : passages.length ? "" : t("desk.passages.none"));
    this.#anew(this.passages, this.results, h("ol", { class: "plain" }, ...(passages ?? []).map((passage) => {
      const { source, text } = passage;
      const name = source.heading ? `${source.title}: ${source.heading}` : source.title;
      return h("li", {},
        h("a", { class: "ds-link", href: source.url, target: "_blank", rel: "noopener", "data-key": `page-${source.url}` }, name),
        // It may scroll: then the keyboard must reach it.
        h("div", { class: "excerpt", dir: "auto", role: "group", tabindex: "0", "aria-label": name, "data-key": `text-${source.url}` }, markdown(text, { heading: "h4", tableLabel: t("desk.table") })),
        h("p", { class: "about" }, t("desk.passages.updated", { date: longDate(source.updated, language) })),
        this.#own
          ? h("button", { type: "button", class: "ds-button small", "data-variant": "secondary", "data-key": `use-${source.url}`, onclick: () => this.#use(passage) },
            t("desk.use"), h("span", { class: "sr-only" }, `: ${name}`))
          : null);
    })));
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
    this.#anew(this.canned, this.canned, ...[
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
    const focused = this.contact.contains(document.activeElement);
    this.contact.replaceChildren(
      h("h3", { class: "ds-heading", "data-size": "2xs", id: "contact-title", tabindex: "-1" }, t("desk.contact")),
      contact?.contact
        ? h("p", {}, h("strong", { class: "shared" }, contact.contact), h("br"), h("span", { class: "hint" }, t("desk.contact.kept")))
        : h("p", { class: "hint" }, t(contact ? "desk.contact.waiting" : "desk.contact.hint")),
      contact && !contact.contact ? "" : h("button", {
        type: "button", class: "ds-button small", "data-variant": "secondary", onclick: (event) => this.#askContact(event),
      }, t("desk.contact.ask")));
    if (focused) this.contact.querySelector("h3").focus();
  }

  #use({ text, source }) {
    const address = new URL(source.url, location.href).href;
    this.#tell("use", { text: `${plain(text)}\n${address}`, sources: [source] });
  }

  #fill({ text }) {
    const values = {
      operator: this.#page.session.name,
      municipality: this.#page.municipality.name,
      reference: this.#aside.reference,
    };
    this.#tell("use", { text: text.replace(PLACEHOLDER, (whole, name) => values[name] ?? whole), sources: [] });
  }

  async #search(event) {
    event.preventDefault();
    const query = this.search.value.trim();
    if (!query) return;
    const { id, language } = this.#view;
    try {
      const { passages } = await this.#page.api.get(`desk/search?${new URLSearchParams({ query, language })}`);
      if (this.#view?.id !== id) return;
      this.#found = passages;
      this.#problem = null;
    } catch (error) {
      this.#problem = error.status === 503 ? this.#page.t("desk.passages.error") : this.#page.explain(error);
    }
    this.#drawPassages();
    if (!this.#problem && this.#found.length) this.count.textContent = this.#page.t("desk.search.found", { count: this.#found.length });
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
