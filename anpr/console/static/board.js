/* SPDX-License-Identifier: AGPL-3.0-or-later */
// The alarm board: new alarms sound at once and are shown when nothing under the hand would move.

import { cardsIn, isInUse, mergeCard, refreshCards, settleCard } from "./cards.js";
import { draftedAlarms, forgetDraft } from "./drafts.js";
import { lastAlarm, noteAlarm } from "./last-alarm.js";
import { putOff } from "./pictures.js";
import { appear, ask, byId, session, setConnected, tellReplaced } from "./page.js";
import { leaveIfOver } from "./session.js";
import { refreshDetail } from "./detail.js";
import { play } from "./sound.js";
import { follow } from "./stream.js";
import { takeTally } from "./tally.js";

const MOST_CARDS = 200;
const MOST_CLOSED = 20;
const MOST_WAITING = 100;
const REST_MS = 1500;
const SHOW_EVERY_MS = 500;
const HIDDEN_AFTER_MS = 1000;

const board = byId("board");
const list = board?.querySelector(".board-list"); // the detail beside it is moved by nothing
const arrivals = byId("arrivals");
const isOfRows = board?.dataset.view === "rows";
const PRIORITIES = { high: 0, medium: 1, low: 2 };

let touchedAt = 0;

// The board's order, as in the database: the highest priority first, in it what nobody has taken, in it the newest.
function rankOf({ dataset }) {
  const priority = PRIORITIES[dataset.priority];
  return dataset.state === "closed" ? 6 + priority : 2 * priority + (dataset.state === "raised" ? 0 : 1);
}
const isBefore = (card, other) =>
  rankOf(card) - rankOf(other) < 0 || (rankOf(card) === rankOf(other) && Number(card.dataset.alarm) > Number(other.dataset.alarm));

/** Whether somebody's hand or eye is in the cards: a form is open, the pointer is over them, the focus is in them. */
function isBusy() {
  const isHeld =
    list.querySelector("details:is(.closing, .handling)[open]") || list.querySelector(".alarms:hover") || list.contains(document.activeElement);
  return Boolean(isHeld) || Date.now() - touchedAt < REST_MS;
}

/** Cards in order on the page, and those that wait to be put among them. */
class CardList {
  constructor(element, refill) {
    this.element = element;
    this.refill = refill; // the address that gives the whole list anew
    this.waiting = new Map();
    this.hasOverflowed = false;
  }

  cards() {
    return [...this.element.querySelectorAll(":scope > [data-alarm]")];
  }

  add(card) {
    this.waiting.set(card.id, card);
    if (this.waiting.size <= MOST_WAITING) return;
    // More than anybody will look through: the list is read anew when they are shown.
    this.hasOverflowed = true;
    this.waiting.delete(this.waiting.keys().next().value);
  }

  async show() {
    if (this.hasOverflowed) return this.readAnew();
    const cards = [...this.waiting.values()].sort((one, other) => (isBefore(one, other) ? -1 : 1));
    this.waiting.clear();
    for (const card of cards) this.insert(card);
    this.trim();
    return cards[0];
  }

  insert(card) {
    if (byId(card.id)) return;
    const next = this.cards().find((other) => isBefore(card, other));
    this.element.insertBefore(card, next || this.element.querySelector(":scope > .more-alarms"));
    htmx.process(card);
    settleCard(card);
  }

  async readAnew() {
    const answer = await ask(this.refill);
    if (!answer.ok) return undefined;
    const kept = this.cards().filter(isInUse);
    this.waiting.clear();
    this.hasOverflowed = false;
    this.element.replaceChildren(cardsIn(await answer.text()));
    htmx.process(this.element);
    for (const card of this.cards()) settleCard(card);
    for (const card of kept) {
      const fresh = byId(card.id);
      if (fresh) fresh.replaceWith(card);
      else this.element.prepend(card);
    }
    return this.cards()[0];
  }

