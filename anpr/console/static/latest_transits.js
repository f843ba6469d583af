/* SPDX-License-Identifier: AGPL-3.0-or-later */
// The latest transits: asks for new ones only, and lets them wait while somebody points at the list or is inside it.
import { byId, setConnected } from "./page.js";

{
  const feed = byId("rows");
  const transits = feed.querySelector(".transits");
  const empty = feed.querySelector(".empty");
  const waiting = byId("waiting");
  const MOST = Number(feed.dataset.most);
  const held = document.createElement("ol");

  function isLookedAt() {
    return transits.matches(":hover") || waiting.matches(":hover") || transits.contains(document.activeElement);
  }

  function tellWaiting() {
    const count = held.children.length;
    waiting.hidden = count === 0;
    waiting.textContent = count === 1 ? waiting.dataset.one : waiting.dataset.many.replace("#", count);
  }

  // By capture time, newest first: after an outage a transit arrives later than one that was captured after it.
  function put(item) {
    const place = [...transits.children].find((other) => other.dataset.at <= item.dataset.at);
    transits.insertBefore(item, place || null);
  }

  function show() {
    for (const item of [...held.children]) put(item);
    for (const item of [...transits.children].slice(MOST)) item.remove();
    transits.hidden = transits.children.length === 0;
    empty.hidden = !transits.hidden;
    tellWaiting();
  }

  function keep(html) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    for (const item of holder.content.querySelectorAll(".transit")) if (!byId(item.id)) held.append(item);
    const tooMany = [...held.children].sort((a, b) => (a.dataset.at < b.dataset.at ? 1 : -1)).slice(MOST);
    for (const item of tooMany) item.remove();
  }

  feed.addEventListener("htmx:configRequest", (event) => {
    const shown = [...transits.children, ...held.children];
    event.detail.parameters.have = shown.map((item) => item.id.replace("transit-", ""));
  });
  feed.addEventListener("htmx:afterRequest", (event) => {
    setConnected(event.detail.successful === true);
    if (event.detail.xhr.status !== 200) return;
    keep(event.detail.xhr.responseText);
    if (isLookedAt()) tellWaiting();
    else show();
  });
  window.setInterval(() => {
    if (byId("auto").checked && !document.hidden) htmx.trigger(feed, "refresh");
  }, Number(feed.dataset.every));

  // A moment later: the pointer may be on its way to the button.
  const leave = () => window.setTimeout(() => isLookedAt() || show(), 500);
  transits.addEventListener("mouseleave", leave);
  transits.addEventListener("focusout", leave);
  waiting.addEventListener("mouseleave", leave);
  waiting.addEventListener("click", show);
}
