import { dateAndTime } from "../shared/dates.js";
import { attribute, h } from "../shared/dom.js";
import { field } from "../staff/field.js";
import { Preview } from "./preview.js";

const SPECIFIC = new Set([
  "title.required", "text.required", "url.required", "url.taken", "url.invalid", "language.required",
]);
const GENERAL = new Set(["required", "too_long", "taken", "invalid"]);
const ORDER = ["title", "url", "category", "language", "text", "questions"];

/**
 * The fields of an article. `values` is always what stands in them: {title, url, language, category,
 * text, questions}. Tells by events on its element: `editor:changed`, `editor:save`,
 * `editor:publish`, `editor:revision` {revision}, `editor:back`, `editor:drop`.
 */
export class ArticleForm {
  #page;
  #fields = {};
  #faults = [];

  constructor(page) {
    this.#page = page;
    this.preview = new Preview(page);
    this.values = null;
    this.article = null;
    this.restored = false;
    this.element = h("section", { class: "article" });
    this.note = h("p", { class: "note", role: "status" });
    this.state = h("span", { class: "unsaved" });
  }

  /** Shows an article, or with null a new one, with `values` in the fields. */
  show(article, values, { restored = false } = {}) {
    this.article = article;
    this.values = values;
    this.restored = restored;
    this.#faults = [];
    this.note.textContent = "";
    this.draw();
  }

