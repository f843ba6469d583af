/* SPDX-License-Identifier: AGPL-3.0-or-later */
// The wall: its alarms are fetched anew after each change that the page is told of; the clock, and the connection as it is.

import { cardsIn } from "./cards.js";
import { ask, byId } from "./page.js";

const wall = byId("wall");
const clock = byId("wall-clock");
const AGAIN_MS = 10_000;
let isAsking = false;
let isStale = false;

async function refresh() {
  isStale = true;
  if (isAsking) return;
  isAsking = true;
  while (isStale) {
    isStale = false;
    const answer = await ask(wall.dataset.address).catch(() => null);
    if (answer?.ok) byId("wall-alarms").replaceWith(cardsIn(await answer.text()).querySelector("#wall-alarms"));
  }
  isAsking = false;
}

function tick() {
  const now = new Date();
  clock.dateTime = now.toISOString();
  clock.textContent = now.toLocaleTimeString(document.documentElement.lang);
}

document.addEventListener("anpr:notice", refresh);
window.setInterval(refresh, AGAIN_MS);
window.setInterval(tick, 1000);
tick();
