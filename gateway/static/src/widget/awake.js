// Hidden or asleep for so long, a WebSocket may be dead without anyone having noticed.
const ASLEEP = 30_000;
const LOOK_EVERY = 10_000;

/**
 * What the browser knows of the network and of sleep. Calls `wake(anew)` when a try may be worth
 * it; `anew` when no connection from before is to be trusted; and `lost()` when the network went.
 */
export class Awake {
  #seen = Date.now();
  #watch = null;
  #wake;

  constructor(wake, lost) {
    this.#wake = (anew) => {
      this.#seen = Date.now();
      wake(anew);
    };
    this.onOnline = () => this.#wake(true);
    this.onOffline = lost;
    this.onShown = ({ persisted }) => persisted && this.#wake(true);
    this.onVisible = () => document.visibilityState === "visible" && this.#wake(Date.now() - this.#seen > ASLEEP);
  }

  start() {
    addEventListener("online", this.onOnline);
    addEventListener("offline", this.onOffline);
    addEventListener("pageshow", this.onShown);
    this.#watch = setInterval(() => this.#look(), LOOK_EVERY);
    document.addEventListener("visibilitychange", this.onVisible);
  }

  stop() {
    removeEventListener("online", this.onOnline);
    removeEventListener("offline", this.onOffline);
    removeEventListener("pageshow", this.onShown);
    clearInterval(this.#watch);
    document.removeEventListener("visibilitychange", this.onVisible);
  }

  /** Notices a machine that slept with the page in sight: the clock then jumps. */
  #look() {
    const slept = Date.now() - this.#seen > ASLEEP;
    if (document.visibilityState !== "visible") return;
    this.#seen = Date.now();
    if (slept) this.#wake(true);
  }
}