  empty() {
    this.article = this.values = null;
    this.element.replaceChildren(h("p", { class: "none" }, this.#page.t("editor.none_chosen")), this.note);
  }

  focus() {
    this.#fields.title?.control.focus();
  }

  /** What the reader should know: saved, published, or why not. */
  say(text, kind = null) {
    this.note.textContent = text;
    attribute(this.note, "data-color", kind);
  }

  changed(unsaved) {
    this.state.textContent = unsaved ? this.#page.t("editor.unsaved") : "";
  }

  busy(value) {
    for (const button of this.element.querySelectorAll("[data-save]")) attribute(button, "aria-disabled", value ? "true" : null);
  }

  /** Shows each fault {field, code} at its field, and the list of them above. */
  faults(faults) {
    this.#faults = faults;
    for (const one of Object.values(this.#fields)) one.error(null);
    this.element.querySelector(".summary")?.remove();
    if (!faults.length) return;
    for (const fault of faults) this.#fields[fault.field]?.error(this.#words(fault));
    const known = faults.filter(({ field: name }) => this.#fields[name]);
    const ordered = ORDER.flatMap((name) => known.filter((fault) => fault.field === name));
    this.form.prepend(h("div", { class: "alert summary", "data-color": "danger", role: "alert" },
      h("h3", { class: "ds-heading", "data-size": "2xs" }, this.#page.t("editor.error.summary")),
      h("ul", {}, ...ordered.map((fault) =>
        h("li", {}, h("a", {
          class: "ds-link", href: `#${this.#fields[fault.field].control.id}`,
          onclick: (event) => {
            event.preventDefault();
            this.#fields[fault.field].control.focus();
          },
        }, this.#words(fault)))))));
    this.#fields[ordered[0]?.field]?.control.focus();
  }

  draw() {
    const { t } = this.#page;
    if (!this.values) return this.empty();
    const { article, values } = this;
    this.#build();
    const parts = Object.fromEntries(Object.entries(this.#fields).map(([name, { element }]) => [name, element]));
    this.form = h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); this.#tell("save"); } },
      parts.title,
      parts.url,
      h("div", { class: "pair" }, parts.category, parts.language),
      h("div", { class: "pair text" }, parts.text, this.preview.element),
      parts.questions,
      h("div", { class: "actions" },
        h("button", { type: "submit", class: "ds-button", "data-variant": "secondary", "data-save": true }, t("editor.save")),
        h("button", { type: "button", class: "ds-button", "data-save": true, onclick: () => this.#tell("publish") }, t("editor.publish")),
        this.state, this.note));
    this.element.setAttribute("aria-label", values.title || t("editor.new"));
    this.element.replaceChildren(...[
      h("div", { class: "bar" },
        h("button", { type: "button", class: "ds-button small back", "data-variant": "tertiary", onclick: () => this.#tell("back") }, t("editor.back")),
        h("h2", { class: "ds-heading", "data-size": "xs" }, article?.title ?? t("editor.new")),
        article ? h("strong", { class: `tag ${article.status}` }, t(`editor.status.${article.status}`)) : null,
        article?.published_revision
          ? h("a", { class: "ds-link", href: article.url, target: "_blank", rel: "noopener" }, t("editor.view"))
          : null),
      this.restored ? h("p", { class: "alert" }, t("editor.restored"), " ",
        h("button", { type: "button", class: "ds-link", onclick: () => this.#tell("drop") }, t("editor.restored.drop"))) : null,
      this.form, this.#revisions(),
    ].filter(Boolean));
    this.preview.show(values.text, values.language, true);
    if (this.#faults.length) this.faults(this.#faults);
  }

  #build() {
    const { t } = this.#page;
    const { values } = this;
    const input = (name, tag, properties = {}) => h(tag, {
      id: `article-${name}`, lang: name === "url" ? null : values.language,
      oninput: (event) => {
        values[name] = event.target.value;
        this.#fields[name].error(null);
        if (name === "text" || name === "language") this.preview.show(values.text, values.language);
        this.#tell("changed");
      },
      ...properties,
    });
    const languages = h("select", {
      id: "article-language",
      onchange: (event) => {
        values.language = event.target.value;
        for (const name of ["title", "category", "text", "questions"]) this.#fields[name].control.lang = values.language;
        this.preview.show(values.text, values.language);
        this.#tell("changed");
      },
    }, ...this.#page.municipality.languages.map((language) =>
      h("option", { value: language, selected: language === values.language }, this.#page.languageName(language))));
    this.#fields = {
      title: field(input("title", "input", { type: "text", autocomplete: "off" }), t("editor.field.title")),
      url: field(input("url", "input", { type: "text", autocomplete: "off", spellcheck: "false", autocapitalize: "none" }), t("editor.field.url"), { hint: t("editor.field.url.hint") }),
      category: field(input("category", "input", { type: "text", autocomplete: "off" }), t("editor.field.category")),
      language: field(languages, t("editor.field.language")),
      text: field(input("text", "textarea", { rows: "20" }), t("editor.field.text"), { hint: t("editor.field.text.hint") }),
      questions: field(input("questions", "textarea", { rows: "8" }), t("editor.field.questions"), { hint: t("editor.field.questions.hint") }),
    };
    for (const [name, { control }] of Object.entries(this.#fields)) if (name !== "language") control.value = values[name];
  }

  #revisions() {
    const { t, language } = this.#page;
    const revisions = this.article?.revisions ?? [];
    if (!revisions.length) return null;
    return h("details", { class: "revisions" },
      h("summary", {}, `${t("editor.revisions")} (${revisions.length})`),
      h("ul", {}, ...[...revisions].sort((one, other) => other.revision - one.revision).map((note) =>
        h("li", {},
          h("div", {},
            h("strong", {}, t("editor.revision", { revision: note.revision })),
            h("span", {}, t("editor.revision.by", { date: dateAndTime(note.created_at, language), author: note.author })),
            note.published_at ? h("span", {}, t("editor.revision.published", { date: dateAndTime(note.published_at, language) })) : null),
          h("button", {
            type: "button", class: "ds-button small", "data-variant": "secondary",
            onclick: () => this.#tell("revision", { revision: note.revision }),
          }, t("editor.revision.view"), h("span", { class: "sr-only" }, ` ${t("editor.revision", { revision: note.revision })}`))))));
  }

  #words({ field: name, code }) {
    const key = SPECIFIC.has(`${name}.${code}`) ? `${name}.${code}` : GENERAL.has(code) ? code : "invalid";
    return this.#page.t(`editor.error.${key}`);
  }

  #tell(name, detail) {
    this.element.dispatchEvent(new CustomEvent(`editor:${name}`, { detail }));
  }
}
