/* SPDX-License-Identifier: AGPL-3.0-or-later */
// Keyboard shortcuts of the board and of a transit's alarms. They act on the card that has the focus, never on another.

import { showArrivals } from "./board.js";
import { isRow } from "./cards.js";
import { choose } from "./detail.js";
import { byId } from "./page.js";

const OFF = "anpr-shortcuts-off";
const dialog = byId("shortcuts");
const board = byId("board");

const isOn = () => localStorage.getItem(OFF) !== "1";
const pane = byId("pane");
const cards = () => [...document.querySelectorAll("[data-alarm][data-state]:not([data-detail])")];
// Beside rows the chosen alarm is meant also while nothing has the focus: it stands there in full. So it is on its own page.
const current = () =>
  document.activeElement?.closest?.("[data-alarm][data-state]") ||
  document.querySelector(".alarm-row[aria-current]") ||
  (cards().length === 0 && document.querySelector("[data-detail]")) ||
  null;

function focus(card) {
  card?.focus({ preventScroll: true });
  card?.scrollIntoView({ block: "nearest" });
}

function rowOf(card) {
  return card && "detail" in card.dataset && pane ? byId(`alarm-${card.dataset.alarm}`) : card;
}

function step(by) {
  const all = cards();
  const at = all.indexOf(rowOf(current()));
  const card = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))];
  focus(card);
  if (card && isRow(card)) choose(card.dataset.alarm);
}

// Without a chosen card a key chooses the first one and does nothing else: nobody takes what they have not looked at.
async function withCard(act) {
  const card = current();
  if (!card) return step(0);
  const shown = isRow(card) ? await choose(card.dataset.alarm) : card;
  if (shown) act(shown);
}

function openClosing(card) {
  const details = card.querySelector("details.closing");
  if (!details) return;
  details.open = true;
  details.querySelector("select").focus();
}

const send = (name) => () => withCard((card) => card.querySelector(`form[action$="/${name}"]`)?.requestSubmit());

const KEYS = {
  j: () => step(1),
  ArrowDown: () => step(1),
  k: () => step(-1),
  ArrowUp: () => step(-1),
  p: send("acknowledge"),
  r: send("release"),
  m: send("start"),
  n: () => withCard((card) => card.querySelector("[data-note] textarea")?.focus()),
  c: () => withCard(openClosing),
  t: () => withCard((card) => card.querySelector("[data-transit]")?.click()),
  a: () => board && showArrivals(true),
  "?": () => dialog?.showModal(),
};

// In the choice of the outcome a digit closes the alarm with it; who slipped opens it again with the button that is there then.
function chooseOutcome(event) {
  const select = event.target;
  const option = select.options[Number(event.key)];
  if (!option || option.disabled) return;
  event.preventDefault();
  select.value = option.value;
  select.dispatchEvent(new Event("input", { bubbles: true }));
  select.form.requestSubmit();
}

function isTyping(element) {
  return element.matches("input, textarea, select, [contenteditable]");
}

function pressed(event) {
  if (!isOn() || event.ctrlKey || event.altKey || event.metaKey || dialog?.open) return;
  if (event.key === "Escape") leaveField(event);
  if (event.target.matches?.("[data-close] select") && /^[1-9]$/.test(event.key)) chooseOutcome(event);
  if (isTyping(event.target)) return;
  // Arrows scroll the page as usual until a card is chosen.
  if (event.key.startsWith("Arrow") && (!current() || event.target.closest?.("#pane"))) return;
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

// Out of a form and back to the alarm: shut it, what is written in it stays.
function leaveField(event) {
  const details = event.target.closest?.("details:is(.closing, .handling)[open]");
  const form = details || event.target.closest?.("[data-note]");
  if (!form) return;
  if (details) details.open = false;
  focus(rowOf(form.closest("[data-alarm]")));
}

if (board || current() || cards().length > 0) {
  document.addEventListener("keydown", pressed);
  const choice = byId("shortcuts-on");
  if (choice) {
    choice.checked = isOn();
    choice.addEventListener("change", () => localStorage.setItem(OFF, choice.checked ? "0" : "1"));
    byId("show-shortcuts")?.addEventListener("click", () => dialog.showModal());
    document.querySelector("[data-first-alarm]")?.addEventListener("click", (event) => {
      event.preventDefault();
      focus(cards()[0]);
    });
  }
}
