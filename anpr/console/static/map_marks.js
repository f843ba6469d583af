/* SPDX-License-Identifier: AGPL-3.0-or-later */
// Marks of gates on a map: state by colour and by shape, a name where there is room, number of alarms; and the way.
import { freeSide } from "./map_background.js";

const NS = "http://www.w3.org/2000/svg";
const SIZE_PX = 24;
const LETTER_PX = 8.6;
const MOST_PX = 180;
const STEP_PX = 12;
const SHAPES = {
  looked: [["circle", { r: 8 }]],
  poor: [["circle", { r: 8 }], ["path", { class: "mark-half", d: "M0 -8A8 8 0 0 1 0 8Z" }]],
  partly: [["circle", { r: 8 }], ["path", { class: "mark-half", d: "M0 -8A8 8 0 0 1 0 8Z" }]],
  blind: [["circle", { r: 8 }], ["path", { d: "M-5 -5 5 5M5 -5-5 5" }]],
  unknown: [["circle", { r: 8 }], ["circle", { class: "mark-hole", r: 4 }]],
  place: [["circle", { r: 8 }]],
};

function svg(name, attributes, parent) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent?.append(made);
  return made;
}

function span(className, text) {
  const made = document.createElement("span");
  made.className = className;
  made.textContent = text;
  return made;
}

/** What the list beside the map says of a gate; null for one without a place. */
export function placeOf(item) {
  const lat = Number.parseFloat(item.dataset.lat);
  const lng = Number.parseFloat(item.dataset.lng);
  return Number.isFinite(lat) && Number.isFinite(lng) ? [lat, lng] : null;
}

function face(item) {
  const look = item.dataset.look in SHAPES ? item.dataset.look : "place";
  const made = span(`map-mark mark mark-${look}`, "");
  const drawing = svg("svg", { viewBox: "-12 -12 24 24", width: SIZE_PX, height: SIZE_PX, "aria-hidden": "true" });
  if ("here" in item.dataset) svg("circle", { class: "here-ring", r: 11 }, drawing);
  for (const [name, attributes] of SHAPES[look]) svg(name, attributes, drawing);
  made.append(drawing);
  if (Number(item.dataset.alarms) > 0) {
    const alarms = span("map-alarms", "");
    alarms.dataset.count = item.dataset.alarms; // drawn by the style: the label says it in words
    made.append(alarms);
  }
  made.append(span("map-name", item.dataset.name));
  return made;
}

/** The marks of a map, kept by gate: a refresh changes them in place, so that the focus stays where it is. */
export class Marks {
  /** `interactive`: whether a mark can be opened; where a place is picked, clicks go through to the map. */
  constructor(L, map, interactive) {
    this.L = L;
    this.map = map;
    this.interactive = interactive;
    this.byGate = new Map();
  }

  /** Shows what these items of the list say. */
  show(items) {
    const seen = new Set();
    for (const item of items) {
      const place = placeOf(item);
      if (!place || seen.has(item.dataset.gate)) continue;
      seen.add(item.dataset.gate);
      this.put(item, place);
    }
    for (const [gate, marker] of this.byGate) {
      if (seen.has(gate)) continue;
      marker.remove();
      this.byGate.delete(gate);
    }
  }

  put(item, place) {
    const gate = item.dataset.gate;
    let marker = this.byGate.get(gate);
    if (!marker) {
      const icon = this.L.divIcon({ className: "map-icon", iconSize: [SIZE_PX, SIZE_PX] });
      marker = this.L.marker(place, { icon, interactive: this.interactive, keyboard: this.interactive, riseOnHover: true }).addTo(this.map);
      const element = marker.getElement();
      element.addEventListener("click", () => this.open(element));
      element.addEventListener("keydown", (event) => event.key === "Enter" && this.open(element));
      this.byGate.set(gate, marker);
    }
    marker.setLatLng(place);
    const element = marker.getElement();
    element.replaceChildren(face(item));
    element.dataset.gate = gate;
    element.dataset.href = item.querySelector("a")?.getAttribute("href") ?? "";
    element.setAttribute("role", element.dataset.href ? "link" : "img");
    element.setAttribute("tabindex", element.dataset.href ? "0" : "-1");
    element.setAttribute("aria-label", item.dataset.label);
  }

