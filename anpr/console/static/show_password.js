/* SPDX-License-Identifier: AGPL-3.0-or-later */
// A button beside each password shows what was typed, so that a long one can be checked (OWASP ASVS 2.1.12). It is hidden
// again when its form is sent, so that the browser does not keep it as an ordinary field.
"use strict";

for (const field of document.querySelectorAll('input[type="password"]')) {
  const row = document.createElement("span");
  const button = document.createElement("button");
  const show = (isShown) => {
    field.type = isShown ? "text" : "password";
    button.setAttribute("aria-pressed", String(isShown));
  };
  row.className = "password";
  button.type = "button";
  button.className = "quiet";
  button.textContent = document.body.dataset.showPassword;
  button.setAttribute("aria-controls", field.id);
  field.autocapitalize = "none";
  field.spellcheck = false;
  const hasFocus = field === document.activeElement || field.autofocus;
  field.replaceWith(row);
  row.append(field, button);
  if (hasFocus) field.focus();
  show(false);
  button.addEventListener("click", () => show(field.type === "password"));
  field.form.addEventListener("submit", () => show(false));
}
