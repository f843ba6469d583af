/* SPDX-License-Identifier: AGPL-3.0-or-later */
// The alarm's sound: tones made here, no files. Whether it is wanted, and how loud, is kept on this workstation.

import { byId, showStrip } from "./page.js";

const TUNES = {
  // [frequency in Hz, start in s, length in s]
  high: [[880, 0, 0.16], [660, 0.2, 0.16], [880, 0.4, 0.16], [660, 0.6, 0.16], [880, 0.8, 0.3]],
  medium: [[740, 0, 0.18], [988, 0.22, 0.3]],
  low: [[587, 0, 0.3]],
};
const LOUDEST = { normal: 0.6, insistent: 1 };
const INSISTENT_TIMES = 2;
const AGAIN_S = 1.4;
const WANTED = "anpr-sound";
const VOLUME = "anpr-sound-volume";
const PLAYED = "anpr-sound-played";
const SAME_MS = 5000;

const button = byId("sound");
const volume = byId("sound-volume");
const strip = byId("audio-off");
const muted = byId("muted");
let context = null;

const isWanted = () => localStorage.getItem(WANTED) === "on";
const isRunning = () => context !== null && context.state === "running";
const loudness = () => Number(localStorage.getItem(VOLUME) || 60);

function tone(frequency, start, length, most) {
  const at = context.currentTime + start;
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.type = "triangle";
  oscillator.frequency.value = frequency;
  // Ramps, because a tone that is cut off clicks.
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(most, at + 0.02);
  gain.gain.setValueAtTime(most, at + length - 0.04);
  gain.gain.linearRampToValueAtTime(0, at + length);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + length);
}

// Insistent: louder, and twice. What was played last can be read on the strip: its priority, kind and loudness (0 to 1).
function tune(priority, kind = "normal") {
  const most = (LOUDEST[kind] * loudness()) / 100;
  for (let time = 0; time < (kind === "insistent" ? INSISTENT_TIMES : 1); time += 1) {
    for (const [frequency, start, length] of TUNES[priority] || TUNES.low) tone(frequency, start + time * AGAIN_S, length, most);
  }
  Object.assign(strip.dataset, { played: priority, kind, loudness: most });
}

// Another tab of this browser may have played it a moment ago: two are no louder, but confuse.
function isFirst(name) {
  const [last, at] = (localStorage.getItem(PLAYED) || " 0").split(" ");
  if (last === name && Date.now() - Number(at) < SAME_MS) return false;
  localStorage.setItem(PLAYED, `${name} ${Date.now()}`);
  return true;
}

/**
 * Plays the tune of a priority for what is called `name`, once in all tabs, when sound is wanted and runs.
 * `kind`: normal, insistent (louder, and twice) or silent (not at all).
 */
export function play(priority, name, kind = "normal") {
  if (kind === "silent") return;
  if (strip && isWanted() && isRunning() && isFirst(name)) tune(priority, kind); // no strip: who looks may take no alarm
}

function show() {
  const isOn = isWanted() && isRunning();
  showStrip(strip, isWanted() && !isRunning());
  if (muted) muted.hidden = isOn;
  if (!button) return;
  button.setAttribute("aria-pressed", String(isOn));
  button.querySelector("span").textContent = isOn ? button.dataset.on : button.dataset.off;
  button.classList.toggle("is-on", isOn);
}

async function run() {
  if (context === null) {
    context = new AudioContext();
    context.addEventListener("statechange", show);
  }
  // Without a gesture a browser leaves this waiting; the strip asks for one meanwhile.
  if (context.state !== "running") await context.resume();
  show();
}

async function toggle() {
  const isOn = isWanted() && isRunning();
  localStorage.setItem(WANTED, isOn ? "off" : "on");
  if (isOn) await context.suspend();
  else await run();
  show();
  if (!isOn && isRunning()) tune("low");
}

// A browser lets a page make sound only after a gesture. Any will do, and each time the browser took it away again.
function resumeAtGesture(event) {
  if (isWanted() && !isRunning() && !button?.contains(event.target)) run();
}

if (strip) {
  button?.addEventListener("click", toggle);
  // A test is heard whether or not sound is wanted, and leaves that as it was.
  byId("sound-test")?.addEventListener("click", async () => {
    await run();
    tune("high", byId("sound-kind")?.value);
  });
  volume?.addEventListener("change", () => localStorage.setItem(VOLUME, volume.value));
  if (volume) volume.value = loudness();
  document.addEventListener("pointerdown", resumeAtGesture, true);
  document.addEventListener("keydown", resumeAtGesture, true);
  window.addEventListener("storage", (event) => event.key === WANTED && show());
  if (isWanted()) run();
  show();
}
