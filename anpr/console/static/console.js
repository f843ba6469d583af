/* SPDX-License-Identifier: AGPL-3.0-or-later */
// The scripts of every page, and what has no file of its own: refresh, failures, times. No inline
// scripts.

import "./sound.js";
import "./session.js";
import "./cards.js";
import "./board.js";
import "./notices.js";
import "./escalation.js";
import "./pictures.js";
import "./shortcuts.js";
import { byId, setConnected, showStrip } from "./page.js";

const words = JSON.parse(document.body.dataset.words || "{}");

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
