import { h } from "./dom.js";

const EVERY = 3_000;
const LASTS = 5_000;

/** Lets a call through at most every three seconds; the calls in between are dropped. */
export function seldom(call) {
  let last = -Infinity;
  return (...values) => {
    if (performance.now() - last < EVERY) return;
    last = performance.now();
    call(...values);
  };
}

/** Three dots that say that something is on its way, hidden from assistive technology: words stand beside. */
export const dots = () => h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i"));

/**
 * The line that says that the other side is writing, gone when that has not been said for some
 * seconds. It can be read, but is never announced: it would interrupt each time somebody types.
 */
export class TypingLine {
  #timer = null;

  constructor() {
    this.element = h("p", { class: "writing" });
  }

  show(text) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.clear(), LASTS);
    if (!this.element.childElementCount) this.element.replaceChildren(dots(), text);
  }

  clear() {
    clearTimeout(this.#timer);
    this.element.replaceChildren();
  }
}
