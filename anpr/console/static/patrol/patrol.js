/* SPDX-License-Identifier: AGPL-3.0-or-later */
// The patrol's page: cards that follow their alarms, answers that wait for the link, nothing typed that is lost.

import { ask, byId, session } from "../page.js";
import { putOff } from "../pictures.js";
import { leaveIfOver } from "../session.js";
import { showDistances, startPosition } from "./position.js";
import { startPush } from "./push.js";
import { makeQueue } from "./queue.js";
import { memoryStore, openStore } from "./store.js";

const page = byId("patrol");
const phone = JSON.parse(page.dataset.phone);
const words = JSON.parse(page.dataset.words);
const list = byId("cards");
const told = byId("told");
const CONFIRM_MS = 6000;
const DRAFT_MS = 400;
const POLL_MS = 20000;
const SOON_MS = 300;

const cardOf = (alarm) => byId(`alarm-${alarm}`);
const clock = () => new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
const say = (text) => (page.querySelector("[data-spoken]").textContent = text);

/* --- the link -------------------------------------------------------------------------------------------------- */

function setLink(isUp) {
  page.querySelector("[data-link-ok]").hidden = !isUp;
  page.querySelector("[data-link-lost]").hidden = isUp;
}

/* --- cards: what is the alarm's is replaced, what is the phone's own stays --------------------------------------- */

const typed = (card) => card.querySelector("textarea")?.value.trim() ?? "";
const isBusy = (card) => card.querySelector("[data-answers]").childElementCount > 0 || typed(card) !== "";

function update(card, fresh) {
  if (card.dataset.version === fresh.dataset.version) return;
  const wasOpen = card.querySelector("details.sightings")?.open;
  const shown = card.querySelector(".patrol-context img")?.src;
  const now = fresh.querySelector(".patrol-context img")?.src;
  if (shown !== now) putOff(fresh);
  card.querySelector("[data-live]").replaceWith(fresh.querySelector("[data-live]"));
  card.className = fresh.className;
  const before = card.dataset.state;
  for (const name of ["version", "state", "seen", "spoken"]) card.dataset[name] = fresh.dataset[name];
  const details = card.querySelector("details.sightings");
  if (details && wasOpen) details.open = true;
  if (before !== card.dataset.state && card.dataset.state === "closed") close(card);
  if (shown && now && shown !== now) say(card.dataset.spoken); // seen again, elsewhere
}

/** Somebody closed it: what was typed stays, to be sent as a note or to be read. */
function close(card) {
  for (const button of card.querySelectorAll("[data-closes], [value='on-scene']")) {
    button.disabled = true;
    withdraw(button);
  }
  say(`${words.closed}: ${card.dataset.spoken}`);
}

function announce(card) {
  say(`${words.new}: ${card.dataset.spoken}`);
  navigator.vibrate?.([200, 100, 200]);
}

function take(html, isFirst) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const arrived = [...fresh.querySelectorAll(".patrol-card")];
  const order = arrived.filter((card) => card.dataset.state !== "closed").map((card) => card.id);
  for (const each of arrived) {
    const card = byId(each.id);
    if (card) update(card, each);
    else if (each.dataset.state !== "closed") {
      putOff(each);
      list.append(document.adoptNode(each));
      if (!isFirst) announce(byId(each.id));
    }
  }
  const named = new Set(arrived.map((card) => card.id));
  for (const card of list.querySelectorAll(".patrol-card")) {
    const isGone = !named.has(card.id) || card.dataset.state === "closed";
    if (isGone && !isBusy(card) && !card.contains(document.activeElement)) card.remove();
  }
  // Nothing moves under a thumb: new ones come first, and what somebody writes in keeps its place.
  if (!list.contains(document.activeElement)) {
    for (const id of order.toReversed()) list.prepend(byId(id));
  }
  list.querySelector("[data-more]")?.remove();
  const more = fresh.querySelector("[data-more]");
  if (more) list.append(document.adoptNode(more));
  byId("none").hidden = list.querySelector(".patrol-card") !== null;
  showDistances(words);
}

let asking = null;
let isAskedAgain = false;

async function refresh() {
  if (asking) {
    isAskedAgain = true;
    return asking;
  }
  asking = (async () => {
    const known = [...list.querySelectorAll(".patrol-card")].map((card) => card.dataset.alarm).join(",");
    try {
      const answer = await ask(`/patrol/cards?known=${known}`, { signal: AbortSignal.timeout(POLL_MS) });
      if (answer.status === 401) leaveIfOver();
      if (answer.ok) take(await answer.text(), false);
      setLink(answer.ok);
    } catch {
      setLink(false);
    }
  })();
  await asking;
  asking = null;
  if (isAskedAgain) {
    isAskedAgain = false;
    return refresh();
  }
}

let soon = 0;
function refreshSoon() {
  clearTimeout(soon);
  soon = setTimeout(refresh, SOON_MS);
}

function follow() {
  const source = new EventSource("/patrol/stream");
  source.addEventListener("ready", () => {
    setLink(true);
    refreshSoon();
    queue.flush();
  });
  source.addEventListener("changed", refreshSoon);
  source.addEventListener("replaced", () => source.close());
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, POLL_MS);
  });
}

/* --- answers ----------------------------------------------------------------------------------------------------- */

const sent = new Map(); // by alarm: what was sent since the page was opened, newest last

function line(text, state) {
  const item = document.createElement("li");
  item.className = `is-${state}`;
  item.textContent = text;
  return item;
}

