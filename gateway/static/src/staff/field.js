import { attribute, h } from "../shared/dom.js";

/**
 * A labelled field with room for a hint and an error that assistive technology reads with it.
 *
 * `control` is the input, textarea or select, with its id. Gives the element and `error(text)`,
 * which shows a text at the field or takes it away.
 */
export function field(control, label, { hint = null } = {}) {
  control.classList.add("ds-input");
  const hintElement = hint ? h("p", { class: "hint", id: `${control.id}-hint` }, hint) : null;
  const problem = h("p", { class: "ds-validation-message", id: `${control.id}-error`, hidden: true });
  attribute(control, "aria-describedby", [hintElement?.id, problem.id].filter(Boolean).join(" "));
  const element = h("div", { class: "ds-field" },
    h("label", { class: "ds-label", for: control.id }, label), hintElement, control, problem);
  return {
    element,
    control,
    error(text) {
      problem.textContent = text ?? "";
      problem.hidden = !text;
      attribute(control, "aria-invalid", text ? "true" : null);
    },
  };
}
