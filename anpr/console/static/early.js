/* SPDX-License-Identifier: AGPL-3.0-or-later */
// Event replay: what is pressed or chosen before the other scripts are there is kept, and done once when all of them are. Links
// and forms need no script; these controls and the keys of alarms do nothing without theirs. This one script is not deferred.
"use strict";

{
  const NEEDS_SCRIPT = 'button[type="button"], [data-submit], input[type="file"], #sound-kind, #sound-volume';
  const KINDS = ["click", "input", "change", "keydown"];
  const TYPES = "input, textarea, select, [contenteditable]";
  const early = [];

  // Arrows go on scrolling the page, and what is typed into a field is text.
  function isShortcut(event) {
    const hasAlarms = document.querySelector("#board, [data-alarm][data-state]");
    const isPlain = event.key?.length === 1 && event.key !== " " && !event.ctrlKey && !event.altKey && !event.metaKey;
    return isPlain && hasAlarms && !event.target.matches?.(TYPES);
  }

  function meant(event) {
    if (event.type === "keydown") return isShortcut(event) ? event.target : null;
    const target = event.target.closest?.(NEEDS_SCRIPT);
    return event.type === "click" && target?.type !== "button" ? null : target; // a click opens a list of files or choices
  }

  function keep(event) {
    const target = meant(event);
    if (!target) return;
    event.stopImmediatePropagation(); // some of the scripts may be there already: nothing is done twice
    early.push([target, event]);
  }

  for (const kind of KINDS) addEventListener(kind, keep, true);
  function replay() {
    for (const kind of KINDS) removeEventListener(kind, keep, true);
    for (const [target, event] of early) {
      const place = target.isConnected || event.type !== "keydown" ? target : document.body;
      if (place.isConnected) place.dispatchEvent(new event.constructor(event.type, event));
    }
  }

  // Deferred scripts and modules have run by then, and htmx, which waits for the same event, has the forms.
  document.addEventListener("DOMContentLoaded", () => window.setTimeout(replay));
}
