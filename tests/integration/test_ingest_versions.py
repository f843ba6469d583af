# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages of other versions of the contract through ingest: what can be read is stored, the rest is a dead letter."""

import base64
import json
from datetime import timedelta
from pathlib import Path

import pytest

from anpr.contract.topics import HEALTH_TOPIC, IMAGES_TOPIC, TRANSITS_TOPIC
from anpr.domain.errors import PoisonReason
from anpr.ingest.store_batch import Centre
from anpr.runtime.clock import ManualClock
from anpr.store.database.connection import Database
from anpr.store.dead_letters import list_dead_letters
from anpr.store.images.image_store import ImageStore
from anpr.transport.source import Incoming
from scripts.lab.transits import START
from tests.integration.test_ingest import consume, count
from tests.support.sources import ListSource, message


@pytest.fixture
def centre(ingest_database: Database, tmp_path: Path) -> Centre:
    return Centre(database=ingest_database, images=ImageStore(tmp_path / "images"))


def sample_message(folder: Path, name: str, offset: int) -> Incoming:
    data = (folder / "tests" / "contract" / "samples" / f"{name}.json").read_bytes()
    if name.startswith("image"):
        tree = json.loads(data)
        headers = {key: value.encode() for key, value in tree["headers"].items()}
        return message(base64.b64decode(tree["jpeg_base64"]), offset, IMAGES_TOPIC, headers)
    return message(data, offset, TRANSITS_TOPIC if name.startswith("transit") else HEALTH_TOPIC)


def test_the_next_version_is_stored_where_it_says_so_and_set_apart_with_its_reason_where_not(
    centre: Centre, repository: Path
) -> None:
    names = [
        f"{kind}-v2-readable-from-{readable_from}"
        for kind in ("transit", "image", "health")
        for readable_from in (1, 2)
    ]
    source = ListSource([sample_message(repository, name, offset) for offset, name in enumerate(names)])
    summary = consume(centre, source, ManualClock(START + timedelta(hours=1))).summary
    assert (summary.transits, summary.images, summary.poison, source.committed) == (1, 1, 3, 6)
    assert count(centre.database, "health_intervals") == 3
    with centre.database.transaction() as conn:
        letters = {letter.offset: letter for letter in list_dead_letters(conn)}
    assert {offset: letter.reason for offset, letter in letters.items()} == dict.fromkeys(
        (1, 3, 5), PoisonReason.UNKNOWN_VERSION
    )
    assert letters[1].value == source.records[1].value, "kept as it came"
    assert "version 2" in letters[1].detail.replace("'", "")


def test_an_old_picture_without_a_version_is_stored(centre: Centre, repository: Path) -> None:
    names = ("transit-v1", "image-v1-without-version")
    source = ListSource([sample_message(repository, name, offset) for offset, name in enumerate(names)])
    summary = consume(centre, source, ManualClock(START + timedelta(hours=1))).summary
    assert (summary.transits, summary.images, summary.poison) == (1, 1, 0)
