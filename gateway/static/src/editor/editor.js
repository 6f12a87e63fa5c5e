import { h } from "../shared/dom.js";
import { ContradictionList } from "./contradictions.js";
import { mayDiscard, showConflict, showRevision } from "./dialogs.js";
import { UnsavedDrafts } from "./drafts.js";
import { ArticleForm } from "./form.js";
import { ArticleList } from "./list.js";
import { SuggestionList } from "./suggestions.js";
import { Notices } from "./notices.js";

const FIELDS = ["title", "url", "language", "category", "text", "questions"];

/** The fields as strings, from an article or a revision of the API. */
function valuesOf(article) {
  return {
    title: article.title ?? "",
    url: article.url ?? "",
    language: article.language,
    category: article.category ?? "",
    text: article.text ?? "",
    questions: (article.questions ?? []).join("\n"),
  };
}

/** The fields as the API takes them. */
function bodyOf(values) {
  const questions = values.questions.split("\n").map((line) => line.trim()).filter(Boolean);
  return { ...values, category: values.category.trim() || null, questions };
}

/** The editors' page: the municipality's articles beside the one that is being written. */
export class Editor {
  #page;
  #list;
  #contradictions;
  #suggestions;
  #notices;
  #form;
  #drafts;
  #saved = null;
  #revision = null;
  #busy = false;

