/* SPDX-License-Identifier: AGPL-3.0-or-later */
// A sheet of images by keys: the arrows go from one to the next, S marks it, Enter opens it as any link.
{
  const links = () => [...document.querySelectorAll("[data-sheet-link]")];

  function step(by) {
    const all = links();
    if (!all.length) return;
    const at = all.findIndex((link) => link.closest("li").contains(document.activeElement));
    const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  function mark() {
    const box = document.activeElement?.closest("li")?.querySelector(".mark-tick input:not(:disabled)");
    if (box) box.checked = !box.checked;
    return Boolean(box);
  }

  document.addEventListener("keydown", (event) => {
    if (!document.querySelector("[data-sheet]") || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.matches?.("input:not([type=checkbox]), select, textarea")) return;
    if (event.key === "ArrowRight") step(1);
    else if (event.key === "ArrowLeft") step(-1);
    else if (event.key.toLowerCase() !== "s" || !mark()) return;
    event.preventDefault();
  });
  for (const hint of document.querySelectorAll("[data-keys]")) hint.hidden = false;
}
