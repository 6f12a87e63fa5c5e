import { h } from "../shared/dom.js";

const PAUSE = 300; // ms without a keystroke

/** The text as the website will show it, made by the gateway with the same rules. */
export class Preview {
  #page;
  #timer = null;
  #asked = 0;

  constructor(page) {
    this.#page = page;
    this.title = h("h3", { class: "ds-heading", "data-size": "2xs", id: "preview-title" });
    this.body = h("div", { class: "prose" });
    this.element = h("section", { class: "preview", "aria-labelledby": "preview-title", tabindex: "0" }, this.title, this.body);
  }

  show(text, language, now = false) {
    this.title.textContent = this.#page.t("editor.preview");
    this.body.lang = language;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#render(text), now ? 0 : PAUSE);
  }

  async #render(text) {
    const turn = ++this.#asked;
    if (!text.trim()) {
      this.body.replaceChildren(h("p", { class: "hint" }, this.#page.t("editor.preview.empty")));
      return;
    }
    try {
      const { html } = await this.#page.api.post("editor/preview", { text });
      if (turn !== this.#asked) return;
      // The gateway has cleaned it; a parsed document besides runs nothing.
      const parsed = new DOMParser().parseFromString(html, "text/html");
      this.body.replaceChildren(...parsed.body.childNodes);
    } catch {
      if (turn === this.#asked) {
        this.body.replaceChildren(h("p", { class: "hint" }, this.#page.t("editor.preview.error")));
      }
    }
  }
}
