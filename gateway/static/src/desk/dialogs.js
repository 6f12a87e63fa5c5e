import { attribute, h } from "../shared/dom.js";
import { field } from "../staff/field.js";

const OUTCOMES = ["answered", "referred", "unanswered", "closed"];

/**
 * A modal dialog with a form. `submit` may throw; what was filled in stays then, and the words for
 * the error are those of `explain`. Focus goes back to where it was when the dialog is closed.
 */
export function formDialog(page, { id, title, button, parts, submit, explain = (error) => page.explain(error) }) {
  const { t } = page;
  const problem = h("p", { class: "alert", role: "alert", "data-color": "danger", hidden: true });
  const send = h("button", { type: "submit", class: "ds-button" }, button);
  const dialog = h("dialog", { class: "ds-dialog", "aria-labelledby": id },
    h("form", {
      novalidate: true,
      onsubmit: async (event) => {
        event.preventDefault();
        if (send.getAttribute("aria-disabled")) return;
        problem.hidden = true;
        attribute(send, "aria-disabled", "true");
        try {
          if (await submit()) dialog.close();
        } catch (error) {
          problem.textContent = explain(error);
          problem.hidden = false;
        } finally {
          attribute(send, "aria-disabled", null);
        }
      },
    },
      h("h2", { class: "ds-heading", "data-size": "sm", id }, title),
      problem, ...parts,
      h("div", { class: "row" }, send,
        h("button", { type: "button", class: "ds-button", "data-variant": "secondary", onclick: () => dialog.close() }, t("staff.cancel")))));
  const opener = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    // What opened it may have been drawn anew meanwhile; the browser would then give the focus to nobody.
    const { key } = opener?.dataset ?? {};
    if (key && !opener.isConnected) document.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
  });
  document.querySelector("#app").append(dialog);
  dialog.showModal();
  return dialog;
}

const REFUSED = new Set(["absent", "away", "busy", "limit", "unknown"]);

/**
 * Asks to whom a conversation goes. `transfer` gets {to, note}, and {department} of a queue. Who is
 * away can't be chosen; who has just become so, or has too much to do, is the server's to refuse.
 */
export function askTransfer(page, id, colleagues, departments, transfer) {
  const { t, language, drafts } = page;
  const queue = ({ there, open }) => (open ? (there ? "" : ".nobody") : ".closed");
  const state = ({ full, state: chosen }) => (chosen === "available" && full ? t("desk.transfer.full")
    : t(chosen ? `desk.state.${chosen}` : "desk.transfer.away"));
  const to = field(h("select", { id: "transfer-to" },
    h("option", { value: "" }, ""),
    h("option", { value: "queue" }, t("desk.transfer.queue")),
    ...departments.map((department) =>
      h("option", { value: `queue:${department.id}` },
        t(`desk.transfer.department${queue(department)}`, { department: department.name[language] ?? department.id }))),
    ...colleagues.map((colleague) =>
      h("option", { value: colleague.email, disabled: !colleague.state || colleague.state === "away" },
        `${colleague.name} (${state(colleague)})`))),
    t("desk.transfer.to"), { hint: t("desk.transfer.hint") });
  const note = field(h("textarea", {
    id: "transfer-note", rows: "3", maxlength: "2000", oninput: () => drafts.set(id, "transfer", note.control.value),
  }), t("desk.transfer.note"));
  note.control.value = drafts.get(id, "transfer") ?? "";
  return formDialog(page, {
    id: "transfer-title",
    title: t("desk.transfer.title"),
    button: t("desk.transfer.button"),
    parts: [to.element, note.element],
    async submit() {
      const chosen = to.control.value;
      to.error(chosen ? null : t("desk.transfer.required"));
      if (!chosen) {
        to.control.focus();
        return false;
      }
      const department = chosen.startsWith("queue:") ? { department: chosen.slice("queue:".length) } : {};
      const receiver = /^queue(:|$)/.test(chosen) ? null : chosen;
      try {
        await transfer({ to: receiver, ...department, note: note.control.value.trim() });
        return true;
      } catch (error) {
        const fault = error.faults?.find((each) => each.field === "to");
        if (!fault) throw error;
        to.error(t(`desk.transfer.refused.${REFUSED.has(fault.code) ? fault.code : "unknown"}`));
        to.control.focus();
        return false;
      }
    },
  });
}

/** Asks how it went. `resolve` gets the outcome. */
export function askOutcome(page, resolve) {
  const { t } = page;
  const problem = h("p", { class: "ds-validation-message", id: "outcome-error", hidden: true });
  const options = OUTCOMES.map((outcome) =>
    h("div", { class: "ds-field" },
      h("input", { type: "radio", class: "ds-input", name: "outcome", id: `outcome-${outcome}`, value: outcome }),
      h("label", { class: "ds-label", "data-weight": "regular", for: `outcome-${outcome}` }, t(`desk.outcome.${outcome}`))));
  const group = h("fieldset", { "aria-describedby": "outcome-hint outcome-error" },
    h("legend", { class: "ds-label" }, t("desk.resolve.outcome")),
    h("p", { class: "hint", id: "outcome-hint" }, t("desk.outcome.hint")), ...options, problem);
  return formDialog(page, {
    id: "resolve-title",
    title: t("desk.resolve.title"),
    button: t("desk.resolve"),
    parts: [group],
    async submit() {
      const chosen = group.querySelector("input:checked")?.value;
      problem.hidden = Boolean(chosen);
      problem.textContent = chosen ? "" : t("desk.resolve.required");
      if (!chosen) {
        group.querySelector("input").focus();
        return false;
      }
      await resolve(chosen);
      return true;
    },
  });
}
