/* SPDX-License-Identifier: AGPL-3.0-or-later */
// What every script of a page needs: its elements, who is signed in, the strips at the lower edge.

export const byId = (id) => document.getElementById(id);

/** The session as the server gave it with the page; null on the login page. */
export const session = JSON.parse(document.body.dataset.session || "null");

const FRESH_MS = 1000;

/** For a second what has just appeared lets clicks through: it may have come up under the pointer. */
export function appear(element) {
  element.classList.add("is-fresh");
  window.setTimeout(() => element.classList.remove("is-fresh"), FRESH_MS);
}

/** Shows or hides a strip. */
export function showStrip(strip, isShown) {
  if (!strip || strip.hidden === !isShown) return;
  strip.hidden = !isShown;
  if (isShown) appear(strip);
}

/** Asks the server as one of our scripts: an ended session is then answered with 401 and where to log in. */
export function ask(address, options = {}) {
  const headers = { "HX-Request": "true", "HX-Current-URL": location.href, ...options.headers };
  return fetch(address, { cache: "no-store", ...options, headers });
}

/** The form token of this page, with which every POST goes. */
export const formToken = () => document.querySelector('input[name="form_token"]').value;

/** Says that this page is not live any more, because too many others are open. */
export function tellReplaced() {
  showStrip(byId("lost"), false);
  showStrip(byId("replaced"), true);
}

const live = byId("live");

/** Says whether what is on the screen is live. */
export function setConnected(isConnected) {
  showStrip(byId("lost"), !isConnected);
  document.body.classList.toggle("is-lost", !isConnected);
  if (live) live.hidden = !isConnected;
}
