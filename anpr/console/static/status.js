/* SPDX-License-Identifier: AGPL-3.0-or-later */
// The status page refreshes itself; what was unfolded and where the focus was stays.
import { byId, setConnected } from "./page.js";

{
  const status = byId("status");
  let open = [];
  let focused = "";

  status.addEventListener("htmx:beforeSwap", () => {
    open = [...status.querySelectorAll("details[open]")].map((details) => details.id);
    focused = status.contains(document.activeElement) ? document.activeElement.id : "";
  });
  status.addEventListener("htmx:afterSwap", () => {
    for (const id of open) byId(id)?.setAttribute("open", "");
    if (focused) byId(focused)?.focus({ preventScroll: true });
  });
  status.addEventListener("htmx:afterRequest", (event) => setConnected(event.detail.successful === true));
  window.setInterval(() => {
    if (!document.hidden) htmx.trigger(status, "refresh");
  }, Number(status.dataset.every));
}
