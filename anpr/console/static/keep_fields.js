/* SPDX-License-Identifier: AGPL-3.0-or-later */
// The language switch loads the page anew: what was typed into forms with data-keep is put back into them. Into those with
// data-keep-login also after a login, where the session ended meanwhile and the same user comes back.
"use strict";

{
  const KEPT = "anpr-kept-fields";
  const user = JSON.parse(document.body.dataset.session || "null")?.user ?? "";

  function fieldsOf(form) {
    const isKept = ({ type, dataset }) => type !== "password" && (type !== "hidden" || "typed" in dataset);
    const fields = [...form.elements].filter((field) => field.name && isKept(field));
    return fields.map((field) => ({
      name: field.name, value: field.value, checked: field.checked === true, isTick: field.type === "checkbox",
    }));
  }

  function restore(form, kept) {
    const seen = new Map(); // several cameras have a field of the same name each
    for (const { name, value, checked, isTick } of kept) {
      const place = isTick ? 0 : seen.get(name) ?? 0;
      seen.set(name, place + 1);
      const field = [...form.elements].filter((other) => other.name === name && (!isTick || other.value === value))[place];
      if (field && isTick) field.checked = checked;
      else if (field) field.value = value;
    }
  }

  function keep(forms) {
    const kept = forms.map((form) => ({
      name: form.dataset.keep, fields: fieldsOf(form), isOpen: form.closest("details")?.open === true,
    }));
    if (kept.length) sessionStorage.setItem(KEPT, JSON.stringify({ path: location.pathname, user, kept }));
  }

  for (const switchForm of document.querySelectorAll("form.languages")) {
    switchForm.addEventListener("submit", () => {
      const forms = [...document.querySelectorAll("form[data-keep]")];
      keep(forms);
    });
  }

  // Whatever leads away: the end of the session does so by itself. Other pages of a session forget it.
  addEventListener("pagehide", () => {
    const forms = [...document.querySelectorAll("form[data-keep-login]")].filter((form) => form.dataset.typed);
    if (forms.length) keep(forms);
  });
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form?.matches("form[data-keep-login]")) form.dataset.typed = "1";
  });

  // Once, on the page it came from, and then forgotten: a plate must not lie about in the browser.
  const stored = sessionStorage.getItem(KEPT);
  if (user) sessionStorage.removeItem(KEPT); // pages without a session lead to the login
  if (stored && user) {
    const { path, user: whose, kept } = JSON.parse(stored);
    for (const { name, fields, isOpen } of path === location.pathname && whose === user ? kept : []) {
      const form = document.querySelector(`form[data-keep="${name}"]`);
      if (!form) continue;
      restore(form, fields);
      if (form.matches("[data-keep-login]")) form.dataset.typed = "1";
      if (isOpen) form.closest("details")?.setAttribute("open", "");
    }
  }
}