function show(rows) {
  const waiting = rows.filter((row) => row.state === "waiting");
  const badge = page.querySelector("[data-waiting]");
  badge.hidden = waiting.length === 0;
  badge.textContent = waiting.length === 1 ? words.wait_one : words.wait_many.replace("#", waiting.length);
  for (const card of list.querySelectorAll(".patrol-card")) {
    const lines = (sent.get(card.dataset.alarm) ?? []).map((text) => line(text, "sent"));
    for (const { answer } of waiting) {
      if (answer?.alarm === card.dataset.alarm) lines.push(line(`${words.actions[answer.action]} · ${words.waiting}`, "waiting"));
    }
    card.querySelector("[data-answers]").replaceChildren(...lines);
  }
  told.replaceChildren(...rows.filter((row) => row.state === "told").map(toldItem));
}

function toldItem({ seq, answer }) {
  const item = document.createElement("li");
  item.className = "notice bad";
  const text = document.createElement("p");
  const what = words[answer?.told] ?? answer?.told ?? words.unreadable;
  const alarm = answer?.alarm ? `${words.of.replace("#", answer.alarm)}, ${words.actions[answer.action]}: ` : "";
  text.textContent = `${alarm}${what}`;
  item.append(text);
  if (answer?.text) {
    const quote = document.createElement("blockquote");
    quote.textContent = answer.text;
    item.append(quote);
  }
  const button = document.createElement("button");
  button.className = "secondary";
  button.textContent = told.dataset.dismiss;
  button.addEventListener("click", () => queue.dismiss(seq));
  item.append(button);
  return item;
}

function settled(answer, reply) {
  const lines = sent.get(answer.alarm) ?? [];
  if (reply.result === "done") lines.push(`${words.actions[answer.action]} · ${words.sent.replace("#", clock())}`);
  sent.set(answer.alarm, lines);
  say(reply.text);
  refreshSoon();
}

function makeKey() {
  return crypto.randomUUID();
}

function fault(form, text) {
  const place = form.querySelector("[data-fault]");
  place.hidden = !text;
  place.textContent = text;
}

/** The first press of a button that closes the alarm asks; the second, within seconds, does it. */
function isConfirmed(button) {
  if (!("closes" in button.dataset) || "asked" in button.dataset) return true;
  button.dataset.asked = button.textContent;
  button.textContent = `${words.confirm}: ${button.textContent}`;
  say(button.textContent);
  setTimeout(withdraw, CONFIRM_MS, button);
  return false;
}

/** The button is as it was before it asked. */
function withdraw(button) {
  if (!("asked" in button.dataset)) return;
  button.textContent = button.dataset.asked;
  delete button.dataset.asked;
}

/** The second click of a double one is none: it would say the same again, or confirm what nobody has read yet. */
function onlyFirst(event) {
  if (event.detail > 1 && event.target.closest("[data-answer] button")) event.preventDefault();
}

async function answered(event) {
  const form = event.target.closest("[data-answer]");
  if (!form) return;
  event.preventDefault();
  const button = event.submitter;
  const field = form.elements.text;
  const text = field.value.trim();
  if (button.value === "note" && !text) {
    fault(form, words.no_note);
    field.focus();
    return;
  }
  fault(form, "");
  if (!isConfirmed(button)) return;
  withdraw(button);
  const { alarm } = form.elements;
  const { seen } = cardOf(alarm.value).dataset; // what this says is about the sightings that are shown
  const answer = { key: makeKey(), alarm: alarm.value, action: button.value, text, seen, made_at: new Date().toISOString() };
  field.value = "";
  store.keepDraft(answer.alarm, "");
  await queue.add(answer);
}

/* --- what was typed ---------------------------------------------------------------------------------------------- */

const timers = new Map();
function keepDraft(event) {
  const form = event.target.closest("[data-answer]");
  if (!form) return;
  const alarm = form.elements.alarm.value;
  clearTimeout(timers.get(alarm));
  timers.set(alarm, setTimeout(() => store.keepDraft(alarm, event.target.value), DRAFT_MS));
}

async function bringDrafts() {
  const alarms = new Set([...list.querySelectorAll(".patrol-card")].map((card) => card.dataset.alarm));
  for (const [alarm, text] of await store.drafts(alarms)) {
    const field = cardOf(alarm).querySelector("textarea");
    if (field && !field.value) field.value = text;
  }
}

/* --- logging out: what was sent is forgotten, and what was not is said ---------------------------------------------- */

async function leave(event) {
  const form = event.target;
  if (form.getAttribute("action") !== "/logout" || form.dataset.ready) return;
  event.preventDefault();
  await queue.flush();
  const waiting = (await store.all()).filter((row) => row.state === "waiting").length;
  if (waiting && !window.confirm(words.leave.replace("#", waiting))) return;
  await store.forget(Date.now() - phone.drop_after_s * 1000);
  await push.leave();
  form.dataset.ready = "yes";
  form.requestSubmit();
}

/* --- the start ---------------------------------------------------------------------------------------------------- */

const store = await openStore(phone.owner, phone.queue_key).catch(() => memoryStore());
const queue = makeQueue(
  store,
  { changed: show, settled, over: leaveIfOver, link: setLink },
  phone.drop_after_s * 1000,
);
const push = startPush(phone, words);
startPosition(phone);
document.addEventListener("click", onlyFirst);
document.addEventListener("submit", answered);
document.addEventListener("submit", leave);
document.addEventListener("input", keepDraft);
window.addEventListener("online", () => {
  refresh();
  queue.flush();
});
window.addEventListener("offline", () => setLink(false));
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  refresh();
  queue.flush();
});
page.querySelector("[data-no-store]").hidden = !store.isMemory;
await bringDrafts();
await queue.tell();
setLink(navigator.onLine);
showDistances(words);
follow();
setInterval(refresh, POLL_MS);
queue.flush();
if (location.hash.startsWith("#alarm-")) byId(location.hash.slice(1))?.scrollIntoView();
page.dataset.ready = session.user;
