/* SPDX-License-Identifier: AGPL-3.0-or-later */
// Keyboard shortcuts of the board and of a transit's alarms. They act on the card that has the focus, never on another.

import { showArrivals } from "./board.js";
import { byId } from "./page.js";

const OFF = "anpr-shortcuts-off";
const dialog = byId("shortcuts");
const board = byId("board");

const isOn = () => localStorage.getItem(OFF) !== "1";
const cards = () => [...document.querySelectorAll("[data-alarm][data-state]")];
const current = () => document.activeElement?.closest?.("[data-alarm][data-state]");

function focus(card) {
  card?.focus({ preventScroll: true });
  card?.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = cards();
  const at = all.indexOf(current());
  focus(all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))]);
}

// Without a chosen card a key chooses the first one and does nothing else: nobody takes what they have not looked at.
function withCard(act) {
  const card = current();
  if (card) act(card);
  else step(0);
}

function openClosing(card) {
  const details = card.querySelector("details.closing");
  if (!details) return;
  details.open = true;
  details.querySelector("select").focus();
}

const KEYS = {
  j: () => step(1),
  ArrowDown: () => step(1),
  k: () => step(-1),
  ArrowUp: () => step(-1),
  p: () => withCard((card) => card.querySelector("[data-take]")?.requestSubmit()),
  c: () => withCard(openClosing),
  t: () => withCard((card) => card.querySelector("[data-transit]")?.click()),
  n: () => board && showArrivals(true),
  "?": () => dialog?.showModal(),
};

// In the choice of the outcome a digit chooses, and the button that confirms has the focus.
function chooseOutcome(event) {
  const select = event.target;
  const option = select.options[Number(event.key)];
  if (!option || option.disabled) return;
  event.preventDefault();
  select.value = option.value;
  select.dispatchEvent(new Event("input", { bubbles: true }));
  select.form.querySelector("button").focus();
}

function isTyping(element) {
  return element.matches("input, textarea, select, [contenteditable]");
}

function pressed(event) {
  if (!isOn() || event.ctrlKey || event.altKey || event.metaKey || dialog?.open) return;
  if (event.key === "Escape") closeForm(event);
  if (event.target.matches?.("[data-close] select") && /^[1-9]$/.test(event.key)) chooseOutcome(event);
  if (isTyping(event.target)) return;
  // Arrows scroll the page as usual until a card is chosen.
  if (event.key.startsWith("Arrow") && !current()) return;
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

function closeForm(event) {
  const details = event.target.closest?.("details.closing[open]");
  if (!details) return;
  const card = details.closest("[data-alarm]");
  details.open = false;
  focus(card);
}

if (board || cards().length > 0) {
  document.addEventListener("keydown", pressed);
  const choice = byId("shortcuts-on");
  if (choice) {
    choice.checked = isOn();
    choice.addEventListener("change", () => localStorage.setItem(OFF, choice.checked ? "0" : "1"));
    byId("show-shortcuts").addEventListener("click", () => dialog.showModal());
    document.querySelector("[data-first-alarm]")?.addEventListener("click", (event) => {
      event.preventDefault();
      focus(cards()[0]);
    });
  }
}