  // A page may be open for days. What is settled goes first, then what is last; the link below leads to it.
  trim() {
    for (const card of this.cards().filter((card) => card.dataset.state === "closed").slice(MOST_CLOSED)) card.remove();
    const spare = this.cards().slice(MOST_CARDS).filter((card) => !isInUse(card));
    if (spare.length === 0) return;
    const first = spare.reduce((one, other) => (isBefore(one, other) ? one : other));
    this.continueAt(first);
    for (const card of spare) card.remove();
  }

  // The page after this one begins with this card, which is shown here no more.
  continueAt(card) {
    const address = new URL(this.refill, location.href);
    address.searchParams.delete("only");
    address.searchParams.set("after", `${rankOf(card)}-${Number(card.dataset.alarm) + 1}`);
    let more = this.element.querySelector(":scope > .more-alarms");
    if (!more) {
      more = byId("more-template").content.firstElementChild.cloneNode(true);
      this.element.append(more);
    }
    const link = more.querySelector("a");
    link.href = address.pathname + address.search;
    link.setAttribute("hx-get", `${link.getAttribute("href")}&only=cards`);
    htmx.process(more);
  }
}

function refillAddress() {
  const address = new URL(location.href);
  for (const name of ["after", "alarm"]) address.searchParams.delete(name);
  address.searchParams.set("only", "cards");
  return address.pathname + address.search;
}

const open = board && new CardList(byId("alarms"), refillAddress());
// Beside rows alarms from the past have their own page.
const past = byId("past-alarms") && new CardList(byId("past-alarms"), "/alarms/past?only=cards");

function showWaiting() {
  const count = open.waiting.size + (open.hasOverflowed ? 1 : 0);
  const words = count === 1 ? arrivals.dataset.one : arrivals.dataset.many.replace("#", open.hasOverflowed ? `${MOST_WAITING}+` : count);
  arrivals.textContent = count ? words : "";
  if (arrivals.disabled && count > 0) appear(arrivals);
  arrivals.disabled = count === 0;
  byId("no-alarms").hidden = open.cards().length > 0 || count > 0;
  if (past) byId("past").hidden = past.cards().length === 0;
}

/** Puts the new alarms among the others; by hand also while the board is in use, and then the first of them has the focus. */
export async function showArrivals(isByHand) {
  if (!isByHand && isBusy()) return;
  if (!isBusy()) {
    open.trim();
    if (past?.waiting.size > 0) await past.show();
  }
  if (open.waiting.size > 0) {
    const first = await open.show();
    if (isByHand && first) {
      first.focus({ preventScroll: true });
      window.scrollTo({ top: 0 });
      first.scrollIntoView({ block: "nearest" });
    }
  }
  showWaiting();
}

const isIn = (value, values) => !value || values.split(" ").includes(value);

// As the server's filter does. An alarm that does not fit sounds and counts all the same.
function fits({ dataset }) {
  const { list, gate, kind, priority, whose, user } = board.dataset;
  const isOneOf = isIn(list, dataset.lists) && isIn(gate, dataset.gates);
  const isLike = isIn(kind, dataset.kind) && isIn(priority, dataset.priority);
  if (whose === "free" && dataset.state !== "raised") return false;
  return isOneOf && isLike && (whose !== "mine" || dataset.by === user);
}

let hiddenSoon = 0;

// How many the filter leaves out is counted in the database, some time after the last change.
function countHiddenSoon() {
  const { list, gate, kind, priority, whose } = board.dataset;
  if (!(list || gate || kind || priority || whose) || hiddenSoon) return;
  hiddenSoon = window.setTimeout(async () => {
    hiddenSoon = 0;
    const answer = await ask(`/alarms/hidden${location.search}`).catch(() => null);
    if (!answer?.ok) return;
    byId("hidden-by-filter").replaceWith(cardsIn(await answer.text()).querySelector("#hidden-by-filter"));
  }, HIDDEN_AFTER_MS);
}

