# SPDX-License-Identifier: AGPL-3.0-or-later
"""A request for a view on its whole way: the centre's table, a real reader process, its outbox, ingest, the table."""

import signal
from pathlib import Path

import pytest

from anpr.contract.jpeg import jpeg_size
from anpr.domain.gate import Camera, Gate
from anpr.ingest.batch import decode
from anpr.ingest.hand_requests import _write, hand_requests
from anpr.ingest.store_batch import Centre, store_batch
from anpr.runtime.clock import SystemClock
from anpr.settings import Settings
from anpr.store.author import Author
from anpr.store.camera_views import ask_for_view, camera_view, view_image
from anpr.store.database.connection import Database
from anpr.store.gates import save_gates
from anpr.store.images.files import open_shelf
from anpr.store.images.image_store import ImageStore
from anpr.transport.direct import DirectSource
from anpr.transport.records import RecordKind
from tests.acceptance.test_reader_process import Site, ended
from tests.support.traffic import draw_traffic
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(600)


def test_a_real_reader_answers_with_figures_boxes_and_an_image(
    database: Database, tmp_path: Path, repository: Path
) -> None:
    clock = SystemClock()
    with database.transaction() as conn:
        gate = Gate(id="gate-1", name="x", purpose="p", legal_basis="l", cameras=(Camera(id="cam-1", url="x"),))
        save_gates(conn, [gate])
        ask_for_view(conn, "gate-1", "cam-1", Author(name="anna", at=clock.now()))
    reader = Site(tmp_path, repository)
    draw_traffic(tmp_path / "film", 50, rounds=200)
    region = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
    reader.write(str(tmp_path / "film"), reader={"assemble": {"reentry_s": 0}})
    settings = tmp_path / "site.yaml"
    settings.write_text(settings.read_text().replace("id: cam-1", f"id: cam-1\n    regions: [{region}]"))
    process = reader.start("--json")
    hand_requests(database, lambda asked: _write(tmp_path / "data" / "requests", asked), clock)
    source = DirectSource(tmp_path / "data" / "outbox.sqlite", clock, [RecordKind.IMAGES])
    centre = Centre(database=database, images=ImageStore(open_shelf(Settings(data_dir=tmp_path / "centre"))))

    def is_answered() -> bool:
        records = [one for one in source.poll(100, 0.5) if one.topic == "anpr.views"]
        store_batch(centre, decode(records, clock.now(), lambda _: clock.now()), clock.now())
        with database.transaction() as conn:
            return view_image(conn, "gate-1", "cam-1", clock.now()) is not None

    try:
        eventually(is_answered)
    finally:
        process.send_signal(signal.SIGTERM)
        source.close()
    ended(process)
    with database.transaction() as conn:
        stored = camera_view(conn, "gate-1", "cam-1", clock.now())
        data = view_image(conn, "gate-1", "cam-1", clock.now())
    assert stored is not None
    assert data is not None
    assert stored.view.figures is not None
    assert jpeg_size(data) == (160, 96)
    assert (stored.view.figures.width, stored.view.reader_id) == (160, "reader-1")
    assert stored.view.regions == (((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),)
    assert not list((tmp_path / "data" / "requests").glob("*")), "a request is taken once"
