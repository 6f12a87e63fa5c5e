import { h } from "../shared/dom.js";
import { translator } from "../shared/texts.js";
import { Refusal, StaffApi } from "./api.js";
import { choose } from "./choose.js";
import { Drafts } from "./drafts.js";
import { signInForm } from "./sign_in.js";

const LANGUAGE = "svar:staff:language";
const PAGES = [
  { page: "desk", roles: ["operator", "administrator"] },
  { page: "editor", roles: ["editor", "administrator"] },
];

/**
 * A page for staff: sign-in, the frame around the work, and the language of the municipality.
 *
 * `View` is a class; its objects are made with this page, have `element`, `start()`, `draw()` (again,
 * in another language, with nothing that was typed lost), `stop()` and may have `unsaved`.
 */
export class StaffPage {
  api = new StaffApi();
  session = null;
  municipality = null;
  /** What has been begun and not been sent. */
  drafts = new Drafts();
  #texts;
  #page;
  #View;
  #view = null;
  #root = document.querySelector("#app");
  #waitingForSignIn = null;
  /** The page's own place in the menu: a view of several parts puts their buttons here when it is made. */
  parts = h("div", { class: "parts" });
  /** The place in the header that a view may fill, in its own `draw()`. */
  tools = h("div", { class: "own-tools" });

  constructor(page, texts, View) {
    this.#page = page;
    this.#texts = texts;
    this.#View = View;
    this.status = h("div", { class: "sr-only", role: "status" });
    this.dialog = h("dialog", { class: "ds-dialog", "aria-labelledby": "sign-in-title" });
    // Escape would leave a page on which nothing can be saved.
    this.dialog.addEventListener("cancel", (event) => event.preventDefault());
    this.#speak(document.documentElement.lang);
  }

  async start() {
    try {
      await this.#enter(await this.api.get("session"));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // Without a session there is nobody whose drafts these would be.
      if (error.status === 401) this.drafts.clear();
      this.#showSignIn(error.status === 401 ? null : this.t(error.status ? "staff.error.server" : "staff.error.network"));
    }
  }

  /** Has assistive technology say something that is seen anyway. */
  announce(text) {
    this.status.textContent = "";
    setTimeout(() => (this.status.textContent = text), 50);
  }

  /** The words for an error that is nobody's field. */
  explain(error) {
    if (!(error instanceof Refusal)) throw error;
    return this.t(error.status === 0 ? "staff.error.network" : error.status === 403 ? "staff.error.role" : "staff.error.server");
  }

