import { h, icon } from "../shared/dom.js";
import { clock, longDate } from "../shared/dates.js";
import { markdown } from "../shared/markdown.js";

/** One source as a card: title (the link), heading, date. */
function card(source, t, language) {
  const title = source.title || source.heading || source.url;
  return h("li", { class: "source" },
    icon("page"),
    h("div", {},
      h("a", { href: source.url, class: "ds-link" }, title),
      source.heading && source.heading !== title ? h("span", { class: "heading" }, source.heading) : null,
      source.updated
        ? h("span", { class: "updated" }, t("widget.source.updated", { date: longDate(source.updated, language) }))
        : null));
}

function sources(message, t, language) {
  const found = message.answer?.sources ?? [];
  if (!found.length) return null;
  const answered = message.answer.status === "answered";
  const key = !answered ? "widget.source.nearest" : found.length === 1 ? "widget.source.one" : "widget.source.many";
  return h("div", { class: "sources" },
    h("p", { class: "label" }, t(key)),
    h("ul", {}, ...found.map((source) => card(source, t, language))));
}

function feedback(message, t, given) {
  if (message.answer?.status !== "answered") return null;
  if (given !== undefined) {
    return h("p", { class: "feedback", tabindex: "-1", "aria-live": "off" },
      t(given ? "widget.feedback.thanks.yes" : "widget.feedback.thanks.no"));
  }
  const button = (helpful, key, name) =>
    h("button", {
      type: "button", class: "ds-button small", "data-variant": "tertiary", "data-helpful": String(helpful),
    }, icon(name), t(key));
  return h("div", { class: "feedback", role: "group", "aria-live": "off", "aria-label": t("widget.feedback.question") },
    h("span", { "aria-hidden": "true" }, t("widget.feedback.question")),
    button(true, "widget.feedback.yes", "yes"),
    button(false, "widget.feedback.no", "no"));
}

function choices(message, t) {
  return h("div", { class: "choices", role: "group", "aria-label": t("widget.choices") },
    ...message.choices.map((choice, index) =>
      h("button", {
        type: "button", class: "ds-button", "data-variant": "secondary", "data-choice": String(index),
      }, choice.action === "handoff" ? icon("person") : null, h("span", {}, choice.title))));
}

function author(message, t, municipality) {
  if (message.author === "operator") return t("widget.author.operator", { municipality });
  return t(`widget.author.${message.author}`);
}

/**
 * A message as an element.
 *
 * `open` says whether its choices can still be taken, `given` what the resident thought of it,
 * `state` how far a resident's own message has come: sending, sent, failed.
 */
export function messageElement(message, { t, language, municipality, open, given, state, code }) {
  const own = message.author === "resident";
  const verbatim = message.author === "bot";
  const body = h("div", { class: "text", dir: "auto", lang: message.language ?? null });
  if (own) body.append(message.text);
  else body.append(markdown(message.text, { breaks: !verbatim, tableLabel: t("widget.table") }));
  const meta = [
    message.created_at ? h("time", { datetime: message.created_at }, clock(message.created_at, language)) : null,
    own && state ? h("span", { class: "state" }, t(`widget.delivery.${state}`)) : null,
  ].filter(Boolean);
  return h("div", {
    class: `message ${message.author}${state === "failed" ? " failed" : ""}`,
    "data-seq": message.seq ?? null,
  },
    h("div", { class: "author" },
      h("span", { class: own || message.author === "system" ? "sr-only" : null }, author(message, t, municipality), ":"),
    ),
    h("div", { class: "bubble" }, body, sources(message, t, language)),
    state === "failed"
      ? h("div", { class: "problem" },
        icon("alert"),
        h("span", {}, t(code === "too_many" ? "widget.error.too_many" : "widget.error.not_sent")),
        h("button", { type: "button", class: "ds-button small", "data-variant": "secondary", "data-retry": true },
          t("widget.retry")))
      : null,
    // Not news: the times and delivery states would otherwise be read out with each change.
    h("p", { class: "meta", "aria-live": "off" }, ...meta),
    feedback(message, t, given),
    open && message.choices?.length ? choices(message, t) : null);
}
