# SPDX-License-Identifier: AGPL-3.0-or-later
"""Benchmark of live forwarding: seconds from store to acceptance, to a web service with TLS on this machine.

    python -m scripts.benchmarks.centre.live_forwarding [--rate 10] [--seconds 60] [--wait-s 1.0]

A forwarder with its settings' defaults, an embedded PostgreSQL and the tests' HTTPS server, which accepts each transit
by its own code in the reply. Transits are stored one by one, `--rate` a second, as they pass. The last line of standard
output is one JSON object: percentiles in seconds, files, transits that were sent twice, memory.
"""

import json
import tempfile
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import yaml

from anpr.forward.serve import run_forwarder
from anpr.runtime.clock import SystemClock
from anpr.settings import DestinationSettings, Settings
from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.images.image_store import ImageStore
from anpr.store.transits.rows import insert_transits
from scripts.command import Script, finish, log
from scripts.lab.certificates import Authority
from scripts.lab.held import peak_mb
from scripts.lab.http_receiver import Received
from scripts.lab.https_server import HttpsServer, Told, https_server
from scripts.lab.transits import make_transit

CLOCK = SystemClock()
LEFT_S = 30.0
"""So long the last ones are waited for."""
PROFILE: dict[str, Any] = {
    "schema": 1,
    "name": "live-measurement",
    "revision": "1",
    "status": {"stage": "example"},
    "transports": ["https"],
    "batch_size": 200,
    "file_name": "T_{destination}_{day:%Y%m%d}_{batch:05d}.json",
    "encoding": {"kind": "json"},
    "fields": [
        {"name": "id", "source": "transit.id", "required": True},
        {"name": "targa", "source": "plate", "required": True},
        {"name": "ora", "source": "captured_at", "type": "datetime", "format": "iso-ms"},
    ],
    "answers": {
        "kind": "reply",
        "ok": ["OK"],
        "body": {"format": "json", "records": "esiti", "record_id": "id", "record_code": "codice"},
    },
}
_DELAYS = """
SELECT extract(epoch FROM d.settled_at - t.received_at)::float8 AS seconds
FROM deliveries d JOIN transits t ON t.captured_at = d.captured_at AND t.id = d.transit_id
WHERE d.state = 'accepted' ORDER BY 1
"""


@click.command(cls=Script, help=__doc__)
@click.option("--rate", type=click.IntRange(1, 200), default=10, show_default=True, help="Transits a second.")
@click.option("--seconds", type=click.IntRange(1), default=60, show_default=True)
@click.option("--wait-s", type=float, default=1.0, show_default=True, help="live_wait_s of the destination.")
def main(rate: int, seconds: int, wait_s: float) -> None:
    """Measure it."""
    with tempfile.TemporaryDirectory() as name, embedded_database(Path(name) / "postgres") as url:
        folder = Path(name)
        migrate(url)
        authority = Authority(folder, "authority")
        service = https_server(folder / "https", authority.issue("centro", "127.0.0.1"), authority.certificate)
        with Database(url) as database, service as server:
            seen: Counter[str] = Counter()
            server.answer = lambda asked: _accept(asked, seen)
            figures = _measure(database, folder, server, rate, seconds, wait_s)
    figures["twice"] = sum(times > 1 for times in seen.values())
    missing = rate * seconds - int(figures["accepted"])
    finish(figures, [f"{missing} transits were not accepted"] if missing else [])


def _accept(asked: Received, seen: Counter[str]) -> Told:
    ids = [record["id"] for record in json.loads(asked.body)["records"]]
    seen.update(ids)
    return Told(200, json.dumps({"esiti": [{"id": id, "codice": "OK"} for id in ids]}).encode())


def _measure(
    database: Database, folder: Path, server: HttpsServer, rate: int, seconds: int, wait_s: float
) -> dict[str, Any]:
    settings = Settings(data_dir=folder, forwarding=(_destination(folder, server, wait_s),))
    stop = threading.Event()
    work = (settings, database, ImageStore(folder / "images"), CLOCK, stop)
    thread = threading.Thread(target=run_forwarder, args=work, name="forwarder")
    thread.start()
    try:
        _store(database, stop, rate, seconds)
        _wait_for_all(database, stop, rate * seconds)
    finally:
        stop.set()
        thread.join()
    with database.transaction() as conn:
        found = [row["seconds"] for row in conn.execute(_DELAYS)]
    log(f"{len(found)} of {rate * seconds} accepted")
    at = {name: round(found[int((len(found) - 1) * share)], 2) for name, share in _SHARES.items()} if found else {}
    return {"rate": rate, "accepted": len(found), **at, "files": len(server.asked), "peak_mb": peak_mb()}


_SHARES = {"p50_s": 0.5, "p95_s": 0.95, "p99_s": 0.99, "max_s": 1.0}


def _destination(folder: Path, server: HttpsServer, wait_s: float) -> DestinationSettings:
    profile = folder / "profile.yaml"
    profile.write_text(yaml.safe_dump(PROFILE), encoding="utf-8")
    return DestinationSettings.model_validate(
        {
            "id": "measure",
            "profile": str(profile),
            "live": True,
            "live_wait_s": wait_s,
            "target": {
                "kind": "https",
                "url": server.url,
                "ca_file": str(folder / "authority.pem"),
                "certificate_file": str(folder / "centro.crt"),
                "key_file": str(folder / "centro.key"),
            },
            "protocol": "measurement",
            "protocol_until": (CLOCK.now() + timedelta(days=2)).date(),
        }
    )


def _store(database: Database, stop: threading.Event, rate: int, seconds: int) -> None:
    began = CLOCK.monotonic()
    for number in range(rate * seconds):
        CLOCK.wait(stop, max(0.0, began + number / rate - CLOCK.monotonic()))
        with database.transaction() as conn:
            now = CLOCK.now()
            insert_transits(conn, [make_transit(number, captured_at=now - timedelta(milliseconds=300))], now)


def _wait_for_all(database: Database, stop: threading.Event, number: int) -> None:
    until = CLOCK.monotonic() + LEFT_S
    while CLOCK.monotonic() < until:
        with database.transaction() as conn:
            if len(conn.execute(_DELAYS).fetchall()) >= number:
                return
        CLOCK.wait(stop, 0.5)


if __name__ == "__main__":
    main()