  open(element) {
    if (element.dataset.href) window.location.assign(element.dataset.href);
  }

  /** Gives names to marks, each on a side where there is room beside the `line`; answers with the boxes in px that are
   * taken. */
  name(line) {
    const taken = line.slice(1).flatMap((to, at) => along(this.map, line[at], to));
    for (const { x, y } of line.map((point) => this.map.latLngToContainerPoint(point))) {
      taken.push({ left: x - 36, right: x - 8, top: y - 34, bottom: y - 8 }); // the numbers of its stops
    }
    const marks = [...this.byGate.values()].map((marker) => ({
      element: marker.getElement(),
      at: this.map.latLngToContainerPoint(marker.getLatLng()),
    }));
    for (const { at } of marks) taken.push({ left: at.x - 12, right: at.x + 12, top: at.y - 12, bottom: at.y + 12 });
    for (const { element, at } of marks) {
      const name = element.querySelector(".map-name");
      const width = Math.min(MOST_PX, name.textContent.length * LETTER_PX + 8);
      const free = freeSide(at, width, this.map.getSize().x, 15, taken);
      name.dataset.side = free?.side ?? "none";
      if (free) taken.push(free.box);
    }
    return taken;
  }
}

/** Boxes in px along a stretch of the way, so that no name lies under it. */
function along(map, from, to) {
  const one = map.latLngToContainerPoint(from);
  const other = map.latLngToContainerPoint(to);
  const steps = Math.min(200, Math.ceil(one.distanceTo(other) / STEP_PX));
  return Array.from({ length: steps }, (_, at) => {
    const { x, y } = one.add(other.subtract(one).multiplyBy(at / steps));
    return { left: x - 4, right: x + 4, top: y - 4, bottom: y + 4 };
  });
}

/** Draws the way through these stops, oldest first: a line, an arrow on each stretch, the numbers at each place; answers with its points. */
export function drawWay(L, map, stops) {
  const places = stops.map((item) => ({ place: placeOf(item), number: item.dataset.stop })).filter(({ place }) => place);
  const points = places.map(({ place }) => place);
  L.polyline(points, { className: "map-way-under", interactive: false }).addTo(map);
  L.polyline(points, { className: "map-way", interactive: false }).addTo(map);
  points.slice(1).forEach((to, at) => addArrow(L, map, points[at], to));
  const numbers = new Map();
  for (const { place, number } of places) {
    const key = place.join();
    numbers.set(key, { place, text: numbers.has(key) ? `${numbers.get(key).text}·${number}` : number });
  }
  for (const { place, text } of numbers.values()) {
    const icon = L.divIcon({ className: "map-stop", html: span("map-stop-number", text), iconSize: [0, 0] });
    L.marker(place, { icon, interactive: false, keyboard: false, zIndexOffset: 1000 }).addTo(map);
  }
  return points;
}

function addArrow(L, map, from, to) {
  const one = map.project(from, 12);
  const other = map.project(to, 12);
  if (one.equals(other)) return; // the same gate again
  // Past the middle, so that the arrows of both ways between two gates stand apart.
  const place = map.unproject(one.add(other.subtract(one).multiplyBy(0.62)), 12);
  const drawing = svg("svg", { viewBox: "-10 -10 20 20", width: 20, height: 20 });
  const turn = (Math.atan2(other.y - one.y, other.x - one.x) * 180) / Math.PI;
  svg("path", { d: "M-6 -7 8 0-6 7Z", transform: `rotate(${turn})` }, drawing);
  const icon = L.divIcon({ className: "map-arrow", html: drawing, iconSize: [20, 20] });
  L.marker(place, { icon, interactive: false, keyboard: false }).addTo(map);
}
