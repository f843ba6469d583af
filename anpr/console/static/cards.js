/* SPDX-License-Identifier: AGPL-3.0-or-later */
// Cards of alarms: a change swaps the parts that changed, and never one that somebody works in.

import { forgetDraft, restoreDraft } from "./drafts.js";
import { ask, byId, session } from "./page.js";

const MOST_ASKED = 400;

/** The cards in a piece of HTML, with the link to further ones. */
export function cardsIn(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content;
}

/** Whether somebody works in the closing form of this card: it is open, filled in, or has the focus. */
export function isInUse(card) {
  return isClosing(card) || isHandling(card) || isNoting(card);
}

const isNoting = (card) => Boolean(card.querySelector("[data-note] textarea")?.value);

// Somebody writes in one of the other forms, or has just come to it.
function isHandling(card) {
  const part = card.querySelector("[data-part=handling]");
  if (!part) return false;
  return part.contains(document.activeElement) || [...part.querySelectorAll("textarea, input:not([type=hidden])")].some((field) => field.value);
}

function isClosing(card) {
  const form = card.querySelector("[data-close]");
  if (!form) return false;
  const isFilled = Boolean(form.elements.note.value || form.elements.outcome.value);
  return isFilled || form.closest("details").open || card.querySelector("[data-part=closing]").contains(document.activeElement);
}

function tellNews(card, fresh) {
  const { takenNow, closedNow } = byId("dock").dataset;
  const isClosed = fresh.dataset.state === "closed";
  const news = card.querySelector("[data-part=closing] .news");
  news.textContent = (isClosed ? closedNow : takenNow).replace("#", fresh.dataset.by);
  news.hidden = false;
  if (!isClosed) return;
  // The note can be read and copied, and not sent any more.
  const form = card.querySelector("[data-close]");
  form.elements.note.readOnly = true;
  form.elements.outcome.disabled = true;
  form.querySelector("button").disabled = true;
}

function swapPart(card, fresh, name) {
  const part = card.querySelector(`[data-part=${name}]`);
  if (!part || !fresh.querySelector(`[data-part=${name}]`)) return; // a page that shows less of an alarm
  const hadFocus = part.contains(document.activeElement);
  const newPart = fresh.querySelector(`[data-part=${name}]`);
  part.replaceWith(newPart);
  htmx.process(newPart);
  if (hadFocus) card.focus({ preventScroll: true });
}

// What is written in the forms that were not sent, or were refused, is still there after the change.
function swapHandling(card, fresh, followed) {
  const fields = [...card.querySelectorAll("[data-part=handling] :is(textarea, select, input:not([type=hidden]))")];
  const kept = fields.filter((field) => field.value && field.form !== followed);
  swapPart(card, fresh, "handling");
  const part = card.querySelector("[data-part=handling]");
  for (const { id, value, localName } of kept) {
    const field = part.querySelector(`[id="${id}"]`);
    if (!field) continue;
    field.value = value;
    if (localName !== "select") field.closest("details").open = true;
  }
}

export const isRow = (card) => card.classList.contains("alarm-row");

// A row has no forms: what differs in it is swapped, and its picture where another transit leads.
function mergeRow(row, fresh) {
  if (Number(fresh.dataset.version) <= Number(row.dataset.version)) return;
  const isSeenElsewhere = row.dataset.sighting !== fresh.dataset.sighting;
  const isChosen = row.hasAttribute("aria-current");
  const hadFocus = row.contains(document.activeElement);
  row.className = fresh.className;
  Object.assign(row.dataset, { ...fresh.dataset });
  for (const name of ["row-said", "row-why", "row-where", "row-when", "row-who"]) swapPart(row, fresh, name);
  if (isSeenElsewhere) swapPart(row, fresh, "row-crop");
  if (isChosen) row.setAttribute("aria-current", "true");
  if (hadFocus && !row.contains(document.activeElement)) row.focus({ preventScroll: true });
}

