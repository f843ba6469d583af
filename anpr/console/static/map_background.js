/* SPDX-License-Identifier: AGPL-3.0-or-later */
// What lies behind the gates: the outline of Italy with its towns, the site's archive of streets, or its tile server.

const OUTLINE = "/static/vendor/map/italy.json";
const ARCHIVE_READER = "/static/vendor/protomaps-leaflet.js";
const MOST_TOWNS = 60;
const LETTER_PX = 7.2;
const LINE_PX = 18;
const DOT_PX = 4;

/** Adds the background to the map; answers with what names its towns among `taken` boxes, or null where it has none. */
export async function addBackground(L, map, background) {
  if (background.kind === "tiles") {
    L.tileLayer(background.url, { maxZoom: 19, referrerPolicy: "no-referrer" }).addTo(map);
    return null;
  }
  if (background.kind === "pmtiles") {
    await addArchive(map, background);
    return null;
  }
  return addOutline(L, map);
}

async function addArchive(map, background) {
  await loadScript(ARCHIVE_READER);
  const flavor = window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const options = { url: background.url, flavor, lang: document.documentElement.lang, maxDataZoom: background.maxZoom };
  window.protomapsL.leafletLayer({ ...options, attribution: "" }).addTo(map);
}

/** A script that is no module: it leaves its name in `window`. */
function loadScript(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => reject(new Error(`${address} could not be loaded`)));
    document.head.append(script);
  });
}

async function addOutline(L, map) {
  const answer = await fetch(OUTLINE);
  if (!answer.ok) throw new Error(`${OUTLINE}: ${answer.status}`);
  const outline = await answer.json();
  const pane = map.createPane("map-outline");
  pane.style.zIndex = 200;
  const shared = { pane: "map-outline", interactive: false, renderer: L.svg({ pane: "map-outline", padding: 0.5 }) };
  const area = (shape, className) => L.polygon(shape, { ...shared, className }).addTo(map);
  const lines = (shape, className) => L.polyline(shape, { ...shared, className }).addTo(map);
  area(outline.land, "map-land");
  area(outline.italy, "map-land map-italy");
  lines(outline.provinces, "map-province");
  area(outline.lakes, "map-lake");
  lines(outline.borders, "map-border");
  return townNames(L, map, outline.towns);
}

/** The largest towns in view get their names, as far as there is room beside what is `taken` already. */
function townNames(L, map, towns) {
  const pane = map.createPane("map-towns");
  pane.style.zIndex = 250;
  pane.setAttribute("aria-hidden", "true");
  const shown = L.layerGroup().addTo(map);
  return (taken) => {
    shown.clearLayers();
    const bounds = map.getBounds();
    const boxes = [...taken];
    const own = []; // names and dots of towns: a dot may touch a gate's mark, and no name
    let number = 0;
    for (const [name, lat, lng] of towns) {
      if (number === MOST_TOWNS) break;
      if (!bounds.contains([lat, lng])) continue;
      const at = map.latLngToContainerPoint([lat, lng]);
      const dot = { left: at.x - DOT_PX, right: at.x + DOT_PX, top: at.y - DOT_PX, bottom: at.y + DOT_PX };
      if (own.some((other) => overlaps(dot, other))) continue;
      const free = freeSide(at, name.length * LETTER_PX, map.getSize().x, 8, boxes);
      if (!free) continue;
      own.push(dot, free.box);
      boxes.push(dot, free.box);
      number += 1;
      const text = document.createElement("span");
      text.textContent = name;
      text.dataset.side = free.side;
      const icon = L.divIcon({ className: "map-town", html: text, iconSize: [6, 6] });
      L.marker([lat, lng], { pane: "map-towns", icon, interactive: false, keyboard: false }).addTo(shown);
    }
  };
}

/** Where a name of this width (px) has room beside a point, `away` from it and within the map; null: nowhere. */
export function freeSide({ x, y }, width, mapWidth, away, taken) {
  const beside = { top: y - LINE_PX / 2, bottom: y + LINE_PX / 2 };
  const middle = { left: x - width / 2, right: x + width / 2 };
  const sides = {
    right: { ...beside, left: x + away, right: x + away + width },
    left: { ...beside, left: x - away - width, right: x - away },
    below: { ...middle, top: y + away, bottom: y + away + LINE_PX },
    above: { ...middle, top: y - away - LINE_PX, bottom: y - away },
  };
  for (const [side, box] of Object.entries(sides)) {
    const isIn = box.left >= 0 && box.right <= mapWidth;
    if (isIn && !taken.some((other) => overlaps(box, other))) return { side, box };
  }
  return null;
}

/** Whether two boxes in px share a point. */
export function overlaps(one, other) {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}
