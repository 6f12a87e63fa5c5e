import { attribute, h, icon } from "../shared/dom.js";
import { grow } from "./grow.js";

const LINES = 4;

/**
 * A few fields to fill in, with what is wrong said beside each. Nothing cuts or drops what was
 * typed: it stands there until `clear`, also when the form has been hidden meanwhile.
 *
 * `fields`: [{name, label, hint, type, autocomplete, longest}] with the keys of texts; type "area"
 * is a text of several lines. Tells by events on its element: `svar:give` (an object of values)
 * and `svar:leave`.
 */
export class FieldForm {
  #busy = false;
  #faults = {};

  constructor(id, title, fields) {
    this.title = title;
    this.fields = fields.map((field) => {
      const own = `${id}-${field.name}`;
      const area = field.type === "area";
      return {
        ...field,
        label: h("label", { for: own, class: "ds-label" }),
        hint: h("p", { id: `${own}-hint`, class: "hint" }),
        problem: h("p", { id: `${own}-problem`, class: "problem" }),
        input: h(area ? "textarea" : "input", {
          id: own, name: field.name, class: "ds-input", dir: "auto", required: true,
          "aria-describedby": `${own}-problem ${own}-hint`,
          ...(area ? { rows: String(LINES), oninput: ({ target }) => grow(target, LINES, 8) }
            : { type: field.type, autocomplete: field.autocomplete }),
        }),
        keys: field,
      };
    });
    this.heading = h("h3", { id: `${id}-title`, tabindex: "-1" });
    this.problem = h("p", { class: "problem", role: "alert" });
    this.send = h("button", { type: "submit", class: "ds-button", "data-variant": "primary" });
    this.cancel = h("button", {
      type: "button", class: "ds-button", "data-variant": "secondary", onclick: () => this.#tell("leave"),
    });
    this.element = h("form", {
      class: "sheet", novalidate: true, hidden: true, "aria-labelledby": `${id}-title`, onsubmit: (event) => this.#submit(event),
    },
      this.heading,
      ...this.fields.map(({ label, hint, problem, input }) => h("div", { class: "field" }, label, hint, problem, input)),
      this.problem,
      h("div", { class: "row" }, this.send, this.cancel));
  }

  value(name) {
    return this.#field(name).input.value;
  }

  /** Puts a text where nothing has been written. */
  suggest(name, text) {
    const { input } = this.#field(name);
    if (input.value.trim()) return;
    input.value = text;
    grow(input, LINES, 8);
  }

  clear() {
    for (const { input } of this.fields) input.value = "";
    this.fail({});
  }

  focus() {
    (this.fields.find(({ input }) => !input.value.trim()) ?? this.fields[0]).input.focus();
  }

  busy(value) {
    this.#busy = value;
    attribute(this.send, "aria-disabled", value ? "true" : null);
  }

  /** Says what is wrong: {name: text} for fields, {"": text} for the whole; moves focus to the first. */
  fail(faults) {
    this.#faults = faults;
    const say = (place, text) => place.replaceChildren(...(text ? [icon("alert"), h("span", {}, text)] : []));
    for (const { name, input, problem } of this.fields) {
      say(problem, faults[name]);
      attribute(input, "aria-invalid", faults[name] ? "true" : null);
    }
    say(this.problem, faults[""]);
    this.fields.find(({ name }) => faults[name])?.input.focus();
  }

  redraw() {
    const { t } = this;
    this.heading.textContent = t(this.title);
    for (const { keys, label, hint } of this.fields) {
      label.textContent = t(keys.label);
      hint.textContent = keys.hint ? t(keys.hint) : "";
    }
    this.send.textContent = t("widget.form.send");
    this.cancel.textContent = t("widget.ask.cancel");
    // In the other language it would be said again when tried again.
    if (Object.keys(this.#faults).length) this.fail({});
  }

  #field(name) {
    return this.fields.find((field) => field.name === name);
  }

  #submit(event) {
    event.preventDefault();
    if (this.#busy) return;
    const values = {};
    const faults = {};
    for (const { name, input, longest = 2000 } of this.fields) {
      const text = values[name] = input.value.trim();
      const over = [...text].length - longest;
      if (!text) faults[name] = this.t(`widget.ask.${name}`);
      else if (over > 0) faults[name] = this.t("widget.ask.long", { count: over });
    }
    this.fail(faults);
    if (!Object.keys(faults).length) this.#tell("give", values);
  }

  #tell(name, detail) {
    this.element.dispatchEvent(new CustomEvent(`svar:${name}`, { detail }));
  }
}
