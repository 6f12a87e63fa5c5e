import { attribute, h, icon } from "../shared/dom.js";

// In the order of how much of the conversation is left afterwards.
const ITEMS = { download: "download", mail: "mail", end: "close", erase: "erase" };

/**
 * What can be done with the whole conversation: a button in the header, and below it a list that
 * says of each what it does. Tells which was chosen by `svar:pick` {name} on its element.
 */
export class Menu {
  constructor() {
    this.items = {};
    this.button = h("button", {
      type: "button", class: "ds-button", "data-variant": "tertiary", "aria-expanded": "false", "aria-controls": "menu",
      onclick: () => this.show(this.element.hidden),
    });
    this.list = Object.keys(ITEMS).map((name) => {
      const button = h("button", {
        type: "button", class: "ds-button", "data-variant": "tertiary", "aria-describedby": `menu-${name}`,
        onclick: () => this.#pick(name),
      });
      const hint = h("p", { id: `menu-${name}`, class: "hint" });
      this.items[name] = { button, hint, item: h("li", {}, button, hint) };
      return this.items[name].item;
    });
    this.element = h("ul", { id: "menu", class: "menu", role: "list", hidden: true }, ...this.list);
  }

  get open() {
    return !this.element.hidden;
  }

  /** Opens it, with focus on what stands first, or closes it; `back`: with focus on its button. */
  show(open, back = true) {
    if (open === this.open) return;
    this.element.hidden = !open;
    attribute(this.button, "aria-expanded", String(open));
    if (open) this.list.find((item) => !item.hidden).querySelector("button").focus();
    else if (back) this.button.focus();
    this.#tell("menu", { open });
  }

  /** Ending is for what goes on. */
  offer({ ended }) {
    this.items.end.item.hidden = ended;
  }

  redraw(t) {
    this.button.replaceChildren(icon("menu"), t("widget.menu"));
    attribute(this.element, "aria-label", t("widget.menu"));
    for (const [name, { button, hint }] of Object.entries(this.items)) {
      button.replaceChildren(icon(ITEMS[name]), t(`widget.menu.${name}`));
      hint.textContent = t(`widget.menu_hint.${name}`);
    }
  }

  #pick(name) {
    this.show(false);
    this.#tell("pick", { name });
  }

  #tell(name, detail) {
    this.element.dispatchEvent(new CustomEvent(`svar:${name}`, { detail }));
  }
}
