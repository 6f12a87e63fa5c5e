import { h } from "../shared/dom.js";

/** The chat as a page, which needs no script: a link, or a form that a conversation goes along with. */
export function wayOut(page, conversation, name, place = "") {
  const look = `ds-button ${place}`;
  if (!conversation) return h("a", { class: look, href: page }, name);
  return h("form", { method: "post", action: `${page}/continue` },
    h("input", { type: "hidden", name: "conversation", value: conversation.id }),
    h("input", { type: "hidden", name: "token", value: conversation.token }),
    h("button", { type: "submit", class: look }, name));
}
