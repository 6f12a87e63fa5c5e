import { clock, longDate } from "../shared/dates.js";
import { h } from "../shared/dom.js";
import { markdown } from "../shared/markdown.js";
import { confidence, reason } from "./words.js";

function sourceList(sources, language) {
  return h("ul", {}, ...sources.map((source) =>
    h("li", {},
      h("a", { class: "ds-link", href: source.url, target: "_blank", rel: "noopener" },
        source.heading ? `${source.title}: ${source.heading}` : source.title),
      ` (${longDate(source.updated, language)})`)));
}

/** Why the conversation came to a person: only what was said and found, nothing made up. */
export function reasons({ t, language }, handoff, conversationLanguage) {
  if (!handoff) return null;
  const rows = [[t("desk.reason"), reason(t, handoff)]];
  const said = { lang: conversationLanguage, dir: "auto" };
  const topic = handoff.topic && !(handoff.summary ?? "").includes(handoff.topic) ? handoff.topic : null;
  if (topic) rows.push([t("desk.topic"), h("span", said, topic)]);
  if (handoff.summary) rows.push([t("desk.summary"), h("span", { ...said, class: "lines" }, handoff.summary)]);
  if (handoff.confidence !== null && handoff.confidence !== undefined) {
    rows.push([t("desk.confidence"), confidence(t, handoff.confidence)]);
  }
  if (handoff.sources?.length) rows.push([t("desk.sources"), sourceList(handoff.sources, language)]);
  for (const { sender, note, created_at } of handoff.transfers ?? []) {
    if (note) rows.push([t("desk.note"), h("span", { class: "lines" }, `${sender}, ${clock(created_at, language)}: ${note}`)]);
  }
  return h("section", { class: "why", "aria-labelledby": "why", tabindex: "0" },
    h("h3", { class: "ds-heading", "data-size": "2xs", id: "why" }, t("desk.why")),
    h("dl", {}, ...rows.map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value)))));
}

/** One message as the operator sees it; `tools` stand below it. */
export function line({ t, language }, message, tools = null) {
  const body = h("div", { class: "text", lang: message.language, dir: "auto" });
  if (message.author === "bot" || message.author === "system") {
    body.append(markdown(message.text, {
      breaks: message.author === "system", heading: "h4", tableLabel: t("desk.table"),
    }));
  } else body.append(message.text);
  const { answer } = message;
  return h("div", { class: `message ${message.author}`, "data-seq": String(message.seq) },
    h("p", { class: "author" },
      h("strong", {}, t(`desk.author.${message.author}`)), " ",
      h("time", { datetime: message.created_at }, clock(message.created_at, language)),
      answer ? h("span", {}, ` · ${t(`desk.answer.${answer.status}`, { percent: Math.round((answer.confidence ?? 0) * 100) })}`) : null),
    ...(answer?.notes ?? []).map((note) => h("p", { class: "about", lang: note.language, dir: "auto" }, note.text)),
    body,
    ...(answer?.also ?? []).map(({ text, source }) =>
      h("div", { class: "also" },
        h("p", {}, h("strong", {}, t("desk.also"))),
        h("div", { class: "text", dir: "auto" }, markdown(text, { heading: "h4", tableLabel: t("desk.table") })),
        h("div", { class: "from" }, sourceList([source], language)))),
    answer?.sources?.length ? h("div", { class: "from" }, sourceList(answer.sources, language)) : null,
    tools);
}
