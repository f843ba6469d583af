/* SPDX-License-Identifier: AGPL-3.0-or-later */
// The language switch loads the page anew: what was typed into forms with data-keep is put back into them.
"use strict";

{
  const KEPT = "anpr-kept-fields";

  function fieldsOf(form) {
    const fields = [...form.elements].filter((field) => field.name && field.type !== "hidden" && field.type !== "password");
    return fields.map((field) => ({
      name: field.name, value: field.value, checked: field.checked === true, isTick: field.type === "checkbox",
    }));
  }

  function restore(form, kept) {
    for (const { name, value, checked, isTick } of kept) {
      const field = [...form.elements].find((other) => other.name === name && (!isTick || other.value === value));
      if (field && isTick) field.checked = checked;
      else if (field) field.value = value;
    }
  }

  for (const switchForm of document.querySelectorAll("form.languages")) {
    switchForm.addEventListener("submit", () => {
      const forms = [...document.querySelectorAll("form[data-keep]")];
      const kept = forms.map((form) => ({
        name: form.dataset.keep, fields: fieldsOf(form), isOpen: form.closest("details")?.open === true,
      }));
      if (kept.length) sessionStorage.setItem(KEPT, JSON.stringify({ path: location.pathname, kept }));
    });
  }

  // Once, on the page it came from, and then forgotten: a plate must not lie about in the browser.
  const stored = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  if (stored) {
    const { path, kept } = JSON.parse(stored);
    for (const { name, fields, isOpen } of path === location.pathname ? kept : []) {
      const form = document.querySelector(`form[data-keep="${name}"]`);
      if (!form) continue;
      restore(form, fields);
      if (isOpen) form.closest("details")?.setAttribute("open", "");
    }
  }
}
