/* SPDX-License-Identifier: AGPL-3.0-or-later */
// Service worker of the patrol's page: the shell without a link, and notices. It keeps no page and no image: only the shell.
// GIVEN (words, files, version) is put before this text by the server.

const CACHE = `anpr-patrol-${GIVEN.version}`;

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(CACHE);
      await cache.addAll(GIVEN.shell.map((path) => new Request(path, { cache: "reload" })));
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const names = await caches.keys();
      await Promise.all(names.filter((name) => name.startsWith("anpr-patrol-") && name !== CACHE).map((name) => caches.delete(name)));
      await self.clients.claim();
    })(),
  );
});

// The network first, always: what is kept is for when there is none.
async function answer(request) {
  try {
    return await fetch(request);
  } catch (fault) {
    const cache = await caches.open(CACHE);
    const kept = await cache.match(request.mode === "navigate" ? "/patrol/offline" : request);
    if (kept) return kept;
    throw fault;
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  const isOurs = address.origin === self.location.origin && request.method === "GET";
  if (isOurs && (request.mode === "navigate" || GIVEN.shell.includes(address.pathname))) event.respondWith(answer(request));
});

function notice(told) {
  const { words } = GIVEN;
  if (told.test) return [words.push_test, { body: words.push_test_text, tag: "test" }];
  // It cannot be read: that there is something to look at is said all the same.
  if (!told.alarm) return [words.push_unknown, { body: words.push_open, tag: "alarm" }];
  const time = new Date(told.at).toLocaleTimeString(GIVEN.lang, { hour: "2-digit", minute: "2-digit", timeZone: GIVEN.zone });
  const lines = [
    ...(told.handed_over ? [words.push_handed_over] : []),
    words.kinds[told.kind] ?? "",
    `${told.gate_name ?? ""}, ${time}`,
    ...(told.escalated ? [words.push_escalated] : []),
    words.push_open,
  ];
  const title = words.push_title.replace("#", (words.priorities[told.priority] ?? "").toLowerCase());
  const isUrgent = told.priority === "high" || told.handed_over;
  const options = { body: lines.filter(Boolean).join("\n"), tag: `alarm-${told.alarm}`, renotify: true, requireInteraction: isUrgent };
  return [title, options];
}

self.addEventListener("push", (event) => {
  let told = {};
  try {
    told = Object(event.data?.json() ?? {});
  } catch {
    // A notice is shown all the same: the browser asks for one, and somebody wanted to say something.
  }
  const [title, options] = notice(told);
  const more = { icon: "/static/patrol/icon-192.png", badge: "/static/patrol/icon-192.png", lang: GIVEN.lang, data: told.path ?? "/patrol" };
  event.waitUntil(self.registration.showNotification(title, { ...options, ...more }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const path = String(event.notification.data ?? "/patrol");
  const target = new URL(path.startsWith("/patrol") ? path : "/patrol", self.location.origin).href;
  event.waitUntil(
    (async () => {
      const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
      const page = pages.find((each) => new URL(each.url).pathname === "/patrol");
      if (!page) return self.clients.openWindow(target);
      await page.focus();
      return page.navigate(target).catch(() => {});
    })(),
  );
});