  constructor(page) {
    this.#page = page;
    this.#contradictions = new ContradictionList(page);
    this.#suggestions = new SuggestionList(page);
    this.#notices = new Notices(page);
    this.#list = new ArticleList(
      page,
      h("div", { class: "before" }, this.#notices.element, this.#contradictions.element, this.#suggestions.element),
    );
    this.#form = new ArticleForm(page);
    this.#drafts = new UnsavedDrafts(page.municipality.id);
    this.title = h("h1", { class: "sr-only" });
    this.element = h("div", { class: "desk editor" }, this.title, this.#list.element, this.#form.element);
    const on = (target, name, handle) => target.addEventListener(`editor:${name}`, ({ detail }) => handle(detail));
    on(this.#list.element, "open", ({ id }) => this.#open(id));
    on(this.#contradictions.element, "open", ({ id }) => this.#open(id));
    on(this.#suggestions.element, "begin", ({ suggestion }) => this.#begin(suggestion));
    on(this.#list.element, "new", () => this.#new());
    on(this.#form.element, "changed", () => this.#changed());
    on(this.#form.element, "save", () => this.#save(false));
    on(this.#form.element, "publish", () => this.#save(true));
    on(this.#form.element, "revision", ({ revision }) => this.#earlier(revision));
    on(this.#form.element, "back", () => this.#back());
    on(this.#form.element, "drop", () => this.#drop());
    this.warn = (event) => this.unsaved && event.preventDefault();
  }

  get unsaved() {
    const { values } = this.#form;
    return Boolean(values && FIELDS.some((name) => values[name] !== this.#saved[name]));
  }

  async start() {
    addEventListener("beforeunload", this.warn);
    this.draw();
    await Promise.all([
      this.#list.refresh(),
      this.#contradictions.refresh(),
      this.#suggestions.refresh(),
      this.#notices.refresh(),
    ]);
  }

  stop() {
    removeEventListener("beforeunload", this.warn);
  }

  draw() {
    this.title.textContent = this.#page.t("editor.title");
    this.#list.draw();
    this.#contradictions.draw();
    this.#suggestions.draw();
    this.#notices.draw();
    this.#form.draw();
    this.#form.changed(this.unsaved);
  }

  /** Whether the article may be left: nothing unsaved, or thrown away on purpose. */
  async leave() {
    if (!this.unsaved) return true;
    if (!(await mayDiscard(this.#page))) return false;
    this.#drafts.forget(this.#id);
    return true;
  }

  get #id() {
    return this.#form.article?.id ?? null;
  }

  async #open(id) {
    if (id === this.#id || !(await this.leave())) return;
    try {
      this.#show(await this.#page.api.get(`editor/articles/${encodeURIComponent(id)}`));
      this.#form.focus();
    } catch (error) {
      this.#page.announce(this.#page.explain(error));
      this.#form.say(this.#page.explain(error), "danger");
    }
  }

  async #new() {
    if (!(await this.leave())) return;
    this.#show(null);
    this.#form.focus();
  }

  /** A new article with what an operator answered; nothing is saved until the editor saves it. */
  async #begin({ question, answer, language }) {
    if (!(await this.leave())) return;
    this.#drafts.forget(null);
    this.#show(null);
    const known = this.#page.municipality.languages.includes(language) ? { language } : {};
    this.#form.show(null, { ...this.#saved, ...known, text: answer, questions: question });
    this.#changed();
    this.#form.focus();
  }

  #show(article) {
    const kept = this.#drafts.read(article?.id ?? null);
    this.#saved = valuesOf(article ?? { language: this.#page.municipality.default_language });
    const lost = kept && FIELDS.some((name) => kept.values[name] !== this.#saved[name]) ? kept : null;
    // Saving what was typed on an older revision must meet a colleague's newer one as a conflict.
    this.#revision = lost?.revision ?? article?.revision ?? null;
    this.#form.show(article, { ...(lost?.values ?? this.#saved) }, { restored: Boolean(lost) });
    this.#form.changed(this.unsaved);
    this.#select(article?.id ?? null);
    this.element.classList.add("chosen");
  }

  #select(id) {
    this.#list.selected = id;
    this.#list.draw();
  }

  #changed() {
    this.#form.changed(this.unsaved);
    if (this.unsaved) this.#drafts.keep(this.#id, { values: this.#form.values, revision: this.#revision });
    else this.#drafts.forget(this.#id);
  }

  #drop() {
    this.#drafts.forget(this.#id);
    this.#show(this.#form.article);
    this.#form.focus();
  }

  async #save(publish) {
    if (this.#busy) return;
    this.#busy = true;
    this.#form.busy(true);
    this.#form.faults([]);
    this.#form.say(this.#page.t("editor.saving"));
    try {
      let { article } = this.#form;
      if (!article || this.unsaved) article = await this.#store();
      if (article && publish) article = await this.#publish(article);
      if (article) this.#form.say(this.#page.t(publish ? "editor.published" : "editor.saved"), "success");
    } catch (error) {
      await this.#refused(error);
    } finally {
      this.#busy = false;
      this.#form.busy(false);
    }
  }

  async #store() {
    const { article, values } = this.#form;
    const sent = { ...values };
    const answer = article
      ? await this.#page.api.put(`editor/articles/${encodeURIComponent(article.id)}`, { ...bodyOf(sent), base_revision: this.#revision })
      : await this.#page.api.post("editor/articles", bodyOf(sent));
    this.#drafts.forget(article?.id ?? null);
    this.#taken(answer, sent);
    return answer;
  }

  async #publish(article) {
    const answer = await this.#page.api.post(`editor/articles/${encodeURIComponent(article.id)}/publish`, { revision: article.revision });
    this.#taken(answer, valuesOf(answer));
    this.#contradictions.refresh();
    return answer;
  }

  /** Takes over what the gateway stored; what was typed meanwhile stays in the fields, unsaved. */
  #taken(article, sent) {
    const typed = { ...this.#form.values };
    this.#saved = valuesOf(article);
    this.#revision = article.revision;
    const newer = FIELDS.some((name) => typed[name] !== sent[name] && typed[name] !== this.#saved[name]);
    const focused = document.activeElement?.id;
    this.#form.show(article, newer ? typed : { ...this.#saved });
    if (focused) document.getElementById(focused)?.focus();
    this.#changed();
    this.#select(article.id);
    this.#list.refresh();
  }

  async #refused(error) {
    if (error.status === 409 && error.body?.theirs) {
      await this.#conflict(error.body);
    } else if (error.status === 422 && error.faults.length) {
      this.#form.say("");
      this.#form.faults(error.faults);
    } else this.#form.say(this.#page.explain(error), "danger");
  }

  async #conflict({ theirs }) {
    this.#form.say("");
    const { article } = this.#form;
    const mine = bodyOf(this.#form.values);
    const decision = await showConflict(this.#page, mine, theirs);
    if (!decision) return;
    const newest = await this.#page.api.get(`editor/articles/${encodeURIComponent(article.id)}`).catch(() => null);
    this.#saved = valuesOf(newest ?? theirs);
    this.#revision = theirs.revision;
    this.#form.show(newest ?? article, decision === "keep" ? { ...this.#form.values } : { ...this.#saved });
    this.#changed();
    if (decision === "keep") this.#form.say(this.#page.t("editor.conflict.kept"));
    this.#form.focus();
  }

  async #earlier(number) {
    try {
      const found = await this.#page.api.get(`editor/articles/${encodeURIComponent(this.#id)}/revisions/${number}`);
      if ((await showRevision(this.#page, found)) !== "use") return;
      if (!(await this.leave())) return;
      this.#form.show(this.#form.article, valuesOf(found));
      this.#changed();
      this.#form.focus();
    } catch (error) {
      this.#form.say(this.#page.explain(error), "danger");
    }
  }

  #back() {
    this.element.classList.remove("chosen");
    this.#list.element.querySelector("#articles-title").focus();
  }
}
