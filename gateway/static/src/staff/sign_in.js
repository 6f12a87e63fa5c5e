import { attribute, h } from "../shared/dom.js";
import { Refusal } from "./api.js";
import { field } from "./field.js";

const EMAIL = /^[^@\s]+@[^@\s]+\.[^@\s]+$/;

function refusal(error) {
  if (!(error instanceof Refusal)) throw error;
  if (error.status === 0) return "staff.error.network";
  if (error.status === 429) return "staff.error.too_many";
  if (error.status === 401 || error.status === 422) return "staff.error.wrong";
  return "staff.error.server";
}

/** The sign-in form. `done` gets the session's answer; `notice` is a text above the fields. */
export function signInForm(t, api, done, { notice = null, level = "h1" } = {}) {
  const email = field(h("input", {
    id: "email", type: "email", autocomplete: "username", autocapitalize: "none", spellcheck: "false",
  }), t("staff.email"));
  const password = field(h("input", {
    id: "password", type: "password", autocomplete: "current-password",
  }), t("staff.password"));
  const problem = h("div", { class: "alert", role: "alert", "data-color": "danger", hidden: true });
  const button = h("button", { type: "submit", class: "ds-button" }, t("staff.sign_in.button"));

  function check() {
    const address = email.control.value.trim();
    email.error(!address ? t("staff.error.email_required") : !EMAIL.test(address) ? t("staff.error.email_invalid") : null);
    password.error(password.control.value ? null : t("staff.error.password_required"));
    const wrong = [email, password].find(({ control }) => control.getAttribute("aria-invalid"));
    wrong?.control.focus();
    return !wrong;
  }

  async function submit(event) {
    event.preventDefault();
    problem.hidden = true;
    if (button.getAttribute("aria-disabled") || !check()) return;
    attribute(button, "aria-disabled", "true");
    button.textContent = t("staff.sign_in.busy");
    try {
      const session = await api.post("session", { email: email.control.value.trim(), password: password.control.value });
      await done(session);
    } catch (error) {
      problem.textContent = t(refusal(error));
      problem.hidden = false;
      password.control.focus();
      password.control.select();
    } finally {
      attribute(button, "aria-disabled", null);
      button.textContent = t("staff.sign_in.button");
    }
  }

  return h("form", { class: "sign-in", novalidate: true, onsubmit: submit },
    h(level, { class: "ds-heading", "data-size": "md", id: "sign-in-title", tabindex: "-1" }, t("staff.sign_in.title")),
    notice ? h("p", { class: "alert" }, notice) : null,
    problem, email.element, password.element, button);
}
