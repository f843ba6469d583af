# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signed messages at a real centre: one reader's login and key do not speak for another reader."""

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from anpr.contract.health import encode_health, health_key
from anpr.contract.signature import SigningKey
from anpr.contract.topics import HEALTH_TOPIC, IMAGES_TOPIC, TRANSITS_TOPIC
from anpr.domain.errors import InputError, PoisonReason
from anpr.domain.health import UP, Change, HealthReport, SubjectKind
from anpr.domain.signature import Signature
from anpr.domain.transit import ImageRole, Transit
from anpr.edge.publishing import open_outbox, publishing
from anpr.edge.signing_key import make_key
from anpr.ingest.consume import Consumer
from anpr.ingest.key_cache import load_keys
from anpr.ingest.key_ring import KeyRing
from anpr.ingest.store_batch import Centre
from anpr.runtime.clock import ManualClock, SystemClock
from anpr.runtime.metrics import REGISTRY
from anpr.settings import IngestSettings, Settings
from anpr.store.database.connection import Database
from anpr.store.dead_letters import DeadLetter, list_dead_letters
from anpr.store.health.intervals import unsigned_readers
from anpr.store.images.image_store import ImageStore, stored_roles
from anpr.store.reader_keys import enrol_key, forget_reader, list_keys, revoke_keys
from anpr.store.transits.rows import get_transit
from anpr.transport.kafka import KafkaPublisher
from anpr.transport.records import OutboxRecord
from anpr.transport.source import Incoming
from scripts.lab.transits import START, make_transit, picture, with_images
from tests.integration.test_ingest_kafka import ingest, settings_for, wait_for
from tests.support.sources import ListSource, image_message, message, signed, transit_message

A, B = SigningKey.generate(), SigningKey.generate()
Take = Callable[..., list[DeadLetter]]


@pytest.fixture
def take(database: Database, tmp_path: Path, clock: ManualClock) -> Take:
    """Ingests these messages with the keys that are enrolled now; gives all dead letters, the oldest first."""
    centre = Centre(database=database, images=ImageStore(tmp_path / "images"))

    offsets = count()

    def run(*records: Incoming) -> list[DeadLetter]:
        keys = KeyRing()
        load_keys(database, keys)
        source = ListSource([replace(record, offset=next(offsets)) for record in records])
        Consumer(source=source, centre=centre, settings=IngestSettings(), clock=clock, keys=keys).step(
            threading.Event()
        )
        with database.transaction() as conn:
            return list_dead_letters(conn)[::-1]

    return run


@pytest.fixture(autouse=True)
def enrolled(database: Database) -> None:
    """Two readers that were heard of, each with its key."""
    with database.transaction() as conn:
        enrol_key(conn, "a", A.public, START)
        enrol_key(conn, "b", B.public, START)


def signature_of(database: Database, transit: Transit) -> Signature | None:
    with database.transaction() as conn:
        stored = get_transit(conn, transit.id)
    assert stored is not None
    return stored.signature


def heartbeat(reader_id: str, kind: SubjectKind = SubjectKind.READER, name: str | None = None) -> Incoming:
    report = HealthReport(
        kind=kind, id=name or reader_id, reader_id=reader_id, gate_ids=("g",), at=START,
        changes=(Change(state=UP, since=START),),
    )  # fmt: skip
    return replace(message(encode_health(report), 0, topic=HEALTH_TOPIC), key=health_key(report))


def test_how_each_transit_came_is_stored(database: Database, take: Take) -> None:
    of_a, of_c = make_transit(1, reader_id="a"), make_transit(2, reader_id="c")
    before = REGISTRY.get_sample_value("anpr_unsigned_total", {"topic": TRANSITS_TOPIC}) or 0
    assert take(signed(transit_message(of_a, 0), A), transit_message(of_c, 1)) == []
    assert signature_of(database, of_a) is Signature.SIGNED
    assert signature_of(database, of_c) is Signature.UNSIGNED
    assert REGISTRY.get_sample_value("anpr_unsigned_total", {"topic": TRANSITS_TOPIC}) == before + 1


def test_who_signs_in_anothers_name_is_the_sender_of_the_dead_letter(database: Database, take: Take) -> None:
    forged = make_transit(1, reader_id="b")
    take(signed(heartbeat("a"), A), signed(heartbeat("b"), B))
    (letter,) = take(signed(transit_message(forged, 0), A))
    assert (letter.reason, letter.sender) == (PoisonReason.WRONG_SIGNATURE, "reader/a")
    assert "signed by reader a in the name of reader b" in letter.detail
    with database.transaction() as conn:
        assert get_transit(conn, forged.id) is None


def test_revoked_and_rotated_keys(database: Database, take: Take) -> None:
    new, transits = SigningKey.generate(), [make_transit(number, reader_id="a") for number in range(3)]
    with database.transaction() as conn:
        enrol_key(conn, "a", new.public, START)
    assert take(signed(transit_message(transits[0], 0), A), signed(transit_message(transits[1], 0), new)) == []
    with database.transaction() as conn:
        assert revoke_keys(conn, A.public.fingerprint, START) == [A.public.fingerprint]
    (letter,) = take(signed(transit_message(transits[2], 0), A))
    assert "is revoked" in letter.detail
    assert len(take(signed(transit_message(transits[2], 0), new))) == 1
    assert signature_of(database, transits[2]) is Signature.SIGNED


