# SPDX-License-Identifier: AGPL-3.0-or-later
"""Images that no transit names: few wait for their transit, and those whose transit has not come in a day go."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from anpr.domain.errors import PoisonReason
from anpr.domain.transit import ImageRole, Transit
from anpr.ingest.consume import Consumer
from anpr.ingest.maintenance import maintain
from anpr.ingest.store_batch import Centre
from anpr.runtime.clock import ManualClock
from anpr.runtime.metrics import REGISTRY
from anpr.settings import IngestSettings, RetentionSettings
from anpr.store.audit import AuditAction, list_audit
from anpr.store.database.connection import Database
from anpr.store.dead_letters import list_dead_letters
from anpr.store.images.image_store import ImageStore, stored_roles
from anpr.store.images.unannounced import MOST_WAITING, WAIT_FOR, sweep
from anpr.transport.source import Incoming
from scripts.lab.transits import make_transit, picture, with_images
from tests.support.sources import ListSource, image_message, transit_message


@pytest.fixture
def centre(ingest_database: Database, tmp_path: Path) -> Centre:
    return Centre(database=ingest_database, images=ImageStore(tmp_path / "images"))


def consume(centre: Centre, records: list[Incoming], clock: ManualClock, batch_size: int = 100) -> None:
    consumer = Consumer(
        source=ListSource(records), centre=centre, settings=IngestSettings(batch_size=batch_size), clock=clock
    )
    while consumer.step(threading.Event()):
        pass


def announced(number: int) -> tuple[Transit, bytes]:
    data = picture(number, 500)
    transit, _ = with_images(make_transit(number), {ImageRole.PLATE: data})
    return transit, data


def forged(transit: Transit, number: int, first_offset: int = 0) -> list[Incoming]:
    """So many different images of this transit's plate, none of which it names."""
    return [image_message(transit, ImageRole.PLATE, picture(1_000 + n, 300), first_offset + n) for n in range(number)]


def files(folder: Path) -> int:
    return len(list((folder / "images").rglob("*.jpg")))


@pytest.mark.parametrize("batch_size", [1, 100])
def test_few_images_wait_for_a_transit_and_the_one_it_names_is_always_taken(
    centre: Centre, clock: ManualClock, tmp_path: Path, batch_size: int
) -> None:
    transit, data = announced(1)
    consume(centre, forged(transit, 10), clock, batch_size)
    assert files(tmp_path) == MOST_WAITING
    with centre.database.transaction() as conn:
        letters = list_dead_letters(conn)
    assert [letter.reason for letter in letters] == [PoisonReason.NOT_STORABLE] * (10 - MOST_WAITING)
    assert letters[0].detail == f"plate image of transit {transit.id}: too many wait for it"
    consume(centre, forged(transit, MOST_WAITING), clock, batch_size)
    with centre.database.transaction() as conn:
        assert len(list_dead_letters(conn)) == 10 - MOST_WAITING, "what comes again takes no further place"
    consume(centre, [transit_message(transit, 20), image_message(transit, ImageRole.PLATE, data, 21)], clock, 1)
    with centre.database.transaction() as conn:
        assert stored_roles(conn, transit) == {ImageRole.PLATE}
    assert centre.images.find(transit, ImageRole.PLATE) == data


def test_what_no_transit_named_within_a_day_goes_and_is_told(
    centre: Centre, clock: ManualClock, tmp_path: Path
) -> None:
    named, data = announced(1)
    absent, _ = announced(2)
    before = REGISTRY.get_sample_value("anpr_unannounced_images_total") or 0.0
    consume(centre, [*forged(named, 2), *forged(absent, 1, 5), image_message(named, ImageRole.PLATE, data, 8)], clock)
    consume(centre, [transit_message(named, 9)], clock)
    clock.advance(WAIT_FOR.total_seconds() - 1)
    maintain(centre.database, centre.images, RetentionSettings(), clock)
    assert files(tmp_path) == 4, "its transit may still come"
    clock.advance(2)
    for _ in range(2):
        maintain(centre.database, centre.images, RetentionSettings(), clock)
    assert files(tmp_path) == 1
    assert centre.images.find(named, ImageRole.PLATE) == data
    with centre.database.transaction() as conn:
        assert conn.execute("SELECT count(*) AS n FROM images").fetchone() == {"n": 1}
        told = [row.event for row in list_audit(conn) if row.event.action is AuditAction.DATA_DELETED]
    assert [(event.actor, event.detail["images"]) for event in told] == [("maintenance", 3)]
    assert REGISTRY.get_sample_value("anpr_unannounced_images_total") == before + 3


def test_a_clock_that_jumps_ahead_removes_nothing(
    centre: Centre, database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    absent, _ = announced(2)
    consume(centre, forged(absent, 1), clock)
    came = clock.now()
    clock.advance(timedelta(days=3).total_seconds())
    assert sweep(database, centre.images.shelf, clock, lambda _conn: came + timedelta(hours=1)) == 0
    assert files(tmp_path) == 1


def test_ingest_can_drop_no_image_that_a_transit_names(centre: Centre, clock: ManualClock) -> None:
    named, data = announced(1)
    consume(centre, [transit_message(named, 0), image_message(named, ImageRole.PLATE, data, 1)], clock)
    with centre.database.transaction() as conn:
        rows = conn.execute(
            "SELECT p FROM images i,"
            " drop_unannounced(ARRAY[i.captured_at], ARRAY[i.transit_id], ARRAY[i.role], ARRAY[i.sha256]) AS p"
        ).fetchall()
        assert rows == []
        assert conn.execute("SELECT count(*) AS n FROM images").fetchone() == {"n": 1}
