// Browsers without Nynorsk fall back to English; Bokmål writes dates and times the same way.
const locale = (language) => (language === "nn" ? "nb" : language);

/** "2026-03-12" → "12 mars 2026" in the language. Anything else comes back as it was. */
export function longDate(iso, language) {
  const date = new Date(`${iso}T12:00:00`);
  if (Number.isNaN(date.getTime())) return iso ?? "";
  return new Intl.DateTimeFormat(locale(language), { day: "numeric", month: "long", year: "numeric" }).format(date);
}

/** The time of day of an ISO 8601 instant, in the reader's own time zone. */
export function clock(instant, language) {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return "";
  return new Intl.DateTimeFormat(locale(language), { hour: "2-digit", minute: "2-digit" }).format(date);
}

/** Date and time of day of an ISO 8601 instant. */
export function dateAndTime(instant, language) {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return "";
  return new Intl.DateTimeFormat(locale(language), { dateStyle: "medium", timeStyle: "short" }).format(date);
}
