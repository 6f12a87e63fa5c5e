import { longDate } from "../shared/dates.js";
import { h } from "../shared/dom.js";

/** Open cases by deadline, then closed ones. Tells by an event on its element: `case:open` {reference}. */
export class CaseList {
  #page;
  #cases = [];

  constructor(page) {
    this.#page = page;
    this.selected = null;
    this.element = h("div", { class: "queue" });
  }

  show(cases) {
    this.#cases = cases;
    this.draw();
  }

  focusHeading() {
    this.element.querySelector("h2")?.focus();
  }

  draw() {
    const { t } = this.#page;
    // The list is drawn anew while somebody may be on one of its buttons.
    const focused = this.element.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const list = (key, title, none, items) =>
      h("section", { "aria-labelledby": `cases-${key}` },
        h("h2", { class: "ds-heading", "data-size": "xs", id: `cases-${key}`, tabindex: "-1", "data-key": `heading-${key}` },
          title, h("span", { class: "count" }, String(items.length))),
        items.length ? h("ul", {}, ...items.map((item) => this.#line(item))) : h("p", { class: "none" }, none));
    const of = (status) => this.#cases.filter((item) => item.status === status);
    this.element.replaceChildren(
      list("open", t("cases.open"), t("cases.open.none"), of("open")),
      list("closed", t("cases.closed"), t("cases.closed.none"), of("closed")));
    const back = focused && (this.element.querySelector(`[data-key="${CSS.escape(focused)}"]`)
      ?? this.element.querySelector("[data-key=heading-open]"));
    back?.focus();
  }

  #line(item) {
    const { t, language } = this.#page;
    const open = () =>
      this.element.dispatchEvent(new CustomEvent("case:open", { detail: { reference: item.reference } }));
    const deadline = longDate(item.deadline, language);
    return h("li", { class: item.reference === this.selected ? "selected" : null },
      h("button", {
        type: "button", class: "open", "data-key": `open-${item.reference}`, onclick: open,
        "aria-current": item.reference === this.selected ? "true" : null,
      },
        h("span", { class: "said", lang: item.language, dir: "auto" }, item.question),
        h("span", { class: "about" },
          item.overdue ? h("strong", { class: "tag late" }, t("cases.overdue")) : null,
          item.status === "open" ? h("span", {}, t("cases.due", { deadline })) : null,
          item.answer_due ? h("strong", { class: "tag changed" }, t("cases.answer_due")) : null,
          item.undelivered ? h("strong", { class: "tag late" }, t("cases.mail.failed")) : null,
          h("span", {}, item.reference))));
  }
}
