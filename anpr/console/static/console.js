/* SPDX-License-Identifier: AGPL-3.0-or-later */
// What the pages do beyond htmx: live alarms with sound, images that arrive late, refresh, times. No inline scripts.
"use strict";

const words = JSON.parse(document.body.dataset.words || "{}");
const byId = (id) => document.getElementById(id);

/* --- the connection: what is on the screen may only look live while it is ------------------------------------- */

const lost = byId("lost");
const live = byId("live");

function setConnected(isConnected) {
  lost.hidden = isConnected;
  document.body.classList.toggle("is-lost", !isConnected);
  if (live) live.hidden = !isConnected;
}

lost.querySelector("a").addEventListener("click", (event) => {
  event.preventDefault();
  location.reload();
});

// A stream the browser has given up (the server said no): ask until the page can be had again, then load it anew.
// It also leads to the login when the session is over.
let asking = 0;
function askUntilBack() {
  if (asking) return;
  asking = window.setInterval(async () => {
    try {
      const answer = await fetch("/readyz", { cache: "no-store" });
      if (answer.ok) location.reload();
    } catch {
      // still away
    }
  }, 4000);
}

/* --- live alarms ----------------------------------------------------------------------------------------------- */

const list = byId("alarms");
const stream = byId("stream");
const title = document.title;
const MOST_CLOSED = 20;
const MOST_CARDS = 300;
const MOST_PAST = 50;
let isLeaving = false;

function cardIn(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content.querySelector("[data-alarm]");
}

// A page may be open for days: what is settled goes, from the bottom; the table keeps it.
function trim() {
  for (const card of [...list.querySelectorAll('[data-state="closed"]')].slice(MOST_CLOSED)) card.remove();
  const settled = [...list.querySelectorAll('[data-alarm]:not([data-state="raised"])')];
  const tooMany = list.querySelectorAll("[data-alarm]").length - MOST_CARDS;
  if (tooMany > 0) for (const card of settled.slice(-tooMany)) card.remove();
}

function countRaised() {
  if (!list) return;
  trim();
  const raised = list.querySelectorAll('[data-state="raised"]').length;
  const tally = byId("tally");
  tally.dataset.count = raised;
  tally.querySelector("b").textContent = raised;
  document.title = raised ? `(${raised}) ${title}` : title;
  byId("no-alarms").hidden = list.querySelector("[data-alarm]") !== null;
}

function addPast(html) {
  byId("past").hidden = false;
  htmx.swap(byId("past-alarms"), html, { swapStyle: "afterbegin" });
  for (const card of [...byId("past-alarms").querySelectorAll("[data-alarm]")].slice(MOST_PAST)) card.remove();
}

// The stream sends a card for every change. A new alarm goes on top (htmx does that); a known one is replaced where it
// is, unless nothing changed; one that is closed and not on this page is none of our business.
function receive(event) {
  const message = event.detail;
  const card = cardIn(message.data);
  if (!card) return;
  if (message.lastEventId) stream.setAttribute("sse-connect", `/alarms/stream?again=1&after=${message.lastEventId}`);
  const known = byId(card.id);
  const isPast = "retro" in card.dataset;
  if (known || isPast || card.dataset.state === "closed") event.preventDefault();
  if (known && known.dataset.state !== card.dataset.state) {
    htmx.swap(known, message.data, { swapStyle: "outerHTML" });
    countRaised();
  }
  // From the past: shown below, without a sound; what happens now is what the room must hear.
  if (!known && isPast && card.dataset.state !== "closed") addPast(message.data);
  if (!known && !isPast && card.dataset.state === "raised") {
    byId("announcer").textContent = `${byId("announcer").dataset.word}: ${card.dataset.spoken}`;
    sound.play(card.dataset.priority);
  }
}

