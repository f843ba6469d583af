# SPDX-License-Identifier: AGPL-3.0-or-later
"""What read a transit, from the reader's models to the stored transit, and its dictionary."""

from datetime import timedelta

from anpr.contract.transit import decode_transit, encode_transit
from anpr.reader.network.model_card import load_card
from anpr.reader.software import software_of
from anpr.settings import ReaderSettings
from anpr.store.database.connection import Database
from anpr.store.transits.reader_software import forget_software
from anpr.store.transits.rows import get_transit, insert_transits
from scripts.lab.transits import START, make_transit

ONE, OTHER = "anpr/0.1.0 plate_detector/0.3.0@ec1d93e127b2", "anpr/0.2.0"


def texts(database: Database) -> list[str]:
    with database.transaction() as conn:
        return [row["text"] for row in conn.execute("SELECT text FROM reader_software ORDER BY text")]


def test_a_reader_names_its_program_and_each_model_by_version_and_digest() -> None:
    words = software_of(ReaderSettings()).split(" ")
    card = load_card(ReaderSettings().detector.model, "detect")
    assert words[0].startswith("anpr/")
    assert f"{card.name}/{card.version}@{card.sha256[:12]}" in words
    assert len(words) >= 3


def test_it_is_stored_once_and_told_of_each_transit(database: Database) -> None:
    transits = [make_transit(n, software=text) for n, text in enumerate([ONE, OTHER, ONE, None])]
    sent = [decode_transit(encode_transit(each)) for each in transits]
    with database.transaction() as conn:
        insert_transits(conn, sent, START)
        found = [get_transit(conn, each.id) for each in transits]
    assert [each.transit.software for each in found if each] == [ONE, OTHER, ONE, None]
    assert texts(database) == [ONE, OTHER]


def test_what_no_kept_transit_has_is_forgotten(database: Database) -> None:
    later = START + timedelta(days=3)
    with database.transaction() as conn:
        insert_transits(conn, [make_transit(1, software=ONE)], START)
    with database.transaction() as conn:
        insert_transits(conn, [make_transit(2, software=OTHER, captured_at=later)], later)
        assert forget_software(conn, later.date()) == 1
    assert texts(database) == [OTHER]


def test_a_reader_that_says_something_new_each_time_fills_no_disk(database: Database) -> None:
    many = [make_transit(n, software=f"anpr/{n}") for n in range(12)]
    with database.transaction() as conn:
        conn.execute("INSERT INTO reader_software SELECT n, 'x/' || n, '2026-11-21' FROM generate_series(1, 9995) n")
        insert_transits(conn, many[:6], START)
    with database.transaction() as conn:
        insert_transits(conn, many[6:], START)
        (row,) = conn.execute("SELECT count(*) AS count FROM reader_software")
    assert row["count"] <= 10_006
