import { dateAndTime } from "../shared/dates.js";
import { h } from "../shared/dom.js";
import { field } from "../staff/field.js";

const DAY = 24 * 60 * 60 * 1000; // ms
const MINUTE = 60 * 1000; // ms

/** A moment as the field for one wants it: in the editor's own time zone, to the minute. */
function local(moment) {
  const date = new Date(moment);
  return new Date(date.getTime() - date.getTimezoneOffset() * MINUTE).toISOString().slice(0, 16);
}

function instant(value) {
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** What the municipality tells every resident for a while: the notices that are not over, and a form. */
export class Notices {
  #page;
  #found = [];
  #values = null;
  #id = null;
  #faults = [];
  #open = false;
  #busy = false;

  constructor(page) {
    this.#page = page;
    this.element = h("div", { class: "notices" });
    this.status = h("p", { class: "note", role: "status" });
    this.#blank();
  }

  async refresh() {
    try {
      this.#found = (await this.#page.api.get("editor/notices")).notices;
    } catch (error) {
      this.#say(this.#page.explain(error), "danger");
    }
    this.draw();
  }

  draw() {
    const { t } = this.#page;
    this.element.replaceChildren(h("details", {
      open: this.#open, ontoggle: (event) => (this.#open = event.target.open),
    },
      h("summary", {}, t("editor.notices"), this.#found.length ? ` (${this.#found.length})` : ""),
      h("div", { class: "inside" },
        h("p", { class: "hint" }, t("editor.notices.text")),
        this.#found.length ? h("ul", {}, ...this.#found.map((one) => this.#one(one))) : null,
        this.status,
        this.#form())));
  }

  #blank() {
    this.#id = null;
    this.#faults = [];
    const begins = Date.now();
    this.#values = { texts: {}, starts_at: local(begins), ends_at: local(begins + DAY) };
  }

  #one(notice) {
    const { t, language, municipality } = this.#page;
    const spoken = notice.texts[language] ? language : municipality.default_language;
    const text = notice.texts[spoken];
    const small = (key, pressed) => h("button", {
      type: "button", class: "ds-button small", "data-variant": "tertiary", onclick: pressed,
    }, t(key), h("span", { class: "sr-only" }, `: ${text.slice(0, 40)}`));
    return h("li", {},
      h("p", { class: "lines", dir: "auto", lang: spoken }, text),
      h("p", { class: "hint" }, t("editor.notices.period", {
        from: dateAndTime(notice.starts_at, language), until: dateAndTime(notice.ends_at, language),
      })),
      h("div", { class: "row" },
        small("editor.notices.change", () => this.#change(notice)),
        small("editor.notices.remove", () => this.#remove(notice))));
  }

  #form() {
    const { t, municipality } = this.#page;
    const several = municipality.languages.length > 1;
    const fields = [
      ...municipality.languages.map((language) => this.#field(
        `texts.${language}`, h("textarea", { rows: "3", lang: language, dir: "auto", maxlength: "500" }),
        t("editor.notices.words") + (several ? `, ${this.#page.languageName(language)}` : ""),
        this.#values.texts[language] ?? "", (value) => (this.#values.texts[language] = value))),
      this.#field("starts_at", h("input", { type: "datetime-local" }), t("editor.notices.from"),
        this.#values.starts_at, (value) => (this.#values.starts_at = value)),
      this.#field("ends_at", h("input", { type: "datetime-local" }), t("editor.notices.until"),
        this.#values.ends_at, (value) => (this.#values.ends_at = value)),
    ];
    return h("form", { novalidate: true, onsubmit: (event) => this.#save(event) },
      ...fields,
      h("div", { class: "row" },
        h("button", { class: "ds-button small" }, t(this.#id === null ? "editor.notices.show" : "editor.notices.save")),
        this.#id === null ? null : h("button", {
          type: "button", class: "ds-button small", "data-variant": "secondary", onclick: () => this.#cancel(),
        }, t("staff.cancel"))));
  }

  #field(name, control, label, value, changed) {
    control.id = `notice-${name.replace(".", "-")}`;
    control.value = value;
    control.addEventListener("input", () => changed(control.value));
    const made = field(control, label);
    const fault = this.#faults.find((one) => one.field === name);
    if (fault) {
      const key = name === "ends_at" ? "editor.notices.error.ends_at"
        : name === "starts_at" ? "editor.notices.error.starts_at"
          : fault.code === "required" ? "editor.notices.error.required" : "editor.error.too_long";
      made.error(this.#page.t(key));
    }
    return made.element;
  }

  #focus(id) {
    this.element.querySelector(`#${id}`)?.focus();
  }

  #change(notice) {
    this.#id = notice.id;
    this.#faults = [];
    this.#values = { texts: { ...notice.texts }, starts_at: local(notice.starts_at), ends_at: local(notice.ends_at) };
    this.#say("");
    this.draw();
    this.#focus(`notice-texts-${this.#page.municipality.default_language}`);
  }

  #cancel() {
    this.#blank();
    this.draw();
    this.element.querySelector("summary").focus();
  }

  #say(text, color = "success") {
    this.status.textContent = text;
    this.status.dataset.color = color;
  }

  async #save(event) {
    event.preventDefault();
    if (this.#busy) return;
    const body = {
      texts: { ...this.#values.texts },
      starts_at: instant(this.#values.starts_at),
      ends_at: instant(this.#values.ends_at),
    };
    await this.#doing(() => this.#id === null
      ? this.#page.api.post("editor/notices", body)
      : this.#page.api.put(`editor/notices/${this.#id}`, body), "editor.notices.shown");
  }

  async #remove(notice) {
    if (this.#busy) return;
    await this.#doing(() => this.#page.api.delete(`editor/notices/${notice.id}`), "editor.notices.removed", notice.id === this.#id);
  }

  /** Does a change; the form is emptied when it was what was sent, and keeps everything when refused. */
  async #doing(change, done, empties = true) {
    this.#busy = true;
    this.#faults = [];
    try {
      await change();
      if (empties) this.#blank();
      this.#say(this.#page.t(done));
      await this.refresh();
      this.element.querySelector("summary").focus();
    } catch (error) {
      if (error.status === 422 && error.faults.length) {
        this.#faults = error.faults;
        this.#say("");
        this.draw();
        this.element.querySelector("[aria-invalid]")?.focus();
      } else this.#say(this.#page.explain(error), "danger");
    } finally {
      this.#busy = false;
    }
  }
}
