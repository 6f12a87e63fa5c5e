import { h } from "../shared/dom.js";
import { CaseList } from "./case_list.js";
import { CasePanel } from "./case_panel.js";

// Changes are told at once; this is for what time alone changes, and for where nothing is told.
const EVERY = 30_000; // ms

/**
 * The desk with the cases beside it: two buttons choose which of them is seen. `#case=REFERENCE`,
 * as in the mails to departments, opens a case at once.
 */
export class DeskWithCases {
  #page;
  #desk;
  #list;
  #panel;
  #cases;
  #buttons = {};
  #departments = [];
  #open = 0;
  #late = 0;
  #timer = null;
  #refreshing = null;
  #again = false;
  #shown = "desk";

  constructor(page, desk) {
    this.#page = page;
    this.#desk = desk;
    this.#list = new CaseList(page);
    this.#panel = new CasePanel(page);
    this.#cases = h("div", { class: "desk", hidden: true }, h("h1", { class: "sr-only" }), this.#list.element, this.#panel.element);
    this.#list.element.addEventListener("case:open", ({ detail }) => this.#read(detail.reference));
    this.#panel.element.addEventListener("case:changed", () => this.#refresh());
    desk.element.addEventListener("desk:case", ({ detail }) => this.#heard(detail.reference));
    this.#panel.element.addEventListener("case:back", () => this.#back());
    for (const name of ["desk", "cases"]) {
      this.#buttons[name] = h("button", { type: "button", class: "view", onclick: () => this.#show(name) });
    }
    this.bar = h("div", { class: "views", role: "group" }, ...Object.values(this.#buttons));
    this.element = h("div", { class: "with-cases" }, this.bar, desk.element, this.#cases);
    this.onhash = () => this.#fromAddress();
  }

  get unsaved() {
    return this.#desk.unsaved || undefined;
  }

  async start() {
    this.draw();
    this.#timer = setInterval(() => this.#heard(), EVERY);
    addEventListener("hashchange", this.onhash);
    await Promise.all([this.#desk.start(), this.#refresh()]);
    this.#fromAddress();
  }

  stop() {
    clearInterval(this.#timer);
    removeEventListener("hashchange", this.onhash);
    this.#desk.stop();
  }

  leave() {
    return this.#desk.leave?.();
  }

  draw() {
    const { t } = this.#page;
    this.bar.setAttribute("aria-label", t("cases.views"));
    this.#cases.querySelector("h1").textContent = t("cases.title");
    this.#desk.draw();
    this.#list.draw();
    this.#panel.draw();
    this.#drawButtons();
  }

  #drawButtons() {
    const { t } = this.#page;
    for (const [name, button] of Object.entries(this.#buttons)) {
      button.setAttribute("aria-pressed", String(name === this.#shown));
      button.replaceChildren(...[
        t(name === "desk" ? "desk.link" : "cases.title"),
        name === "cases" && this.#open ? h("span", { class: "count" }, String(this.#open)) : null,
        name === "cases" && this.#late ? h("span", { class: "tag late" }, t("cases.overdue.count", { count: this.#late })) : null,
      ].filter(Boolean));
    }
  }

  #show(name) {
    this.#shown = name;
    this.#desk.element.hidden = name !== "desk";
    this.#cases.hidden = name !== "cases";
    this.#drawButtons();
    if (name === "cases") this.#refresh();
  }

  /** However often it is asked for meanwhile, the list is read once more. */
  async #refresh() {
    this.#again = true;
    this.#refreshing ??= (async () => {
      while (this.#again) {
        this.#again = false;
        await this.#readList();
      }
      this.#refreshing = null;
    })();
    return this.#refreshing;
  }

  async #heard(reference) {
    const open = this.#panel.reference;
    await Promise.all([this.#refresh(), open && (!reference || reference === open) ? this.#panel.follow() : null]);
  }

  async #readList() {
    try {
      const { cases, departments } = await this.#page.api.get("desk/cases");
      this.#departments = departments;
      this.#open = cases.filter(({ status }) => status === "open").length;
      this.#late = cases.filter(({ overdue }) => overdue).length;
      this.#list.show(cases);
      this.#drawButtons();
    } catch (error) {
      if (this.#shown === "cases") this.#page.announce(this.#page.explain(error));
    }
  }

  async #read(reference) {
    try {
      const view = await this.#page.api.get(`desk/cases/${encodeURIComponent(reference)}`);
      this.#list.selected = view.reference;
      this.#list.draw();
      this.#cases.classList.add("chosen");
      this.#panel.show(view, this.#departments, { focus: true });
    } catch (error) {
      const text = error.status === 404 ? this.#page.t("cases.gone") : this.#page.explain(error);
      this.#panel.empty(text);
      this.#page.announce(text);
    }
  }

  #back() {
    this.#cases.classList.remove("chosen");
    this.#list.focusHeading();
  }

  #fromAddress() {
    const found = /^#case=([A-Z0-9-]+)$/.exec(location.hash);
    if (!found) return;
    history.replaceState(null, "", location.pathname);
    this.#show("cases");
    this.#read(found[1]);
  }
}
