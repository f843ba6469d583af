/* SPDX-License-Identifier: AGPL-3.0-or-later */
// Alarms on every page but the board: number in the menu and the title, sound, and a strip with the newest one.

import { lastAlarm, noteAlarm } from "./last-alarm.js";
import { refreshCards } from "./cards.js";
import { noteCall } from "./escalation.js";
import { byId, session, setConnected, showStrip, tellReplaced } from "./page.js";
import { leaveIfOver } from "./session.js";
import { play } from "./sound.js";
import { follow } from "./stream.js";
import { takeTally } from "./tally.js";

const strip = byId("new-alarm");

function announce(notice) {
  strip.querySelector("[data-text]").textContent = `${notice.plate} · ${notice.gate}`;
  strip.querySelector("a").href = `/alarms?alarm=${notice.id}#alarm-${notice.id}`;
  strip.dataset.alarm = notice.id;
  strip.dataset.priority = notice.priority;
  showStrip(strip, true);
  play(notice.priority, `alarm-${notice.id}`, notice.sound);
}

function receive(json) {
  const notice = JSON.parse(json);
  const isNews = notice.id > lastAlarm();
  noteAlarm(notice.id);
  document.dispatchEvent(new Event("anpr:notice"));
  if (notice.retro) return;
  if (strip) noteCall(notice);
  if (strip && notice.state === "raised" && isNews) announce(notice);
  if (strip && notice.state !== "raised" && Number(strip.dataset.alarm) === notice.id) showStrip(strip, false);
  if (document.querySelector(`[data-alarm="${notice.id}"][data-state]`)) refreshCards();
}

const handlers = {
  up: (isAgain) => {
    setConnected(true);
    if (isAgain) refreshCards();
  },
  down: () => setConnected(false),
  over: leaveIfOver,
  replaced: tellReplaced,
  tally: takeTally,
  notice: receive,
};

function followAlone() {
  const address = (lastId) => {
    const since = lastId || lastAlarm();
    return since ? `/alarms/notices?after=${since}` : "/alarms/notices";
  };
  const stop = follow(address, session.user, handlers);
  window.addEventListener("pagehide", stop);
}

function followShared() {
  const worker = new SharedWorker("/static/notices-worker.js", { type: "module", name: "anpr-notices" });
  const hello = () => worker.port.postMessage({ kind: "hello", user: session.user, after: lastAlarm() });
  worker.port.onmessage = ({ data }) => handlers[data.kind](data.data);
  // A browser that knows no modules in a worker: then each tab has a stream of its own.
  worker.addEventListener("error", followAlone, { once: true });
  hello();
  window.addEventListener("pagehide", () => worker.port.postMessage({ kind: "bye" }));
  window.addEventListener("pageshow", (event) => event.persisted && hello());
}

// Who may take no alarm is called to none; a wall is live for everybody.
if ((strip || byId("wall")) && !byId("board")) {
  strip?.querySelector("[data-dismiss]").addEventListener("click", () => showStrip(strip, false));
  if ("SharedWorker" in window) followShared();
  else followAlone();
}