def test_an_image_is_taken_of_the_reader_of_its_transit_only(database: Database, take: Take) -> None:
    data = picture(1, 500)
    transit, _ = with_images(make_transit(1, reader_id="b"), {ImageRole.PLATE: data})
    image = image_message(transit, ImageRole.PLATE, data, 0)
    take(signed(transit_message(transit, 0), B))
    assert [letter.reason for letter in take(image, signed(image, A))] == [
        PoisonReason.UNSIGNED,
        PoisonReason.WRONG_SIGNATURE,
    ]
    take(signed(image, B))
    with database.transaction() as conn:
        assert stored_roles(conn, transit) == {ImageRole.PLATE}


def test_nobody_reports_a_camera_of_a_reader_that_signs(take: Take) -> None:
    take(signed(heartbeat("b", SubjectKind.CAMERA, "cam"), B))
    (letter,) = take(heartbeat("c", SubjectKind.CAMERA, "cam"))
    assert letter.reason is PoisonReason.UNSIGNED
    assert "camera cam is of reader b" in letter.detail


def test_readers_that_send_unsigned_are_named(database: Database, take: Take) -> None:
    take(signed(heartbeat("a"), A), heartbeat("c"))
    with database.transaction() as conn:
        assert unsigned_readers(conn) == ["c"]


def test_a_reader_whose_keys_were_forgotten_sends_unsigned_again(database: Database, take: Take) -> None:
    transit = make_transit(1, reader_id="a")
    assert [letter.reason for letter in take(transit_message(transit, 0))] == [PoisonReason.UNSIGNED]
    with database.transaction() as conn:
        assert forget_reader(conn, "a") == [A.public.fingerprint]
    take(transit_message(transit, 0))
    assert signature_of(database, transit) is Signature.UNSIGNED


def test_a_key_is_enrolled_once(database: Database) -> None:
    with database.transaction() as conn:
        with pytest.raises(InputError, match="is enrolled for reader a already"):
            enrol_key(conn, "b", A.public, START)
        revoke_keys(conn, "a", START)
        with pytest.raises(InputError, match="was revoked"):
            enrol_key(conn, "a", A.public, START)
        with pytest.raises(InputError, match="no reader or fingerprint with a key in use"):
            revoke_keys(conn, "a", START)
        with pytest.raises(InputError, match="reader 'A B'"):
            enrol_key(conn, "A B", SigningKey.generate().public, START)
        assert [key.reader_id for key in list_keys(conn)] == ["a", "b"]


@pytest.mark.kafka
def test_over_a_real_broker_one_login_and_key_do_not_speak_for_another_reader(
    kafka_bootstrap: str, database: Database, tmp_path: Path
) -> None:
    settings, clock = settings_for(kafka_bootstrap, tmp_path), SystemClock()
    settings = settings.model_copy(update={"reader": settings.reader.model_copy(update={"id": "real"})})
    key = make_key(settings.signing_key_path)
    with database.transaction() as conn:
        enrol_key(conn, "real", key.public, clock.now())
    own, moved = transits_now(clock, "real", 1), transits_now(clock, "real", 2)
    forged = transits_now(clock, "b", 3)
    with ingest(settings, database) as ingesting:
        send(settings, clock, own)
        wait_for(database, "transits", 1, ingesting)
        with closing(KafkaPublisher(settings.kafka)) as publisher:
            on_another_topic = signed(replace(transit_message(moved, 0), topic=IMAGES_TOPIC), key)
            publisher.publish(
                [
                    as_record(1, signed(transit_message(forged, 0), key)),
                    as_record(2, replace(on_another_topic, topic=TRANSITS_TOPIC)),
                    as_record(3, transit_message(moved, 0)),
                ]
            )
        wait_for(database, "dead_letters", 3, ingesting)
        with database.transaction() as conn:
            revoke_keys(conn, "real", clock.now())
        send(settings, clock, transits_now(clock, "real", 4))
        wait_for(database, "dead_letters", 4, ingesting)
    with database.transaction() as conn:
        letters = list_dead_letters(conn)[::-1]
        stored = conn.execute("SELECT id, signature FROM transits").fetchall()
    assert [(row["id"], row["signature"]) for row in stored] == [(own.id, "signed")]
    details = " ".join(letter.detail for letter in letters)
    assert sorted(letter.reason for letter in letters) == ["unsigned"] + ["wrong-signature"] * 3
    for what in ("in the name of reader b", "is revoked", "must sign", "not what the key"):
        assert what in details


def transits_now(clock: SystemClock, reader_id: str, number: int) -> Transit:
    now = clock.now()
    return make_transit(number, reader_id=reader_id, captured_at=now, first_seen=now, last_seen=now)


def send(settings: Settings, clock: SystemClock, transit: Transit) -> None:
    """As a reader does: by its outbox, which is drained before this returns."""
    with open_outbox(settings, clock) as outbox, publishing(settings, outbox, clock, threading.Event()):
        outbox.put_transit(transit, {})


def as_record(seq: int, record: Incoming) -> OutboxRecord:
    return OutboxRecord(seq=seq, topic=record.topic, key=record.key, headers=record.headers, value=record.value)