function announce(card) {
  byId("announcer").textContent = `${byId("announcer").dataset.word}: ${card.dataset.spoken}`;
  play(card.dataset.priority, card.id, card.dataset.sound);
}

function receive(html, lastId) {
  const card = cardsIn(html).querySelector("[data-alarm]");
  if (!card) return;
  putOff(card);
  noteAlarm(lastId);
  const isPast = "retro" in card.dataset;
  countHiddenSoon();
  const list = isPast ? past : open;
  if (!list) return;
  const known = byId(card.id) || list.waiting.get(card.id);
  if (known) {
    // Where the vehicle is now, or that nobody has it any more, the room must hear as well.
    const isSeenAgain = Number(card.dataset.seen) > Number(known.dataset.seen);
    const isHandedBack = known.dataset.state !== "raised" && card.dataset.state === "raised";
    if (!isPast && card.dataset.state !== "closed" && (isSeenAgain || isHandedBack)) announce(card);
    mergeCard(known, card);
    if (isOfRows) refreshDetail(card.dataset);
    if (card.dataset.state === "closed") list.waiting.delete(card.id);
  } else if (card.dataset.state !== "closed") {
    if (isPast || fits(card)) list.add(card);
    // From the past: without a sound; what happens now is what the room must hear.
    if (!isPast && card.dataset.state === "raised") announce(card);
  }
  showWaiting();
  showArrivals(false);
}

// A note was being written for an alarm that this page does not show: its card comes back with it.
async function bringBackDrafts() {
  const absent = draftedAlarms().filter((alarm) => !byId(`alarm-${alarm}`));
  if (absent.length === 0) return;
  const rows = isOfRows ? "&rows=1" : "";
  const answer = await ask(`/alarms/cards?known=${absent.map((alarm) => `${alarm}-0`).join(",")}${rows}`);
  if (!answer.ok) return;
  for (const card of [...cardsIn(await answer.text()).querySelectorAll("[data-alarm]")]) {
    if (card.dataset.state === "closed") forgetDraft(card.dataset.alarm);
    else (("retro" in card.dataset && past) || open).insert(card);
  }
}

// What came while no page was open was not heard: the newest of the cards that are new to this tab sounds now.
function soundMissed() {
  const before = lastAlarm();
  const missed = open.cards().filter((card) => card.dataset.state === "raised" && Number(card.dataset.alarm) > before);
  if (before > 0 && missed.length > 0) announce(missed[0]);
  noteAlarm(Number(board.dataset.last));
}

function touch() {
  touchedAt = Date.now();
}

if (board) {
  soundMissed();
  follow((lastId, isAgain) => `/alarms/stream?view=${board.dataset.view}&after=${lastId || board.dataset.last}${isAgain ? "&again=1" : ""}`, session.user, {
    up: (isAgain) => {
      setConnected(true);
      if (isAgain) refreshCards();
    },
    down: () => setConnected(false),
    over: leaveIfOver,
    replaced: tellReplaced,
    tally: takeTally,
    alarm: receive,
  });
  arrivals.addEventListener("click", () => showArrivals(true));
  for (const name of ["pointermove", "pointerdown", "keydown"]) list.addEventListener(name, touch, { passive: true });
  list.addEventListener("focusout", touch);
  window.setInterval(() => showArrivals(false), SHOW_EVERY_MS);
  // Another page of the list: alarms that came here meanwhile are in it too.
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const more = event.detail.target?.closest?.(".more-alarms");
    if (!more) return;
    const fragment = cardsIn(event.detail.serverResponse);
    for (const card of fragment.querySelectorAll("[data-alarm]")) if (byId(card.id)) card.remove();
    const holder = document.createElement("div");
    holder.append(fragment);
    event.detail.serverResponse = holder.innerHTML;
  });
  document.body.addEventListener("htmx:afterSettle", () => {
    for (const card of open.cards()) settleCard(card);
    showWaiting();
  });
  bringBackDrafts();
  showWaiting();
}
