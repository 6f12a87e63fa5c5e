import { h } from "../shared/dom.js";

/** A modal dialog whose buttons are [text, variant, result]; resolves to the result, null on Escape. */
export function choose(title, content, buttons, { wide = false } = {}) {
  return new Promise((resolve) => {
    let result = null;
    const dialog = h("dialog", { class: `ds-dialog${wide ? " wide" : ""}`, "aria-labelledby": "dialog-title" },
      h("h2", { class: "ds-heading", "data-size": "sm", id: "dialog-title", tabindex: "-1" }, title),
      ...content,
      h("div", { class: "row" }, ...buttons.map(([text, variant, value]) =>
        h("button", {
          type: "button", class: "ds-button", "data-variant": variant,
          onclick: () => {
            result = value;
            dialog.close();
          },
        }, text))));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(result);
    });
    document.querySelector("#app").append(dialog);
    dialog.showModal();
    dialog.querySelector("h2").focus();
  });
}
