/* SPDX-License-Identifier: AGPL-3.0-or-later */
// Server-sent events that come back by themselves: what was missed is asked for by the id of the last event.

const AGAIN_MS = 4000;

async function whoIsIn() {
  try {
    const answer = await fetch("/session", { cache: "no-store", headers: { "HX-Request": "true" } });
    if (answer.ok) return (await answer.json()).user;
    return answer.status === 401 ? "" : null;
  } catch {
    return null; // the server is away
  }
}

/**
 * Follows the events of `address(lastId, isAgain)` for `user`.
 * on.replaced(): the server has ended this stream for a newer one of the same session or user; it does not come back.
 * `on` has a handler for each event's name (data, id), and up(isAgain), down(), over(): nobody, or somebody else, is signed in.
 */
export function follow(address, user, on) {
  let lastId = "";
  let wasUp = false;
  let isStopped = false;
  let source = null;

  const open = () => {
    source = new EventSource(address(lastId, wasUp));
    // Open is not enough: the server says `ready` once this page is among those that are told of alarms.
    source.addEventListener("ready", () => {
      on.up(wasUp);
      wasUp = true;
    });
    for (const name of ["alarm", "notice", "tally"]) {
      source.addEventListener(name, (event) => {
        if (event.lastEventId) lastId = event.lastEventId;
        on[name]?.(event.data, Number(event.lastEventId));
      });
    }
    source.addEventListener("replaced", () => {
      isStopped = true; // too many other pages are open: to come back would end one of them
      source.close();
      on.down();
      on.replaced?.();
    });
    source.addEventListener("error", () => {
      if (isStopped) return;
      on.down();
      // While it is connecting the browser tries again by itself. Closed: the server said no.
      if (source.readyState === EventSource.CLOSED) setTimeout(again, AGAIN_MS);
    });
  };

  const again = async () => {
    if (isStopped) return;
    const found = await whoIsIn();
    if (isStopped) return;
    if (found === user) open();
    else if (found === null) setTimeout(again, AGAIN_MS);
    else on.over();
  };

  open();
  return () => {
    isStopped = true;
    source.close();
  };
}
