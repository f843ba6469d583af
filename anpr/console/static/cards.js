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
  const hadFocus = part.contains(document.activeElement);
  const newPart = fresh.querySelector(`[data-part=${name}]`);
  part.replaceWith(newPart);
  htmx.process(newPart);
  if (hadFocus) card.focus({ preventScroll: true });
}

/** Makes a card on the page say what a fresh one says. `isMine`: it is the answer to a form of this page. */
export function mergeCard(card, fresh, isMine = false) {
  const isLate = "late" in fresh.dataset;
  // The stream may tell of one's own action before the form's answer does: the answer still ends the form.
  if (card.dataset.state === fresh.dataset.state && !isLate && !isMine) return;
  const isDone = isMine && !isLate && fresh.dataset.state === "closed";
  if (isDone) forgetDraft(card.dataset.alarm);
  const isKept = !isDone && isInUse(card);
  if (isKept && fresh.dataset.by !== session.user) tellNews(card, fresh);
  card.classList.replace(`is-${card.dataset.state}`, `is-${fresh.dataset.state}`);
  card.dataset.state = fresh.dataset.state;
  card.dataset.by = fresh.dataset.by;
  for (const name of ["head", "taking"]) swapPart(card, fresh, name);
  if (!isKept) swapPart(card, fresh, "closing");
  // A button that is disabled while it waits for its answer has lost the focus to the page.
  if (isMine && document.activeElement === document.body) card.focus({ preventScroll: true });
}

/** Asks for the cards of this page that have changed, and makes them current. */
export async function refreshCards() {
  const cards = [...document.querySelectorAll("[data-alarm][data-state]")].slice(0, MOST_ASKED);
  if (cards.length === 0) return;
  const known = cards.map((card) => `${card.dataset.alarm}-${card.dataset.state}`).join(",");
  try {
    const answer = await ask(`/alarms/cards?known=${known}`);
    if (!answer.ok) return;
    for (const fresh of cardsIn(await answer.text()).querySelectorAll("[data-alarm]")) {
      mergeCard(byId(`alarm-${fresh.dataset.alarm}`), fresh);
    }
  } catch {
    // away again: the stream says so, and comes back
  }
}

document.body.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("[data-take], [data-close]");
  if (!form || !event.detail.successful) return;
  const fresh = cardsIn(event.detail.xhr.responseText).querySelector("[data-alarm]");
  const card = fresh && byId(fresh.id);
  if (card) mergeCard(card, fresh, true);
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
