import { attribute, h, icon } from "../shared/dom.js";
import { counted, translator } from "../shared/texts.js";
import { MessageForm } from "./form.js";
import { MessageList } from "./list.js";
import { Network } from "./network.js";
import { Memory } from "./storage.js";
import css from "./widget.css";
import texts from "texts:widget";

// Below this the panel covers the page and is modal; see widget.css.
const COVERING = "(max-width: 32em), (max-height: 26em)";
const WITH_PERSON = new Set(["waiting", "with_operator"]);

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

  connectedCallback() {
    const municipality = this.getAttribute("municipality");
    if (!municipality) throw new Error("svar-chat needs the attribute municipality");
    this.#name = this.getAttribute("name") ?? "";
    this.memory = new Memory(municipality);
    const { memory } = this;
    // The page's language, unless the conversation has one already: pages may change between two.
    this.language = this.#known(memory.tab.language ?? memory.conversation?.language ?? this.getAttribute("language"));
    this.network = new Network({
      base: new URL("../../", import.meta.url),
      municipality,
      language: this.language,
      memory: this.memory,
    });
    this.list = new MessageList();
    this.form = new MessageForm();
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
    this.network.stop();
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
    this.#confirming(false);
    attribute(this.launcher, "aria-expanded", "false");
    this.launcher.focus();
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
    this.eraser = button("tertiary", () => this.#confirming(true));
    this.closer = button("tertiary", () => this.close());
    this.closer.dataset.icon = "";
    this.statusText = h("p", { class: "status", role: "status" });
    this.again = button("secondary", () => this.#startAgain());
    this.intro = h("p", { class: "intro", hidden: true });
    this.typing = h("p", { class: "typing", role: "status" });
    this.person = button("secondary", () => this.#askForPerson());
    this.keep = button("secondary", () => this.#confirming(false, true));
    this.erase = button("primary", () => this.#erase());
    this.erase.classList.add("danger");
    this.question = h("p", { id: "question" });
    this.confirm = h("div", { class: "confirm", role: "group", "aria-labelledby": "question", hidden: true },
      this.question, h("div", { class: "row" }, this.erase, this.keep));
    this.bottom = h("div", { class: "bottom" }, this.person, this.again, this.form.element);
    this.dialog = h("dialog", { id: "panel", class: "panel", "aria-labelledby": "title" },
      h("div", { class: "header" },
        h("div", { class: "name" }, this.heading, this.subtitle),
        h("div", { class: "tools" }, this.switch, this.eraser, this.closer)),
      this.statusText, this.intro, this.list.element, this.typing, this.confirm, this.bottom);
    this.shadowRoot.replaceChildren(this.launcher, this.announcer, this.dialog);
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
      this.#redraw();
    });
    on(form.element, "send", ({ text }) => this.#send(text));
    on(form.element, "draft", ({ text }) => (this.memory.tab = { draft: text }));
    on(form.element, "hurry", () => this.#say(this.t("widget.busy")));
    on(list.element, "choose", ({ text }) => this.#send(text));
    on(list.element, "retry", ({ text, client_id }) => network.send(text, client_id));
    on(list.element, "feedback", ({ seq, helpful }) => this.#rate(seq, helpful));
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

  async #rate(seq, helpful) {
    this.list.rate(seq, helpful);
    if (await this.network.feedback(seq, helpful)) return;
    this.list.rate(seq, undefined);
    this.#problem("widget.error.feedback");
  }

  #confirming(asking, back = false) {
    this.confirm.hidden = !asking;
    this.bottom.hidden = asking;
    if (asking) this.keep.focus();
    else if (back) this.eraser.focus();
  }

  async #erase() {
    try {
      await this.network.erase();
    } catch {
      this.#problem("widget.error.erase");
      return;
    }
    this.#confirming(false);
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
    if (this.confirm.hidden) this.close();
    else this.#confirming(false, true);
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
    this.form.t = t;
    this.form.redraw();
    this.list.redraw();
    this.list.element.setAttribute("aria-label", t("widget.log"));
    for (const part of [this.dialog, this.launcher, this.announcer]) part.lang = this.language;
    this.heading.textContent = t("widget.title");
    this.subtitle.textContent = this.#name;
    this.intro.textContent = t("widget.greeting", { municipality: this.#name || t("widget.municipality") });
    this.eraser.replaceChildren(icon("erase"), t("widget.end"));
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
    const key = !this.#connected ? "widget.status.offline"
      : status === "with_bot" || !status ? this.#notice : `widget.status.${status}`;
    const text = key ? this.t(key) : "";
    if (this.statusText.textContent !== text) this.statusText.textContent = text;
    this.statusText.dataset.kind = this.#connected ? status ?? "" : "problem";
    const over = status === "closed" || this.#erased;
    this.person.hidden = WITH_PERSON.has(status) || over;
    this.again.hidden = !over;
    this.form.element.hidden = over;
    this.eraser.hidden = this.#erased;
    // What just went away may have had the focus, which must not fall out of the panel.
    if (focused?.closest("[hidden]")) this.list.element.focus();
    this.#live();
  }
}
