import { clock } from "../shared/dates.js";
import { h } from "../shared/dom.js";

const EVERY = 15_000; // ms
const SOON = 500; // ms

/**
 * What can be taken without waiting in the queue: conversations with the bot, where the municipality
 * allows it, and those that the operator has resolved. Tells by events on its element: `desk:pull` {id}
 * and `desk:reopen` {id}.
 */
export class OtherLists {
  #page;
  #presence;
  #active = [];
  #resolved = [];
  #timer = null;
  #soon = null;
  #asked = 0;
  #answered = 0;

  constructor(page, presence) {
    this.#page = page;
    this.#presence = presence;
    this.element = h("div", { class: "lists others" });
  }

  start() {
    this.#timer = setInterval(() => document.hidden || this.refresh(), EVERY);
  }

  stop() {
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
  }

  /** Refreshes in a moment, once for all that happens until then. */
  soon() {
    this.#soon ??= setTimeout(() => {
      this.#soon = null;
      this.refresh();
    }, SOON);
  }

  async refresh() {
    const { api } = this.#page;
    const asked = ++this.#asked;
    try {
      const [{ conversations: active }, { conversations: resolved }] = await Promise.all([
        this.#presence.mayPull ? api.get("desk/active") : { conversations: [] },
        api.get("desk/resolved"),
      ]);
      // An answer that was overtaken tells how it was before.
      if (asked < this.#answered) return;
      this.#answered = asked;
      [this.#active, this.#resolved] = [active, resolved];
      this.draw();
    } catch {
      // The queue tells when there is no connection; the lists stay as they were.
    }
  }

  draw() {
    const focused = this.element.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const { t, language } = this.#page;
    this.element.replaceChildren(
      ...(this.#presence.mayPull ? [this.#list("active", t("desk.active"), t("desk.active.none"), this.#active, (item) =>
        this.#line(item, "pull", t("desk.pull"), item.topic ?? item.last_text,
          item.topic ? item.last_text : null, t("desk.active.last", { time: clock(item.last_at, language) })))] : []),
      ...(this.#resolved.length ? [this.#list("resolved", t("desk.resolved"), "", this.#resolved, (item) =>
        this.#line(item, "reopen", t("desk.reopen"), item.topic ?? t("desk.empty_text"), null,
          t("desk.resolved.at", { time: clock(item.resolved_at, language) })))] : []));
    if (focused) {
      const back = this.element.querySelector(`[data-key="${CSS.escape(focused)}"]`) ?? this.element.querySelector("h2")
        ?? document.querySelector("[data-key=heading-own]");
      back?.focus();
    }
  }

  #list(key, title, none, items, line) {
    return h("section", { "aria-labelledby": `queue-${key}` },
      h("h2", { class: "ds-heading", "data-size": "xs", id: `queue-${key}`, tabindex: "-1" },
        title, h("span", { class: "count" }, String(items.length))),
      items.length ? h("ul", {}, ...items.map(line)) : h("p", { class: "none" }, none));
  }

  #line({ id, language }, name, button, said, last, about) {
    const { t } = this.#page;
    return h("li", {},
      h("div", { class: "open still" },
        h("span", { class: "said", lang: language, dir: "auto" }, said),
        last ? h("span", { class: "last", lang: language, dir: "auto" }, last) : null,
        h("span", { class: "about" }, h("span", {}, about), h("span", {}, t(`desk.language.${language}`)))),
      h("button", {
        type: "button", class: "ds-button small", "data-variant": "secondary", "data-key": `${name}-${id}`,
        onclick: () => this.element.dispatchEvent(new CustomEvent(`desk:${name}`, { detail: { id } })),
      }, button, h("span", { class: "sr-only" }, `: ${said}`)));
  }
}
