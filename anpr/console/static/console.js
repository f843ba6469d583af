/* SPDX-License-Identifier: AGPL-3.0-or-later */
// The scripts of every page, and what has no file of its own: images that arrive late, refresh, failures, times. No inline
// scripts.

import "./sound.js";
import "./session.js";
import "./cards.js";
import "./board.js";
import "./notices.js";
import "./escalation.js";
import "./shortcuts.js";
import { byId, setConnected, showStrip } from "./page.js";

const words = JSON.parse(document.body.dataset.words || "{}");

/* --- images: they may arrive after the transit, so an image that is not there yet is asked for again ---------- */

const IMAGE_WAITS_MS = [1000, 2000, 4000, 8000, 15000, 30000, 60000];

async function imageFailed(image) {
  const text = image.nextElementSibling;
  image.hidden = true;
  text.hidden = false;
  const why = await whyNoImage(image);
  text.textContent = text.dataset[why];
  text.classList.toggle("is-lost", why !== "pending");
  if (why === "pending") imageLater(image);
}

// An image tells nothing of the answer it failed on. A server that is away counts as pending: it is asked again. So does an
// image that is there now: it may have arrived since the answer that failed. Only one that fails once more is broken.
async function whyNoImage(image) {
  try {
    const answer = await fetch(image.src);
    if (!answer.ok) return { 409: "other", 410: "gone" }[answer.status] ?? "pending";
    const isSecond = "there" in image.dataset;
    image.dataset.there = "";
    return isSecond ? "broken" : "pending";
  } catch {
    return "pending";
  }
}

function imageLater(image) {
  const tries = Number(image.dataset.tries || 0);
  if (tries >= IMAGE_WAITS_MS.length) return;
  image.dataset.tries = tries + 1;
  image.loading = "eager"; // while it is hidden a lazy one would not be asked for
  window.setTimeout(() => {
    if (!image.isConnected) return;
    const address = new URL(image.src);
    address.searchParams.set("try", tries + 1);
    image.src = address;
  }, IMAGE_WAITS_MS[tries]);
}

function imageThere(image) {
  image.hidden = false;
  image.nextElementSibling.hidden = true;
}

// Loading and failing do not bubble, hence the capture; those that settled before this script ran are looked at once.
document.addEventListener("error", (event) => event.target.matches?.("img[data-await]") && imageFailed(event.target), true);
document.addEventListener("load", (event) => event.target.matches?.("img[data-await]") && imageThere(event.target), true);
for (const image of document.querySelectorAll("img[data-await]")) {
  if (image.complete && image.naturalWidth === 0 && image.currentSrc) imageFailed(image);
}

/* --- choices that send their form ------------------------------------------------------------------------------- */

for (const select of document.querySelectorAll("[data-submit]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

/* --- what failed ----------------------------------------------------------------------------------------------- */

const failed = byId("failed");
function tellFailure(event) {
  if (event.target.matches?.("[data-every]")) return; // what refreshes itself says it by the connection banner
  showStrip(failed, true);
  window.setTimeout(() => showStrip(failed, false), 8000);
}
document.body.addEventListener("htmx:responseError", tellFailure);
document.body.addEventListener("htmx:sendError", tellFailure);

/* --- how long ago ---------------------------------------------------------------------------------------------- */

function ago(seconds) {
  const steps = [["days", 86400], ["hours", 3600], ["minutes", 60], ["seconds", 1]];
  const [word, size] = steps.find(([, length]) => seconds >= length) || steps[3];
  return words[word].replace("#", Math.max(0, Math.floor(seconds / size)));
}

function tellTimes() {
  for (const element of document.querySelectorAll("time[data-ago]")) {
    element.textContent = ago((Date.now() - Date.parse(element.dateTime)) / 1000);
  }
}
document.body.addEventListener("htmx:afterSettle", tellTimes);
window.setInterval(tellTimes, 1000);
tellTimes();
