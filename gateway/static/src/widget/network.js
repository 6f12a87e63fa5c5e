import { seldom } from "../shared/typing.js";
import { Awake } from "./awake.js";
import { Live } from "./live.js";
import { Failure, GONE, request } from "./requests.js";

// So often in a row it must fail before another way is offered: at once where there is nothing to
// lose, and not for a server that is only started again where there is a conversation.
const STUCK_BEFORE = 3;
const STUCK_WITHIN = 6;

/**
 * The conversation with the gateway. Nothing here touches the page. It tells what happens by events:
 * `svar:message` (a message object, each seq once), `svar:status` (with_bot, waiting, with_operator,
 * closed), `svar:busy` (true while a turn is on its way), `svar:connection` (true, false),
 * `svar:delivery` {client_id, state: sending | sent | failed, code}, `svar:rejected`
 * {client_id, text, code}, `svar:municipality`, `svar:queue` ({position, wait_minutes} or null),
 * `svar:typing` (the operator is writing, now), `svar:stuck` (true when it has failed so often that
 * another way is better) and `svar:reset` (gone, elsewhere, ended) when the messages shown so far no
 * longer count.
 */
export class Network extends EventTarget {
  #base;
  #municipality;
  #memory;
  #conversation = null;
  #beginning = null;
  #queue = Promise.resolve();
  #pending = new Map();
  #delivering = null;
  #seen = new Set();
  #last = 0;
  #status = null;
  #connected = true;
  #ended = false;
  #live = false;
  #line = new Live({
    opened: () => {
      this.#reached();
      this.#connection(true);
    },
    heard: (frame) => this.#heard(frame),
    broken: () => this.#schedule(true),
  });
  #turns = 0;
  #stuck = false;
  #awake;
  #sayTyping = seldom(() => this.#line.send({ type: "typing" }));

  /** `base` is the address that the API's paths are relative to. */
  constructor({ base, municipality, language, memory }) {
    super();
    this.#base = base;
    this.#municipality = municipality;
    this.#memory = memory;
    this.language = language;
    this.#awake = new Awake((anew) => this.#wake(anew), () => this.#connection(false));
    this.onElsewhere = () => this.#changedElsewhere();
  }

  get status() {
    return this.#status;
  }

  start() {
    this.#awake.start();
    addEventListener("storage", this.#memory.listen);
    this.#memory.addEventListener("svar:elsewhere", this.onElsewhere);
  }

  stop() {
    this.#awake.stop();
    removeEventListener("storage", this.#memory.listen);
    this.#memory.removeEventListener("svar:elsewhere", this.onElsewhere);
    this.live = false;
  }

  /** While live, messages arrive by themselves: by WebSocket, or by asking when that fails. */
  set live(value) {
    // Said once more, it must not take back the next try that is due.
    if (value === this.#live) return;
    this.#live = value;
    if (value) this.#connect();
    else this.#line.close();
  }

  /** Takes up the kept conversation, or starts one. Resolves to whether there is one. */
  begin() {
    this.#ended = false;
    this.#beginning ??= this.#begin().finally(() => {
      this.#beginning = null;
    });
    return this.#beginning;
  }

  async municipality() {
    try {
      const found = await this.#fetch("GET", `municipalities/${encodeURIComponent(this.#municipality)}`);
      this.#tell("municipality", found);
    } catch {
      // The page works without the name and telephone number; they come with the next opening.
    }
  }

  /** Sends a resident's message. The same `client_id` again is a new try of the same message. */
  send(text, client_id) {
    this.#pending.set(client_id, text);
    this.#keepPending();
    this.#tell("delivery", { client_id, text, state: "sending" });
    // One at a time and in order, whatever the network does.
    this.#queue = this.#queue.then(() => this.#deliver(text, client_id));
    return this.#queue;
  }

  /** Tells the operator that the resident is writing, never what; only where somebody sees it. */
  typing() {
    if (this.#status === "with_operator" && this.#line.open) this.#sayTyping();
  }

  async handoff() {
    return this.#turn(async () => {
      try {
        await this.#askForPerson();
      } catch (failure) {
        if (!GONE.has(failure.status)) throw failure;
        this.#forget("gone");
        await this.#askForPerson();
      }
    });
  }

  /** Resolves to whether it was stored. */
  async feedback(message, helpful, comment) {
    try {
      await this.#call("POST", "/feedback", { message, helpful, ...(comment && { comment }) });
      return true;
    } catch {
      return false;
    }
  }

  /** Ends the conversation and keeps it. Throws when the gateway could not be reached. */
  async end() {
    this.#take(await this.#call("POST", "/close"));
    this.#line.close();
  }

  /** The whole conversation as text. Throws what went wrong. */
  transcript() {
    return this.#call("GET", "/transcript?format=text");
  }

  /** Has the conversation mailed. Throws what went wrong, with the faults of its fields. */
  mail({ email }) {
    return this.#call("POST", "/transcript", { email });
  }

  /** Leaves a question to be answered by e-mail. Throws what went wrong, with the faults of its fields. */
  async leaveCase({ email, text }) {
    this.#take(await this.#call("POST", "/case", { email, text }));
    // The queue is left with it.
    await this.#poll();
  }

  /** Ends the conversation and erases it. Throws when the gateway could not be reached. */
  async erase() {
    if (this.#conversation) {
      try {
        await this.#call("DELETE", "");
      } catch (failure) {
        if (!GONE.has(failure.status)) throw failure;
      }
    }
    this.#forget("ended");
  }

  /** Leaves a closed conversation and starts another. */
  async restart() {
    this.#forget("ended");
    return this.begin();
  }

  async #begin() {
    if (this.#conversation) return true;
    const kept = this.#memory.conversation;
    if (kept) {
      this.#conversation = kept;
      if (await this.#poll()) {
        this.#resume();
        return true;
      }
      if (this.#conversation) {
        this.#schedule(false);
        return false;
      }
    }
    try {
      // One tab at a time, so that two that open together begin one conversation.
      const begun = await this.#memory.alone(async () => {
        if (this.#memory.conversation) return false;
        const { id, token, status, messages } = await this.#create();
        this.#conversation = { id, token, language: this.language };
        this.#remember(status);
        this.#take({ status, messages });
        return true;
      });
      if (!begun) return this.#begin();
      this.#connection(true);
      this.#reached();
      this.#resume();
      return true;
    } catch (failure) {
      this.#failed(failure);
      this.#schedule(false);
      return false;
    }
  }

  async #create() {
    const wanted = { municipality: this.#municipality, language: this.language };
    try {
      return await this.#fetch("POST", "conversations", wanted);
    } catch (failure) {
      if (failure.status !== 422) throw failure;
      // The page may speak a language that the municipality's conversations do not.
      return this.#fetch("POST", "conversations", { municipality: this.#municipality });
    }
  }

  #resume() {
    // Left over from before a reload, or from a conversation that was gone.
    for (const { client_id, text } of this.#memory.tab.pending) {
      if (client_id !== this.#delivering) this.send(text, client_id);
    }
    this.#connect();
  }

  async #askForPerson() {
    if (!(await this.begin())) throw new Failure(0);
    this.#take(await this.#call("POST", "/handoff", { reason: "asked" }));
    // Whatever the answer held, what was said about it is now in the conversation.
    await this.#poll();
  }

  async #deliver(text, client_id, again = true) {
    if (!this.#pending.has(client_id)) return;
    this.#delivering = client_id;
    await this.#turn(async () => {
      try {
        if (!(await this.begin())) throw new Failure(0);
        // Taking up the conversation may have shown that it had arrived before.
        if (!this.#pending.has(client_id)) return;
        const answer = await this.#call("POST", "/messages", { text, client_id });
        this.#take(answer);
        this.#settle(client_id);
        this.#tell("delivery", { client_id, state: "sent" });
        if (answer.opens) this.#tell("opens", client_id);
      } catch (failure) {
        if (GONE.has(failure.status) && again) {
          this.#forget("gone");
          await this.#deliver(text, client_id, false);
        } else if (failure.status === 409 || (failure.status >= 400 && failure.status < 429)) {
          this.#settle(client_id);
          this.#tell("rejected", { client_id, text, code: failure.code ?? "invalid" });
          if (failure.status === 409) await this.#poll();
        } else {
          this.#failed(failure);
          this.#tell("delivery", { client_id, state: "failed", code: failure.status === 429 ? "too_many" : null });
        }
      }
    });
    this.#delivering = null;
  }

  async #turn(work) {
    this.#turns += 1;
    this.#tell("busy", true);
    try {
      return await work();
    } finally {
      this.#turns -= 1;
      if (!this.#turns) this.#tell("busy", false);
    }
  }

  /** Fetches what is missing. Resolves to whether the conversation is there and could be reached. */
  async #poll() {
    const asked = this.#conversation;
    if (!asked) return false;
    try {
      const since = this.#last;
      const answer = await this.#call("GET", `/messages?after=${since}`);
      if (asked === this.#conversation) this.#take(answer, since);
      this.#reached();
      this.#connection(true);
      return true;
    } catch (failure) {
      if (asked !== this.#conversation) return false;
      if (GONE.has(failure.status)) this.#forget("gone");
      else this.#failed(failure);
      return false;
    }
  }

  /**
   * Every change of status comes with a message, so an answer whose newest message is older than
   * one that came over the socket meanwhile tells an old status. `since` is what a request asked
   * for the messages after.
   */
  #take({ status, messages = [], queue }, since = 0) {
    const newest = Math.max(since, ...messages.map(({ seq }) => seq));
    const outdated = newest < this.#last;
    for (const message of messages) this.#receive(message);
    if (status && !outdated) this.#remember(status);
    if (queue !== undefined && !outdated) this.#tell("queue", queue);
  }

  #receive(message) {
    if (this.#seen.has(message.seq)) return;
    this.#seen.add(message.seq);
    this.#last = Math.max(this.#last, message.seq);
    if (message.client_id) this.#settle(message.client_id);
    this.#tell("message", message);
  }

  #settle(client_id) {
    if (this.#pending.delete(client_id)) this.#keepPending();
  }

  #keepPending() {
    this.#memory.tab = { pending: [...this.#pending].map(([client_id, text]) => ({ client_id, text })) };
  }

  #remember(status) {
    if (this.#conversation) this.#memory.conversation = { ...this.#conversation, status };
    if (status === this.#status) return;
    this.#status = status;
    this.#tell("status", status);
  }

  #forget(reason) {
    this.#line.close();
    this.#conversation = null;
    this.#memory.conversation = null;
    this.#clear(reason);
  }

  #clear(reason) {
    // What the resident ended is not begun again by a timer, only by themselves.
    this.#ended = reason !== "gone";
    this.#seen.clear();
    this.#last = 0;
    this.#status = null;
    if (reason === "ended") this.#pending.clear();
    this.#keepPending();
    this.#tell("reset", reason);
    this.#tell("status", null);
  }

  #changedElsewhere() {
    const kept = this.#memory.conversation;
    if (this.#conversation && kept?.id !== this.#conversation.id) {
      this.#line.close();
      this.#conversation = null;
      this.#clear("elsewhere");
    }
    // What was begun anew there is gone on with here.
    if (!this.#conversation && this.#live && kept) this.begin();
  }

  /** Whether it works at all. */
  #reached(well = true) {
    if (this.#stuck !== well) return;
    this.#stuck = !well;
    this.#tell("stuck", this.#stuck);
  }

  #connection(connected) {
    if (connected === this.#connected) return;
    this.#connected = connected;
    this.#tell("connection", connected);
    if (connected) this.#retry();
  }

  #failed(failure) {
    if (!failure.status) this.#connection(false);
  }

  #retry() {
    // The same client_id: what did arrive after all is not stored twice.
    for (const [client_id, text] of [...this.#pending]) this.send(text, client_id);
  }

  /** `anew`: what looks like an open WebSocket is not to be trusted. */
  async #wake(anew) {
    if (!this.#live || this.#ended) return;
    this.#line.failures = 0;
    if (anew) this.#line.close();
    if (!this.#conversation) await this.begin();
    else if (await this.#poll()) this.#connect();
  }

  #connect() {
    this.#line.cancel();
    if (!this.#live || !this.#conversation || this.#status === "closed") return;
    const { id, token } = this.#conversation;
    const address = new URL(`api/v1/conversations/${id}/events?after=${this.#last}`, this.#base);
    address.protocol = address.protocol.replace("http", "ws");
    this.#line.connect(address, token);
  }

  #heard({ type, status, queue, ...message }) {
    if (type === "typing") this.#tell(type);
    if (message.seq) this.#receive(message);
    if (status) this.#remember(status);
    if (queue !== undefined) this.#tell("queue", queue);
  }

  #schedule(there) {
    this.#line.cancel();
    if (!this.#live) return;
    const failures = this.#line.later(there, () => this.#reconnect());
    // Without any network there is no other way either.
    if (!there && navigator.onLine && failures >= (this.#conversation ? STUCK_WITHIN : STUCK_BEFORE)) this.#reached(false);
  }

  async #reconnect() {
    // Asking first tells a closed door (a proxy without WebSockets) from a conversation that is gone.
    const there = await this.#poll();
    if (!this.#live || this.#ended) return;
    if (!this.#conversation) await this.begin();
    else if (there && (this.#line.failures <= 3 || this.#line.failures % 15 === 0)) this.#connect();
    else this.#schedule(there);
  }

  #call(method, path, body) {
    if (!this.#conversation) return Promise.reject(new Failure(0));
    const { id, token } = this.#conversation;
    return this.#fetch(method, `conversations/${id}${path}`, body, token);
  }

  #fetch(...wanted) {
    return request(this.#base, ...wanted);
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(`svar:${name}`, { detail }));
  }
}
