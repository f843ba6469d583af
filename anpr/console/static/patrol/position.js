/* SPDX-License-Identifier: AGPL-3.0-or-later */
// How far gates are, and where the phone is: only while its person has switched that on. A position is never stored here.

import { ask, byId, formToken } from "../page.js";

const EARTH_M = 6371000;
const SEND_EVERY_MS = 60000;
const radians = (degrees) => (degrees * Math.PI) / 180;

let here = null;
let sentAt = 0;
let shownWith = null;

function metres(one, other) {
  const across = Math.sin(radians(other.latitude - one.latitude) / 2) ** 2;
  const along = Math.sin(radians(other.longitude - one.longitude) / 2) ** 2;
  const whole = across + Math.cos(radians(one.latitude)) * Math.cos(radians(other.latitude)) * along;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(whole)));
}

function inWords(distance, words) {
  if (distance < 1000) return words.metres.replace("#", Math.max(50, Math.round(distance / 50) * 50));
  return words.kilometres.replace("#", (distance / 1000).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 }));
}

/** Writes on each card how far its gate is; nothing where it is not known. */
export function showDistances(words) {
  shownWith = words;
  for (const place of document.querySelectorAll("[data-distance]")) {
    const gate = { latitude: Number(place.dataset.latitude), longitude: Number(place.dataset.longitude) };
    place.textContent = here ? inWords(metres(here, gate), words) : "";
  }
}

function tell() {
  if (Date.now() - sentAt < SEND_EVERY_MS) return;
  sentAt = Date.now();
  const body = new URLSearchParams({ form_token: formToken(), ...here });
  ask("/patrol/position", { method: "POST", body }).catch(() => (sentAt = 0)); // no network: with the next position
}

/** Follows the phone where its person shares its position. */
export function startPosition(phone) {
  if (!phone.shares || !("geolocation" in navigator)) return;
  const told = byId("position")?.querySelector("[data-position-told]");
  navigator.geolocation.watchPosition(
    ({ coords }) => {
      here = { latitude: coords.latitude, longitude: coords.longitude, accuracy: Math.round(coords.accuracy) };
      if (told) told.textContent = "";
      if (shownWith) showDistances(shownWith);
      tell();
    },
    () => {
      if (told) told.textContent = told.dataset.denied;
    },
    { enableHighAccuracy: false, maximumAge: 30000, timeout: 30000 },
  );
}
