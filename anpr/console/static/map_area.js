/* SPDX-License-Identifier: AGPL-3.0-or-later */
// Drawing of an area on a map of gates by mouse, touch or keys, by the rules of anpr/domain/map_area.py.
import { contains, fault } from "./geometry.js";
import { placeOf } from "./map_marks.js";
import { choose } from "./search_area.js";

const STEP_PX = 8;
const NEAR_PX = 16;
const written = (value) => value.toFixed(6);

function read(text) {
  const [kind, ...parts] = text.split(" ");
  const radius = kind === "circle" ? Number(parts.pop()) : 0;
  const points = parts.map((part) => part.split(",").map(Number));
  return points.length && points.flat().every(Number.isFinite) ? { kind, points, radius } : null;
}

function write({ kind, points, radius }) {
  const places = points.map((point) => point.map(written).join(","));
  return [kind, ...places, ...(kind === "circle" ? [Math.round(radius)] : [])].join(" ");
}

/** Fractions of the corners' own bounds, and a function that gives those of another place. */
function scaled(points) {
  const [south, west] = [0, 1].map((axis) => Math.min(...points.map((point) => point[axis])));
  const [north, east] = [0, 1].map((axis) => Math.max(...points.map((point) => point[axis])));
  const fraction = ([lat, lng]) => [(lng - west) / (east - west || 1), (lat - south) / (north - south || 1)];
  return { corners: points.map(fraction), fraction };
}

class AreaDrawing {
  constructor(L, map, frame) {
    Object.assign(this, { L, map, frame, mode: null, layer: null, handles: [] });
    this.words = JSON.parse(frame.dataset.area);
    this.items = [...frame.querySelectorAll("li[data-gate]")];
    this.shape = read(document.getElementById("area").value);
    this.before = null; // what was drawn before something else is begun
    this.pending = null; // corners of a polygon that is being drawn
    this.listen();
    this.show();
    if (this.shape) this.map.fitBounds(this.layer.getBounds(), { maxZoom: 15, animate: false, padding: [24, 24] });
  }

  find(selector) {
    return this.frame.querySelector(selector);
  }

  /* --- pointer ---------------------------------------------------------------------------------------------------- */