/** Makes a card on the page say what a fresh one says. `form`: the one of this page to which it is the answer. */
export function mergeCard(card, fresh, form = null) {
  if (isRow(card) !== isRow(fresh)) return;
  if (isRow(card)) return mergeRow(card, fresh);
  const isMine = Boolean(form);
  const isLate = "late" in fresh.dataset;
  // The stream may tell of one's own action before the form's answer does: the answer still ends the form.
  const isKnown = Number(fresh.dataset.version) <= Number(card.dataset.version);
  if (isKnown && !isLate && !isMine) return;
  const isDone = isMine && !isLate && fresh.dataset.state === "closed";
  if (isDone) forgetDraft(card.dataset.alarm);
  const isKept = !isDone && isClosing(card);
  const isHandled = !isMine && isHandling(card);
  const hasChangedHands = card.dataset.by !== fresh.dataset.by || card.dataset.state !== fresh.dataset.state;
  if (isKept && fresh.dataset.by && hasChangedHands && fresh.dataset.by !== session.user) tellNews(card, fresh);
  card.classList.replace(`is-${card.dataset.state}`, `is-${fresh.dataset.state}`);
  if (card.dataset.priority) card.classList.replace(`edge-${card.dataset.priority}`, `edge-${fresh.dataset.priority}`);
  const isSeenElsewhere = card.dataset.sighting && card.dataset.sighting !== fresh.dataset.sighting;
  const isSettled = (card.dataset.state === "closed") !== (fresh.dataset.state === "closed");
  Object.assign(card.dataset, { ...fresh.dataset });
  delete card.dataset.late;
  for (const name of ["head", "taking", "priority", "seen", "log"]) swapPart(card, fresh, name);
  if (isSeenElsewhere) for (const name of ["images", "facts", "transit"]) swapPart(card, fresh, name);
  if (!isHandled) swapHandling(card, fresh, isLate ? null : form);
  if (isSettled && !isNoting(card)) swapPart(card, fresh, "note");
  if (!isKept) swapPart(card, fresh, "closing");
  // A button that is disabled while it waits for its answer has lost the focus to the page.
  if (isMine && document.activeElement === document.body) card.focus({ preventScroll: true });
}

async function refresh(cards, more) {
  if (cards.length === 0) return;
  const known = cards.map((card) => `${card.dataset.alarm}-${card.dataset.version}`).join(",");
  const answer = await ask(`/alarms/cards?known=${known}${more}`);
  if (!answer.ok) return;
  for (const fresh of cardsIn(await answer.text()).querySelectorAll("[data-alarm]")) {
    for (const card of cards) if (card.dataset.alarm === fresh.dataset.alarm) mergeCard(card, fresh);
  }
}

/** Asks for the cards of this page that have changed (all, or those of one alarm), and makes them current. */
export async function refreshCards(alarm) {
  const which = alarm ? `[data-alarm="${alarm}"][data-state]` : "[data-alarm][data-state]";
  const cards = [...document.querySelectorAll(which)].slice(0, MOST_ASKED);
  try {
    await refresh(cards.filter(isRow), "&rows=1");
    await refresh(cards.filter((card) => !isRow(card)), "");
  } catch {
    // away again: the stream says so, and comes back
  }
}

document.body.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("[data-take], [data-close], [data-act]");
  if (!form || !event.detail.successful) return;
  const card = form.closest("[data-alarm]");
  const fresh = cardsIn(event.detail.xhr.responseText).querySelector("[data-alarm]");
  if (!card || !fresh || fresh.dataset.alarm !== card.dataset.alarm) return;
  if ("note" in form.dataset && !("late" in fresh.dataset)) {
    form.reset();
    forgetDraft(card.dataset.alarm, "note");
  }
  mergeCard(card, fresh, form);
  refreshCards(card.dataset.alarm); // its row, where the card is the detail beside it
});

// "tutto" only where there is more to see: how much fits two lines depends on the screen.
const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const reason = target.closest("details");
    if (!reason.open) reason.classList.toggle("is-short", target.scrollHeight <= target.clientHeight + 1);
  }
});

/** A card has come to the page: its draft is filled in, and its reason measured. */
export function settleCard(card) {
  restoreDraft(card);
  const reason = card.querySelector(".clamped");
  if (reason) sizes.observe(reason);
}

for (const card of document.querySelectorAll("[data-alarm][data-state]")) settleCard(card);
