import { counted } from "../shared/texts.js";

const REASONS = new Set(["asked", "unsure_twice", "complaint", "crisis", "form", "operator_pulled", "reopened"]);
const HIGH = 0.8;
const MEDIUM = 0.5;

/** Why a conversation was handed over, in words; an unknown reason gets the plain ones. */
export function reason(t, handoff) {
  const code = handoff?.reason;
  return t(`desk.reason.${REASONS.has(code) ? code : "other"}`);
}

/** A calibrated probability in words, with the number for those who want it. */
export function confidence(t, value) {
  const level = value >= HIGH ? "high" : value >= MEDIUM ? "medium" : "low";
  return t(`desk.confidence.${level}`, { percent: Math.round(value * 100) });
}

/** How long someone has waited since an ISO 8601 instant. */
export function waited(t, since, now = Date.now()) {
  const minutes = Math.max(0, Math.floor((now - new Date(since)) / 60_000));
  if (!minutes) return t("desk.waited.now");
  if (minutes < 60) return t("desk.waited.minutes", { count: minutes });
  return t("desk.waited.hours", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** "Two new conversations wait". */
export function news(t, count) {
  return counted(t, "desk.new", count);
}