  listen() {
    const canvas = this.map.getContainer();
    for (const button of this.frame.querySelectorAll("[data-shape]")) {
      button.addEventListener("click", (event) => this.begin(button.dataset.shape, event.detail === 0));
    }
    this.find("[data-close]").addEventListener("click", () => this.close());
    this.find("[data-add]").addEventListener("click", () => this.addCorner());
    this.find("[data-erase]").addEventListener("click", () => {
      this.stop();
      this.set(null);
    });
    this.frame.addEventListener("anpr:forget", () => this.forget());
    canvas.addEventListener("pointerdown", (event) => this.press(event), true);
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => this.release());
    this.frame.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.mode) this.giveBack();
    });
  }

  begin(kind, byKeys) {
    if (!this.mode) this.before = this.shape;
    this.stop();
    if (byKeys) {
      this.setInTheMiddle(kind);
      return;
    }
    this.mode = kind;
    this.shape = null; // it is not on the map any more, and is not searched
    this.pending = kind === "polygon" ? [] : null;
    this.map.dragging.disable();
    this.map.doubleClickZoom.disable();
    this.frame.classList.add("map-drawing");
    this.show();
    this.carry();
  }

  stop() {
    this.mode = this.pending = this.start = null;
    this.map.dragging.enable();
    this.map.doubleClickZoom.enable();
    this.frame.classList.remove("map-drawing");
    this.show();
  }

  /** Nothing else was drawn: what was there before is there again. */
  giveBack() {
    this.stop();
    this.set(this.before);
  }

  placeAt(event) {
    const { lat, lng } = this.map.mouseEventToLatLng(event).wrap();
    return [lat, lng];
  }

  press(event) {
    if (!this.mode || event.button || event.target.closest(".leaflet-control, .area-handle")) return;
    event.preventDefault();
    event.stopPropagation();
    const place = this.placeAt(event);
    if (this.mode !== "polygon") {
      this.start = place;
      this.map.getContainer().setPointerCapture(event.pointerId);
      return;
    }
    const first = this.pending[0] && this.map.latLngToContainerPoint(this.pending[0]);
    if (this.pending.length > 2 && first.distanceTo(this.map.mouseEventToContainerPoint(event)) < NEAR_PX) this.close();
    else {
      this.pending.push(place);
      this.show();
      this.carry();
    }
  }

  drag(event) {
    if (!this.start) return;
    const place = this.placeAt(event);
    const isCircle = this.mode === "circle";
    this.shape = { kind: this.mode, points: isCircle ? [this.start] : [this.start, place], radius: isCircle ? this.map.distance(this.start, place) : 0 };
    this.show();
  }

  release() {
    if (!this.start) return;
    const { shape } = this;
    if (!shape) return this.giveBack();
    this.stop();
    this.set(shape);
  }

  close() {
    const points = this.pending ?? [];
    if (points.length < 3) return this.giveBack();
    this.stop();
    this.set({ kind: "polygon", points, radius: 0 });
  }

  /* --- keys ------------------------------------------------------------------------------------------------------- */

  /** Half as wide and high as what is to be seen; its corners are then moved. */
  setInTheMiddle(kind) {
    const bounds = this.map.getBounds().pad(-0.25);
    const [sw, ne] = [bounds.getSouthWest(), bounds.getNorthEast()];
    const centre = bounds.getCenter();
    const points = {
      circle: [[centre.lat, centre.lng]],
      rectangle: [[sw.lat, sw.lng], [ne.lat, ne.lng]],
      polygon: [[sw.lat, sw.lng], [sw.lat, ne.lng], [ne.lat, ne.lng], [ne.lat, sw.lng]],
    }[kind];
    const radius = Math.min(this.map.distance(centre, [ne.lat, centre.lng]), this.map.distance(centre, [centre.lat, ne.lng]));
    this.set({ kind, points, radius });
    this.handles[0]?.getElement().focus();
  }

  addCorner() {
    const { points } = this.shape;
    const [first, last] = [points[0], points.at(-1)];
    points.push([(first[0] + last[0]) / 2, (first[1] + last[1]) / 2]);
    this.set(this.shape);
    this.handles.at(-1).getElement().focus();
  }

  /** Each corner; of a circle its centre and a place on its edge. */
  corners() {
    const { kind, points, radius } = this.shape;
    if (kind !== "circle") return points;
    const metres = this.map.distance(points[0], [points[0][0], points[0][1] + 0.01]);
    return [points[0], [points[0][0], points[0][1] + (0.01 * radius) / metres]];
  }

  move(at, { lat, lng }) {
    const { kind, points } = this.shape;
    if (kind === "circle" && at === 1) this.shape.radius = this.map.distance(points[0], [lat, lng]);
    else points[at] = [lat, lng];
  }

  addHandle(place, at) {
    const icon = this.L.divIcon({ className: "area-handle", iconSize: [26, 26] });
    const handle = this.L.marker(place, { icon, draggable: true, keyboard: true, zIndexOffset: 2000 }).addTo(this.map);
    const element = handle.getElement();
    const isCircle = this.shape.kind === "circle";
    element.setAttribute("aria-label", isCircle ? [this.words.centre, this.words.edge][at] : this.words.corner.replace("{n}", at + 1));
    handle.on("drag", () => {
      this.move(at, handle.getLatLng());
      this.draw();
    });
    handle.on("dragend", () => this.set(this.shape));
    element.addEventListener("keydown", (event) => this.key(event, at, handle));
    return handle;
  }

  key(event, at, handle) {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const isDrop = ["Delete", "Backspace"].includes(event.key) && this.shape.kind === "polygon" && this.shape.points.length > 3;
    if (!by && !isDrop) return;
    event.preventDefault();
    event.stopPropagation();
    if (isDrop) this.shape.points.splice(at, 1);
    else {
      const step = STEP_PX * (event.shiftKey ? 5 : 1);
      const from = this.map.latLngToContainerPoint(handle.getLatLng());
      this.move(at, this.map.containerPointToLatLng(from.add([by[0] * step, by[1] * step])));
    }
    this.set(this.shape);
    this.handles[Math.min(at, this.handles.length - 1)].getElement().focus();
  }

  /* --- what is drawn, and what it means ----------------------------------------------------------------------------- */

  set(shape) {
    this.shape = shape;
    this.show();
    this.carry();
  }

  /** What is on the map, a polygon as if it were closed now. */
  drawn() {
    return this.pending?.length ? { kind: "polygon", points: this.pending, radius: 0 } : this.shape;
  }

  /** The form carries what is on the map, right or wrong: the server refuses what is no area, and never searches without it. */
  carry() {
    const drawn = this.drawn();
    choose(drawn ? write(drawn) : "", this.inside());
  }

  /** The choice is made otherwise: what was drawn goes, and the ticks stay. */
  forget() {
    this.stop();
    this.shape = null;
    this.show();
  }

  wrong() {
    const drawn = this.drawn();
    return drawn?.kind === "polygon" ? fault(scaled(drawn.points).corners) : null;
  }

  isIn(place) {
    const { kind, points, radius } = this.drawn();
    if (kind === "circle") return this.map.distance(points[0], place) <= radius;
    const { corners, fraction } = scaled(points);
    const [x, y] = fraction(place);
    return x >= 0 && x <= 1 && y >= 0 && y <= 1 && (kind === "rectangle" || contains(corners, x, y));
  }

  inside() {
    if (!this.drawn() || this.wrong()) return [];
    return this.items.filter((item) => this.isIn(placeOf(item))).map((item) => item.dataset.gate);
  }

  draw() {
    this.layer?.remove();
    const { L, shape } = this;
    const options = { className: "map-area", interactive: false };
    const points = this.pending ?? shape?.points;
    if (!points?.length) this.layer = null;
    else if (this.pending) this.layer = L.polyline(points, { ...options, className: "map-area-open", fill: false });
    else if (shape.kind === "circle") this.layer = L.circle(points[0], { ...options, radius: shape.radius });
    else this.layer = shape.kind === "rectangle" ? L.rectangle(points, options) : L.polygon(points, options);
    this.layer?.addTo(this.map);
    for (const dot of this.dots ?? []) dot.remove();
    this.dots = (this.pending ?? []).map((point) => L.circleMarker(point, { radius: 7, className: "map-area-dot", interactive: false }).addTo(this.map));
  }

  show() {
    this.draw();
    for (const handle of this.handles) handle.remove();
    const isSet = this.shape && !this.mode;
    this.handles = isSet ? this.corners().map((place, at) => this.addHandle(place, at)) : [];
    this.find("[data-close]").hidden = !this.pending || this.pending.length < 3;
    this.find("[data-add]").hidden = !isSet || this.shape.kind !== "polygon";
    this.find("[data-erase]").hidden = !this.drawn();
    for (const button of this.frame.querySelectorAll("[data-shape]")) button.setAttribute("aria-pressed", String(button.dataset.shape === this.mode));
    this.tell();
  }

  tell() {
    const inside = this.inside();
    const wrong = this.wrong();
    for (const item of this.items) item.hidden = !inside.includes(item.dataset.gate);
    const { words } = this;
    let told = words.none;
    if (this.pending) told = this.pending.length ? words.drawing.replace("{n}", this.pending.length) : words.polygon;
    else if (this.mode && !this.start) told = words[this.mode];
    else if (wrong) told = wrong === "cross" ? words.crosses : words.empty;
    else if (this.shape) told = inside.length ? (inside.length === 1 ? words.inside_one : words.inside.replace("{n}", inside.length)) : words.empty;
    const line = this.find("[data-inside]");
    if (line.textContent !== told) line.textContent = told;
    line.classList.toggle("fault", Boolean(wrong) && !this.pending);
  }
}

/** Lets an area be drawn on the map of this frame. */
export function drawArea(L, map, frame) {
  return new AreaDrawing(L, map, frame);
}
