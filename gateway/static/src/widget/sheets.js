import { h } from "../shared/dom.js";
import { FieldForm } from "./fields.js";

const EMAIL = { name: "email", label: "widget.ask.email_label", type: "email", autocomplete: "email", longest: 254 };

/** What the gateway found wrong with a field, in words. */
function wording({ field, code }) {
  if (code === "no_mail") return "widget.ask.no_mail";
  if (code === "too_many") return "widget.ask.too_many";
  if (field === "email") return "widget.ask.email_invalid";
  return field === "text" ? "widget.ask.text" : "widget.ask.no_contact";
}

/**
 * What stands in the place of the text field: the question whether to erase, a form for a mail and
 * one for a case. Tells by events: `svar:mail` and `svar:case` (an object of values), `svar:erase`
 * and `svar:leave`.
 */
export class Sheets extends EventTarget {
  constructor() {
    super();
    const button = (variant, name) => h("button", {
      type: "button", class: "ds-button", "data-variant": variant, onclick: () => this.#tell(name),
    });
    this.yes = button("primary", "erase");
    this.yes.classList.add("danger");
    this.no = button("secondary", "leave");
    this.question = h("p", { id: "question" });
    this.mail = new FieldForm("mail", "widget.menu.mail", [{ ...EMAIL, hint: "widget.menu_hint.mail" }]);
    this.case = new FieldForm("case", "widget.case", [
      { name: "text", label: "widget.ask.text_label", hint: "widget.form.hint", type: "area" }, EMAIL,
    ]);
    for (const name of ["mail", "case"]) {
      this[name].element.addEventListener("svar:give", ({ detail }) => this.#tell(name, detail));
      this[name].element.addEventListener("svar:leave", () => this.#tell("leave"));
    }
    this.erase = {
      element: h("div", { class: "confirm", role: "group", "aria-labelledby": "question", hidden: true },
        this.question, h("div", { class: "row" }, this.yes, this.no)),
      focus: () => this.no.focus(),
    };
    this.all = { erase: this.erase, mail: this.mail, case: this.case };
  }

  get elements() {
    return Object.values(this.all).map(({ element }) => element);
  }

  /** Shows one of them and moves focus into it, or none. */
  show(name) {
    for (const [each, { element }] of Object.entries(this.all)) element.hidden = each !== name;
    if (name) this.all[name].focus();
  }

  /** Sends what a form asked for; says beside its fields what is wrong with it. */
  async give(name, send) {
    const form = this[name];
    form.busy(true);
    try {
      await send();
      form.clear();
      return true;
    } catch (failure) {
      const faults = {};
      for (const fault of failure.faults ?? []) faults[fault.field] = form.t(wording(fault));
      form.fail(Object.keys(faults).length ? faults : { "": form.t("widget.ask.no_contact") });
      return false;
    } finally {
      form.busy(false);
    }
  }

  clear() {
    this.mail.clear();
    this.case.clear();
  }

  redraw(t) {
    for (const form of [this.mail, this.case]) {
      form.t = t;
      form.redraw();
    }
    this.question.textContent = t("widget.confirm.question");
    this.yes.textContent = t("widget.confirm.erase");
    this.no.textContent = t("widget.confirm.keep");
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(`svar:${name}`, { detail }));
  }
}
