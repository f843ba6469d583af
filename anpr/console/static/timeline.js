/* SPDX-License-Identifier: AGPL-3.0-or-later */
// Keys within a lane of a timeline: one stop of the tab key for each lane, and the arrows go from link to link.
document.addEventListener("keydown", (event) => {
  const link = event.target.closest?.("[data-timeline] svg a");
  if (!link || event.ctrlKey || event.altKey || event.metaKey) return;
  const links = [...link.ownerSVGElement.querySelectorAll("a")];
  const at = links.indexOf(link);
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: links.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const next = links[Math.min(Math.max(to, 0), links.length - 1)];
  link.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
});
