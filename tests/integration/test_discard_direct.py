# SPDX-License-Identifier: AGPL-3.0-or-later
"""Discard unless it hits, in the direct form: nothing of the others in the database's files, shelf, outbox or log."""

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import psycopg

from anpr.domain.transit import ImageRole
from anpr.runtime.clock import SystemClock
from anpr.settings import Settings
from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.watchlists.entries import NewEntry, import_entries
from anpr.store.watchlists.lists import save_watchlist
from anpr.transport.outbox import Outbox
from scripts.lab.plate_traces import plates_in
from scripts.lab.transits import make_recent, make_transit, picture, plate_of, with_images
from tests.integration.test_ingest import WATCHLIST
from tests.integration.test_ingest_process import DEADLINE_S, wait_until_empty

NUMBER = 300
HIT_EVERY = 50
TOO_OLD = timedelta(days=5)
"""Longer than the purpose keeps, so that this one becomes a dead letter."""
HITS = {plate_of(number) for number in range(0, NUMBER, HIT_EVERY)}
OTHERS = {plate_of(number) for number in range(NUMBER + 1)} - HITS
BACKWARDS = {plate[::-1] for plate in HITS}
"""The index `entries_reversed` holds listed plates so: AA100AA as AA001AA."""
ENVIRONMENT = {
    "ANPR_GATES": json.dumps(
        [{"id": "gate-1", "name": "1", "purpose": "p", "legal_basis": "l", "retention_purpose": "checks"}]
    ),
    "ANPR_RETENTION__PURPOSES": json.dumps([{"id": "checks", "name": "checks", "keep": "hits", "days": 3}]),
}


def test_nothing_stays_of_what_matched_no_list(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with (
        embedded_database(tmp_path / "postgres") as url,
        Outbox(settings.outbox_path, 1 << 30, SystemClock()) as outbox,
    ):
        _list_hits(url)
        for number in range(NUMBER):
            images = {ImageRole.PLATE: picture(number, 800)}
            outbox.put_transit(*with_images(make_recent(number, gate_id="gate-1"), images))
        late = make_transit(NUMBER, gate_id="gate-1", captured_at=SystemClock().now() - TOO_OLD)
        outbox.put_transit(late, {})
        log = _ingest(tmp_path, url, outbox)
        assert _counts(url) == {"transits": len(HITS), "images": len(HITS), "dead_letters": 1}
    assert plates_in(tmp_path / "postgres", HITS | OTHERS - BACKWARDS) == HITS
    assert plates_in(tmp_path / "images", OTHERS) == set()
    assert len(list((tmp_path / "images").rglob("*.jpg"))) == len(HITS)
    for path in tmp_path.glob("outbox.sqlite*"):
        assert plates_in(path, OTHERS) == set(), path.name
    assert not [plate for plate in OTHERS if plate in log]


def _list_hits(url: str) -> None:
    migrate(url)
    with Database(url, pool_size=1) as database, database.transaction() as conn:
        save_watchlist(conn, WATCHLIST)
        import_entries(conn, WATCHLIST.id, [NewEntry(plate=plate, reason="test") for plate in sorted(HITS)])


def _ingest(folder: Path, url: str, outbox: Outbox) -> str:
    """What it logged until all was taken."""
    environment = {**os.environ, **ENVIRONMENT, "DATABASE_URL": url, "ANPR_DATA_DIR": str(folder)}
    for name in ("KAFKA_BOOTSTRAP", "ANPR_CONFIG"):
        environment.pop(name, None)
    process = subprocess.Popen(
        [sys.executable, "-m", "anpr", "ingest"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_until_empty(outbox, process)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, err
    return out + err


def _counts(url: str) -> dict[str, int]:
    with psycopg.connect(url, autocommit=True) as conn:
        counts = {}
        for table in ("transits", "images", "dead_letters"):
            row = conn.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
            counts[table] = int(row[0]) if row else -1
        conn.execute("CHECKPOINT")
        return counts
