import { h } from "../shared/dom.js";
import { news, reason, waited } from "./words.js";

/**
 * The two lists: who waits, and the operator's own. Tells by events on its element: `desk:open` {id},
 * `desk:claim` {id} and `desk:new` {text} when somebody begins to wait. `limit` is how many
 * conversations one may have at once; `departments`, once known, their names: [{id, name}].
 */
export class QueueList {
  #page;
  #department = "";
  #known = null;
  #places = null;
  // The lines as they were drawn last: a busy queue changes often, but only a few of its lines.
  #drawn = new Map();
  #queue = { waiting: [], own: [] };
  #timer = null;
  #connected = true;

  constructor(page) {
    this.#page = page;
    this.unread = new Set();
    this.selected = null;
    this.limit = null;
    this.departments = null;
    // Each part is drawn by itself, so that none takes the focus from another.
    this.notice = h("p", { class: "alert", role: "alert", hidden: true });
    this.filter = h("div", { class: "ds-field filter", hidden: true });
    this.lists = h("div", { class: "lists" });
    this.live = h("p", { class: "live" });
    this.element = h("div", { class: "queue" }, this.notice, this.filter, this.lists, this.live);
  }

  start() {
    this.#timer = setInterval(() => this.#tick(), 15_000);
  }

  stop() {
    clearInterval(this.#timer);
  }

  get ofDepartments() {
    return [...this.#queue.waiting, ...this.#queue.own].some(({ department }) => department);
  }

  has(id) {
    return [...this.#queue.waiting, ...this.#queue.own].some((item) => item.id === id);
  }

  /** Shows the queue as it is now; tells whether a conversation came, went or was taken. */
  show(queue) {
    const fresh = queue.waiting.filter((item) => this.#known && !this.#known.has(item.id)).length;
    const places = [...queue.waiting, ...queue.own].map(({ id, status }) => `${id} ${status}`).join();
    const moved = places !== this.#places;
    this.#places = places;
    this.#known = new Set([...queue.waiting, ...queue.own].map((item) => item.id));
    this.#queue = queue;
    this.draw();
    this.#page.count(queue.waiting.length);
    if (fresh) {
      const text = news(this.#page.t, fresh);
      this.#page.announce(text);
      this.element.dispatchEvent(new CustomEvent("desk:new", { detail: { text } }));
    }
    return moved;
  }

  /** Says what could not be done, until something is. */
  say(text) {
    this.notice.textContent = text;
    this.notice.hidden = !text;
  }

  /** The id of who has waited longest among those shown. */
  get oldest() {
    return this.#shown[0]?.id ?? null;
  }

  /** Moves the focus to the next line, or the one before. */
  step(by) {
    const lines = [...this.lists.querySelectorAll(".open")];
    const from = lines.findIndex((line) => line.parentElement.contains(document.activeElement));
    const start = from < 0 ? lines.findIndex((line) => line.dataset.key === `open-${this.selected}`) : from;
    lines[Math.min(lines.length - 1, Math.max(0, start + by))]?.focus();
  }

  get #shown() {
    const { waiting } = this.#queue;
    return this.#department ? waiting.filter(({ department }) => department === this.#department) : waiting;
  }

  connected(connected) {
    this.#connected = connected;
    this.live.textContent = this.#page.t(connected ? "desk.live" : "desk.offline");
    this.live.classList.toggle("off", !connected);
  }

  draw() {
    const { t } = this.#page;
    this.connected(this.#connected);
    this.#drawFilter();
    // The list is drawn anew while somebody may be on one of its buttons.
    const focused = this.lists.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const list = (key, title, none, items, line, count = String(items.length)) =>
      h("section", { "aria-labelledby": `queue-${key}` },
        h("h2", { class: "ds-heading", "data-size": "xs", id: `queue-${key}`, tabindex: "-1", "data-key": `heading-${key}` },
          title, h("span", { class: "count" }, count)),
        items.length ? h("ul", {}, ...items.map(line)) : h("p", { class: "none" }, none));
    const { own } = this.#queue;
    const before = this.#drawn;
    this.#drawn = new Map();
    const line = (item, waiting) => {
      const reads = [item, waiting, item.id === this.selected, this.unread.has(item.id), t, this.departments];
      let drawn = before.get(item.id);
      if (!drawn || reads.some((each, index) => each !== drawn.reads[index])) drawn = { reads, element: this.#line(item, waiting) };
      this.#drawn.set(item.id, drawn);
      return drawn.element;
    };
    this.lists.replaceChildren(
      list("waiting", t("desk.waiting"), t("desk.waiting.none"), this.#shown, (item) => line(item, true)),
      list("own", t("desk.own"), t("desk.own.none"), own, (item) => line(item, false),
        this.limit ? t("desk.own.count", { count: own.length, limit: this.limit }) : String(own.length)));
    const back = focused && (this.element.querySelector(`[data-key="${CSS.escape(focused)}"]`)
      ?? this.element.querySelector("[data-key=heading-waiting]"));
    back?.focus();
  }

  #named(department) {
    return this.departments?.find(({ id }) => id === department)?.name[this.#page.language] ?? department;
  }

  #drawFilter() {
    const { t } = this.#page;
    const departments = new Map(this.#queue.waiting.filter(({ department }) => department)
      .map(({ department }) => [department, this.#named(department)]));
    if (this.#department) departments.set(this.#department, this.#named(this.#department));
    this.filter.hidden = !departments.size;
    // The list is open while somebody chooses: it is only written anew when it has changed.
    const wanted = JSON.stringify([t("desk.filter"), this.#department, ...departments]);
    if (this.filter.dataset.has === wanted) return;
    this.filter.dataset.has = wanted;
    const focused = this.filter.contains(document.activeElement);
    const select = h("select", {
      class: "ds-input", id: "filter", onchange: (event) => {
        this.#department = event.target.value;
        this.draw();
      },
    }, h("option", { value: "" }, t("desk.filter.all")), ...[...departments].map(([id, name]) =>
      h("option", { value: id, selected: id === this.#department }, name)));
    this.filter.replaceChildren(h("label", { class: "ds-label", for: "filter" }, t("desk.filter")), select);
    if (focused) select.focus();
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
          item.department ? h("span", {}, this.#named(item.department)) : null,
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
