/* SPDX-License-Identifier: AGPL-3.0-or-later */
// Polygons in fractions of an image, by the same rules as anpr/domain/area.py.

const LEAST_AREA = 1e-4;

const edges = (points) => points.map((point, at) => [point, points[(at + 1) % points.length]]);
const turn = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
const cross = (a, b, c, d) => turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0;

/** Share of the image. */
export const area = (points) => Math.abs(edges(points).reduce((sum, [[x1, y1], [x2, y2]]) => sum + x1 * y2 - x2 * y1, 0)) / 2;

/** What is wrong with the polygon (few, cross, small); null where nothing is. */
export function fault(points) {
  if (points.length < 3) return "few";
  const sides = edges(points);
  const crossing = sides.some((one, at) => sides.slice(at + 1).some((other) => cross(...one, ...other)));
  if (crossing) return "cross";
  return area(points) < LEAST_AREA ? "small" : null;
}

/** Whether the point lies in the polygon: a ray to the right crosses its border an odd number of times. */
export function contains(points, x, y) {
  let isInside = false;
  for (const [[x1, y1], [x2, y2]] of edges(points)) {
    if (y1 > y !== y2 > y && x < x1 + ((x2 - x1) * (y - y1)) / (y2 - y1)) isInside = !isInside;
  }
  return isInside;
}

/** Whether what lies there is looked at. */
export const isWatched = (regions, masks, x, y) =>
  !masks.some((mask) => contains(mask, x, y)) && (!regions.length || regions.some((region) => contains(region, x, y)));

/** Share of the image that is looked at, by a grid of 100 × 100 points. */
export function watchedShare(regions, masks) {
  let inside = 0;
  for (let row = 0; row < 100; row += 1) {
    for (let column = 0; column < 100; column += 1) inside += isWatched(regions, masks, (column + 0.5) / 100, (row + 0.5) / 100);
  }
  return inside / 10000;
}

/** To three places, within the image. */
export const rounded = (value) => Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000;
