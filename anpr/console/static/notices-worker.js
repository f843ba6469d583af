/* SPDX-License-Identifier: AGPL-3.0-or-later */
// Shared by all tabs of a browser: one stream of notices for all of them. A browser opens six connections to a server at
// most, and a stream in each of seven tabs would leave none to load a page with.

import { follow } from "/static/stream.js";

const ports = new Set();
let stop = null;
let user = "";
let isUp = false;
let tally = null;

function tell(kind, data = null) {
  for (const port of ports) port.postMessage({ kind, data });
}

function begin(after) {
  isUp = false;
  tally = null;
  const address = (lastId) => {
    const since = lastId || after;
    return since ? `/alarms/notices?after=${since}` : "/alarms/notices";
  };
  stop = follow(address, user, {
    up: () => tell("up", (isUp = true)),
    down: () => tell("down", (isUp = false)),
    over: () => {
      stop = null;
      tell("over");
    },
    replaced: () => tell("replaced"),
    tally: (data) => tell("tally", (tally = data)),
    notice: (data) => tell("notice", data),
  });
}

function hello(port, data) {
  ports.add(port);
  if (stop && user !== data.user) stop();
  if (!stop || user !== data.user) {
    user = data.user;
    begin(data.after);
    return;
  }
  if (isUp) port.postMessage({ kind: "up", data: true });
  if (tally) port.postMessage({ kind: "tally", data: tally });
}

function bye(port) {
  ports.delete(port);
  if (ports.size > 0 || !stop) return;
  stop();
  stop = null;
}

self.onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data }) => (data.kind === "hello" ? hello(port, data) : bye(port));
};
