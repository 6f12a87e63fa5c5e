import { attribute, h } from "../shared/dom.js";
import { messageElement, offersPerson, unfold } from "./message.js";

// Pixels between the log's edge and what it is scrolled to.
const MARGIN = 8;
const LONGEST_COMMENT = 500;

/**
 * The messages, as a log that screen readers announce additions to.
 *
 * Tells what the resident does by events on its element: `svar:choose` {text}, `svar:retry`
 * {client_id}, `svar:feedback` {seq, helpful}, `svar:comment` {seq, text}, `svar:case` (a question
 * is to be left), `svar:source` (a link was followed); and by `svar:offer` {person} whether the last message offers a person.
 */
export class MessageList {
  #items = [];
  #silent = null;

  constructor() {
    this.language = "sv";
    this.municipality = "";
    this.element = h("div", {
      class: "log", role: "log", tabindex: "0", "aria-live": "polite", "aria-relevant": "additions",
      onclick: (event) => this.#clicked(event),
      oninput: (event) => (this.#itemOf(event.target).comment = event.target.value),
      onsubmit: (event) => this.#commented(event),
    });
  }

  get size() {
    return this.#items.length;
  }

  /** Whether the resident has written anything. */
  get spoken() {
    return this.#items.some(({ message }) => message.author === "resident");
  }

  /** Shows a stored message, in the place of the resident's pending one if it is that. */
  add(message) {
    const pending = message.client_id
      ? this.#items.findIndex((item) => item.message.client_id === message.client_id)
      : -1;
    if (pending >= 0) {
      this.#items[pending] = { ...this.#items[pending], message, state: "sent" };
      this.#sort();
      this.#redraw(this.#items.find((item) => item.message === message));
      return;
    }
    const item = { message, state: message.author === "resident" ? "sent" : null };
    this.#items.push(item);
    this.#sort();
    this.#closeChoices();
    this.#place(item);
    this.#offer();
    this.#scroll(item);
  }

  /** Shows what the resident just wrote, or how far it has come. */
  deliver({ client_id, text, state, code }) {
    const item = this.#items.find((one) => one.message.client_id === client_id);
    if (!item) {
      if (!text || state === "sent") return;
      const own = { message: { author: "resident", text, client_id }, state };
      this.#items.push(own);
      this.#closeChoices();
      this.#place(own);
      this.#offer();
      this.#scroll(own);
    } else if (!(item.message.seq && state !== "sent")) {
      Object.assign(item, { state, code });
      this.#redraw(item);
    }
  }

  withdraw(client_id) {
    const item = this.#items.find((one) => one.message.client_id === client_id && !one.message.seq);
    if (!item) return;
    item.element.remove();
    this.#items.splice(this.#items.indexOf(item), 1);
    this.#closeChoices();
    this.#offer();
  }

  /** What the resident thought of a message; undefined gives the buttons back. */
  rate(seq, helpful) {
    const item = this.#items.find((one) => one.message.seq === seq);
    if (!item) return;
    item.given = helpful;
    this.#redraw(item);
    (item.element.querySelector(".thanks") ?? this.element).focus();
    // The field for a line more is below what has the focus.
    item.element.querySelector(".feedback")?.scrollIntoView({ block: "nearest" });
  }

  /** Thanks for what was added to a rating, or says why it did not arrive. */
  comment(seq, problem) {
    const item = this.#items.find((one) => one.message.seq === seq);
    if (!item) return;
    if (problem) item.element.querySelector(".feedback [role=alert]").textContent = problem;
    else {
      item.commented = true;
      this.#redraw(item);
      (item.element.querySelector(".thanks") ?? this.element).focus();
    }
  }

  /** Notes that a message took an offer in words: it asks nothing. */
  wished(client_id) {
    for (const { message } of this.#items) if (message.client_id === client_id) message.wish = true;
  }

  /** What the resident has asked, without the wishes they took. */
  get asked() {
    const wishes = new Set(this.#items.flatMap(({ message }) => message.choices ?? [])
      .filter(({ action }) => action).map(({ text }) => text));
    return this.#items.map(({ message }) => message)
      .filter(({ author, text, wish }) => author === "resident" && !wish && !wishes.has(text))
      .slice(-3).map(({ text }) => text).join("\n");
  }

  /** Removes the stored messages; what was never stored stays, to be sent again. */
  clear() {
    this.#items = this.#items.filter((item) => item.message.client_id && !item.message.seq);
    this.redraw();
  }

  empty() {
    this.#items = [];
    this.redraw();
  }

  /** Draws all again, in another language for instance, without announcing it all again. */
  redraw() {
    this.hush(true);
    this.element.replaceChildren();
    for (const item of this.#items) this.element.append(this.#draw(item));
    this.#offer();
    this.hush(false);
  }

  /** Stops announcements while what is put in is history, not news, and begins them again. */
  hush(quiet) {
    clearTimeout(this.#silent);
    if (quiet) this.element.setAttribute("aria-live", "off");
    // Assistive technology looks a moment later at what has changed.
    else this.#silent = setTimeout(() => this.element.setAttribute("aria-live", "polite"), 200);
  }

  /**
   * Scrolls to where reading begins: the top of the last answer, with its source, and above it the
   * question if both fit.
   */
  toLatest() {
    this.#scroll(this.#items.at(-1));
  }

  #offer() {
    this.#tell("offer", { person: offersPerson(this.#items.at(-1)?.message) });
  }

  #sort() {
    const rank = (item) => item.message.seq ?? Infinity;
    // Stable, so that messages without a number keep the order in which they were written.
    this.#items.sort((one, other) => (rank(one) === rank(other) ? 0 : rank(one) - rank(other)));
  }

  #open(item) {
    return item === this.#items.at(-1) && item.message.author !== "resident";
  }

  #closeChoices() {
    for (const item of this.#items) {
      if (!item.element || this.#open(item)) continue;
      for (const shown of item.element.querySelectorAll(".choices, .offer")) {
        // Focus must not fall out of the panel with the button that had it.
        if (shown.contains(this.element.getRootNode().activeElement)) this.element.focus();
        shown.remove();
      }
    }
  }

  #draw(item) {
    item.element = messageElement(item.message, {
      ...item,
      open: this.#open(item),
      t: this.t,
      language: this.language,
      municipality: this.municipality,
    });
    return item.element;
  }

