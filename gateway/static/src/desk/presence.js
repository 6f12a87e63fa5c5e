import { h } from "../shared/dom.js";

const STATES = ["available", "busy", "away"];

/**
 * What the operator is, chosen in the page's header, and who of the colleagues is at the desk.
 * `limit` is how many conversations one may have, `mayPull` whether conversations with the bot are shown.
 */
export class Presence {
  #page;
  #known = { state: "available", conversations_at_once: null, may_pull: false, operators: [] };
  // What was chosen and isn't stored yet; the choices are stored in the order in which they are made.
  #chosen = null;
  #choices = 0;
  #stored = Promise.resolve();

  constructor(page) {
    this.#page = page;
    this.select = h("select", { class: "ds-input", id: "presence", onchange: () => this.#choose(this.select.value) });
    this.label = h("label", { for: "presence" });
    this.control = h("div", { class: "presence" }, this.label, this.select);
    this.colleagues = h("section", { "aria-labelledby": "colleagues" });
  }

  get limit() {
    return this.#known.conversations_at_once;
  }

  get mayPull() {
    return this.#known.may_pull;
  }

  async refresh() {
    const choices = this.#choices;
    try {
      const presence = await this.#page.api.get("desk/presence");
      // How it was before something else was chosen; what was chosen brings its own answer.
      if (choices === this.#choices) this.show(presence);
    } catch {
      // It comes with the next change; the queue itself says when there is no connection.
    }
  }

  show(presence) {
    this.#known = presence;
    this.draw();
  }

  draw() {
    const { t } = this.#page;
    const { state, operators } = this.#known;
    this.label.textContent = t("desk.state");
    // Written anew only when it reads otherwise: somebody may have the list open.
    const options = STATES.map((each) => t(`desk.state.${each}`));
    if ([...this.select.options].map(({ text }) => text).join() !== options.join()) {
      this.select.replaceChildren(...STATES.map((each, index) => h("option", { value: each }, options[index])));
    }
    this.select.value = this.#chosen ?? state;
    this.control.dataset.state = this.select.value;
    const here = operators.filter((each) => each.state);
    this.colleagues.replaceChildren(
      h("h2", { class: "ds-heading", "data-size": "xs", id: "colleagues" }, t("desk.colleagues")),
      here.length
        ? h("ul", { class: "plain" }, ...here.map((each) =>
          h("li", {}, h("span", {}, each.name), " ", h("strong", { class: `tag ${each.state}` }, t(`desk.state.${each.state}`)))))
        : h("p", { class: "none" }, t("desk.colleagues.none")));
  }

  async #choose(state) {
    const { t, api } = this.#page;
    const choice = ++this.#choices;
    this.#chosen = state;
    const storing = this.#stored.then(() => api.put("desk/presence", { state }));
    this.#stored = storing.catch(() => {});
    let said;
    try {
      this.#known = await storing;
      said = t(state === "available" ? "desk.state.there" : "desk.state.not_there");
    } catch (error) {
      said = this.#page.explain(error);
    }
    if (choice !== this.#choices) return;
    this.#chosen = null;
    this.draw();
    this.#page.announce(said);
  }
}
