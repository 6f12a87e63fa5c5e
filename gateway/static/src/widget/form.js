import { attribute, h, icon } from "../shared/dom.js";
import { counted } from "../shared/texts.js";
import { grow } from "./grow.js";

const LONGEST = 2000;
const COUNT_FROM = 1800;

/** Characters as the gateway counts them: code points of the stripped text. */
const length = (text) => [...text.trim()].length;

/**
 * Where the resident writes. Nothing cuts what was typed: too long a text is told, not lost.
 *
 * Keyboard: Enter sends, Shift+Enter makes a new line. Tells by events on its element: `svar:send`
 * {text}, `svar:draft` {text}, `svar:typing` (right now), `svar:hurry` (sent while busy).
 */
export class MessageForm {
  #busy = false;
  #error = null;

  constructor() {
    this.label = h("label", { for: "text", class: "ds-label" });
    this.input = h("textarea", {
      id: "text", class: "ds-input", rows: "1", dir: "auto", "aria-describedby": "hint counter problem", autocomplete: "off",
      oninput: () => {
        this.#typed();
        if (this.text.trim()) this.#tell("typing");
      },
      onkeydown: (event) => this.#key(event),
    });
    this.button = h("button", { type: "submit", class: "ds-button send" });
    this.hint = h("p", { id: "hint", class: "hint" });
    this.counter = h("p", { id: "counter", class: "counter" });
    this.problem = h("p", { id: "problem", class: "problem", role: "alert" });
    this.element = h("form", { novalidate: true, onsubmit: (event) => this.#submit(event) },
      this.label,
      this.problem,
      h("div", { class: "row" }, this.input, this.button),
      this.counter,
      this.hint);
  }

  get text() {
    return this.input.value;
  }

  /** Puts text back or in, without losing what has been written since. */
  restore(text) {
    const written = this.input.value;
    this.input.value = written.trim() && written !== text ? `${text}\n${written}` : text;
    this.#typed();
  }

  busy(value) {
    this.#busy = value;
    attribute(this.button, "aria-disabled", value ? "true" : null);
  }

  /** Says what is wrong with the text: a code (required, too_long, invalid) or null. */
  error(code) {
    this.#error = code;
    this.problem.replaceChildren(...(code ? [icon("alert"), h("span", {}, this.#message(code))] : []));
    attribute(this.input, "aria-invalid", code ? "true" : null);
  }

  focus() {
    this.input.focus({ preventScroll: true });
  }

  redraw() {
    this.label.textContent = this.t("widget.form.label");
    this.hint.textContent = this.t("widget.form.hint");
    this.button.replaceChildren(icon("send"), this.t("widget.form.send"));
    this.#count();
    if (this.#error) this.error(this.#error);
  }

  #message(code) {
    const over = length(this.text) - LONGEST;
    if (code === "too_long" && over > 0) return counted(this.t, "widget.error.too_long", over);
    return this.t(code === "required" ? "widget.error.required" : "widget.error.invalid");
  }

  #typed() {
    grow(this.input, 1, 6);
    this.#count();
    if (this.#error) this.error(length(this.text) > LONGEST ? "too_long" : null);
    this.#tell("draft", { text: this.text });
  }

  #count() {
    const left = LONGEST - length(this.text);
    this.counter.textContent = left > LONGEST - COUNT_FROM || left < 0 ? "" : counted(this.t, "widget.form.left", left);
    if (left < 0 && this.#error !== "too_long") this.error("too_long");
  }

  #key(event) {
    // While an input method composes a character, Enter belongs to it.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.element.requestSubmit();
  }

  #submit(event) {
    event.preventDefault();
    const size = length(this.text);
    if (!size || size > LONGEST) {
      this.error(size ? "too_long" : "required");
      this.input.focus();
    } else if (this.#busy) this.#tell("hurry");
    else {
      const text = this.text.trim();
      this.input.value = "";
      this.error(null);
      this.#typed();
      this.#tell("send", { text });
    }
  }

  #tell(name, detail) {
    this.element.dispatchEvent(new CustomEvent(`svar:${name}`, { detail, bubbles: true }));
  }
}
