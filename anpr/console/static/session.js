/* SPDX-License-Identifier: AGPL-3.0-or-later */
// The session of an open page: extended while somebody works here or watches the board; said before it ends, and goes on
// in place; at the end the login page, which leads back here.

import { ask, byId, formToken, session, showStrip } from "./page.js";
import { play } from "./sound.js";

const TICK_MS = 1000;
const ASK_EVERY_MS = 60000;
const strip = byId("session-ends");

let state = session;
let receivedAt = Date.now();
let extendedAt = Date.now();
let askedAt = 0;
let isUsed = true; // whoever opens a page uses it
let isLeaving = false;

const remainingS = () => state.remaining_s - (Date.now() - receivedAt) / 1000;
const isWatched = () => byId("board") !== null && document.visibilityState === "visible";

function take(fresh) {
  if (fresh.user !== session.user) {
    location.reload(); // somebody else has logged in in another tab: this is not their page
    return;
  }
  state = fresh;
  receivedAt = Date.now();
  for (const field of document.querySelectorAll('input[name="form_token"]')) field.value = fresh.form_token;
}

async function send(address, options) {
  try {
    const answer = await ask(address, options);
    if (answer.ok) take(await answer.json());
    if (answer.status === 401) leave(answer.headers.get("HX-Redirect") || "/login?again=1");
    return answer;
  } catch {
    return null; // the server is away: asked again
  }
}

function leave(address) {
  if (isLeaving) return;
  isLeaving = true;
  play("low", "session-over");
  location.assign(address);
}

function post(address, fields = {}) {
  return send(address, { method: "POST", body: new URLSearchParams({ form_token: formToken(), ...fields }) });
}

/** Asks whether the session is over, and if so leads to the login. */
export function leaveIfOver() {
  askedAt = Date.now();
  return send("/session");
}

function extend() {
  extendedAt = Date.now();
  isUsed = false;
  return post("/session/extend");
}

function showEnd() {
  const isNear = remainingS() <= state.warn_s;
  if (isNear && strip.hidden) play("low", `session-ends-${state.ends_at}`);
  strip.querySelector("[data-time]").textContent = state.ends_at;
  showStrip(strip, isNear);
  if (!isNear) hideConfirm();
}

function tick() {
  const isDue = Date.now() - extendedAt >= state.extend_every_s * 1000;
  if (state.extensible && isDue && (isUsed || isWatched())) extend();
  else if (remainingS() <= state.warn_s && Date.now() - askedAt >= ASK_EVERY_MS) leaveIfOver(); // another tab may have extended it
  else if (remainingS() <= 0 && Date.now() - askedAt >= TICK_MS) leaveIfOver();
  showEnd();
}

const confirmForm = strip?.querySelector("[data-confirm]");
const renewLink = strip?.querySelector("[data-renew]"); // in its place for those whom a provider lets in
const extendButton = strip?.querySelector("[data-extend]");

function hideConfirm() {
  (confirmForm ?? renewLink).hidden = true;
  extendButton.hidden = false;
}

async function goOn() {
  if (state.extensible) await extend();
  if (remainingS() <= state.warn_s) {
    extendButton.hidden = true;
    (confirmForm ?? renewLink).hidden = false;
    if (confirmForm) showCode();
    (confirmForm?.elements.password ?? renewLink).focus();
  }
  showEnd();
}

/** Who has a second factor proves it too, as in a login. */
function showCode() {
  for (const part of confirmForm.querySelectorAll("label[data-code], input[data-code]")) part.hidden = !state.second_factor;
  confirmForm.elements.code.required = state.second_factor;
}

async function confirmPassword(event) {
  event.preventDefault();
  const { password, code } = confirmForm.elements;
  const fault = confirmForm.querySelector("[data-fault]");
  const answer = await post("/session/confirm", { password: password.value, code: code.value });
  const wrong = answer?.status === 403 ? (await answer.json()).wrong : "password";
  if (answer !== null) (wrong === "password" ? password : code).value = "";
  if (answer === null || answer.ok) fault.textContent = "";
  else if (answer.status === 429) fault.textContent = fault.dataset.wait.replace("#", answer.headers.get("Retry-After"));
  else fault.textContent = answer.status === 503 ? fault.dataset.busy : fault.dataset[wrong];
  if (answer?.ok) {
    extendedAt = Date.now();
    code.value = "";
  }
  showCode();
  showEnd();
}

if (strip) {
  extendButton.addEventListener("click", goOn);
  confirmForm?.addEventListener("submit", confirmPassword);
  for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, () => (isUsed = true), true);
  window.setInterval(tick, TICK_MS);
  if (state.extensible && state.lifetime_s - state.remaining_s >= state.extend_every_s) extend();
  showEnd();
}
