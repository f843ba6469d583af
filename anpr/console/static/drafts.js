/* SPDX-License-Identifier: AGPL-3.0-or-later */
// Half-written notes: kept in this tab until the alarm is closed or the user logs out, whatever happens to the page.

import { session } from "./page.js";

const PREFIX = "anpr-draft ";
const own = `${PREFIX}${session?.user} `;

function keys() {
  return Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));
}

/** Alarms for which this user has a draft in this tab. */
export const draftedAlarms = () => keys().filter((key) => key.startsWith(own)).map((key) => Number(key.slice(own.length)));

export const forgetDraft = (alarm) => sessionStorage.removeItem(own + alarm);

function forgetAll() {
  for (const key of keys()) sessionStorage.removeItem(key);
}

/** Fills in the draft of a card, and opens its form. */
export function restoreDraft(card) {
  const text = sessionStorage.getItem(own + card.dataset.alarm);
  const form = card.querySelector("[data-close]");
  if (!text || !form) return;
  const draft = JSON.parse(text);
  form.elements.note.value = draft.note;
  form.elements.outcome.value = draft.outcome;
  form.closest("details").open = true;
}

function keep(form) {
  const alarm = form.closest("[data-alarm]").dataset.alarm;
  const draft = { note: form.elements.note.value, outcome: form.elements.outcome.value };
  if (draft.note || draft.outcome) sessionStorage.setItem(own + alarm, JSON.stringify(draft));
  else forgetDraft(alarm);
}

if (session) {
  for (const key of keys()) if (!key.startsWith(own)) sessionStorage.removeItem(key);
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("[data-close]");
    if (form) keep(form);
  });
  document.querySelector('form[action="/logout"]')?.addEventListener("submit", forgetAll);
}
