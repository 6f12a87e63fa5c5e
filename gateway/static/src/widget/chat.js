import { attribute, h, icon } from "../shared/dom.js";
import { longDate } from "../shared/dates.js";
import { counted, translator } from "../shared/texts.js";
import { FieldForm } from "./fields.js";
import { MessageForm } from "./form.js";
import { MessageList } from "./list.js";
import { Menu } from "./menu.js";
import { Network } from "./network.js";
import { Memory } from "./storage.js";
import css from "./widget.css";
import texts from "texts:widget";

// Below this the panel covers the page and is modal; see widget.css.
const COVERING = "(max-width: 32em), (max-height: 26em)";
const WITH_PERSON = new Set(["waiting", "with_operator"]);
const BASE = new URL("../../", import.meta.url);
const EMAIL = { name: "email", label: "widget.ask.email_label", type: "email", autocomplete: "email", longest: 254 };

/** Whether the browser has what the chat is built on; without it there is a link to the chat as a page. */
const able = () => "adoptedStyleSheets" in Document.prototype && "HTMLDialogElement" in window && "timeout" in AbortSignal;

/** Gives the shadow root its styles, with rem meaning the resident's own text size, whatever the page did to it. */
function dress(element) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(":host{all:initial!important}");
  element.shadowRoot.adoptedStyleSheets = [sheet];
  const own = parseFloat(getComputedStyle(element).fontSize) || 16;
  const page = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
  const scale = own / page;
  sheet.replaceSync(Math.abs(scale - 1) < 0.01
    ? css
    : css.replace(/(\d*\.?\d+)rem\b/g, (_, size) => `${(size * scale).toFixed(4)}rem`));
}

/**
 * `<svar-chat municipality="ekhamn" language="sv">`: a button, and a panel to ask the municipality in.
 *
 * Keyboard: Enter or Space on the button opens the panel and moves focus into it; Escape closes it
 * and moves focus back. Tab leaves the panel freely, except where it covers the page.
 */
export class SvarChat extends HTMLElement {
  static observedAttributes = ["language"];

  static define(tag = "svar-chat", registry = customElements) {
    if (!registry.get(tag)) registry.define(tag, this);
    return this;
  }

  #unread = 0;
  #name = "";
  #languages = [];
  #connected = true;
  #covering = matchMedia(COVERING);
  #onCovering = () => this.#open && this.#show(false);
  #open = false;
  #notice = null;
  #erased = false;
  #queue = null;
  #news = null;
  #stuck = false;

  connectedCallback() {
    if (!this.getAttribute("municipality")) throw new Error("svar-chat needs the attribute municipality");
    this.page = new URL(encodeURIComponent(this.getAttribute("municipality")), BASE);
    try {
      if (able()) this.#start();
      else if (!this.querySelector("a")) this.append(this.#way());
    } catch (error) {
      // Whatever is wrong here, the municipality can still be asked.
      this.shadowRoot?.replaceChildren(this.#way());
      throw error;
    }
  }

  #start() {
    const municipality = this.getAttribute("municipality");
    this.#name = this.getAttribute("name") ?? "";
    this.memory = new Memory(municipality);
    const { memory } = this;
    // The page's language, unless the conversation has one already: pages may change between two.
    this.language = this.#known(memory.tab.language ?? memory.conversation?.language ?? this.getAttribute("language"));
    this.network = new Network({
      base: BASE,
      municipality,
      language: this.language,
      memory: this.memory,
    });
    this.list = new MessageList();
    this.form = new MessageForm();
    this.menu = new Menu();
    this.mail = new FieldForm("mail", "widget.menu.mail", [{ ...EMAIL, hint: "widget.menu_hint.mail" }]);
    this.case = new FieldForm("case", "widget.case", [
      { name: "text", label: "widget.ask.text_label", hint: "widget.form.hint", type: "area" }, EMAIL,
    ]);
    if (!this.shadowRoot) this.attachShadow({ mode: "open" });
    this.#build();
    dress(this);
    this.#listen();
    this.#redraw();
    this.network.start();
    this.#covering.addEventListener("change", this.#onCovering);
    this.form.restore(this.memory.tab.draft);
    if (this.memory.tab.open) this.#show(false);
    // Somebody may answer while the panel is closed.
    else if (WITH_PERSON.has(this.memory.conversation?.status)) this.#begin();
  }

  disconnectedCallback() {
    this.network?.stop();
    this.#covering.removeEventListener("change", this.#onCovering);
  }

  attributeChangedCallback(_, before, language) {
    if (before && this.network && language !== before) this.#switch(language);
  }

  /** Opens the panel and moves focus into it. */
  open() {
    this.#show(true);
  }

  /** Closes the panel and moves focus back to the button. The conversation goes on. */
  close() {
    this.#open = false;
    this.memory.tab = { open: false };
    this.dialog.close();
    this.menu.show(false, false);
    this.#ask(null);
    attribute(this.launcher, "aria-expanded", "false");
    this.#focusLauncher();
    this.#live();
  }

  #known(language) {
    return texts.languages.includes(language) ? language : texts.languages[0];
  }