if (list) {
  list.addEventListener("htmx:sseBeforeMessage", receive);
  list.addEventListener("htmx:sseMessage", countRaised);
  // Open is not enough: the server says `ready` once the page is among those that are told of alarms.
  stream.addEventListener("htmx:sseOpen", (event) => {
    event.detail.source.addEventListener("ready", () => setConnected(true), { once: true });
  });
  stream.addEventListener("htmx:sseError", (event) => {
    if (isLeaving) return;
    setConnected(false);
    const source = event.detail.source;
    if (source && source.readyState === EventSource.CLOSED) askUntilBack();
  });
  document.body.addEventListener("htmx:afterSettle", countRaised);
  // Leaving ends the stream too, and nobody needs to be told; who comes back finds the page as it is now.
  window.addEventListener("pagehide", () => (isLeaving = true));
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
}

/* --- sound: tones made here, no files -------------------------------------------------------------------------- */

const TUNES = {
  // [frequency in Hz, start in s, length in s]
  high: [[880, 0, 0.16], [660, 0.2, 0.16], [880, 0.4, 0.16], [660, 0.6, 0.16], [880, 0.8, 0.3]],
  medium: [[740, 0, 0.18], [988, 0.22, 0.3]],
  low: [[587, 0, 0.3]],
};
const REMIND_EVERY_MS = 20000;

const sound = {
  button: byId("sound"),
  context: null,
  isOn: false,

  play(priority) {
    if (!this.isOn || !this.context) return;
    for (const [frequency, start, length] of TUNES[priority] || TUNES.low) this.tone(frequency, start, length);
  },

  tone(frequency, start, length) {
    const at = this.context.currentTime + start;
    const oscillator = this.context.createOscillator();
    const gain = this.context.createGain();
    oscillator.type = "triangle";
    oscillator.frequency.value = frequency;
    // Ramps, because a tone that is cut off clicks.
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.35, at + 0.02);
    gain.gain.setValueAtTime(0.35, at + length - 0.04);
    gain.gain.linearRampToValueAtTime(0, at + length);
    oscillator.connect(gain).connect(this.context.destination);
    oscillator.start(at);
    oscillator.stop(at + length);
  },

  async set(isOn) {
    if (isOn && !this.context) this.context = new AudioContext();
    if (isOn) await this.context.resume();
    this.isOn = isOn && this.context.state === "running";
    this.show();
  },

  show() {
    this.button.setAttribute("aria-pressed", String(this.isOn));
    this.button.querySelector("span").textContent = this.isOn ? this.button.dataset.on : this.button.dataset.off;
    this.button.classList.toggle("is-on", this.isOn);
  },

  prepare() {
    if (!this.button) return;
    this.button.addEventListener("click", async () => {
      await this.set(!this.isOn);
      localStorage.setItem("anpr-sound", this.isOn ? "on" : "off");
      this.play("low");
    });
    // A browser lets a page make sound only after a gesture: who wanted it before gets it back with the first one.
    if (localStorage.getItem("anpr-sound") === "on") {
      const begin = () => this.isOn || this.set(true);
      document.addEventListener("pointerdown", begin, { once: true });
      document.addEventListener("keydown", begin, { once: true });
    }
    window.setInterval(() => {
      if (list && list.querySelector('[data-state="raised"][data-priority="high"]')) this.play("high");
    }, REMIND_EVERY_MS);
  },
};
sound.prepare();

/* --- images: they may arrive after the transit, so an image that is not there yet is asked for again ---------- */

const IMAGE_WAITS_MS = [1000, 2000, 4000, 8000, 15000, 30000, 60000];

async function imageFailed(image) {
  const text = image.nextElementSibling;
  image.hidden = true;
  text.hidden = false;
  const why = await whyNoImage(image.src);
  text.textContent = text.dataset[why];
  text.classList.toggle("is-lost", why !== "pending");
  if (why === "pending") imageLater(image);
}

// An image tells nothing of the answer it failed on. A server that is away counts as pending: it is asked again.
async function whyNoImage(address) {
  try {
    const answer = await fetch(address);
    return answer.status === 410 ? "gone" : answer.ok ? "broken" : "pending";
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
    if (image.isConnected) image.src = `${image.src.split("?")[0]}?try=${tries + 1}`;
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
  failed.hidden = false;
  window.setTimeout(() => (failed.hidden = true), 8000);
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
countRaised();
