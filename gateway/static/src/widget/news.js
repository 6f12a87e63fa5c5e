import { h, icon } from "../shared/dom.js";
import { longDate } from "../shared/dates.js";

/**
 * The municipality's notice at the top, with its date. Tells that it was hidden by `svar:hide`
 * {since} on its element.
 */
export class News {
  #notice = null;

  constructor() {
    this.text = h("div", { dir: "auto" });
    this.closer = h("button", {
      type: "button", class: "ds-button small", "data-variant": "tertiary", onclick: () => this.#hide(),
    });
    this.element = h("section", { class: "news", hidden: true }, icon("alert"), this.text, this.closer);
  }

  /** `read` is the date of the notice that was hidden before. */
  show(notice, read) {
    this.#notice = notice;
    this.element.hidden = !notice || notice.since === read;
  }

  redraw(t, language) {
    if (this.element.hidden) return;
    const { since, text } = this.#notice;
    this.element.setAttribute("aria-label", t("widget.news"));
    this.text.replaceChildren(h("p", { class: "updated" }, longDate(since.slice(0, 10), language)), h("p", {}, text));
    this.closer.replaceChildren(t("widget.news.hide"));
  }

  #hide() {
    this.element.hidden = true;
    const { since } = this.#notice;
    this.element.dispatchEvent(new CustomEvent("svar:hide", { detail: { since } }));
  }
}
