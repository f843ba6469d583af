/* SPDX-License-Identifier: AGPL-3.0-or-later */
// Half-written notes: kept in this tab until the alarm is closed or the user logs out, whatever happens to the page.

import { session } from "./page.js";

const PREFIX = "anpr-draft ";
const own = `${PREFIX}${session?.user} `;

function keys() {
  return Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));
}

// The note's draft has a key of its own beside that of the closing form.
const keyOf = (alarm, what = "close") => `${own}${alarm}${what === "note" ? " note" : ""}`;

/** Alarms for which this user has a draft in this tab. */
export const draftedAlarms = () => [
  ...new Set(keys().filter((key) => key.startsWith(own)).map((key) => Number(key.slice(own.length).split(" ")[0]))),
];

/** Forgets what was half written for an alarm: `what` is close or note. */
export const forgetDraft = (alarm, what) => sessionStorage.removeItem(keyOf(alarm, what));

function forgetAll() {
  for (const key of keys()) sessionStorage.removeItem(key);
}

/** Fills in the drafts of a card, and opens the form that closes it. */
export function restoreDraft(card) {
  const note = sessionStorage.getItem(keyOf(card.dataset.alarm, "note"));
  const noting = card.querySelector("[data-note]");
  if (note && noting) noting.elements.text.value = note;
  const text = sessionStorage.getItem(keyOf(card.dataset.alarm));
  const form = card.querySelector("[data-close]");
  if (!text || !form) return;
  const draft = JSON.parse(text);
  form.elements.note.value = draft.note;
  form.elements.outcome.value = draft.outcome;
  form.closest("details").open = true;
}

function keepNote(form) {
  const alarm = form.closest("[data-alarm]").dataset.alarm;
  if (form.elements.text.value) sessionStorage.setItem(keyOf(alarm, "note"), form.elements.text.value);
  else forgetDraft(alarm, "note");
}

function keep(form) {
  const alarm = form.closest("[data-alarm]").dataset.alarm;
  const draft = { note: form.elements.note.value, outcome: form.elements.outcome.value };
  if (draft.note || draft.outcome) sessionStorage.setItem(keyOf(alarm), JSON.stringify(draft));
  else forgetDraft(alarm);
}

if (session) {
  for (const key of keys()) if (!key.startsWith(own)) sessionStorage.removeItem(key);
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("[data-close]");
    if (form) keep(form);
    const noting = event.target.closest?.("[data-note]");
    if (noting) keepNote(noting);
  });
  document.querySelector('form[action="/logout"]')?.addEventListener("submit", forgetAll);
}
