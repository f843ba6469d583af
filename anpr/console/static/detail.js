/* SPDX-License-Identifier: AGPL-3.0-or-later */
// The detail beside the rows of the board: the chosen alarm in full. It changes when another is chosen, and never by itself.

import { cardsIn, refreshCards, settleCard } from "./cards.js";
import { draftedAlarms } from "./drafts.js";
import { ask, byId } from "./page.js";

const pane = byId("pane");
const REST_MS = 90;
let wanted = "";
let asked = null;

/** The detail that is shown; null for none. */
const shown = () => pane?.querySelector("[data-detail]") ?? null;
/** On a narrow screen there is no room for it: an alarm has a page of its own. */
const isVisible = () => Boolean(pane) && getComputedStyle(pane).display !== "none";

function mark(alarm) {
  for (const row of document.querySelectorAll(".alarm-row[aria-current]")) row.removeAttribute("aria-current");
  byId(`alarm-${alarm}`)?.setAttribute("aria-current", "true");
}

function keepInAddress(alarm) {
  const address = new URL(location.href);
  address.searchParams.set("alarm", alarm);
  address.hash = "";
  history.replaceState(null, "", address);
}

// The row that is marked is the one whose detail is there; whoever chooses the other again asks anew.
function giveUp() {
  wanted = shown()?.dataset.alarm ?? "";
  asked = null;
  mark(wanted);
  return null;
}

async function fetchDetail(alarm) {
  const answer = await ask(`/alarms/${alarm}?only=detail`).catch(() => null);
  if (wanted !== alarm) return null;
  if (!answer?.ok) return giveUp();
  const fresh = cardsIn(await answer.text()).querySelector("[data-detail]");
  if (wanted !== alarm) return null;
  pane.replaceChildren(fresh);
  pane.scrollTop = 0;
  htmx.process(fresh);
  settleCard(fresh);
  keepInAddress(alarm);
  return fresh;
}

/**
 * Shows this alarm (its id as text) beside the rows. Gives its detail, or null when it is not there, or another was chosen
 * meanwhile. Who walks through the rows asks for the one at which they rest.
 */
export function choose(alarm) {
  if (!pane) return null;
  if (shown()?.dataset.alarm === alarm && (!wanted || wanted === alarm)) return shown();
  if (wanted === alarm && asked) return asked;
  wanted = alarm;
  mark(alarm);
  asked = new Promise((resolve) => {
    window.setTimeout(() => resolve(wanted === alarm ? fetchDetail(alarm) : null), REST_MS);
  });
  return asked;
}

/** A row has changed: its detail follows. Where the vehicle was seen again, what is known of it is asked for anew. */
export async function refreshDetail({ alarm, version, sighting }) {
  const detail = shown();
  if (detail?.dataset.alarm !== alarm || Number(version) <= Number(detail.dataset.version)) return;
  const isSeenElsewhere = detail.dataset.sighting !== sighting;
  await refreshCards(alarm);
  if (!isSeenElsewhere) return;
  const answer = await ask(`/alarms/${alarm}?only=detail`).catch(() => null);
  if (!answer?.ok || shown() !== detail) return;
  const fresh = cardsIn(await answer.text());
  for (const name of ["scene", "why", "transit", "beside"]) {
    const part = detail.querySelector(`[data-part="${name}"]`);
    const newPart = fresh.querySelector(`[data-part="${name}"]`);
    if (!part || !newPart || part.contains(document.activeElement)) continue;
    part.replaceWith(newPart);
    htmx.process(newPart);
  }
}

function clicked(event) {
  const row = event.target.closest?.(".alarm-row");
  if (!row || !isVisible() || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  row.focus({ preventScroll: true });
  choose(row.dataset.alarm);
}

if (pane) {
  document.addEventListener("click", clicked);
  if (shown()) {
    wanted = shown().dataset.alarm;
    mark(wanted);
  }
  // A note was being written: its alarm is the one to show, unless somebody has opened another.
  const drafted = draftedAlarms().map(String);
  const isAsked = new URLSearchParams(location.search).has("alarm");
  if (!isAsked && isVisible() && drafted.length > 0 && !drafted.includes(shown()?.dataset.alarm)) choose(drafted[0]);
}
