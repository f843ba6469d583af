/* SPDX-License-Identifier: AGPL-3.0-or-later */
// Gates of the search form by an area: a named one ticks its gates, the map is fetched when it is unfolded, and whoever
// ticks by hand gives the area up.
import { byId } from "./page.js";

const gatesOf = () => [...document.querySelectorAll('#search-form input[name="gates"]')];

function tell(word) {
  const line = document.querySelector("[data-area-told]");
  if (line) line.textContent = word ? line.dataset[word] : "";
}

function tick(ids) {
  for (const box of gatesOf()) box.checked = ids.includes(box.value);
  gatesOf()[0]?.dispatchEvent(new Event("input", { bubbles: true }));
}

/** What is drawn, as the form carries it (empty: nothing), and the gates that it means. */
export function choose(text, ids) {
  const had = byId("area").value;
  byId("area").value = text;
  if (text && byId("named_area")) byId("named_area").value = "";
  if (text || had) tick(ids);
  tell(text ? "drawn" : "");
}

function giveUp() {
  const named = byId("named_area");
  if (!byId("area")?.value && !named?.value) return;
  byId("area").value = "";
  if (named) named.value = "";
  tell("byHand");
  document.querySelector("[data-area-map] [data-map]")?.dispatchEvent(new Event("anpr:forget"));
}

document.addEventListener("input", (event) => {
  if (event.isTrusted && event.target.matches?.('#search-form input[name="gates"]')) giveUp();
});
document.addEventListener("click", (event) => {
  if (event.target.closest?.("#search-form [data-clear]")) giveUp();
});
document.addEventListener("change", (event) => {
  if (event.target.id !== "named_area") return;
  byId("area").value = "";
  const chosen = event.target.selectedOptions[0];
  tick(JSON.parse(chosen.dataset.gates ?? "[]"));
  tell(chosen.value ? "drawn" : "");
  document.querySelector("[data-area-map] [data-map]")?.dispatchEvent(new Event("anpr:forget"));
});

// `toggle` does not bubble.
document.addEventListener("toggle", (event) => {
  const body = event.target.matches?.("[data-area-map]") && event.target.open && event.target.querySelector("[data-area-body]");
  if (body && !body.firstElementChild) window.htmx.ajax("GET", "/search/area/gates", { target: body, swap: "innerHTML" });
}, true);

function prepare() {
  for (const hidden of document.querySelectorAll("[data-area-map][hidden]")) hidden.hidden = false;
}
document.addEventListener("htmx:load", prepare);
prepare();
