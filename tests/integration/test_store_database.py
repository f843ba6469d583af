# SPDX-License-Identifier: AGPL-3.0-or-later
"""The connection to a real PostgreSQL: transactions, notifications, and errors as ours."""

import threading
from collections.abc import Iterator

import psycopg
import pytest

from anpr.domain.errors import InputError, StoreError
from anpr.store.database.connection import Database, Notification


def test_a_transaction_is_committed_or_rolled_back(database: Database) -> None:
    with database.transaction() as conn:
        conn.execute("CREATE TABLE note (value int)")
        conn.execute("INSERT INTO note VALUES (1)")

    def insert_and_fail() -> None:
        with database.transaction() as conn:
            conn.execute("INSERT INTO note VALUES (2)")
            raise InputError("not a driver's error: passed on as it is")

    with pytest.raises(InputError):
        insert_and_fail()
    with database.transaction() as conn:
        assert conn.execute("SELECT value FROM note").fetchall() == [{"value": 1}]


def test_sessions_run_in_utc_under_the_process_name(database: Database) -> None:
    with database.transaction() as conn:
        row = conn.execute("SELECT current_setting('TimeZone') AS zone, current_setting('application_name') AS name")
        assert row.fetchone() == {"zone": "UTC", "name": "tests"}


def test_what_the_driver_raises_is_one_line_of_ours(database: Database) -> None:
    with pytest.raises(StoreError) as caught, database.transaction() as conn:
        conn.execute("SELECT\nnothing_of_this_name")
    assert str(caught.value) == 'database: column "nothing_of_this_name" does not exist'
    assert isinstance(caught.value.__cause__, psycopg.Error)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:secret-word@127.0.0.1:1/anpr",
        "postgresql:///anpr?host=/no/such/folder",
        "not a url = at all =",
    ],
)
def test_a_database_that_cannot_be_reached_is_an_error_without_its_password(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        Database(url).open()
    assert "\n" not in str(caught.value)
    assert "secret-word" not in str(caught.value)


def test_a_wrong_database_name_is_named(database_url: str) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        Database(database_url.replace("/test_", "/nowhere_")).open()


def test_a_closed_database_says_so(database_url: str) -> None:
    database = Database(database_url)
    with database:
        pass
    with pytest.raises(StoreError, match="closed"), database.transaction():
        pass


def test_connections_cut_by_the_server_are_replaced(database: Database, database_url: str) -> None:
    with database.transaction() as conn:
        first = conn.info.backend_pid
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tests'")
    with database.transaction() as conn:
        assert conn.info.backend_pid != first


def test_notifications_arrive_from_all_channels_until_stopped(database: Database, database_url: str) -> None:
    stop = threading.Event()
    notes = database.notifications(["anpr_alarm", "anpr_transit"], stop)
    received: list[Notification] = []
    ready = threading.Event()

    def listen(notes: Iterator[Notification]) -> None:
        for note in notes:
            if note.payload == "ready":
                ready.set()
                continue
            received.append(note)
            if len(received) == 2:
                stop.set()

    thread = threading.Thread(target=listen, args=(notes,))
    thread.start()
    with psycopg.connect(database_url, autocommit=True) as conn:
        while not ready.wait(0.02):
            conn.execute("SELECT pg_notify('anpr_alarm', 'ready')")
        conn.execute(
            "SELECT pg_notify('anpr_alarm', '7'), pg_notify('elsewhere', 'x'), pg_notify('anpr_transit', '50')"
        )
    thread.join(240)
    assert not thread.is_alive()
    assert received == [
        Notification(channel="anpr_alarm", payload="7"),
        Notification(channel="anpr_transit", payload="50"),
    ]


def test_a_lost_listening_connection_is_an_error_not_silence(database: Database, database_url: str) -> None:
    notes = database.notifications("anpr_alarm", threading.Event())
    with psycopg.connect(database_url, autocommit=True) as conn:
        listening = threading.Event()

        def cut() -> None:
            while not listening.is_set():
                done = conn.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'tests' AND query LIKE 'LISTEN%'"
                ).fetchall()
                if done:
                    listening.set()

        thread = threading.Thread(target=cut)
        thread.start()
        with pytest.raises(StoreError, match=r"^database: "):
            next(notes)
        listening.set()
        thread.join(240)
