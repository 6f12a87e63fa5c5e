// A conversation that nobody touched for a day is not taken up again: on a shared computer the next
// person must not meet it.
const LIFETIME = 24 * 60 * 60 * 1000;

const memory = () => {
  const values = new Map();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => values.set(key, value),
    removeItem: (key) => values.delete(key),
  };
};

function usable(name) {
  try {
    const storage = window[name];
    storage.setItem("svar:probe", "1");
    storage.removeItem("svar:probe");
    return storage;
  } catch {
    // Storage is blocked or full: the conversation then lasts as long as the page.
    return memory();
  }
}

/**
 * What the widget remembers. Shared by the tabs: the conversation {id, token, language, status}.
 * For this tab only: {open, draft, pending: [{client_id, text}], read: the notice that was hidden}.
 */
export class Memory extends EventTarget {
  #shared = usable("localStorage");
  #own = usable("sessionStorage");

  constructor(municipality) {
    super();
    this.key = `svar:${municipality}`;
    this.listen = (event) => {
      if (event.key === this.key) this.dispatchEvent(new CustomEvent("svar:elsewhere"));
    };
  }

  /** Does something while no other tab does; at once where browsers have no locks. */
  alone(work) {
    return navigator.locks ? navigator.locks.request(this.key, work) : work();
  }

  get conversation() {
    const kept = this.#read(this.#shared);
    if (!kept?.id || !kept.token || Date.now() - kept.touched > LIFETIME) return null;
    return kept;
  }

  set conversation(value) {
    if (value) this.#write(this.#shared, { ...value, touched: Date.now() });
    else this.#shared.removeItem(this.key);
  }

  get tab() {
    return { open: false, draft: "", pending: [], ...this.#read(this.#own) };
  }

  set tab(changes) {
    this.#write(this.#own, { ...this.tab, ...changes });
  }

  #read(storage) {
    try {
      return JSON.parse(storage.getItem(this.key));
    } catch {
      return null;
    }
  }

  #write(storage, value) {
    try {
      storage.setItem(this.key, JSON.stringify(value));
    } catch {
      // Full storage must not stop the conversation; it is only not taken up after a reload.
    }
  }
}