  #place(item) {
    const element = this.#draw(item);
    const next = this.#items[this.#items.indexOf(item) + 1]?.element;
    if (next) this.element.insertBefore(element, next);
    else this.element.append(element);
  }

  /** Changes only the parts that differ: a log announces what is put in, and this is no new message. */
  #redraw(item) {
    const old = item.element;
    const focused = old.contains(this.element.getRootNode().activeElement);
    const fresh = this.#draw(item);
    item.element = old;
    old.className = fresh.className;
    attribute(old, "data-seq", item.message.seq ?? null);
    for (const part of [".bubble", ".problem", ".meta", ".feedback"]) {
      const [before, after] = [old.querySelector(`:scope > ${part}`), fresh.querySelector(`:scope > ${part}`)];
      if (before?.outerHTML === after?.outerHTML) continue;
      if (!after) before.remove();
      else if (before) before.replaceWith(after);
      else old.querySelector(":scope > .meta").before(after);
    }
    const next = this.#items[this.#items.indexOf(item) + 1]?.element ?? null;
    if (old.nextElementSibling !== next) this.element.insertBefore(old, next);
    if (focused) this.element.focus();
  }

  #scroll(item) {
    if (this.#items.length < 2) return;
    let first = this.#items.indexOf(item);
    if (item.message.author === "bot") {
      while (this.#items[first - 1]?.message.author === "bot") first -= 1;
    }
    const edge = (one, side) => one.element.getBoundingClientRect()[side];
    const question = this.#items.slice(0, first).findLast(({ message }) => message.author === "resident");
    const room = this.element.clientHeight - 2 * MARGIN;
    const both = question && edge(item, "bottom") - edge(question, "top") <= room;
    const shown = both ? question : this.#items[first];
    // At once: a smooth way there ends where it is when what stands around the log changes meanwhile.
    this.element.scrollTop += edge(shown, "top") - this.element.getBoundingClientRect().top - MARGIN;
    // At 400% zoom it is the panel that scrolls.
    if (this.element.scrollHeight <= this.element.clientHeight) shown.element.scrollIntoView();
  }

  #itemOf(target) {
    return this.#items.find((one) => one.element.contains(target));
  }

  #commented(event) {
    event.preventDefault();
    const { message, comment = "" } = this.#itemOf(event.target);
    const text = comment.trim();
    const over = [...text].length - LONGEST_COMMENT;
    if (over > 0) this.comment(message.seq, this.t("widget.ask.long", { count: over }));
    else if (text) this.#tell("comment", { seq: message.seq, text });
    else event.target.querySelector("input").focus();
  }

  #clicked(event) {
    const target = event.target.closest("button, a");
    if (!target) return;
    const item = this.#itemOf(target);
    const { choice, helpful, retry } = target.dataset;
    if (choice && item.message.choices[choice].action === "case") this.#tell("case");
    else if (choice) this.#tell("choose", { text: item.message.choices[choice].text });
    else if (helpful) this.#tell("feedback", { seq: item.message.seq, helpful: helpful === "true" });
    else if (retry !== undefined) this.#tell("retry", { client_id: item.message.client_id, text: item.message.text });
    else if (target.dataset.unfold !== undefined) {
      item.unfolded = !item.unfolded;
      unfold(item.element, item.unfolded, this.t);
    }
    else if (target.matches("a[href]")) this.#tell("source");
  }

  #tell(name, detail) {
    this.element.dispatchEvent(new CustomEvent(`svar:${name}`, { detail, bubbles: true }));
  }
}
