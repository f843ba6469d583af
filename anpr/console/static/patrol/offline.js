/* SPDX-License-Identifier: AGPL-3.0-or-later */
// The shell without a link: how many answers wait, and the page again once the link is back.

import { waitingHere } from "./store.js";

const AGAIN_MS = 5000;
const place = document.getElementById("waiting");
const count = await waitingHere();
if (count > 0) place.textContent = count === 1 ? place.dataset.one : place.dataset.many.replace("#", count);

// The browser may say "online" too early, or before this is loaded: whoever answers at all is the link.
async function tryAgain() {
  try {
    await fetch(location.href, { method: "HEAD", cache: "no-store" });
    location.reload();
  } catch {
    // Still without a link.
  }
}

window.addEventListener("online", tryAgain);
setInterval(tryAgain, AGAIN_MS);
