import { dateAndTime, longDate } from "../shared/dates.js";
import { attribute, h } from "../shared/dom.js";
import { CASE } from "../staff/drafts.js";
import { field } from "../staff/field.js";
import { formDialog } from "./dialogs.js";

const LONGEST = 10_000;
const NEAR = 40; // px

const answerable = (view) => view.status === "open" && view.answerable;

/** A case with its thread and the reply. Tells by events on its element: `case:changed`, `case:back`. */
export class CasePanel {
  #page;
  #view = null;
  #departments = [];
  #facts;
  #thread;
  #shown = 0;
  /** What the operator does right now: a promise, so that nothing older is shown over its outcome. */
  #doing = null;

  constructor(page) {
    this.#page = page;
    this.element = h("section", { class: "conversation case", tabindex: "-1" });
    this.empty();
  }

  get #draft() {
    return this.#page.drafts.get(CASE + this.reference, "reply");
  }

  get reference() {
    return this.#view?.reference ?? null;
  }

  empty(text = this.#page.t("cases.none_chosen")) {
    this.#view = null;
    attribute(this.element, "aria-label", this.#page.t("cases.case"));
    this.element.replaceChildren(h("p", { class: "none" }, text));
  }

  show(view, departments, { focus = false } = {}) {
    this.#shown += 1;
    this.#view = view;
    this.#departments = departments;
    this.draw();
    if (focus) this.#focusHeading();
  }

  #focusHeading() {
    const focus = () => this.element.querySelector("h2")?.focus();
    // Nothing behind a modal dialog takes the focus, and the button that it would go back to is gone.
    const modal = document.querySelector("dialog[open]");
    if (modal) modal.addEventListener("close", focus, { once: true });
    else focus();
  }

  draw() {
    if (!this.#view) return this.empty();
    this.#facts = h("dl", { class: "facts" });
    this.#thread = h("ol", { class: "transcript", "aria-label": this.#page.t("cases.thread"), tabindex: "0" });
    this.#fill();
    this.element.replaceChildren(this.#bar(), this.#facts, this.#thread, this.#foot());
    this.#thread.lastElementChild?.scrollIntoView({ block: "nearest" });
  }

  /** Shows what has changed elsewhere; what is being typed stays, and so does the focus. */
  async follow() {
    await this.#doing?.catch(() => {});
    if (!this.#view) return;
    const shown = this.#shown;
    let view;
    try {
      view = await this.#page.api.get(`desk/cases/${this.reference}`);
    } catch (error) {
      // Else it is said when something is next done here.
      if (error.status === 404 && shown === this.#shown) this.empty(this.#page.t("cases.gone"));
      return;
    }
    if (this.#doing) {
      await this.follow();
      return;
    }
    if (shown !== this.#shown || JSON.stringify(view) === JSON.stringify(this.#view)) return;
    const before = this.#view;
    this.#redraw(view);
    const fresh = view.entries.filter(({ number }) => !before.entries.some((entry) => entry.number === number));
    if (fresh.length) this.#page.announce(fresh.map((entry) => this.#title(entry)).join(". "));
    if (this.#draft?.trim() && fresh.some(({ kind }) => kind === "resident" || kind === "reply")) this.#warn();
  }

  #redraw(view) {
    const before = this.#view;
    this.#shown += 1;
    this.#view = view;
    const thread = this.#thread;
    const atEnd = thread.scrollHeight - thread.scrollTop - thread.clientHeight < NEAR;
    this.#fill();
    if (atEnd) thread.scrollTop = thread.scrollHeight;
    const focused = this.element.contains(document.activeElement) && document.activeElement.id;
    // The form is left alone: replacing it would take caret and selection with it.
    if (view.status !== before.status) this.element.firstElementChild.replaceWith(this.#bar());
    if (answerable(view) !== answerable(before) || view.status !== before.status) this.element.lastElementChild.replaceWith(this.#foot());
    if (focused !== false && !this.element.contains(document.activeElement)) {
      ((focused && this.element.querySelector(`#${focused}`)) || this.element.querySelector("h2")).focus();
    }
  }

  #bar() {
    const { t } = this.#page;
    const tool = (text, act) =>
      h("button", { type: "button", class: "ds-button small", "data-variant": "secondary", onclick: act }, text);
    return h("div", { class: "bar" },
      h("button", { type: "button", class: "ds-button small back", "data-variant": "tertiary", onclick: () => this.#tell("back") },
        t("desk.back")),
      h("h2", { class: "ds-heading", "data-size": "xs", tabindex: "-1" }, `${t("cases.case")} ${this.reference}`),
      this.#view.status === "open" ? h("div", { class: "tools" },
        tool(t("cases.hand_over"), () => this.#handOver()), tool(t("cases.close"), () => this.#close())) : null);
  }

  #fill() {
    const { t, language } = this.#page;
    const view = this.#view;
    this.#facts.replaceChildren(...[
      [t("cases.deadline"), [longDate(view.deadline, language), view.overdue ? h("strong", { class: "tag late" }, t("cases.overdue")) : null]],
      [t("cases.department"), [this.#department(view.department)]],
      view.summary && view.summary !== view.question
        ? [t("cases.before"), [h("span", { class: "lines", lang: view.language, dir: "auto" }, view.summary)]] : null,
    ].filter(Boolean).map(([term, parts]) => h("div", {}, h("dt", {}, term), h("dd", {}, ...parts.filter(Boolean)))));
    this.#thread.replaceChildren(...view.entries.map((entry) => this.#entry(entry)));
  }

  #foot() {
    const { t } = this.#page;
    const view = this.#view;
    if (answerable(view)) return this.#form();
    const unsent = this.#draft ?? "";
    const kept = unsent.trim() ? field(h("textarea", { id: "case-reply", rows: "6", lang: view.language, readonly: true }), t("cases.reply.unsent")) : null;
    if (kept) kept.control.value = unsent;
    return h("div", { class: "reply" },
      h("p", { class: "alert" }, t(view.answerable ? "cases.is_closed" : "cases.no_address")), kept?.element);
  }

  /** Says above what is being typed that there is something new to read first. */
  #warn() {
    const text = this.#page.t("cases.changed");
    this.#page.announce(text);
    const form = this.element.querySelector("form.reply");
    form?.querySelector(".alert")?.remove();
    form?.prepend(h("p", { class: "alert", "data-color": "danger" }, text));
  }

  #department(id) {
    const found = this.#departments.find((each) => each.id === id);
    return found ? found.name : this.#page.municipality.name;
  }

  #entry(entry) {
    const { t, language } = this.#page;
    return h("li", { class: `message ${entry.kind === "reply" ? "operator" : entry.kind === "question" ? "resident" : entry.kind}` },
      h("p", { class: "author" },
        h("strong", {}, this.#title(entry)), " ",
        h("time", { datetime: entry.created_at }, dateAndTime(entry.created_at, language)),
        entry.mail && entry.mail !== "sent"
          ? h("span", {}, " · ", h("strong", { class: entry.mail === "failed" ? "tag late" : "tag" }, t(`cases.mail.${entry.mail}`)))
          : null),
      entry.other_sender ? h("p", { class: "about" }, t("cases.other_sender")) : null,
      entry.text ? h("div", { class: "text lines", lang: entry.kind === "handed" ? null : this.#view.language, dir: "auto" }, entry.text) : null,
      entry.attachments.length ? h("p", { class: "about" }, t("cases.attachments", { names: entry.attachments.join(", ") })) : null);
  }

  #title({ kind, name }) {
    return this.#page.t(`cases.kind.${kind}`, { name: kind === "handed" ? this.#department(name || null) : name });
  }

  #form() {
    const { t } = this.#page;
    const { reference } = this.#view;
    const reply = field(h("textarea", {
      id: "case-reply", rows: "6", lang: this.#view.language,
      oninput: () => {
        this.#page.drafts.set(CASE + reference, "reply", reply.control.value);
        if (reply.control.getAttribute("aria-invalid")) reply.error(null);
      },
    }), t("cases.reply"), { hint: t("cases.reply.hint") });
    reply.control.value = this.#draft ?? "";
    const close = h("input", { type: "checkbox", class: "ds-input", id: "case-reply-close" });
    const button = h("button", { type: "submit", class: "ds-button" }, t("cases.reply.send"));
    return h("form", { class: "reply", novalidate: true, onsubmit: (event) => {
        event.preventDefault();
        this.#do(this.#send(reply, close, button));
      },
    },
      reply.element,
      h("div", { class: "ds-field" }, close,
        h("label", { class: "ds-label", "data-weight": "regular", for: "case-reply-close" }, t("cases.reply.close"))),
      h("div", { class: "row" }, button));
  }

  /** Lets whatever follows the case wait until something is done. */
  async #do(work) {
    this.#doing = work;
    try {
      return await work;
    } finally {
      this.#doing = null;
    }
  }

  async #send(reply, close, button) {
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
      this.#page.drafts.forget(CASE + reference);
      this.#changed(view, t("cases.reply.sent"));
    } catch (error) {
      if (error.status !== 409) {
        reply.error(this.#page.explain(error));
        return;
      }
      await this.#reload(reference);
      this.#warn();
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
      submit: () => this.#do(this.#act(() => api.post(`desk/cases/${reference}/department`, {
        department: to.control.value || null, note: note.control.value.trim(),
      }), t("cases.hand_over.done"))),
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
      submit: () => this.#do(this.#act(() => api.post(`desk/cases/${reference}/close`), t("cases.close.done"))),
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
      this.#redraw(await this.#page.api.get(`desk/cases/${reference}`));
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
