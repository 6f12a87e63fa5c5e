import { h, icon } from "../shared/dom.js";
import { clock, longDate } from "../shared/dates.js";
import { markdown } from "../shared/markdown.js";
import { overflow } from "./fold.js";

const answered = (message) => message.answer?.status === "answered";
const personal = (choice) => choice.action === "handoff";

/** Whether a message offers a person, which the button that is always there then stands out for. */
export const offersPerson = (message) => Boolean(message?.choices?.some(personal));

/** One source as a card: title (the link), heading, date. `lead` stands before the title. */
function card(source, t, language, lead) {
  const title = source.title || source.heading || source.url;
  return h("li", { class: "source" },
    icon("page"),
    h("div", {},
      h("p", {},
        lead ? h("span", { class: "label" }, lead, " ") : null,
        h("a", { href: source.url, class: "ds-link" }, title),
        ...(source.heading && source.heading !== title
          ? [" – ", h("span", { class: "heading" }, source.heading)]
          : [])),
      source.updated
        ? h("p", { class: "updated" }, t("widget.source.updated", { date: longDate(source.updated, language) }))
        : null));
}

/** Where an answer's words come from, before them: they are only worth what their source is. */
function proof(message, t, language) {
  const found = answered(message) ? message.answer.sources ?? [] : [];
  if (!found.length) return null;
  const lead = t("widget.source.answered");
  return h("ul", { class: "sources proof" }, ...found.map((source) => card(source, t, language, lead)));
}

/** Pages that may help where there is no answer, after the words that say so. */
function nearest(message, t, language) {
  const found = answered(message) ? [] : message.answer?.sources ?? [];
  if (!found.length) return null;
  return h("div", { class: "nearest" },
    h("p", { class: "label" }, t("widget.source.nearest")),
    h("ul", { class: "sources" }, ...found.map((source) => card(source, t, language))));
}

/** What the service itself says of an answer, in the languages it says it in: never the page's words. */
function notes(message) {
  return (message.answer?.notes ?? []).map(({ text, language }) => h("p", { class: "note", lang: language, dir: "auto" }, text));
}

/** What another page says against the answer, word for word, with where it stands. */
function also(message, t, language) {
  return (message.answer?.also ?? []).map(({ text, source }) =>
    h("div", { class: "also" },
      h("p", { class: "label" }, t("widget.also")),
      h("ul", { class: "sources proof" }, card(source, t, language)),
      h("div", { class: "said", dir: "auto" }, markdown(text, { tableLabel: t("widget.table") }))));
}

function feedback(message, t, given, comment, commented) {
  if (!answered(message)) return null;
  if (given !== undefined) {
    const thanks = commented ? "widget.comment.thanks" : given ? "widget.feedback.thanks.yes" : "widget.feedback.thanks.no";
    const id = `comment-${message.seq}`;
    return h("div", { class: "feedback", "aria-live": "off" },
      h("p", { class: "thanks", tabindex: "-1" }, t(thanks)),
      given || commented ? null : h("form", { novalidate: true },
        h("label", { for: id }, t("widget.comment.label")),
        h("p", { id: `${id}-problem`, class: "problem", role: "alert" }),
        h("div", { class: "row" },
          h("input", {
            id, class: "ds-input", type: "text", autocomplete: "off", dir: "auto", value: comment,
            "aria-describedby": `${id}-problem`,
          }),
          h("button", { type: "submit", class: "ds-button", "data-variant": "secondary" }, t("widget.form.send")))));
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

/** The pages to choose from. A person is chosen by the one button for that, just below the messages. */
function choices(message, t) {
  const buttons = message.choices.map((choice, index) => !personal(choice) && h("button", {
    type: "button", class: "ds-button", "data-variant": "secondary", "data-choice": String(index),
  }, h("span", {}, choice.title)));
  if (!buttons.some(Boolean)) return null;
  return h("div", { class: "choices", role: "group", "aria-label": t("widget.choices") }, ...buttons);
}

function author(message, t, municipality) {
  if (message.author === "operator") return t("widget.author.operator", { municipality });
  return t(`widget.author.${message.author}`);
}

/** Shows a long answer whole, or only its beginning; the button says what it would do next. */
export function unfold(element, whole, t) {
  for (const part of overflow(element.querySelector(".text"))) part.hidden = !whole;
  const button = element.querySelector("[data-unfold]");
  button.setAttribute("aria-expanded", String(whole));
  button.textContent = t(whole ? "widget.fold" : "widget.unfold");
}

/**
 * A message as an element.
 *
 * `open` says whether its choices can still be taken, `given` what the resident thought of it and
 * `comment` what they are adding to that, `commented` whether that has arrived,
 * `unfolded` whether a long answer shows all, `state` how far a resident's own message has come:
 * sending, sent, failed.
 */
export function messageElement(message, { t, language, municipality, open, given, comment, commented, unfolded = false, state, code }) {
  const own = message.author === "resident";
  const verbatim = message.author === "bot";
  const body = h("div", { class: "text", dir: "auto", lang: message.answer?.page_language ?? message.language ?? null });
  if (own) body.append(message.text);
  else body.append(markdown(message.text, { breaks: !verbatim, tableLabel: t("widget.table") }));
  const folds = answered(message) && overflow(body).length > 0;
  const meta = [
    message.created_at ? h("time", { datetime: message.created_at }, clock(message.created_at, language)) : null,
    own && state ? h("span", { class: "state" }, t(`widget.delivery.${state}`)) : null,
  ].filter(Boolean);
  const element = h("div", {
    class: `message ${message.author}${state === "failed" ? " failed" : ""}`,
    "data-seq": message.seq ?? null,
  },
    h("div", { class: "author" },
      h("span", { class: own || message.author === "system" ? "sr-only" : null }, author(message, t, municipality), ":"),
    ),
    h("div", { class: "bubble" },
      ...notes(message),
      proof(message, t, language),
      body,
      folds
        ? h("button", { type: "button", class: "ds-button small", "data-variant": "secondary", "data-unfold": true })
        : null,
      ...also(message, t, language),
      nearest(message, t, language)),
    state === "failed"
      ? h("div", { class: "problem" },
        icon("alert"),
        h("span", {}, t(code === "too_many" ? "widget.error.too_many" : "widget.error.not_sent")),
        h("button", { type: "button", class: "ds-button small", "data-variant": "secondary", "data-retry": true },
          t("widget.retry")))
      : null,
    // Not news: the times and delivery states would otherwise be read out with each change.
    h("p", { class: "meta", "aria-live": "off" }, ...meta),
    feedback(message, t, given, comment, commented),
    open && message.choices?.length ? choices(message, t) : null,
    // The button is outside the log, so that those who only hear the message learn of it here.
    open && offersPerson(message)
      ? h("p", { class: "offer sr-only" }, t("widget.person.hint", { button: t("widget.person") }))
      : null);
  if (folds) unfold(element, unfolded, t);
  return element;
}
