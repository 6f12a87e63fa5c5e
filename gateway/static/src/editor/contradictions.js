import { h } from "../shared/dom.js";
import { counted } from "../shared/texts.js";

/**
 * Pairs of published articles that say the same thing with another figure. Nothing when there are
 * none. Tells by an event on its element: `editor:open` {id}.
 */
export class ContradictionList {
  #page;
  #found = [];

  constructor(page) {
    this.#page = page;
    this.element = h("div", { class: "contradictions" });
  }

  async refresh() {
    try {
      const { contradictions } = await this.#page.api.get("editor/contradictions");
      this.#found = contradictions;
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
    this.element.replaceChildren(h("section", { "aria-labelledby": "contradictions-title" },
      h("h2", { class: "ds-heading", "data-size": "2xs", id: "contradictions-title" }, t("editor.contradictions")),
      h("p", {}, t("editor.contradictions.text")),
      h("ul", {}, ...this.#found.map((one) => this.#pair(one)))));
  }

  #pair({ kind, sides, asked }) {
    const { t } = this.#page;
    return h("li", {},
      h("p", { class: "about" },
        h("strong", {}, t(`editor.contradictions.kind.${kind}`)),
        asked ? h("span", {}, counted(t, "editor.contradictions.asked", asked)) : null),
      ...sides.map(({ article, title, text }) => h("div", { class: "side" },
        h("p", {}, t("editor.contradictions.says", { title })),
        h("blockquote", { dir: "auto" }, text),
        h("button", {
          type: "button", class: "ds-button small", "data-variant": "tertiary",
          onclick: () => this.element.dispatchEvent(new CustomEvent("editor:open", { detail: { id: article } })),
        }, t("editor.contradictions.open", { title })))));
  }
}
