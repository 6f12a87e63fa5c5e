const KEY = "svar:staff:drafts";
/** Before a case's reference, where a conversation has its id. */
export const CASE = "case:";

/**
 * What somebody has begun to write, by conversation or case and name, for as long as their session in this
 * tab: it outlasts a reload. It may hold personal data, so it is never kept in localStorage, and
 * goes when it has been sent, the conversation is over or the person signs out.
 */
export class Drafts {
  #owner = null;
  #kept = {};

  /** Begins for a person; what another one left is thrown away. */
  open(owner) {
    this.#owner = owner;
    this.#kept = {};
    try {
      const { owner: before, kept } = JSON.parse(sessionStorage.getItem(KEY)) ?? {};
      if (before === owner && kept) this.#kept = kept;
      else sessionStorage.removeItem(KEY);
    } catch {
      // What can't be read is as if nothing had been written.
    }
  }

  get(id, name) {
    return this.#kept[id]?.[name];
  }

  /** Keeps a value; an empty one is forgotten. */
  set(id, name, value) {
    const { [name]: _, ...rest } = this.#kept[id] ?? {};
    this.#kept[id] = value?.length === 0 || value === undefined ? rest : { ...rest, [name]: value };
    this.#store();
  }

  /** Forgets all of a conversation. */
  forget(id) {
    delete this.#kept[id];
    this.#store();
  }

  /** Whether there are words that have not been sent. */
  get typed() {
    return Object.values(this.#kept).some((names) =>
      Object.values(names).some((value) => typeof value === "string" && value.trim()));
  }

  /** Forgets every conversation but these; what is written in cases stays. */
  only(ids) {
    this.#kept = Object.fromEntries(Object.entries(this.#kept).filter(([id]) => ids.has(id) || id.startsWith(CASE)));
    this.#store();
  }

  /** Forgets everything. */
  clear() {
    this.#kept = {};
    this.#store();
  }

  #store() {
    const kept = Object.fromEntries(Object.entries(this.#kept).filter(([, names]) => Object.keys(names).length));
    try {
      if (Object.keys(kept).length) sessionStorage.setItem(KEY, JSON.stringify({ owner: this.#owner, kept }));
      else sessionStorage.removeItem(KEY);
    } catch {
      // Without storage it lasts as long as the page.
    }
  }
}
