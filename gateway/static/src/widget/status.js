import { h } from "../shared/dom.js";

/** One line, announced when it changes: who answers, what has been done, or what went wrong. */
export class StatusLine {
  constructor() {
    this.element = h("p", { class: "status", role: "status" });
  }

  /** `kind` is the conversation's status, or problem. */
  say(text, kind = "") {
    if (this.element.textContent !== text) this.element.textContent = text;
    this.element.dataset.kind = kind;
  }
}

/** Where in the queue, in which department's, and how long that tends to take. */
export function placeInQueue(t, queue) {
  if (!queue) return "";
  const { position, of_department: department, wait_minutes: wait } = queue;
  const place = t(department ? "widget.queue.position_of" : "widget.queue.position", { position, department });
  if (!wait) return place;
  const [low, high] = wait;
  return `${place} ${t(low < high ? "widget.queue.wait" : "widget.queue.about", { low, high })}`;
}
