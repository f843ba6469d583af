/* SPDX-License-Identifier: AGPL-3.0-or-later */
// Drawing of regions and masks on a camera's image: by mouse, touch and keyboard; the settings' lines are written below.
import { fault, isWatched, rounded, watchedShare } from "./geometry.js";
import { byId } from "./page.js";

const drawing = byId("drawing");
if (drawing) start();

function start() {
  const NS = "http://www.w3.org/2000/svg";
  const WIDE = 1000;
  const HIT_PX = 16;
  const CORNER_PX = 6;
  const STEP = 0.005;
  const words = JSON.parse(drawing.dataset.words);
  const given = JSON.parse(drawing.dataset.drawing);
  const canvas = byId("canvas");
  const frame = canvas.parentElement;
  const image = byId("view");
  const kinds = ["regions", "masks"];
  const form = byId("save-drawing"); // only where the centre is the source of gates, for who may change them

  let polygons = kinds.flatMap((kind) => given[kind].map((points) => ({ kind, points: points.map((point) => [...point]) })));
  let pending = null; // a polygon whose corners are being set
  let dragged = null;
  const before = [];
  const after = [];

  const say = (text, values = {}) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const tall = () => (image.naturalHeight / image.naturalWidth || 9 / 16) * WIDE;
  const perPx = () => WIDE / (canvas.getBoundingClientRect().width || WIDE);
  const copy = (value) => JSON.parse(JSON.stringify(value));
  const button = (name) => drawing.querySelector(`[data-do="${name}"]`);
  const names = () => {
    const count = { regions: 0, masks: 0 };
    return polygons.map(({ kind }) => say(kind === "masks" ? words.mask : words.region, { n: (count[kind] += 1) }));
  };
  const sound = (kind) => polygons.filter((one) => one.kind === kind && !fault(one.points)).map((one) => one.points);

  /* --- changes, each of which can be undone ----------------------------------------------------------------------- */

  function remember() {
    before.push(copy(polygons));
    if (before.length > 100) before.shift();
    after.length = 0;
  }

  function change(action) {
    remember();
    action();
    show();
  }

  function step(from, to) {
    if (pending) {
      pending.points.pop();
      if (!pending.points.length) pending = null;
    } else if (from.length) {
      to.push(copy(polygons));
      polygons = from.pop();
    }
    show();
  }

  function begin(kind) {
    pending = { kind, points: [] };
    show();
  }

  function finish() {
    if (!pending || pending.points.length < 3) return;
    const done = pending;
    pending = null;
    change(() => polygons.push(done));
    byId("draw-status").textContent = `${words.closed} ${told()}`;
  }

  function dropCorner(polygon, at) {
    change(() => {
      polygon.points.splice(at, 1);
      if (!polygon.points.length) polygons.splice(polygons.indexOf(polygon), 1);
    });
  }

  /* --- the image -------------------------------------------------------------------------------------------------- */

  function element(name, attributes, parent = canvas) {
    const made = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    parent.append(made);
    return made;
  }

  const place = ([x, y]) => [x * WIDE, y * tall()];
  const path = (points) => points.map((point) => place(point).join(",")).join(" ");

  function showShade() {
    const defs = element("defs", {});
    const mask = element("mask", { id: "watched", maskUnits: "userSpaceOnUse", x: 0, y: 0, width: WIDE, height: tall() }, defs);
    const regions = sound("regions");
    element("rect", { width: WIDE, height: tall(), fill: regions.length ? "white" : "black" }, mask);
    for (const points of regions) element("polygon", { points: path(points), fill: "black" }, mask);
    for (const points of sound("masks")) element("polygon", { points: path(points), fill: "white" }, mask);
    element("rect", { class: "draw-shade", width: WIDE, height: tall(), mask: "url(#watched)" });
  }

  function showBoxes() {
    for (const [x, y, w, h] of given.boxes) {
      const [left, top] = place([x, y]);
      const isIn = isWatched(sound("regions"), sound("masks"), x + w / 2, y + h / 2);
      element("rect", { class: isIn ? "draw-box" : "draw-box is-out", x: left, y: top, width: w * WIDE, height: h * tall() });
    }
  }

  function showPolygon(polygon, name) {
    const shape = polygon === pending ? "polyline" : "polygon";
    const wrong = polygon !== pending && fault(polygon.points) ? " is-wrong" : "";
    for (const under of [" under", wrong]) element(shape, { class: `draw-polygon ${polygon.kind}${under}`, points: path(polygon.points) });
    polygon.points.forEach((point, at) => {
      const [cx, cy] = place(point);
      element("circle", { class: `draw-corner ${polygon.kind}`, cx, cy, r: CORNER_PX * perPx() });
      const label = `${name}, ${say(words.corner, { n: at + 1 })}: ${point[0]}, ${point[1]}`;
      const hit = element("circle", { class: "draw-hit", cx, cy, r: HIT_PX * perPx(), tabindex: 0, role: "button", "aria-label": label });
      hit.dataset.corner = `${polygons.indexOf(polygon)} ${at}`;
    });
    if (!polygon.points.length) return;
    const [x, y] = place(polygon.points[0]);
    const text = element("text", { class: "draw-name", x: x + 10 * perPx(), y: y - 8 * perPx() });
    text.style.fontSize = `${13 * perPx()}px`;
    text.textContent = name;
  }

  function showCanvas() {
    const held = document.activeElement?.dataset?.corner;
    canvas.replaceChildren();
    canvas.setAttribute("viewBox", `0 0 ${WIDE} ${tall()}`);
    showShade();
    showBoxes();
    const all = names();
    polygons.forEach((polygon, at) => showPolygon(polygon, all[at]));
    if (pending) showPolygon(pending, "");
    frame.classList.toggle("is-drawing", Boolean(pending));
    if (held) canvas.querySelector(`[data-corner="${held}"]`)?.focus();
  }

  function told() {
    if (pending) return say(words.drawing, { n: pending.points.length });
    const regions = sound("regions");
    const masks = sound("masks");
    const share = say(words.share, { share: Math.round(watchedShare(regions, masks) * 100) });
    if (!given.boxes.length) return `${words.noBox} ${share}`;
    const inside = given.boxes.filter(([x, y, w, h]) => isWatched(regions, masks, x + w / 2, y + h / 2)).length;
    return `${say(words.inside, { all: given.boxes.length, inside, outside: given.boxes.length - inside })} ${share}`;
  }

  /* --- the list of corners ---------------------------------------------------------------------------------------- */

  function make(name, attributes, ...content) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...content);
    return made;
  }

  function press(label, text, key, action) {
    const made = make("button", { type: "button", class: "secondary", "data-key": key }, text);
    if (label !== text) made.setAttribute("aria-label", label);
    made.addEventListener("click", action);
    return made;
  }

  function field(polygon, at, axis, label, key) {
    const made = make("input", { type: "number", min: 0, max: 1, step: 0.001, value: polygon.points[at][axis], "aria-label": label, "data-key": key });
    made.addEventListener("change", () => {
      const value = made.valueAsNumber;
      if (!(value >= 0 && value <= 1)) {
        byId("draw-status").textContent = words.range;
        made.value = polygon.points[at][axis];
        return;
      }
      remember();
      polygon.points[at][axis] = rounded(value);
      window.setTimeout(show); // the focus is on its way to the next field, and the list is made anew
    });
    return made;
  }

  function row(polygon, which, at, name) {
    const corner = say(words.corner, { n: at + 1 });
    return make(
      "p", { class: "corner" },
      make("span", {}, corner),
      field(polygon, at, 0, `${name}, ${corner}, x`, `${which} ${at} x`),
      field(polygon, at, 1, `${name}, ${corner}, y`, `${which} ${at} y`),
      press(`${name}: ${say(words.removeCorner, { n: at + 1 })}`, "×", `${which} ${at} drop`, () => dropCorner(polygon, at)),
    );
  }

  function addCorner(polygon) {
    change(() => {
      const [first, last] = [polygon.points[0], polygon.points.at(-1)];
      polygon.points.push([rounded((first[0] + last[0]) / 2), rounded((first[1] + last[1]) / 2)]);
    });
  }

  function showList() {
    const list = byId("polygons");
    const held = list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const all = names();
    list.replaceChildren(
      ...polygons.map((polygon, which) => {
        const wrong = fault(polygon.points);
        return make(
          "fieldset", {},
          make("legend", {}, all[which]),
          ...(wrong ? [make("p", { class: "fault" }, words[wrong])] : []),
          make("p", { class: "corner fine", "aria-hidden": "true" }, make("span", {}), make("span", {}, "x"), make("span", {}, "y")),
          ...polygon.points.map((_, at) => row(polygon, which, at, all[which])),
          make(
            "p", { class: "polygon-end" },
            press(`${all[which]}: ${words.addCorner}`, words.addCorner, `${which} add`, () => addCorner(polygon)),
            press(say(words.remove, { name: all[which] }), say(words.remove, { name: all[which] }), `${which} remove`, () => change(() => polygons.splice(which, 1))),
          ),
        );
      }),
    );
    if (held) list.querySelector(`[data-key="${held}"]`)?.focus();
  }

  function lines() {
    if (polygons.some(({ points }) => fault(points))) return words.faulty;
    const parts = kinds.flatMap((kind) => {
      const some = polygons.filter((one) => one.kind === kind);
      return some.length ? [`${kind}:`, ...some.map(({ points }) => `  - [${points.map(([x, y]) => `[${x}, ${y}]`).join(", ")}]`)] : [];
    });
    return parts.join("\n") || words.same;
  }

  function show() {
    showCanvas();
    showList();
    const wrong = polygons.map(({ points }, at) => [names()[at], fault(points)]).filter(([, why]) => why);
    byId("draw-status").textContent = wrong.length ? wrong.map(([name, why]) => `${name}: ${words[why]}`).join("; ") : told();
    byId("draw-status").classList.toggle("fault", wrong.length > 0);
    byId("lines").value = lines();
    if (form) {
      for (const kind of kinds) byId(`drawn-${kind}`).value = JSON.stringify(polygons.filter((one) => one.kind === kind).map(({ points }) => points));
      byId("save-button").disabled = Boolean(pending) || wrong.length > 0;
    }
    button("close").disabled = !pending || pending.points.length < 3;
    button("undo").disabled = !pending && !before.length;
    button("redo").disabled = Boolean(pending) || !after.length;
  }

  /* --- pointer and keys -------------------------------------------------------------------------------------------- */

  function pointed(event) {
    const box = canvas.getBoundingClientRect();
    return [rounded((event.clientX - box.left) / box.width), rounded((event.clientY - box.top) / box.height)];
  }

  const cornerOf = (target) => target.dataset?.corner?.split(" ").map(Number);

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const corner = cornerOf(event.target);
    if (pending) {
      event.preventDefault();
      if (corner?.[0] === -1 && corner[1] === 0 && pending.points.length >= 3) finish();
      else {
        pending.points.push(pointed(event));
        show();
      }
    } else if (corner) {
      remember();
      dragged = { points: polygons[corner[0]].points, at: corner[1], hasMoved: false };
      canvas.setPointerCapture(event.pointerId);
    }
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!dragged) return;
    dragged.points[dragged.at] = pointed(event);
    dragged.hasMoved = true;
    show();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      if (dragged && !dragged.hasMoved) before.pop();
      dragged = null;
      show();
    });
  }
  canvas.addEventListener("keydown", (event) => {
    const corner = cornerOf(event.target);
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!corner || corner[0] < 0) return;
    const polygon = polygons[corner[0]];
    if (move) {
      event.preventDefault();
      const far = STEP * (event.shiftKey ? 5 : 1);
      change(() => { polygon.points[corner[1]] = polygon.points[corner[1]].map((value, axis) => rounded(value + far * move[axis])); });
    } else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      dropCorner(polygon, corner[1]);
    }
  });
  drawing.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && pending) {
      pending = null;
      show();
    } else if (event.key === "Enter" && pending && event.target.tagName !== "BUTTON") finish();
    else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && event.target.tagName !== "INPUT") {
      event.preventDefault();
      if (event.shiftKey) step(after, before);
      else step(before, after);
    }
  });
  for (const kind of kinds) {
    button(kind).addEventListener("click", (event) => {
      // By keyboard (no click of a pointer): a square in the middle, whose corners are then moved or written.
      if (event.detail === 0) change(() => polygons.push({ kind, points: [[0.3, 0.3], [0.7, 0.3], [0.7, 0.7], [0.3, 0.7]] }));
      else begin(kind);
    });
  }
  button("close").addEventListener("click", finish);
  button("undo").addEventListener("click", () => step(before, after));
  button("redo").addEventListener("click", () => step(after, before));
  if (form) {
    let isSent = false;
    form.addEventListener("submit", () => { isSent = true; });
    window.addEventListener("beforeunload", (event) => { if (!isSent && (before.length || pending)) event.preventDefault(); });
  }
  image.addEventListener("load", show);
  window.addEventListener("resize", show);
  show();
}