  #build() {
    const button = (variant, pressed, ...content) =>
      h("button", { type: "button", class: "ds-button", "data-variant": variant, onclick: pressed }, ...content);
    this.launcher = h("button", {
      type: "button", class: "ds-button launcher", "aria-haspopup": "dialog", "aria-expanded": "false",
      "aria-controls": "panel", onclick: () => (this.#open ? this.close() : this.open()),
    });
    this.announcer = h("div", { class: "sr-only", role: "status" });
    this.heading = h("h2", { id: "title", tabindex: "-1" });
    this.subtitle = h("p", { class: "subtitle" });
    this.switch = h("div", { class: "languages", role: "group", hidden: true });
    this.closer = button("tertiary", () => this.close());
    this.closer.dataset.icon = "";
    this.statusText = h("p", { class: "status", role: "status" });
    this.out = h("nav", { class: "out", "aria-labelledby": "title", hidden: true });
    this.inside = h("div", { class: "way", hidden: true });
    this.newsText = h("div", { dir: "auto" });
    this.newsCloser = button("tertiary", () => this.#hideNews());
    this.newsCloser.classList.add("small");
    this.news = h("section", { class: "news", hidden: true }, icon("alert"), this.newsText, this.newsCloser);
    this.again = button("primary", () => this.#startAgain());
    this.intro = h("p", { class: "intro", hidden: true });
    this.typing = h("p", { class: "typing", role: "status" });
    this.person = button("secondary", () => this.#askForPerson());
    this.keep = button("secondary", () => this.#ask(null, true));
    this.erase = button("primary", () => this.#erase());
    this.erase.classList.add("danger");
    this.question = h("p", { id: "question" });
    this.confirm = h("div", { class: "confirm", role: "group", "aria-labelledby": "question", hidden: true },
      this.question, h("div", { class: "row" }, this.erase, this.keep));
    this.sheets = { confirm: this.confirm, mail: this.mail.element, case: this.case.element };
    this.bottom = h("div", { class: "bottom" }, this.person, this.again, this.form.element);
    this.dialog = h("dialog", { id: "panel", class: "panel", "aria-labelledby": "title" },
      h("div", { class: "header" },
        h("div", { class: "name" }, this.heading, this.subtitle),
        h("div", { class: "tools" }, this.switch, this.menu.button, this.closer)),
      this.menu.element, this.news, this.statusText, this.inside, this.intro, this.list.element, this.typing,
      ...Object.values(this.sheets), this.bottom);
    this.shadowRoot.replaceChildren(this.launcher, this.out, this.announcer, this.dialog);
  }

  #listen() {
    const { network, list, form, dialog } = this;
    const on = (target, name, handle) => target.addEventListener(`svar:${name}`, (event) => handle(event.detail));
    on(network, "message", (message) => this.#received(message));
    on(network, "status", () => this.#drawStatus());
    on(network, "busy", (busy) => this.#busy(busy));
    on(network, "connection", (connected) => {
      this.#connected = connected;
      this.#drawStatus();
    });
    on(network, "queue", (queue) => {
      this.#queue = queue;
      this.#drawStatus();
    });
    on(network, "stuck", (stuck) => this.#fallBack(stuck));
    on(network, "delivery", (delivery) => list.deliver(delivery));
    on(network, "rejected", ({ client_id, text, code }) => {
      list.withdraw(client_id);
      form.restore(text);
      form.error(code);
      form.focus();
    });
    on(network, "reset", (reason) => {
      if (reason === "ended") list.empty();
      else {
        list.clear();
        this.#notice = `widget.reset.${reason}`;
      }
    });
    on(network, "municipality", (found) => {
      this.#name = found.name;
      this.#languages = found.languages.filter((language) => texts.languages.includes(language));
      this.#news = found.notice ?? null;
      this.#redraw();
    });
    on(form.element, "send", ({ text }) => this.#send(text));
    on(form.element, "draft", ({ text }) => (this.memory.tab = { draft: text }));
    on(form.element, "hurry", () => this.#say(this.t("widget.busy")));
    on(list.element, "choose", ({ text }) => this.#send(text));
    on(list.element, "retry", ({ text, client_id }) => network.send(text, client_id));
    on(list.element, "feedback", ({ seq, helpful }) => this.#rate(seq, helpful));
    on(list.element, "comment", ({ seq, text }) => this.#comment(seq, text));
    const leave = () => {
      this.case.suggest("text", list.asked);
      this.#ask("case");
    };
    on(list.element, "case", leave);
    on(network, "opens", (client_id) => {
      list.wished(client_id);
      if (this.#open) leave();
    });
    on(this.menu.element, "pick", ({ name }) => this.#pick(name));
    for (const [sheet, act] of [["mail", (values) => this.#mail(values)], ["case", (values) => this.#leaveCase(values)]]) {
      on(this[sheet].element, "give", act);
      on(this[sheet].element, "leave", () => this.#ask(null, true));
    }
    // Where the panel covers the page, the page that a source opens would stay hidden behind it.
    on(list.element, "offer", ({ person }) => (this.person.dataset.variant = person ? "primary" : "secondary"));
    on(list.element, "source", () => this.#covering.matches && this.close());
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.#escape();
    });
    dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault();
      event.stopPropagation();
      this.#escape();
    });
  }

  #send(text) {
    this.#notice = null;
    this.#drawStatus();
    this.network.send(text, this.#id());
  }

  #id() {
    // randomUUID exists in secure contexts only; a municipality may try Svar on plain http.
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    return [...bytes]
      .map((byte, index) => ([4, 6, 8, 10].includes(index) ? "-" : "") + byte.toString(16).padStart(2, "0"))
      .join("");
  }

  #show(focus) {
    if (this.dialog.open) this.dialog.close();
    this.#open = true;
    this.#unread = 0;
    this.memory.tab = { open: true };
    if (this.#covering.matches) this.dialog.showModal();
    else this.dialog.setAttribute("open", "");
    attribute(this.launcher, "aria-expanded", "true");
    this.#drawLauncher();
    this.list.toLatest();
    if (focus) {
      // A touch keyboard would cover what there is to read first.
      if (matchMedia("(pointer: fine)").matches) this.form.focus();
      else this.heading.focus();
    }
    this.#begin();
  }

  async #begin() {
    const resumed = Boolean(this.memory.conversation) && !this.list.size;
    if (resumed) this.list.hush(true);
    this.network.municipality();
    this.network.live = true;
    const there = await this.network.begin();
    this.list.hush(false);
    this.intro.hidden = there || this.list.size > 0;
    if (resumed) this.list.toLatest();
    this.#live();
  }

  #live() {
    this.network.live = this.#open || WITH_PERSON.has(this.network.status);
  }

  #received(message) {
    this.intro.hidden = true;
    this.list.add(message);
    if (this.#open || message.author === "resident") return;
    this.#unread += 1;
    this.#drawLauncher();
    this.#say(counted(this.t, "widget.unread", this.#unread));
  }

  #busy(busy) {
    this.form.busy(busy);
    attribute(this.person, "aria-disabled", busy ? "true" : null);
    const answering = busy && !WITH_PERSON.has(this.network.status);
    this.typing.replaceChildren(
      ...(answering
        ? [h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")), this.t("widget.typing")]
        : []));
  }

  async #askForPerson() {
    if (this.person.getAttribute("aria-disabled")) return this.#say(this.t("widget.busy"));
    try {
      await this.network.handoff();
    } catch {
      this.#problem("widget.error.person");
    }
  }

  async #comment(seq, text) {
    const stored = await this.network.feedback(seq, false, text);
    this.list.comment(seq, stored ? null : this.t("widget.error.feedback"));
  }

  async #rate(seq, helpful) {
    this.list.rate(seq, helpful);
    if (await this.network.feedback(seq, helpful)) return;
    this.list.rate(seq, undefined);
    this.#problem("widget.error.feedback");
  }

  /** Shows one of the sheets in the place of the text field, or with null the field again. */
  #ask(name, back = false) {
    for (const [each, element] of Object.entries(this.sheets)) element.hidden = each !== name;
    this.bottom.hidden = name !== null;
    if (name === "confirm") this.keep.focus();
    else if (name) this[name].focus();
    else if (back) (this.menu.button.hidden ? this.list.element : this.menu.button).focus();
  }

  #pick(name) {
    if (name === "erase") this.#ask("confirm");
    else if (name === "mail") this.#ask("mail");
    else if (name === "download") this.#download();
    else this.#end();
  }

  async #end() {
    try {
      await this.network.end();
      this.again.focus();
    } catch {
      this.#problem("widget.error.end");
    }
  }

  async #download() {
    try {
      const address = URL.createObjectURL(new Blob([await this.network.transcript()], { type: "text/plain" }));
      const day = new Date().toISOString().slice(0, 10);
      h("a", { href: address, download: `svar-${this.getAttribute("municipality")}-${day}.txt` }).click();
      // Not at once: the browser may only now begin to read it.
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
      this.#tell("widget.downloaded");
    } catch {
      this.#problem("widget.error.download");
    }
  }

  async #mail(values) {
    if (!(await this.#give(this.mail, () => this.network.mail(values)))) return;
    this.#ask(null, true);
    this.#tell("widget.mailed", values);
  }

  async #leaveCase(values) {
    if (!(await this.#give(this.case, () => this.network.leaveCase(values)))) return;
    this.#ask(null);
    this.list.element.focus();
  }

  /** Sends what a form asked for; says beside its fields what is wrong with it. */
  async #give(form, send) {
    form.busy(true);
    try {
      await send();
      form.clear();
      return true;
    } catch (failure) {
      const faults = {};
      for (const { field, code } of failure.faults ?? []) {
        faults[field] = this.t(code === "no_mail" ? "widget.ask.no_mail"
          : code === "too_many" ? "widget.ask.too_many"
          : field === "email" ? "widget.ask.email_invalid"
          : field === "text" ? "widget.ask.text" : "widget.ask.no_contact");
      }
      form.fail(Object.keys(faults).length ? faults : { "": this.t("widget.ask.no_contact") });
      return false;
    } finally {
      form.busy(false);
    }
  }

  /** Says what has been done until the next message or change of state. */
  #tell(key, values) {
    this.statusText.textContent = this.t(key, values);
    this.statusText.dataset.kind = "";
  }

  #hideNews() {
    this.memory.tab = { read: this.#news.since };
    this.#drawNews();
    this.heading.focus();
  }

  #drawNews() {
    const { t } = this;
    const news = this.#news;
    this.news.hidden = !news || this.memory.tab.read === news.since;
    if (this.news.hidden) return;
    this.news.setAttribute("aria-label", t("widget.news"));
    this.newsText.replaceChildren(
      h("p", { class: "updated" }, longDate(news.since.slice(0, 10), this.language)), h("p", {}, news.text));
    this.newsCloser.replaceChildren(t("widget.news.hide"));
  }

  /** The chat as a page, which needs no script; a conversation that there is goes along. */
  #way(place = "") {
    const kept = this.memory?.conversation;
    const name = (this.t ?? translator(texts, this.getAttribute("language")))("widget.way");
    const look = `ds-button ${place}`;
    if (!kept) return h("a", { class: look, href: this.page }, name);
    return h("form", { method: "post", action: `${this.page}/continue` },
      h("input", { type: "hidden", name: "conversation", value: kept.id }),
      h("input", { type: "hidden", name: "token", value: kept.token }),
      h("button", { type: "submit", class: look }, name));
  }

  #fallBack(stuck) {
    const focused = this.shadowRoot.activeElement;
    const [outside, inside] = [focused === this.launcher || this.out.contains(focused), this.inside.contains(focused)];
    this.#stuck = stuck;
    this.launcher.hidden = stuck;
    this.out.hidden = this.inside.hidden = !stuck;
    this.out.replaceChildren(...(stuck ? [this.#way("launcher")] : []));
    this.inside.replaceChildren(...(stuck ? [this.#way()] : []));
    // Focus must not go with the button that had it.
    if (outside) this.#focusLauncher();
    else if (inside) this.heading.focus();
    this.#drawStatus();
  }

  #focusLauncher() {
    (this.out.querySelector("a, button") ?? this.launcher).focus();
  }

  async #erase() {
    try {
      await this.network.erase();
    } catch {
      this.#problem("widget.error.erase");
      return;
    }
    this.#ask(null);
    this.mail.clear();
    this.case.clear();
    this.#notice = "widget.erased";
    this.#erased = true;
    this.#drawStatus();
    this.again.focus();
  }

  async #startAgain() {
    this.#notice = null;
    this.#erased = false;
    this.#drawStatus();
    await this.network.restart();
    this.form.focus();
  }

  #escape() {
    if (this.menu.open) this.menu.show(false);
    else if (this.bottom.hidden) this.#ask(null, true);
    else this.close();
  }

  async #switch(language) {
    this.language = this.#known(language);
    this.memory.tab = { language: this.language };
    this.network.language = this.language;
    const spoken = this.list.spoken;
    this.#redraw();
    // Before anything is written, the greeting too may come in the other language.
    if (!spoken && this.network.status) {
      await this.network.erase().catch(() => {});
      await this.network.begin();
    }
  }

  #say(text) {
    // The same words twice are announced twice only if the region was empty in between.
    this.announcer.textContent = "";
    setTimeout(() => (this.announcer.textContent = text), 50);
  }

  /** Says what went wrong until the next message or change of state. */
  #problem(key) {
    this.statusText.textContent = this.t(key);
    this.statusText.dataset.kind = "problem";
  }

  #redraw() {
    this.t = translator(texts, this.language);
    const { t } = this;
    Object.assign(this.list, { t, language: this.language, municipality: this.#name || t("widget.municipality") });
    for (const form of [this.form, this.mail, this.case]) {
      form.t = t;
      form.redraw();
    }
    this.menu.redraw(t);
    this.#drawNews();
    this.list.redraw();
    this.list.element.setAttribute("aria-label", t("widget.log"));
    for (const part of [this.dialog, this.launcher, this.out, this.announcer]) part.lang = this.language;
    this.heading.textContent = t("widget.title");
    this.subtitle.textContent = this.#name;
    this.intro.textContent = t("widget.greeting", { municipality: this.#name || t("widget.municipality") });
    this.closer.replaceChildren(icon("close"), h("span", { class: "sr-only" }, t("widget.close")));
    this.person.replaceChildren(icon("person"), t("widget.person"));
    this.again.replaceChildren(t("widget.again"));
    this.keep.replaceChildren(t("widget.confirm.keep"));
    this.erase.replaceChildren(t("widget.confirm.erase"));
    this.question.textContent = t("widget.confirm.question");
    this.#drawLanguages();
    this.#drawLauncher();
    this.#drawStatus();
  }

  #drawLanguages() {
    this.switch.hidden = this.#languages.length < 2;
    this.switch.setAttribute("aria-label", this.t("widget.language"));
    const focused = this.shadowRoot.activeElement?.lang;
    this.switch.replaceChildren(...this.#languages.map((language) =>
      h("button", {
        type: "button", class: "ds-button small", "data-variant": "tertiary", lang: language,
        "aria-pressed": String(language === this.language), onclick: () => this.#switch(language),
      }, translator(texts, language)("widget.language.name"))));
    if (focused) this.switch.querySelector(`[lang="${focused}"]`)?.focus();
  }

  #drawLauncher() {
    const { t } = this;
    const count = this.#unread;
    this.launcher.replaceChildren(
      icon("chat"), h("span", {}, t("widget.launcher")),
      ...(count ? [h("span", { class: "badge", "aria-hidden": "true" }, String(count)),
        h("span", { class: "sr-only" }, `, ${counted(t, "widget.unread", count)}`)] : []));
  }

  #drawStatus() {
    const { status } = this.network;
    const focused = this.shadowRoot.activeElement;
    if (status !== "waiting") this.#queue = null;
    const key = this.#stuck ? "widget.stuck" : !this.#connected ? "widget.status.offline"
      : status === "with_bot" || !status ? this.#notice : `widget.status.${status}`;
    const text = [key && this.t(key), this.#connected && this.#place()].filter(Boolean).join(" ");
    if (this.statusText.textContent !== text) this.statusText.textContent = text;
    this.statusText.dataset.kind = this.#connected && !this.#stuck ? status ?? "" : "problem";
    const over = status === "closed" || this.#erased;
    this.person.hidden = WITH_PERSON.has(status) || over;
    this.again.hidden = !over;
    this.form.element.hidden = over;
    // Nothing can be done with what there is not.
    this.menu.button.hidden = !status;
    this.menu.offer({ ended: over });
    if (!status) this.menu.show(false, false);
    // What just went away may have had the focus, which must not fall out of the panel.
    if (focused?.closest("[hidden]")) this.list.element.focus();
    this.#live();
  }

  /** Where in the queue, and how long that tends to take. */
  #place() {
    if (!this.#queue) return "";
    const { position, wait_minutes: wait } = this.#queue;
    const place = this.t("widget.queue.position", { position });
    if (!wait) return place;
    const [low, high] = wait;
    return `${place} ${this.t(low < high ? "widget.queue.wait" : "widget.queue.about", { low, high })}`;
  }
}
