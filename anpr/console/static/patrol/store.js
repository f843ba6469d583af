/* SPDX-License-Identifier: AGPL-3.0-or-later */
// What a phone keeps: answers that are not sent yet, and notes that were begun. Encrypted (AES-GCM) with a key that comes with
// the page and is never stored: who finds the phone reads nothing, and after the next login the answers are sent.

const NAME = "anpr-patrol";

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function database() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("answers", { keyPath: "seq", autoIncrement: true });
    request.result.createObjectStore("drafts", { keyPath: "id" });
  };
  return done(request);
}

async function within(table, mode, work) {
  const opened = await database();
  try {
    const transaction = opened.transaction(table, mode);
    const ended = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const result = await work(transaction.objectStore(table));
    await ended;
    return result;
  } finally {
    opened.close();
  }
}

/** How many answers wait, whoever gave them; 0 where the phone keeps nothing. It needs no key. */
export async function waitingHere() {
  try {
    const rows = await within("answers", "readonly", (store) => done(store.getAll()));
    return rows.filter((row) => row.state === "waiting").length;
  } catch {
    return 0;
  }
}

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));

/** Opens what `owner` keeps here. Rejects where the phone keeps nothing (private windows of some browsers). */
export async function openStore(owner, keyText) {
  const key = await crypto.subtle.importKey("raw", bytes(keyText), "AES-GCM", false, ["encrypt", "decrypt"]);
  await within("answers", "readonly", (store) => done(store.count()));

  async function seal(value) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(JSON.stringify(value)));
    return { iv, data };
  }

  // null: it was sealed under another key (the console's secret was made anew).
  async function unseal({ iv, data }) {
    try {
      return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, data)));
    } catch {
      return null;
    }
  }

  return {
    /** Keeps an answer at the end of the queue; its number. */
    async add(answer) {
      const sealed = await seal(answer);
      const row = { owner, state: "waiting", at: Date.now(), ...sealed };
      return within("answers", "readwrite", (store) => done(store.add(row)));
    },

    /** In their order: number, state (waiting, told), when it was kept (ms), and the answer; null where it cannot be read. */
    async all() {
      const rows = await within("answers", "readonly", (store) => done(store.getAll()));
      const own = rows.filter((row) => row.owner === owner);
      return Promise.all(own.map(async (row) => ({ seq: row.seq, state: row.state, at: row.at, answer: await unseal(row) })));
    },

    /** It will not be sent (again), and waits for its person to read what came of it. */
    async tell(seq, answer) {
      const row = { owner, state: "told", at: Date.now(), seq, ...(await seal(answer)) };
      await within("answers", "readwrite", (store) => done(store.put(row)));
    },

    remove: (seq) => within("answers", "readwrite", (store) => done(store.delete(seq))),

    async keepDraft(alarm, text) {
      const id = `${owner}:${alarm}`;
      if (!text) return within("drafts", "readwrite", (store) => done(store.delete(id)));
      const row = { id, owner, at: Date.now(), ...(await seal(text)) };
      return within("drafts", "readwrite", (store) => done(store.put(row)));
    },

    /** Texts by alarm; those of alarms that are not among these are forgotten. */
    async drafts(alarms) {
      const rows = await within("drafts", "readonly", (store) => done(store.getAll()));
      const found = new Map();
      for (const row of rows.filter((each) => each.owner === owner)) {
        const alarm = row.id.split(":")[1];
        const text = alarms.has(alarm) ? await unseal(row) : null;
        if (text === null) await within("drafts", "readwrite", (store) => done(store.delete(row.id)));
        else found.set(alarm, text);
      }
      return found;
    },

    /** Forgets what this person has here but answers that wait; and what others left here longer ago than this (ms). */
    async forget(olderThan) {
      await within("drafts", "readwrite", (store) => done(store.clear()));
      const rows = await within("answers", "readonly", (store) => done(store.getAll()));
      for (const row of rows) {
        const isDone = row.owner === owner ? row.state !== "waiting" : row.at < olderThan;
        if (isDone) await within("answers", "readwrite", (store) => done(store.delete(row.seq)));
      }
    },
  };
}

/** In place of a store where the phone keeps nothing: the same, as long as the page is open. */
export function memoryStore() {
  let rows = [];
  let last = 0;
  return {
    isMemory: true,
    add: async (answer) => {
      rows.push({ seq: (last += 1), state: "waiting", at: Date.now(), answer });
      return last;
    },
    all: async () => rows.map((row) => ({ ...row })),
    tell: async (seq, answer) => {
      rows = rows.map((row) => (row.seq === seq ? { ...row, state: "told", answer } : row));
    },
    remove: async (seq) => {
      rows = rows.filter((row) => row.seq !== seq);
    },
    keepDraft: async () => {},
    drafts: async () => new Map(),
    forget: async () => {},
  };
}
