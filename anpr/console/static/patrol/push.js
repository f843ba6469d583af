/* SPDX-License-Identifier: AGPL-3.0-or-later */
// The service worker, and notices on this phone (Web Push): registered when the person asks for it, under the site's key.

import { ask, byId, formToken } from "../page.js";

const toBytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

async function registered() {
  if (!("serviceWorker" in navigator)) return null;
  return navigator.serviceWorker.register("/patrol/worker.js", { scope: "/patrol" });
}

async function subscription(worker, siteKey) {
  const known = await worker.pushManager.getSubscription();
  if (known && toText(known.options.applicationServerKey) === siteKey) return known;
  if (known) await known.unsubscribe(); // of a key that the site had before
  return worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: toBytes(siteKey) });
}

/** Begins; `leave()` is called before the person logs out. */
export function startPush(phone, words) {
  const form = byId("push");
  const registration = registered().catch((fault) => {
    console.error(fault);
    return null;
  });
  let stays = true;

  async function switchOn(event) {
    event.preventDefault();
    const tell = form.querySelector("[data-push-told]");
    tell.textContent = "";
    const worker = await registration;
    if ((await Notification.requestPermission()) !== "granted") {
      tell.textContent = words.push_denied;
      return;
    }
    try {
      const made = await subscription(worker, phone.site_key);
      const body = new URLSearchParams({
        form_token: formToken(),
        endpoint: made.endpoint,
        device_key: toText(made.getKey("p256dh")),
        auth: toText(made.getKey("auth")),
        under: phone.site_key,
        stays: form.elements.stays.checked,
      });
      const answer = await ask("/patrol/devices", { method: "POST", body });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      stays = form.elements.stays.checked;
      tell.textContent = words.push_ok;
    } catch (fault) {
      console.error(fault);
      tell.textContent = words.push_failed;
    }
  }

  if (form && "PushManager" in window && "Notification" in window) {
    form.hidden = false;
    form.addEventListener("submit", switchOn);
    stays = false;
  }

  return {
    // The server forgets what ends with the session by itself; the browser's own subscription goes too, unless it is to stay.
    async leave() {
      if (stays) return;
      const worker = await Promise.race([registration, new Promise((resolve) => setTimeout(resolve, 1000, null))]);
      const known = await worker?.pushManager.getSubscription();
      if (known && !document.querySelector(".patrol-devices [data-stays]")) await known.unsubscribe();
    },
  };
}
