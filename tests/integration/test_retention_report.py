# SPDX-License-Identifier: AGPL-3.0-or-later
"""The retention report agrees with what is on disk and in the tables, and tells no plate."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from anpr.cli import main
from anpr.domain.gate import Gate, Keep
from anpr.domain.transit import ImageRole
from anpr.ingest.consume import Consumer
from anpr.ingest.store_batch import Centre
from anpr.runtime.clock import ManualClock, SystemClock
from anpr.settings import IngestSettings
from anpr.store.audit import AuditAction, AuditEvent, append, list_audit
from anpr.store.database.connection import Database
from anpr.store.gates import save_gates
from anpr.store.images.image_store import ImageStore
from anpr.transport.source import Incoming
from scripts.lab.transits import make_transit, picture, plate_of, with_images
from tests.integration.test_ingest import add_to_watchlist
from tests.support.sources import ListSource, image_message, transit_message

Run = Callable[..., str]


@pytest.fixture
def ok(database_url: str, tmp_path: Path) -> Run:
    """Runs the command, which must succeed; returns its standard output."""

    def run(*arguments: str) -> str:
        environment = {"DATABASE_URL": database_url, "ANPR_DATA_DIR": str(tmp_path), "ANPR_CONFIG": None}
        result = CliRunner().invoke(main, arguments, env=environment)
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    return tmp_path / "images"


def fill(database: Database, shelf: Path, clock: ManualClock) -> None:
    """Four transits at each of two gates, with an image each; at one of them only the last hits."""
    add_to_watchlist(database, plate_of(3))
    now = SystemClock().now()
    with database.transaction() as conn:
        save_gates(
            conn,
            [
                Gate(
                    id="checks", name="C", purpose="p", legal_basis="l", retention_purpose="insurance", keep=Keep.HITS
                ),
                Gate(id="safety", name="S", purpose="p", legal_basis="l"),
            ],
        )
        append(conn, AuditEvent(actor="retention", action=AuditAction.DATA_DELETED, at=now, detail={"rows": {"x": 1}}))
    records: list[Incoming] = []
    for number in range(8):
        captured_at = clock.now() - timedelta(hours=1, seconds=-number)
        transit = make_transit(number, captured_at=captured_at, gate_id="checks" if number < 4 else "safety")
        transit, images = with_images(transit, {ImageRole.PLATE: picture(number, 500 + number)})
        records.append(transit_message(transit, number))
        records += [image_message(transit, role, data, 100 + number) for role, data in images.items()]
    centre = Centre(database=database, images=ImageStore(shelf), hits_only=frozenset({"checks"}))
    consumer = Consumer(source=ListSource(records), centre=centre, settings=IngestSettings(), clock=clock)
    while consumer.step(threading.Event()):
        pass


def test_it_agrees_with_the_disk(ok: Run, database: Database, shelf: Path, clock: ManualClock) -> None:
    fill(database, shelf, clock)
    report = json.loads(ok("db", "retention", "--json", "--files"))
    gates = {each["gate_id"]: each for each in report["gates"]}
    assert [(g["purpose"], g["keep"], g["transits"], g["images"], g["discarded"]) for g in gates.values()] == [
        ("insurance", "hits", 1, 1, 3),
        (None, "all", 4, 4, 0),
    ]
    for gate_id, gate in gates.items():
        sizes = [path.stat().st_size for path in shelf.rglob("*.jpg") if path.parent.name == gate_id]
        assert report["files"][gate_id] == {"files": len(sizes), "bytes": sum(sizes)}
        assert (gate["images"], gate["image_bytes"]) == (len(sizes), sum(sizes))
    tables = {each["name"]: each["rows"] for each in report["tables"]}
    with database.transaction() as conn:
        assert tables.pop("audit") == len(list_audit(conn))
    assert tables == {
        "alarms": 1,
        "sightings": 1,
        "suppressions": 0,
        "counts of erased alarms": 0,
        "plates": 5,
        "dead letters": 0,
        "deliveries": 0,
        "holds": 0,
        "held transits": 0,
        "ids of discarded transits": 3,
        "requests of data subjects": 0,
    }
    assert report["deletions"][0]["detail"] == {"rows": {"x": 1}}


def test_as_text_it_tells_no_plate(ok: Run, database: Database, shelf: Path, clock: ManualClock) -> None:
    fill(database, shelf, clock)
    text = ok("db", "retention", "--files")
    assert "purpose insurance (no longer in the settings): 7 days: 0 transits, 0 images of 0 bytes, 3 counted" in text
    assert "no purpose, or stored before its gate named one: 7 days: 5 transits, oldest " in text
    assert "gate checks: purpose insurance, keeps hits: 1 transit, oldest " in text
    assert "1 image of 503 bytes, 3 counted and not kept\n  on the shelf: 1 file, 503 bytes\n" in text
    assert "ids of discarded transits: 3 rows, oldest " in text
    assert not any(plate_of(number) in text for number in range(8))
