import { dateAndTime } from "../shared/dates.js";
import { h } from "../shared/dom.js";
import { choose } from "../staff/choose.js";

/** Whether unsaved changes may be thrown away. */
export async function mayDiscard({ t }) {
  return (await choose(t("editor.unsaved"), [h("p", {}, t("editor.unsaved.leave"))], [
    [t("editor.unsaved.stay"), "primary", false],
    [t("editor.unsaved.discard"), "secondary", true],
  ])) === true;
}

function version({ t }, heading, { title, url, text, questions = [] }, other) {
  const part = (key, value, differs) => h("div", { class: differs ? "differs" : null },
    h("h4", {}, t(`editor.field.${key}`)), h("pre", { tabindex: key === "text" ? "0" : null, "aria-label": key === "text" ? `${heading}: ${t("editor.field.text")}` : null }, value));
  return h("section", { "aria-label": heading },
    h("h3", { class: "ds-heading", "data-size": "2xs" }, heading),
    part("title", title, title !== other.title),
    part("url", url, url !== other.url),
    part("text", text, text !== other.text),
    part("questions", (questions ?? []).join("\n"), (questions ?? []).join() !== (other.questions ?? []).join()));
}

/** Shows both texts of a conflict. Resolves to "keep", "take" or null. */
export function showConflict(page, yours, theirs) {
  const { t } = page;
  const heading = theirs.author ? t("editor.conflict.theirs_by", { author: theirs.author }) : t("editor.conflict.theirs");
  return choose(t("editor.conflict.title"), [
    h("p", {}, t("editor.conflict.text")),
    h("div", { class: "both" },
      version(page, t("editor.conflict.yours"), yours, theirs),
      version(page, heading, theirs, yours)),
  ], [
    [t("editor.conflict.keep"), "primary", "keep"],
    [t("editor.conflict.take"), "secondary", "take"],
  ], { wide: true });
}

/** Shows an earlier revision. Resolves to "use" when its text is to be taken up again. */
export function showRevision(page, revision) {
  const { t, language } = page;
  const about = t("editor.revision.by", { date: dateAndTime(revision.created_at, language), author: revision.author });
  return choose(t("editor.revision", { revision: revision.revision }), [
    h("p", { class: "hint" }, about),
    h("div", { class: "both one" }, version(page, revision.title, revision, revision)),
  ], [
    [t("editor.revision.close"), "primary", null],
    [t("editor.revision.use"), "secondary", "use"],
  ], { wide: true });
}
