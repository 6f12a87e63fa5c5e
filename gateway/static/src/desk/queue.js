import { h } from "../shared/dom.js";
import { news, reason, waited } from "./words.js";

/**
 * The two lists: who waits, and the operator's own. Tells by events on its element: `desk:open` {id}
 * and `desk:claim` {id}.
 */
export class QueueList {
  #page;
  #known = null;
  #queue = { waiting: [], own: [] };
  #timer = null;

  constructor(page) {
    this.#page = page;
    this.unread = new Set();
    this.selected = null;
    this.element = h("div", { class: "queue" });
    this.live = h("p", { class: "live" });
  }

  start() {
    this.#timer = setInterval(() => this.#tick(), 15_000);
  }

  stop() {
    clearInterval(this.#timer);
  }

  has(id) {
    return [...this.#queue.waiting, ...this.#queue.own].some((item) => item.id === id);
  }

  show(queue) {
    const fresh = queue.waiting.filter((item) => this.#known && !this.#known.has(item.id)).length;
    this.#known = new Set([...queue.waiting, ...queue.own].map((item) => item.id));
    this.#queue = queue;
    this.draw();
    this.#page.count(queue.waiting.length);
    if (fresh) this.#page.announce(news(this.#page.t, fresh));
  }

  connected(connected) {
    this.live.textContent = this.#page.t(connected ? "desk.live" : "desk.offline");
    this.live.classList.toggle("off", !connected);
  }

  draw() {
    const { t } = this.#page;
    // The list is drawn anew while somebody may be on one of its buttons.
    const focused = this.element.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const list = (key, title, none, items, line) =>
      h("section", { "aria-labelledby": `queue-${key}` },
        h("h2", { class: "ds-heading", "data-size": "xs", id: `queue-${key}`, tabindex: "-1", "data-key": `heading-${key}` },
          title, h("span", { class: "count" }, String(items.length))),
        items.length ? h("ul", {}, ...items.map(line)) : h("p", { class: "none" }, none));
    this.element.replaceChildren(
      list("waiting", t("desk.waiting"), t("desk.waiting.none"), this.#queue.waiting, (item) => this.#line(item, true)),
      list("own", t("desk.own"), t("desk.own.none"), this.#queue.own, (item) => this.#line(item, false)),
      this.live);
    const back = focused && (this.element.querySelector(`[data-key="${CSS.escape(focused)}"]`)
      ?? this.element.querySelector("[data-key=heading-waiting]"));
    back?.focus();
  }

  #line(item, waiting) {
    const { t } = this.#page;
    const tell = (name) => () => this.element.dispatchEvent(new CustomEvent(`desk:${name}`, { detail: { id: item.id } }));
    const unread = this.unread.has(item.id);
    // Whoever waits is known by what they asked, rather than by the wish for a person that came last.
    const said = (waiting && item.handoff?.topic) || item.last_text || t("desk.empty_text");
    return h("li", { class: item.id === this.selected ? "selected" : null },
      h("button", {
        type: "button", class: "open", "data-key": `open-${item.id}`, onclick: tell("open"),
        "aria-current": item.id === this.selected ? "true" : null,
      },
        h("span", { class: "said", lang: item.language, dir: "auto" }, said),
        said !== item.last_text && item.last_text
          ? h("span", { class: "last", lang: item.language, dir: "auto" }, item.last_text)
          : null,
        h("span", { class: "about" },
          unread ? h("strong", { class: "tag" }, t("desk.unread")) : null,
          item.waiting_since && waiting
            ? h("span", { "data-since": item.waiting_since }, waited(t, item.waiting_since))
            : null,
          h("span", {}, reason(t, item.handoff)),
          h("span", {}, t(`desk.language.${item.language}`)))),
      waiting
        ? h("button", { type: "button", class: "ds-button small", "data-key": `claim-${item.id}`, onclick: tell("claim") },
          t("desk.claim"), h("span", { class: "sr-only" }, `: ${said}`))
        : null);
  }

  #tick() {
    for (const element of this.element.querySelectorAll("[data-since]")) {
      element.textContent = waited(this.#page.t, element.dataset.since);
    }
  }
}
