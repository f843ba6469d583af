/* SPDX-License-Identifier: AGPL-3.0-or-later */
// Store and forward: an answer is kept first and sent then, one after the other, until the server has said what came of it.
// The server knows each by its key, so that one whose reply was lost on the way is sent again and done once.

import { ask, formToken } from "../page.js";

const TIMEOUT_MS = 20000;
const WAIT_MIN_MS = 2000;
const WAIT_MAX_MS = 60000;
const FINAL = new Set([400, 404, 409, 413, 422]);

const alone = (work) =>
  navigator.locks
    ? navigator.locks.request("anpr-patrol-queue", { ifAvailable: true }, (lock) => (lock ? work() : "busy"))
    : work();

/** The status of the session's page: 401 where nobody is logged in any more; a form's token is refused before that is looked at. */
async function freshToken() {
  const answer = await ask("/session", { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!answer.ok) return answer.status;
  const { form_token: token } = await answer.json();
  for (const field of document.querySelectorAll('input[name="form_token"]')) field.value = token;
  return answer.status;
}

function send(answer) {
  const body = new URLSearchParams({ ...answer, form_token: formToken() });
  return ask("/patrol/answers", { method: "POST", body, signal: AbortSignal.timeout(TIMEOUT_MS) });
}

/**
 * A queue over `store`. `on.changed(rows)` after each change; `on.settled(answer, reply)` when the server has said what came of
 * one; `on.over()` when nobody is logged in; `on.link(isUp)` after each try. `dropAfterMs`: older ones are not sent any more.
 */
export function makeQueue(store, on, dropAfterMs) {
  let wait = WAIT_MIN_MS;
  let timer = 0;
  let isSending = false;

  const tell = async () => on.changed(await store.all());

  function later() {
    clearTimeout(timer);
    timer = setTimeout(flush, wait);
    wait = Math.min(wait * 2, WAIT_MAX_MS);
  }

  // true: the next one may go; false: it stays, and with it all behind it.
  async function sendOne({ seq, at, answer }) {
    if (answer === null || Date.now() - at > dropAfterMs) {
      await store.tell(seq, { ...(answer ?? {}), told: answer === null ? "unreadable" : "dropped" });
      return true;
    }
    let reply = await send(answer);
    let session = reply.status;
    if (reply.status === 403) {
      session = await freshToken();
      if (session === 200) reply = await send(answer);
    }
    on.link(true);
    if (reply.status === 401 || session === 401) {
      on.over();
      return false;
    }
    if (reply.ok) {
      const what = await reply.json();
      if (what.result === "done") await store.remove(seq);
      else await store.tell(seq, { ...answer, told: what.text });
      on.settled(answer, what);
      return true;
    }
    if (!FINAL.has(reply.status)) return false;
    await store.tell(seq, { ...answer, told: "refused" });
    return true;
  }

  async function sendAll() {
    for (;;) {
      const next = (await store.all()).find((row) => row.state === "waiting");
      if (!next) return "empty";
      if (!(await sendOne(next))) return "later";
      wait = WAIT_MIN_MS;
      await tell();
    }
  }

  async function flush() {
    if (isSending) return;
    isSending = true;
    clearTimeout(timer);
    try {
      if ((await alone(sendAll)) !== "empty") later();
    } catch (fault) {
      // No network, or no reply in time. What else it may be stays in the queue too, and in the browser's console.
      if (!(fault instanceof TypeError) && fault.name !== "TimeoutError" && fault.name !== "AbortError") console.error(fault);
      on.link(false);
      later();
    } finally {
      isSending = false;
      await tell();
    }
  }

  return {
    flush,
    tell,
    async add(answer) {
      await store.add(answer);
      await tell();
      wait = WAIT_MIN_MS;
      flush();
    },
    async dismiss(seq) {
      await store.remove(seq);
      await tell();
    },
  };
}
