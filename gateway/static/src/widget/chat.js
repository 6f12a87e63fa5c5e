import { attribute, h, icon } from "../shared/dom.js";
import { counted, translator } from "../shared/texts.js";
import { dots, TypingLine } from "../shared/typing.js";
import { dress } from "./dress.js";
import { MessageForm } from "./form.js";
import { randomId } from "./id.js";
import { MessageList } from "./list.js";
import { Menu } from "./menu.js";
import { Network } from "./network.js";
import { News } from "./news.js";
import { Sheets } from "./sheets.js";
import { placeInQueue, StatusLine } from "./status.js";
import { Memory } from "./storage.js";
import { wayOut } from "./way.js";
import texts from "texts:widget";

// Below this the panel covers the page and is modal; see widget.css.
const COVERING = "(max-width: 32em), (max-height: 26em)";
const WITH_PERSON = new Set(["waiting", "with_operator"]);
const BASE = new URL("../../", import.meta.url);

/** Whether the browser has what the chat is built on; without it there is a link to the chat as a page. */
const able = () => "adoptedStyleSheets" in Document.prototype && "HTMLDialogElement" in window && "timeout" in AbortSignal;

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
    this.news = new News();
    this.status = new StatusLine();
    this.sheets = new Sheets();
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
    this.out = h("nav", { class: "out", "aria-labelledby": "title", hidden: true });
    this.inside = h("div", { class: "way", hidden: true });
    this.again = button("primary", () => this.#startAgain());
    this.intro = h("p", { class: "intro", hidden: true });
    this.typing = h("p", { class: "typing", role: "status" });
    this.writing = new TypingLine();
    this.person = button("secondary", () => this.#askForPerson());
    this.bottom = h("div", { class: "bottom" }, this.person, this.again, this.form.element);
    this.dialog = h("dialog", { id: "panel", class: "panel", "aria-labelledby": "title" },
      h("div", { class: "header" },
        h("div", { class: "name" }, this.heading, this.subtitle),
        h("div", { class: "tools" }, this.switch, this.menu.button, this.closer)),
      this.menu.element, this.news.element, this.status.element, this.inside, this.intro,
      this.list.element, this.typing, this.writing.element, ...this.sheets.elements, this.bottom);
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
    on(network, "typing", () => this.writing.show(this.t("widget.writing")));
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
      this.news.show(found.notice ?? null, this.memory.tab.read);
      this.#redraw();
    });
    on(form.element, "send", ({ text }) => this.#send(text));
    on(form.element, "draft", ({ text }) => (this.memory.tab = { draft: text }));
    on(form.element, "typing", () => network.typing());
    on(form.element, "hurry", () => this.#say(this.t("widget.busy")));
    on(list.element, "choose", ({ text }) => this.#send(text));
    on(list.element, "retry", ({ text, client_id }) => network.send(text, client_id));
    on(list.element, "feedback", ({ seq, helpful }) => this.#rate(seq, helpful));
    on(list.element, "comment", ({ seq, text }) => this.#comment(seq, text));
    const leave = () => {
      this.sheets.case.suggest("text", list.asked);
      this.#ask("case");
    };
    on(list.element, "case", leave);
    on(network, "opens", (client_id) => {
      list.wished(client_id);
      if (this.#open) leave();
    });
    on(this.news.element, "hide", ({ since }) => {
      this.memory.tab = { read: since };
      this.heading.focus();
    });
    on(this.menu.element, "pick", ({ name }) => this.#pick(name));
    on(this.sheets, "mail", (values) => this.#mail(values));
    on(this.sheets, "case", (values) => this.#leaveCase(values));
    on(this.sheets, "erase", () => this.#erase());
    on(this.sheets, "leave", () => this.#ask(null, true));
    on(list.element, "offer", ({ person }) => (this.person.dataset.variant = person ? "primary" : "secondary"));
    // Where the panel covers the page, the page that a source opens would stay hidden behind it.
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
    this.network.send(text, randomId());
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
    if (message.author === "operator") this.writing.clear();
    if (this.#open || message.author === "resident") return;
    this.#unread += 1;
    this.#drawLauncher();
    this.#say(counted(this.t, "widget.unread", this.#unread));
  }

  #busy(busy) {
    this.form.busy(busy);
    attribute(this.person, "aria-disabled", busy ? "true" : null);
    const answering = busy && !WITH_PERSON.has(this.network.status);
    this.typing.replaceChildren(...(answering ? [dots(), this.t("widget.typing")] : []));
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
    this.sheets.show(name);
    this.bottom.hidden = name !== null;
    if (!name && back) (this.menu.button.hidden ? this.list.element : this.menu.button).focus();
  }

  #pick(name) {
    if (name === "erase") this.#ask("erase");
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
    if (!(await this.sheets.give("mail", () => this.network.mail(values)))) return;
    this.#ask(null, true);
    this.#tell("widget.mailed", values);
  }

  async #leaveCase(values) {
    if (!(await this.sheets.give("case", () => this.network.leaveCase(values)))) return;
    this.#ask(null);
    this.list.element.focus();
  }

  /** Says what has been done until the next message or change of state. */
  #tell(key, values) {
    this.status.say(this.t(key, values));
  }

  #way(place) {
    const t = this.t ?? translator(texts, this.getAttribute("language"));
    return wayOut(this.page, this.memory?.conversation, t("widget.way"), place);
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
    this.sheets.clear();
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
    this.status.say(this.t(key), "problem");
  }

  #redraw() {
    this.t = translator(texts, this.language);
    const { t } = this;
    Object.assign(this.list, { t, language: this.language, municipality: this.#name || t("widget.municipality") });
    this.form.t = t;
    this.form.redraw();
    this.sheets.redraw(t);
    this.menu.redraw(t);
    this.news.redraw(t, this.language);
    this.list.redraw();
    this.list.element.setAttribute("aria-label", t("widget.log"));
    for (const part of [this.dialog, this.launcher, this.out, this.announcer]) part.lang = this.language;
    this.heading.textContent = t("widget.title");
    this.subtitle.textContent = this.#name;
    this.intro.textContent = t("widget.greeting", { municipality: this.#name || t("widget.municipality") });
    this.closer.replaceChildren(icon("close"), h("span", { class: "sr-only" }, t("widget.close")));
    this.person.replaceChildren(icon("person"), t("widget.person"));
    this.again.replaceChildren(t("widget.again"));
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
    const text = [key && this.t(key), this.#connected && placeInQueue(this.t, this.#queue)].filter(Boolean).join(" ");
    this.status.say(text, this.#connected && !this.#stuck ? status ?? "" : "problem");
    const over = status === "closed" || this.#erased;
    // Its room is kept while somebody may write, so that nothing jumps each time.
    this.writing.element.hidden = status !== "with_operator";
    if (this.writing.element.hidden) this.writing.clear();
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
}
