# SPDX-License-Identifier: AGPL-3.0-or-later
"""Alarm latency: from the sender's hand to a listener who can read the alarm's row.

`python -m scripts.benchmarks.centre.alarms BOOTSTRAP PREFIX SECONDS PER_S` is the sender, a process of its own; it
prints when it handed over each listed transit, by the monotonic clock that all processes of a machine share.
"""

import statistics
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from itertools import islice
from subprocess import PIPE, Popen

from anpr.settings import KafkaSettings
from anpr.store.database.connection import Database
from anpr.transport.kafka import KafkaPublisher
from scripts.benchmarks.centre.workload import LISTED_PLATE, LIVE, Workload, as_record
from scripts.benchmarks.common import CLOCK, Figures
from scripts.command import CannotRunError, log
from scripts.lab.processes import python
from scripts.repository import REPOSITORY

LISTED_EVERY = 10
_TICK_S = 0.01
_LATE_S = 3.0
_WARM_S = 2
"""Sent before what is measured: the sender connects, and everybody reads what they read once."""


def alarm_figures(database: Database, kafka: KafkaSettings, seconds: int, per_s: int) -> Figures:
    """While an ingest runs: medians and 99th percentiles in ms over all listed transits."""
    listener = _Listener(database)
    listener.start()
    sent = _send(kafka, seconds, per_s)
    listener.stop_after(_LATE_S)
    delays = [1000 * (listener.arrived[transit] - at) for transit, at in sent.items() if transit in listener.arrived]
    if len(delays) < len(sent):
        raise CannotRunError(f"{len(delays)} of {len(sent)} alarms arrived")
    cuts = statistics.quantiles(delays, n=100)
    rate = round(LISTED_EVERY * (len(sent) - 1) / (max(sent.values()) - min(sent.values())))
    log(f"alarms: {len(delays)} at {rate} transits/s, p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms")
    return {
        "alarms": len(delays),
        "alarm_rate_per_s": rate,
        "alarm_p50_ms": round(cuts[49], 1),
        "alarm_p99_ms": round(cuts[98], 1),
        "alarm_max_ms": round(max(delays), 1),
    }


_NEW = "SELECT id, transit_id FROM sightings WHERE alarm_id = %s AND id > %s ORDER BY id"


class _Listener(threading.Thread):
    """Reads each alarm that is notified; when each transit's was there to be read."""

    def __init__(self, database: Database) -> None:
        super().__init__(name="listener")
        self.arrived: dict[str, float] = {}
        self._database = database
        self._stop_listening = threading.Event()

    def stop_after(self, seconds: float) -> None:
        self._stop_listening.wait(seconds)
        self._stop_listening.set()
        self.join()

    def run(self) -> None:
        last = 0
        for note in self._database.notifications("anpr_alarm", self._stop_listening):
            with self._database.transaction() as conn:
                rows = conn.execute(_NEW, (int(note.payload), last)).fetchall()
            for row in rows:  # sightings become visible in their order
                last = row["id"]
                self.arrived.setdefault(str(row["transit_id"]), CLOCK.monotonic())


def _send(kafka: KafkaSettings, seconds: int, per_s: int) -> dict[str, float]:
    command = python(
        "-m", "scripts.benchmarks.centre.alarms", str(kafka.bootstrap), kafka.topic_prefix, str(seconds), str(per_s)
    )
    with Popen(command, cwd=REPOSITORY, stdout=PIPE, text=True) as sender:
        assert sender.stdout is not None
        lines = [line.split() for line in sender.stdout]
    if sender.returncode:
        raise CannotRunError("the sender failed")
    return {transit: float(at) for transit, at in lines}


def main(arguments: Sequence[str]) -> None:
    """Some transits every hundredth of a second, as from many readers."""
    bootstrap, prefix, seconds, per_s = arguments
    each = max(1, round(int(per_s) * _TICK_S))
    warm = _WARM_S * int(per_s)
    transits = Workload(number=int(seconds) * int(per_s) + warm, end=CLOCK.now(), span=LIVE, seed=3).transits()
    never = threading.Event()
    with closing(KafkaPublisher(KafkaSettings(bootstrap=bootstrap, topic_prefix=prefix))) as publisher:
        sent, began = 0, CLOCK.monotonic()
        while page := list(islice(transits, each)):
            CLOCK.wait(never, max(0.0, began + sent / int(per_s) - CLOCK.monotonic()))
            numbered = [
                replace(transit, plate=LISTED_PLATE) if (sent + number) % LISTED_EVERY == 0 else transit
                for number, transit in enumerate(page)
            ]
            now = CLOCK.monotonic()
            publisher.publish([as_record(sent + number, transit) for number, transit in enumerate(numbered)])
            sent += len(page)
            for transit in numbered:
                if transit.plate == LISTED_PLATE and sent > warm:
                    sys.stdout.write(f"{transit.id} {now}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
