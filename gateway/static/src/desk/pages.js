import { longDate } from "../shared/dates.js";
import { h } from "../shared/dom.js";
import { markdown } from "../shared/markdown.js";
import { anew } from "./anew.js";

/** Markdown as it reads in a reply, which is plain text: without signs, links with their address. */
export function plain(text) {
  return text
    .replace(/^#{1,6}\s+/gm, "")
    .replace(/\*\*(.+?)\*\*/g, "$1")
    .replace(/\[([^\]]+)\]\(([^)\s]+)\)/g, "$1 ($2)")
    .trim();
}

/**
 * What the municipality's pages say: the best passages for the resident's last question, or what the
 * operator searched for. Tells by an event on its element: `desk:use` {text, sources}.
 */
export class Pages {
  #page;
  #view = null;
  #passages = null;
  #found = null;
  #problem = null;

  constructor(page) {
    this.#page = page;
    this.element = h("section", { class: "passages", "aria-labelledby": "passages-title" });
  }

  /** Shows what belongs to a conversation; of another one nothing is known yet. */
  show(view) {
    if (this.#view?.id !== view.id) this.#passages = this.#found = this.#problem = null;
    this.#view = view;
  }

  /** The passages for the resident's last question. */
  set passages(passages) {
    this.#passages = passages;
    this.#problem = null;
    this.#drawResults();
  }

  /** Why there are none. */
  refused(error) {
    this.#problem = error.status === 503 ? this.#page.t("desk.passages.error") : this.#page.explain(error);
    this.#drawResults();
  }

  /** Puts the passage with this number, from 1, into the reply. */
  use(number) {
    const passage = (this.#found ?? this.#passages ?? [])[number - 1];
    if (passage && this.#own) this.#use(passage);
  }

  focusSearch() {
    this.search?.focus();
  }

  get #own() {
    return this.#view?.status === "with_operator";
  }

  draw() {
    const { t } = this.#page;
    this.search = h("input", { class: "ds-input", type: "search", id: "pages-search", autocomplete: "off" });
    this.results = h("div", { class: "found" });
    this.count = h("p", { class: "none", role: "status" });
    this.element.replaceChildren(
      h("h3", { class: "ds-heading", "data-size": "2xs", id: "passages-title", tabindex: "-1" }, t("desk.passages")),
      h("form", { class: "row", role: "search", onsubmit: (event) => this.#search(event) },
        h("label", { class: "sr-only", for: "pages-search" }, t("desk.search")), this.search,
        h("button", { type: "submit", class: "ds-button small", "data-variant": "secondary" }, t("desk.search.button"))),
      this.count, this.results);
    this.search.addEventListener("input", () => {
      if (this.search.value.trim()) return;
      this.#found = null;
      this.#drawResults();
    });
    this.#drawResults();
  }

  #drawResults() {
    const { t, language } = this.#page;
    const passages = this.#found ?? this.#passages;
    this.count.textContent = this.#problem
      ?? (passages === null ? t("desk.passages.busy") : passages.length ? "" : t("desk.passages.none"));
    anew(this.element, this.results, h("ol", { class: "plain" }, ...(passages ?? []).map((passage) => {
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

  #use({ text, source }) {
    const address = new URL(source.url, location.href).href;
    const detail = { text: `${plain(text)}\n${address}`, sources: [source] };
    this.element.dispatchEvent(new CustomEvent("desk:use", { detail }));
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
      return this.refused(error);
    }
    this.#drawResults();
    if (this.#found.length) this.count.textContent = this.#page.t("desk.search.found", { count: this.#found.length });
  }
}