  /** A language by its own name. */
  languageName(language) {
    return translator(this.#texts, language)("staff.language.name");
  }

  /** The page's title, with a number in front where something waits. */
  count(waiting) {
    const title = `${this.t(`${this.#page}.title`)} – ${this.municipality?.name ?? "Svar"}`;
    document.title = waiting ? `(${waiting}) ${title}` : title;
  }

  #speak(language) {
    this.language = this.#texts.languages.includes(language) ? language : "sv";
    this.t = translator(this.#texts, this.language);
    document.documentElement.lang = this.language;
    const skip = document.querySelector(".ds-skip-link");
    if (skip) skip.textContent = this.t("page.skip");
  }

  #showSignIn(notice = null) {
    this.count(0);
    document.title = `${this.t("staff.sign_in.title")} – Svar`;
    this.#root.replaceChildren(
      h("div", { class: "wrap narrow" },
        h("p", { class: "brand" }, h("img", { src: "/static/images/svar.svg", alt: "", width: "36", height: "36" }), "Svar"),
        signInForm(this.t, this.api, (session) => this.#enter(session), { notice })));
  }

  async #enter(session) {
    const allowed = PAGES.find(({ page }) => page === this.#page).roles;
    this.session = session;
    this.api.csrf = session.csrf;
    this.drafts.open(session.email);
    this.municipality = await this.api.get(`municipalities/${encodeURIComponent(session.municipality)}`);
    const chosen = sessionStorage.getItem(LANGUAGE);
    this.#speak(this.municipality.languages.includes(chosen) ? chosen : this.municipality.default_language);
    this.api.onSignedOut = () => this.#signInAgain();
    this.#view?.stop();
    this.#view = null;
    this.tools.replaceChildren();
    this.parts.replaceChildren();
    this.main = h("div", { class: "work" });
    if (allowed.includes(session.role)) this.#view = new this.#View(this);
    this.#draw();
    if (!this.#view) {
      this.main.replaceChildren(h("div", { class: "wrap notice" },
        h("h1", { class: "ds-heading", "data-size": "xs" }, this.t("staff.error.role"))));
      return;
    }
    this.main.replaceChildren(this.#view.element);
    await this.#view.start();
  }

  #draw() {
    const { t } = this;
    this.count(0);
    const links = PAGES.filter(({ roles }) => roles.includes(this.session.role));
    const language = h("select", { class: "ds-input", id: "language", onchange: (event) => this.#changeLanguage(event.target.value) },
      ...this.municipality.languages.map((each) =>
        h("option", { value: each, lang: each, selected: each === this.language }, this.languageName(each))));
    this.#root.replaceChildren(
      h("header", { class: "frame" },
        h("p", { class: "brand" },
          h("img", { src: "/static/images/svar.svg", alt: "", width: "32", height: "32" }), this.municipality.name),
        h("nav", { "aria-label": t("page.menu") },
          h("ul", {}, ...links.map(({ page }) =>
            h("li", {}, page === this.#page && this.parts.childElementCount ? this.parts : h("a", {
              class: "ds-link", href: `/${page}`, "aria-current": page === this.#page ? "page" : null,
            }, t(`${page}.link`)))))),
        this.tools,
        h("div", { class: "person" },
          this.municipality.languages.length > 1
            ? h("div", { class: "language" }, h("label", { class: "sr-only", for: "language" }, t("staff.language")), language)
            : null,
          h("span", { class: "sr-only" }, t("staff.signed_in_as", { name: this.session.name })),
          h("span", { "aria-hidden": "true" }, this.session.name),
          h("button", { type: "button", class: "ds-button small", "data-variant": "tertiary", onclick: () => this.#signOut() },
            t("staff.sign_out")))),
      this.main, this.status, this.dialog);
  }

  #changeLanguage(language) {
    sessionStorage.setItem(LANGUAGE, language);
    this.#speak(language);
    this.#draw();
    this.#view?.draw();
    document.querySelector("#language").focus();
  }

  async #signOut() {
    if (this.#view?.unsaved && !(await this.#view.leave())) return;
    if (this.drafts.typed && !(await this.#mayForget())) return;
    try {
      await this.api.signOut();
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 401) {
        this.announce(this.explain(error));
        return;
      }
    }
    this.#view?.stop();
    this.#view = null;
    this.session = null;
    this.drafts.clear();
    this.api.csrf = null;
    this.api.onSignedOut = null;
    this.#showSignIn();
    document.querySelector("#email").focus();
  }

  async #mayForget() {
    const { t } = this;
    return (await choose(t("staff.leave"), [h("p", {}, t("staff.leave.text"))], [
      [t("staff.leave.stay"), "primary", false],
      [t("staff.leave.go"), "secondary", true],
    ])) === true;
  }

  /** Lets the same person sign in over their work, which stays as it is behind the dialog. */
  #signInAgain() {
    this.#waitingForSignIn ??= new Promise((resolve) => {
      const form = signInForm(this.t, this.api, async (session) => {
        this.dialog.close();
        this.#waitingForSignIn = null;
        if (session.email !== this.session.email) {
          location.reload();
          return;
        }
        this.session = session;
        this.api.csrf = session.csrf;
        resolve();
      }, { notice: this.t("staff.session_ended"), level: "h2" });
      this.dialog.replaceChildren(form);
      this.dialog.showModal();
      form.querySelector("#email").value = this.session.email ?? "";
      form.querySelector("#password").focus();
    });
    return this.#waitingForSignIn;
  }
}
