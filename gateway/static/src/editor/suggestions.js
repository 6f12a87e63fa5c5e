import { longDate } from "../shared/dates.js";
import { h } from "../shared/dom.js";

/**
 * What operators answered that the pages could say. Nothing when there is none. Tells by an event on
 * its element: `editor:begin` {suggestion}.
 */
export class SuggestionList {
  #page;
  #found = [];

  constructor(page) {
    this.#page = page;
    this.element = h("div", { class: "contradictions suggestions" });
  }

  async refresh() {
    try {
      ({ suggestions: this.#found } = await this.#page.api.get("editor/suggestions"));
    } catch {
      // The articles' own list, beside it, says what is wrong.
      this.#found = [];
    }
    this.draw();
  }

  draw() {
    const { t } = this.#page;
    this.element.hidden = !this.#found.length;
    if (!this.#found.length) {
      this.element.replaceChildren();
      return;
    }
    this.element.replaceChildren(h("details", {},
      h("summary", {}, h("h2", { class: "ds-heading", "data-size": "2xs" }, `${t("editor.suggestions")} (${this.#found.length})`)),
      h("p", {}, t("editor.suggestions.text")),
      h("ul", {}, ...this.#found.map((one) => this.#item(one)))));
  }

  #item(suggestion) {
    const { t, language } = this.#page;
    const { question, answer, sources, suggested_by: operator, created_at } = suggestion;
    const said = { lang: suggestion.language, dir: "auto" };
    const named = question || answer.slice(0, 60);
    const button = (key, act) => h("button", { type: "button", class: "ds-button small", "data-variant": "tertiary", onclick: act },
      t(key), h("span", { class: "sr-only" }, `: ${named}`));
    return h("li", {},
      h("p", {}, h("strong", {}, t("editor.suggestions.question"))),
      question ? h("blockquote", said, question) : h("p", { class: "hint" }, t("editor.suggestions.erased")),
      h("p", {}, h("strong", {}, t("editor.suggestions.answer"))),
      h("blockquote", said, answer),
      sources.length ? h("p", { class: "about" }, t("editor.suggestions.sources"), ...sources.map(({ url, title, heading }) =>
        h("a", { class: "ds-link", href: url, target: "_blank", rel: "noopener" }, heading ? `${title}: ${heading}` : title))) : null,
      h("p", { class: "about" }, t("editor.suggestions.by", { operator, date: longDate(created_at.slice(0, 10), language) })),
      h("div", { class: "row" },
        button("editor.suggestions.draft", () =>
          this.element.dispatchEvent(new CustomEvent("editor:begin", { detail: { suggestion } }))),
        button("editor.suggestions.done", () => this.#done(suggestion))));
  }

  async #done({ id }) {
    const { api, t } = this.#page;
    try {
      await api.post(`editor/suggestions/${id}/done`);
    } catch (error) {
      if (error.status !== 404) return this.#page.announce(this.#page.explain(error));
    }
    this.#found = this.#found.filter((one) => one.id !== id);
    this.draw();
    const details = this.element.querySelector("details");
    if (details) details.open = true;
    (this.element.querySelector("summary") ?? document.querySelector("#articles-title"))?.focus();
    this.#page.announce(t("editor.suggestions.was_done"));
  }
}
