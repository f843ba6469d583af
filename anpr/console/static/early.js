/* SPDX-License-Identifier: AGPL-3.0-or-later */
// Event replay: what is pressed or chosen before the other scripts are there is kept, and done once when all of them are. Links
// and forms need no script; these controls do nothing without theirs. This one script is not deferred.
"use strict";

{
  const NEEDS_SCRIPT = 'button[type="button"], [data-submit], input[type="file"], #sound-kind, #sound-volume';
  const KINDS = ["click", "input", "change"];
  const early = [];

  function keep(event) {
    const target = event.target.closest?.(NEEDS_SCRIPT);
    if (!target || (event.type === "click" && target.type !== "button")) return; // a click opens a list of files or choices
    event.stopImmediatePropagation(); // some of the scripts may be there already: nothing is done twice
    early.push([target, event]);
  }

  for (const kind of KINDS) addEventListener(kind, keep, true);
  // Deferred scripts and modules have run by now.
  document.addEventListener("DOMContentLoaded", () => {
    for (const kind of KINDS) removeEventListener(kind, keep, true);
    for (const [target, event] of early) {
      if (target.isConnected) target.dispatchEvent(new event.constructor(event.type, event));
    }
  });
}
