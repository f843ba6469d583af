/* SPDX-License-Identifier: AGPL-3.0-or-later */
// Maps of gates: each shows what the list beside it says, so whoever cannot see a map, or has no script, misses nothing.
import { addBackground } from "./map_background.js";
import { Marks, drawWay, placeOf } from "./map_marks.js";
import { setConnected } from "./page.js";

const LEAFLET = "/static/vendor/leaflet.js";
const ITALY = [[36.6, 6.6], [47.1, 18.6]];
const NEAR = { outline: 12, pmtiles: 16, tiles: 16 };

const alive = new Map(); // maps by frame; those of cards that are gone are ended before the next one begins

let loading = null;
async function leaflet() {
  loading ??= import(LEAFLET);
  try {
    await loading;
  } catch (error) {
    loading = null; // the next map tries again
    throw error;
  }
  return window.L;
}

function endGone() {
  for (const [frame, map] of alive) {
    if (frame.isConnected) continue;
    alive.delete(frame);
    map.remove();
  }
}

async function start(frame) {
  frame.dataset.started = "true";
  endGone();
  const canvas = frame.querySelector(".map-canvas");
  const background = JSON.parse(frame.dataset.background);
  const words = JSON.parse(frame.dataset.words);
  const fault = frame.querySelector(".map-fault");
  canvas.hidden = false;
  try {
    const L = await leaflet();
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const options = { zoomControl: false, attributionControl: false, minZoom: 5, maxZoom: 19, scrollWheelZoom: false };
    const map = L.map(canvas, { ...options, zoomAnimation: !calm, fadeAnimation: !calm, markerZoomAnimation: !calm });
    alive.set(frame, map);
    L.control.zoom({ zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    await fill(L, map, frame, background, fault);
  } catch (error) {
    fault.hidden = false; // the list is there; the map says that it is not
    canvas.hidden = true;
    console.error(error);
  }
}

async function fill(L, map, frame, background, fault) {
  const items = () => [...frame.querySelectorAll("[data-gate]")];
  const marks = new Marks(L, map, !frame.dataset.pick && !frame.dataset.area);
  const stops = [...frame.querySelectorAll("[data-stop]")];
  fit(map, items(), NEAR[background.kind]);
  marks.show(items());
  const line = stops.length ? drawWay(L, map, stops) : [];
  if (frame.dataset.pick) pick(L, map, frame);
  if (frame.dataset.area) (await import("./map_area.js")).drawArea(L, map, frame);
  let nameTowns = null;
  const name = () => {
    const taken = marks.name(line);
    nameTowns?.(taken);
  };
  map.on("moveend", name);
  name();
  // The page goes on being scrolled by the wheel until somebody has chosen the map.
  map.on("focus", () => map.scrollWheelZoom.enable());
  map.on("blur", () => map.scrollWheelZoom.disable());
  refresh(frame, () => {
    marks.show(items());
    name();
  });
  try {
    nameTowns = await addBackground(L, map, background);
  } catch (error) {
    fault.hidden = false; // gates stand at their places all the same
    console.error(error);
  } finally {
    name();
    frame.dataset.ready = "true";
  }
}

function fit(map, items, near) {
  const here = items.filter((item) => "here" in item.dataset);
  const places = (here.length ? here : items).map(placeOf).filter(Boolean);
  if (places.length) map.fitBounds(places, { paddingTopLeft: [72, 48], paddingBottomRight: [56, 40], maxZoom: near, animate: false });
  else map.fitBounds(ITALY, { animate: false });
}

/** Asks anew what the list says, as often as it wants, while somebody looks. */
function refresh(frame, show) {
  const list = frame.querySelector("[data-every]");
  if (!list) return;
  list.addEventListener("htmx:afterSettle", show);
  list.addEventListener("htmx:afterRequest", (event) => setConnected(event.detail.successful === true));
  const timer = window.setInterval(() => {
    if (!list.isConnected) window.clearInterval(timer);
    else if (!document.hidden) window.htmx.trigger(list, "refresh");
  }, Number(list.dataset.every));
}

/** A click, or Enter in the middle of the map, writes the place into the form's two fields, which stay what counts. */
function pick(L, map, frame) {
  const [latitude, longitude] = frame.dataset.pick.split(" ").map((id) => document.getElementById(id));
  const told = frame.querySelector(".map-picked");
  const words = JSON.parse(frame.dataset.words);
  let marker = null;
  const mark = () => {
    const place = [latitude, longitude].map((field) => Number.parseFloat(field.value.replace(",", ".")));
    if (!latitude.value || !longitude.value || !place.every(Number.isFinite)) return;
    if (Math.abs(place[0]) > 90 || Math.abs(place[1]) > 180) return;
    const icon = L.divIcon({ className: "map-pin", iconSize: [28, 28] });
    marker ??= L.marker(place, { icon, keyboard: false, interactive: false }).addTo(map);
    marker.setLatLng(place);
  };
  const take = (place) => {
    latitude.value = place.lat.toFixed(6);
    longitude.value = place.wrap().lng.toFixed(6);
    for (const field of [latitude, longitude]) field.dispatchEvent(new Event("change", { bubbles: true }));
    told.textContent = words.picked.replace("{place}", `${latitude.value}, ${longitude.value}`);
    mark();
  };
  map.on("click", (event) => take(event.latlng));
  map.getContainer().addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target !== map.getContainer()) return;
    event.preventDefault();
    const takeMiddle = () => take(map.getCenter());
    const isMoving = map.getPane("mapPane").classList.contains("leaflet-pan-anim");
    if (isMoving) map.once("moveend", takeMiddle); // what an arrow key has begun ends first
    else takeMiddle();
  });
  for (const field of [latitude, longitude]) field.addEventListener("input", mark);
  mark();
}

function startAll(root) {
  const frames = [...root.querySelectorAll("[data-map]")];
  if (root.matches?.("[data-map]")) frames.push(root);
  for (const frame of frames) if (!("started" in frame.dataset)) start(frame);
}

startAll(document);
document.addEventListener("htmx:load", (event) => startAll(event.detail.elt));
