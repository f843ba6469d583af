/* SPDX-License-Identifier: AGPL-3.0-or-later */
// The search form: ready ranges, the choice among many gates, and a form that is shown again with what is wrong with it.
import { byId } from "./page.js";

{
  /* --- ready ranges: whole days of the site, whatever zone this browser is in ------------------------------------ */

  function siteDay(zone, daysAgo) {
    const form = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
    const [year, month, day] = form.format(new Date()).split("-").map(Number);
    const then = new Date(Date.UTC(year, month - 1, day - daysAgo));
    const two = (number) => String(number).padStart(2, "0");
    return `${two(then.getUTCDate())}/${two(then.getUTCMonth() + 1)}/${then.getUTCFullYear()}`;
  }

  document.addEventListener("click", (event) => {
    const preset = event.target.closest?.("[data-preset]");
    if (!preset) return;
    const { zone } = preset.closest("[data-zone]").dataset;
    const [first, last] = preset.dataset.preset.split(" ").map((days) => siteDay(zone, Number(days)));
    byId("since").value = first;
    byId("until").value = last;
  });

  /* --- the choice among many gates -------------------------------------------------------------------------------- */

  function tellChosen(choice) {
    const chosen = choice.querySelectorAll("input[type=checkbox]:checked").length;
    choice.querySelector("[data-chosen]").textContent = chosen ? choice.dataset.some.replace("#", chosen) : choice.dataset.all;
  }

  function plain(text) {
    return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  }

  function filterGates(choice, typed) {
    const words = plain(typed).split(/\s+/).filter(Boolean);
    let matches = 0;
    for (const tick of choice.querySelectorAll(".tick")) {
      const name = plain(tick.textContent);
      tick.hidden = !words.every((word) => name.includes(word));
      if (!tick.hidden) matches += 1;
    }
    choice.querySelector("[data-none]").hidden = matches > 0;
  }

  document.addEventListener("input", (event) => {
    const choice = event.target.closest?.("[data-choice]");
    if (!choice) return;
    if (event.target.matches("[data-filter]")) filterGates(choice, event.target.value);
    else tellChosen(choice);
  });
  document.addEventListener("click", (event) => {
    const choice = event.target.closest?.("[data-clear]") && event.target.closest("[data-choice]");
    if (!choice) return;
    for (const box of choice.querySelectorAll("input[type=checkbox]")) box.checked = false;
    tellChosen(choice);
  });
  // Enter in the filter would send the whole form.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches?.("[data-filter]")) event.preventDefault();
  });

  /* --- the form comes back by itself, not as a page that Back could not show again -------------------------------- */

  function prepareSearch() {
    for (const hidden of document.querySelectorAll(".preset-buttons, .choice-filter")) hidden.hidden = false;
    for (const choice of document.querySelectorAll("[data-choice]")) tellChosen(choice);
  }

  /* --- a search that runs: for how long, and a button that ends it, at the server too ----------------------------- */

  let ticking = null;

  function tellRunning(form, isRunning) {
    window.clearInterval(ticking);
    const line = form.querySelector("[data-running]");
    if (!line) return;
    line.hidden = true;
    if (!isRunning) return;
    const began = Date.now();
    const words = line.querySelector("[data-elapsed]");
    ticking = window.setInterval(() => {
      words.textContent = words.dataset.words.replace("#", Math.round((Date.now() - began) / 1000));
      line.hidden = false;
    }, 500);
  }

  const isSearch = (event) => event.detail.elt?.matches?.("form.search");
  // htmx knows the buttons within a form; those of the chips stand outside of theirs.
  document.body.addEventListener("htmx:configRequest", (event) => {
    const button = event.detail.triggeringEvent?.submitter;
    if (isSearch(event) && button?.name) event.detail.parameters[button.name] = button.value;
  });
  document.body.addEventListener("htmx:beforeRequest", (event) => isSearch(event) && tellRunning(event.detail.elt, true));
  document.body.addEventListener("htmx:afterRequest", (event) => {
    // Led to the results, the page stays as it is until they are there: still with its button.
    if (isSearch(event) && event.detail.xhr.status !== 204) tellRunning(event.detail.elt, false);
  });
  document.addEventListener("click", (event) => {
    const form = event.target.closest?.("[data-stop]")?.closest("form");
    if (!form) return;
    form.dispatchEvent(new CustomEvent("htmx:abort", { bubbles: true, detail: { elt: form } }));
    window.stop();
    tellRunning(form, false);
  });

  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (![400, 503].includes(event.detail.xhr.status) || !event.detail.requestConfig.elt.matches("form.search")) return;
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  });
  document.body.addEventListener("htmx:afterSettle", () => {
    prepareSearch();
    document.querySelector("form.search [aria-invalid=true]")?.focus();
  });
  prepareSearch();
}
