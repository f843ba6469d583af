/* SPDX-License-Identifier: AGPL-3.0-or-later */
// What nobody has taken by the moment at which its rule tells the next ones is called for louder.

import { play } from "./sound.js";

const LOOK_EVERY_MS = 1000;
const LATE_MS = 30000; // a page that is opened long after does not call again for all that was before

const noticed = new Map();

/** Keeps in mind what a notice says of an alarm that no card of this page shows. */
export function noteCall({ id, state, louder_at: moments, priority }) {
  if (state === "raised" && moments.length > 0) noticed.set(String(id), { moments, priority });
  else noticed.delete(String(id));
}

function* waiting() {
  for (const { dataset } of document.querySelectorAll('[data-alarm][data-state="raised"][data-louder]')) {
    yield [dataset.alarm, { moments: dataset.louder.split(" "), priority: dataset.priority }];
  }
  yield* noticed;
}

function look() {
  const now = Date.now();
  for (const [alarm, { moments, priority }] of waiting()) {
    const passed = moments.map(Date.parse).filter((moment) => moment <= now);
    if (passed.length === 0) continue;
    for (const card of document.querySelectorAll(`[data-alarm="${alarm}"][data-louder]`)) card.classList.add("is-escalated");
    const last = Math.max(...passed);
    if (now - last < LATE_MS) play(priority, `alarm-${alarm} ${last}`, "insistent");
  }
}

window.setInterval(look, LOOK_EVERY_MS);
