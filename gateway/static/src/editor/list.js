import { longDate } from "../shared/dates.js";
import { h } from "../shared/dom.js";
import { counted } from "../shared/texts.js";

const MOST = 200;

/** The articles, searched; `before` is shown ahead of them. Tells by events on its element: `editor:open` {id}, `editor:new`. */
export class ArticleList {
  #page;
  #articles = [];
  #query = "";
  #timer = null;
  #asked = 0;

  constructor(page, before) {
    this.#page = page;
    this.before = before;
    this.selected = null;
    this.results = h("div", { class: "results" });
    this.count = h("p", { class: "none", role: "status" });
    this.element = h("section", { class: "articles", "aria-labelledby": "articles-title" });
  }

  async refresh() {
    const turn = ++this.#asked;
    const query = new URLSearchParams({ query: this.#query, limit: String(MOST) });
    try {
      const { articles } = await this.#page.api.get(`editor/articles?${query}`);
      // Only the newest question's answer counts.
      if (turn !== this.#asked) return;
      this.#articles = articles;
      this.#drawResults();
    } catch (error) {
      if (turn === this.#asked) this.count.textContent = this.#page.explain(error);
    }
  }

  draw() {
    const { t } = this.#page;
    const search = h("input", {
      class: "ds-input", type: "search", id: "search", autocomplete: "off", value: this.#query,
      oninput: (event) => {
        this.#query = event.target.value;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.refresh(), 200);
      },
    });
    this.element.replaceChildren(
      h("div", { class: "row spread" },
        h("h2", { class: "ds-heading", "data-size": "xs", id: "articles-title", tabindex: "-1" }, t("editor.list")),
        h("button", { type: "button", class: "ds-button small", onclick: () => this.#tell("new") }, t("editor.new"))),
      this.before,
      h("div", { class: "ds-field" }, h("label", { class: "ds-label", for: "search" }, t("editor.search")), search),
      this.count, this.results);
    this.#drawResults();
  }

  #drawResults() {
    const { t, language } = this.#page;
    this.count.textContent = this.#articles.length
      ? counted(t, "editor.count", this.#articles.length)
      : t("editor.search.none");
    const focused = this.results.contains(document.activeElement) ? document.activeElement.dataset.id : null;
    this.results.replaceChildren(h("ul", {}, ...this.#articles.map((article) =>
      h("li", { class: article.id === this.selected ? "selected" : null },
        h("button", {
          type: "button", class: "open", "data-id": article.id, onclick: () => this.#tell("open", article.id),
          "aria-current": article.id === this.selected ? "true" : null,
        },
          h("span", { class: "said", lang: article.language }, article.title),
          h("span", { class: "about" },
            h("strong", { class: `tag ${article.status}` }, t(`editor.status.${article.status}`)),
            h("span", {}, t("editor.updated", { date: longDate(article.updated, language) }))))))));
    if (focused) this.results.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
  }

  #tell(name, id) {
    this.element.dispatchEvent(new CustomEvent(`editor:${name}`, { detail: { id } }));
  }
}
