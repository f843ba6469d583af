/* SPDX-License-Identifier: AGPL-3.0-or-later */
// The true numbers of open alarms, counted in the database: in the menu, in the title, on the board.

import { byId } from "./page.js";
import { play } from "./sound.js";

const REMIND_EVERY_MS = 20000;
const title = document.title;
const badge = byId("badge");
let latest = null;

function numberOf(name) {
  if (name === "taken") return latest.open - latest.to_take;
  return name.split(".").reduce((value, part) => value[part], latest);
}

// Only who may take alarms is told how many wait for it.
function showToTake() {
  badge.textContent = latest.to_take;
  badge.dataset.count = latest.to_take;
  badge.setAttribute("aria-label", badge.dataset.words.replace("#", latest.to_take));
  document.title = latest.to_take ? `(${latest.to_take}) ${title}` : title;
}

function show() {
  if (badge) showToTake();
  for (const element of document.querySelectorAll("[data-tally]")) {
    element.textContent = numberOf(element.dataset.tally) || element.dataset.zero;
  }
  const tally = byId("tally");
  if (tally) tally.dataset.count = latest.to_take;
}

/** Takes the numbers that a stream sent. */
export function takeTally(json) {
  latest = JSON.parse(json);
  show();
}

if (badge) {
  const before = Number(badge.dataset.count);
  if (before) document.title = `(${before}) ${title}`;
  window.setInterval(() => {
    if (latest && latest.raised.high > 0) play("high", "reminder");
  }, REMIND_EVERY_MS);
}
