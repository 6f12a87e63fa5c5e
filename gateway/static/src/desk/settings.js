import { h } from "../shared/dom.js";
import { field } from "../staff/field.js";
import { formDialog } from "./dialogs.js";

const KEY = "svar:desk:settings";
// Sound and notifications wait until somebody wishes for them; shortcuts can be switched off.
const USUAL = { sound: false, notify: false, shortcuts: true };
const TONES = [659, 880]; // Hz, one after the other
const TONE_SECONDS = 0.12;

/** What an operator has chosen in this browser: {sound, notify, shortcuts}. */
export class DeskSettings {
  #audio = null;

  constructor() {
    this.values = { ...USUAL };
    try {
      const kept = JSON.parse(localStorage.getItem(KEY)) ?? {};
      for (const name of Object.keys(USUAL)) if (typeof kept[name] === "boolean") this.values[name] = kept[name];
    } catch {
      // What can't be read is as if nothing had been chosen.
    }
  }

  set(values) {
    this.values = { ...this.values, ...values };
    try {
      localStorage.setItem(KEY, JSON.stringify(this.values));
    } catch {
      // It holds for this page, then.
    }
  }

  /** Two short tones, made here: no file to fetch. */
  chime() {
    try {
      this.#audio ??= new AudioContext();
      this.#audio.resume();
      TONES.forEach((tone, index) => {
        const from = this.#audio.currentTime + index * TONE_SECONDS;
        const oscillator = this.#audio.createOscillator();
        const volume = this.#audio.createGain();
        oscillator.frequency.value = tone;
        volume.gain.setValueAtTime(0.15, from);
        volume.gain.exponentialRampToValueAtTime(0.001, from + TONE_SECONDS);
        oscillator.connect(volume).connect(this.#audio.destination);
        oscillator.start(from);
        oscillator.stop(from + TONE_SECONDS);
      });
    } catch {
      // Without sound the page still says it in words.
    }
  }

  /** Says that somebody waits, as chosen. What they wrote stays on the page. */
  alert(text) {
    if (this.values.sound) this.chime();
    if (!this.values.notify || document.hasFocus() || globalThis.Notification?.permission !== "granted") return;
    const notification = new Notification(text, { tag: "svar-desk", icon: "/static/images/svar.svg" });
    notification.onclick = () => {
      focus();
      notification.close();
    };
  }
}

/** The dialog for them. `changed` is called with the new values. */
export function askSettings(page, settings, changed) {
  const { t } = page;
  const box = (name) => h("input", { type: "checkbox", class: "ds-input", id: `settings-${name}`, checked: settings.values[name] });
  const boxes = { sound: box("sound"), notify: box("notify"), shortcuts: box("shortcuts") };
  const row = (name) => h("div", { class: "ds-field" }, boxes[name],
    h("label", { class: "ds-label", "data-weight": "regular", for: `settings-${name}` }, t(`desk.settings.${name}`)));
  const refused = h("p", { class: "ds-validation-message", id: "settings-refused", role: "alert", hidden: true }, t("desk.settings.refused"));
  boxes.notify.setAttribute("aria-describedby", "settings-refused");
  boxes.sound.addEventListener("change", () => boxes.sound.checked && settings.chime());
  boxes.notify.addEventListener("change", async () => {
    refused.hidden = true;
    if (!boxes.notify.checked) return;
    // Asked now and never before: whoever switches it on knows why the browser asks.
    const answer = globalThis.Notification ? await Notification.requestPermission() : "denied";
    if (answer === "granted") return;
    boxes.notify.checked = false;
    refused.hidden = false;
  });
  return formDialog(page, {
    id: "settings-title",
    title: t("desk.settings"),
    button: t("desk.settings.save"),
    parts: [row("sound"), row("notify"), refused, row("shortcuts")],
    async submit() {
      settings.set(Object.fromEntries(Object.entries(boxes).map(([name, { checked }]) => [name, checked])));
      changed(settings.values);
      return true;
    },
  });
}

const PLACEHOLDERS = ["operator", "municipality", "reference"];
const FAULTS = new Set(["title.required", "text.required", "text.placeholder", "title.too_long", "text.too_long"]);

/** The dialog in which a canned reply is written or changed. `store` gets {title, text} and may throw. */
export function askReply(page, reply, store) {
  const { t } = page;
  const title = field(h("input", { type: "text", id: "canned-title", maxlength: "80", autocomplete: "off", value: reply?.title ?? "" }),
    t("desk.canned.name"));
  const text = field(h("textarea", { id: "canned-text", rows: "6", maxlength: "2000" }),
    t("desk.canned.text"), { hint: t("desk.canned.hint", Object.fromEntries(PLACEHOLDERS.map((name) => [name, `{${name}}`]))) });
  text.control.value = reply?.text ?? "";
  const fields = { title, text };
  return formDialog(page, {
    id: "canned-dialog",
    title: t(reply ? "desk.canned.change" : "desk.canned.new"),
    button: t("desk.settings.save"),
    parts: [title.element, text.element],
    async submit() {
      for (const one of Object.values(fields)) one.error(null);
      try {
        await store({ title: title.control.value.trim(), text: text.control.value.trim() });
        return true;
      } catch (error) {
        const faults = (error.faults ?? []).filter(({ field: name }) => fields[name]);
        if (!faults.length) throw error;
        for (const { field: name, code } of faults) {
          fields[name].error(t(`desk.canned.error.${FAULTS.has(`${name}.${code}`) ? code : "required"}`));
        }
        fields[faults[0].field].control.focus();
        return false;
      }
    },
  });
}
