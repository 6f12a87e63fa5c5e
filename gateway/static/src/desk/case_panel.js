import { dateAndTime, longDate } from "../shared/dates.js";
import { attribute, h } from "../shared/dom.js";
import { field } from "../staff/field.js";
import { formDialog } from "./dialogs.js";

const LONGEST = 10_000;

/** A case with its thread and the reply. Tells by events on its element: `case:changed`, `case:back`. */
export class CasePanel {
  #page;
  #view = null;
  #departments = [];
  #drafts = new Map();

  constructor(page) {
    this.#page = page;
    this.element = h("section", { class: "conversation case", tabindex: "-1" });
    this.empty();
  }

  get reference() {
    return this.#view?.reference ?? null;
  }

  get unsaved() {
    return [...this.#drafts.values()].some((text) => text.trim());
  }

  empty(text = this.#page.t("cases.none_chosen")) {
    this.#view = null;
    attribute(this.element, "aria-label", this.#page.t("cases.case"));
    this.element.replaceChildren(h("p", { class: "none" }, text));
  }

  show(view, departments, { focus = false } = {}) {
    this.#view = view;
    this.#departments = departments;
    this.draw();
    if (focus) this.element.querySelector("h2").focus();
  }

  draw() {
    if (!this.#view) return this.empty();
    const { t, language } = this.#page;
    const view = this.#view;
    const open = view.status === "open";
    const tool = (text, act) =>
      h("button", { type: "button", class: "ds-button small", "data-variant": "secondary", onclick: act }, text);
    const thread = h("ol", { class: "transcript", "aria-label": t("cases.thread") },
      ...view.entries.map((entry) => this.#entry(entry)));
    this.element.replaceChildren(...[
      h("div", { class: "bar" },
        h("button", { type: "button", class: "ds-button small back", "data-variant": "tertiary", onclick: () => this.#tell("back") },
          t("desk.back")),
        h("h2", { class: "ds-heading", "data-size": "xs", tabindex: "-1" }, `${t("cases.case")} ${view.reference}`),
        open ? h("div", { class: "tools" },
          tool(t("cases.hand_over"), () => this.#handOver()), tool(t("cases.close"), () => this.#close())) : null),
      h("dl", { class: "facts" }, ...[
        [t("cases.deadline"), [longDate(view.deadline, language), view.overdue ? h("strong", { class: "tag late" }, t("cases.overdue")) : null]],
        [t("cases.department"), [this.#department(view.department)]],
        view.summary && view.summary !== view.question
          ? [t("cases.before"), [h("span", { class: "lines", lang: view.language, dir: "auto" }, view.summary)]] : null,
      ].filter(Boolean).map(([term, parts]) => h("div", {}, h("dt", {}, term), h("dd", {}, ...parts.filter(Boolean))))),
      thread,
      open && view.answerable ? this.#form()
        : h("p", { class: "alert" }, t(view.answerable ? "cases.is_closed" : "cases.no_address")),
    ].filter(Boolean));
    thread.lastElementChild?.scrollIntoView({ block: "nearest" });
  }

  #department(id) {
    const found = this.#departments.find((each) => each.id === id);
    return found ? found.name : this.#page.municipality.name;
  }

  #entry(entry) {
    const { t, language } = this.#page;
    const who = entry.kind === "handed" ? this.#department(entry.name || null) : entry.name;
    return h("li", { class: `message ${entry.kind === "reply" ? "operator" : entry.kind === "question" ? "resident" : entry.kind}` },
      h("p", { class: "author" },
        h("strong", {}, t(`cases.kind.${entry.kind}`, { name: who })), " ",
        h("time", { datetime: entry.created_at }, dateAndTime(entry.created_at, language)),
        entry.mail && entry.mail !== "sent"
          ? h("span", {}, " · ", h("strong", { class: entry.mail === "failed" ? "tag late" : "tag" }, t(`cases.mail.${entry.mail}`)))
          : null),
      entry.other_sender ? h("p", { class: "about" }, t("cases.other_sender")) : null,
      entry.text ? h("div", { class: "text lines", lang: entry.kind === "handed" ? null : this.#view.language, dir: "auto" }, entry.text) : null,
      entry.attachments.length ? h("p", { class: "about" }, t("cases.attachments", { names: entry.attachments.join(", ") })) : null);
  }

  #form() {
    const { t } = this.#page;
    const { reference } = this.#view;
    const reply = field(h("textarea", {
      id: "case-reply", rows: "6", lang: this.#view.language,
      oninput: () => {
        this.#drafts.set(reference, reply.control.value);
        if (reply.control.getAttribute("aria-invalid")) reply.error(null);
      },
    }), t("cases.reply"), { hint: t("cases.reply.hint") });
    reply.control.value = this.#drafts.get(reference) ?? "";
    const close = h("input", { type: "checkbox", class: "ds-input", id: "case-reply-close" });
    const button = h("button", { type: "submit", class: "ds-button" }, t("cases.reply.send"));
    return h("form", { class: "reply", novalidate: true, onsubmit: (event) => this.#send(event, reply, close, button) },
      reply.element,
      h("div", { class: "ds-field" }, close,
        h("label", { class: "ds-label", "data-weight": "regular", for: "case-reply-close" }, t("cases.reply.close"))),
      h("div", { class: "row" }, button));
  }

  async #send(event, reply, close, button) {
    event.preventDefault();
    const { t, api } = this.#page;
    const { reference, entries } = this.#view;
    const text = reply.control.value.trim();
    const length = [...text].length;
    if (!length || length > LONGEST) {
      reply.error(length ? t("cases.reply.too_long", { count: length }) : t("desk.reply.required"));
      reply.control.focus();
      return;
    }
    if (button.getAttribute("aria-disabled")) return;
    attribute(button, "aria-disabled", "true");
    try {
      const view = await api.post(`desk/cases/${reference}/reply`, { text, close: close.checked, seen: entries.at(-1).number });
      this.#drafts.delete(reference);
      this.#changed(view, t("cases.reply.sent"));
    } catch (error) {
      if (error.status !== 409) {
        reply.error(this.#page.explain(error));
        return;
      }
      await this.#reload(reference);
      this.#page.announce(t("cases.changed"));
      this.element.querySelector("form.reply")?.prepend(h("p", { class: "alert", "data-color": "danger" }, t("cases.changed")));
    } finally {
      attribute(button, "aria-disabled", null);
    }
  }

  #handOver() {
    const { t, api } = this.#page;
    const { reference, department } = this.#view;
    const own = { id: "", name: this.#page.municipality.name };
    const to = field(h("select", { id: "case-department" },
      ...[own, ...this.#departments].filter(({ id }) => id !== (department ?? ""))
        .map(({ id, name }) => h("option", { value: id }, name))), t("cases.hand_over.to"));
    const note = field(h("textarea", { id: "case-note", rows: "3", maxlength: "2000" }), t("cases.hand_over.note"),
      { hint: t("cases.hand_over.hint") });
    formDialog(this.#page, {
      id: "case-hand-over",
      title: t("cases.hand_over.title"),
      button: t("cases.hand_over"),
      parts: [to.element, note.element],
      submit: () => this.#act(() => api.post(`desk/cases/${reference}/department`, {
        department: to.control.value || null, note: note.control.value.trim(),
      }), t("cases.hand_over.done")),
    });
  }

  #close() {
    const { t, api } = this.#page;
    const { reference } = this.#view;
    formDialog(this.#page, {
      id: "case-close",
      title: t("cases.close.title"),
      button: t("cases.close"),
      parts: [h("p", {}, t("cases.close.hint"))],
      submit: () => this.#act(() => api.post(`desk/cases/${reference}/close`), t("cases.close.done")),
    });
  }

  async #act(ask, done) {
    const { reference } = this.#view;
    try {
      this.#changed(await ask(), done);
    } catch (error) {
      if (error.status !== 409) throw error;
      await this.#reload(reference);
      this.#page.announce(this.#page.t("cases.changed"));
    }
    return true;
  }

  async #reload(reference) {
    try {
      this.show(await this.#page.api.get(`desk/cases/${reference}`), this.#departments);
    } catch (error) {
      this.#page.announce(this.#page.explain(error));
    }
  }

  #changed(view, text) {
    this.show(view, this.#departments, { focus: true });
    this.#page.announce(text);
    this.#tell("changed");
  }

  #tell(name) {
    this.element.dispatchEvent(new CustomEvent(`case:${name}`));
  }
}
