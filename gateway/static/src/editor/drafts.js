const PREFIX = "svar:editor";

/**
 * What was typed and not saved yet, kept in the browser, so that a crash or a lost session loses
 * nothing. One entry per article; a new article is `null`.
 */
export class UnsavedDrafts {
  constructor(municipality) {
    this.prefix = `${PREFIX}:${municipality}:`;
  }

  read(id) {
    try {
      return JSON.parse(localStorage.getItem(this.#key(id)));
    } catch {
      return null;
    }
  }

  /** `draft` is {values, revision}: the fields, and the revision that the editing began with. */
  keep(id, draft) {
    try {
      localStorage.setItem(this.#key(id), JSON.stringify(draft));
    } catch {
      // Without storage the page's own warning before leaving still stands.
    }
  }

  forget(id) {
    localStorage.removeItem(this.#key(id));
  }

  #key(id) {
    return this.prefix + (id ?? "");
  }
}
