import { h } from "../shared/dom.js";

// The letter, and the name of what it does; the words are desk.key.NAME.
const KEYS = [
  ["n", "next"],
  ["j", "down"],
  ["k", "up"],
  ["r", "reply"],
  ["1", "use"],
  ["s", "search"],
  ["i", "note"],
  ["t", "transfer"],
  ["e", "resolve"],
  ["?", "help"],
];
const FIELDS = "input, textarea, select, [contenteditable]";

/**
 * Single keys for what an operator does all day. Nothing happens while a field has focus, a dialog is
 * open or another key is held, and they can be switched off (WCAG 2.1.4). `act` maps names to
 * functions; "use" gets the number from 1.
 */
export class Shortcuts {
  #act;
  #on;

  constructor(act, on) {
    this.#act = act;
    this.#on = on;
    this.handle = (event) => this.#pressed(event);
  }

  start() {
    addEventListener("keydown", this.handle);
  }

  stop() {
    removeEventListener("keydown", this.handle);
  }

  #pressed(event) {
    if (!this.#on() || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat) return;
    if (event.target.closest?.(FIELDS) || document.querySelector("dialog[open]")) return;
    const number = /^[1-9]$/.test(event.key) ? Number(event.key) : null;
    const name = number ? "use" : KEYS.find(([key]) => key === event.key.toLowerCase())?.[1];
    if (!name) return;
    event.preventDefault();
    this.#act[name]?.(number);
  }
}

/** The list of the keys, with whether they are on. */
export function showShortcuts({ t }, on) {
  const close = h("button", { type: "button", class: "ds-button", onclick: () => dialog.close() }, t("desk.help.close"));
  const dialog = h("dialog", { class: "ds-dialog", "aria-labelledby": "help-title" },
    h("h2", { class: "ds-heading", "data-size": "sm", id: "help-title" }, t("desk.help")),
    h("p", {}, t(on ? "desk.help.on" : "desk.help.off")),
    h("dl", { class: "keys" }, ...KEYS.map(([key, name]) =>
      h("div", {}, h("dt", {}, h("kbd", {}, key === "1" ? "1–4" : key.toUpperCase())), h("dd", {}, t(`desk.key.${name}`)))),
      h("div", {}, h("dt", {}, h("kbd", {}, "Esc")), h("dd", {}, t("desk.key.leave")))),
    h("div", { class: "row" }, close));
  dialog.addEventListener("close", () => dialog.remove());
  document.querySelector("#app").append(dialog);
  dialog.showModal();
  close.focus();
}
