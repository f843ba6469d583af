/* SPDX-License-Identifier: AGPL-3.0-or-later */
// What came, kept up to date: the part of the page is asked for again and put in place when it has changed.

const EVERY_MS = 2000;
const live = document.getElementById("live");
const lost = document.getElementById("lost");
let shown = "";

async function look() {
  if (document.hidden || live.contains(document.activeElement)) return;
  try {
    const answer = await fetch("/part", { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const text = await answer.text();
    lost.hidden = true;
    if (text === shown) return;
    shown = text;
    const parsed = new DOMParser().parseFromString(text, "text/html");
    live.replaceChildren(...parsed.body.childNodes);
  } catch {
    lost.textContent = live.dataset.lost;
    lost.hidden = false;
  }
}

setInterval(look, EVERY_MS);
