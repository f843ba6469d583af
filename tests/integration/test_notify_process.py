# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr notify serve`, started for real and killed with SIGKILL at each step: one row in the ledger, and told.

Each repeat has the id of the first.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from anpr.domain.notification import ChannelKind, NotificationState
from anpr.runtime.clock import SystemClock
from anpr.store.database.connection import Database
from anpr.store.embedded.roles import CentreRole, role_url
from anpr.store.notifications.ledger import LedgerRow, list_notifications
from scripts.lab.certificates import Authority
from scripts.lab.http_receiver import HttpReceiver, Received, http_receiver
from tests.support.notifying import alarm, recipient, rule
from tests.support.waiting import eventually

SECRET = "parola-del-ricevente"


@dataclass(kw_only=True)
class World:
    """A database with one rule, its receiver, and notifiers."""

    database: Database
    receiver: HttpReceiver
    environment: dict[str, str]
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self) -> subprocess.Popen[str]:
        """A notifier with its own rights."""
        command = [sys.executable, "-m", "anpr", "notify", "serve"]
        process = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.running.append(process)
        return process

    def kill(self, process: subprocess.Popen[str]) -> None:
        """SIGKILL. A session of it that waits for a lock ends once it gets that."""
        process.kill()
        process.communicate()
        self.running.remove(process)

    def is_gone(self) -> bool:
        """Whether no notifier is left in the database."""
        return not self._sessions("true")

    def raise_alarm(self, number: int = 1) -> int:
        """An alarm of now."""
        with self.database.transaction() as conn:
            return alarm(conn, number, SystemClock().now())

    def ledger(self) -> list[LedgerRow]:
        """All rows."""
        with self.database.transaction() as conn:
            return list_notifications(conn)

    def is_sent(self) -> bool:
        """Whether all that is planned is sent, and something is."""
        rows = self.ledger()
        return bool(rows) and all(row.state is NotificationState.SENT for row in rows)

    def waits_for_a_lock(self) -> bool:
        """Whether the notifier waits for a lock of the test."""
        return bool(self._sessions("wait_event_type = 'Lock'"))

    def told(self) -> list[tuple[str, int]]:
        """Id and alarm of each message that arrived."""
        events = [json.loads(each.body) for each in self.receiver.taken]
        return [(event["id"], event["data"]["alarm"]) for event in events]

    def _sessions(self, which: str) -> list[object]:
        with self.database.transaction() as conn:
            found = conn.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'anpr notify%' AND datname ="
                f" current_database() AND {which}".encode()
            )
            return list(found)


@pytest.fixture
def world(database: Database, database_url: str, tmp_path: Path) -> Iterator[World]:
    authority = Authority(tmp_path, "ours")
    with http_receiver(authority, authority.issue("hook", "127.0.0.1")) as receiver:
        webhook = {
            "enabled": True,
            "private_networks": ["127.0.0.1"],
            "ca_file": str(authority.certificate),
            "timeout_s": 60,
        }
        values = {"data_dir": str(tmp_path / "data"), "notify": {"webhook": webhook}}
        (tmp_path / "site.yaml").write_text(yaml.safe_dump(values))
        environment = {
            **os.environ,
            "ANPR_CONFIG": str(tmp_path / "site.yaml"),
            "DATABASE_URL": role_url(database_url, CentreRole.NOTIFY),
        }
        with database.transaction() as conn:
            where = f"https://127.0.0.1:{receiver.port}/?chiave={SECRET}"
            rule(conn, (0, [recipient(conn, "Centrale", ChannelKind.WEBHOOK, where)]))
        made = World(database=database, receiver=receiver, environment=environment)
        try:
            yield made
        finally:
            receiver.before = None
            for process in made.running:
                process.terminate()
                _, errors = process.communicate(timeout=120)
                assert process.returncode == 0, errors
                assert "Traceback" not in errors
                assert SECRET not in errors, "a receiver's address is a secret, and so is a phone's"


@contextmanager
def locked(world: World, statement: str) -> Iterator[None]:
    """Rows that the notifier then waits for."""
    with world.database.connect() as conn:
        conn.execute(statement.encode())
        yield
        conn.rollback()


def once(action: Callable[[], object]) -> Callable[[Received], None]:
    """Does it at the first request only."""
    done: list[bool] = []

    def act(_: Received) -> None:
        if not done:
            done.append(True)
            action()

    return act


def test_an_alarm_arrives_once(world: World) -> None:
    world.start()
    number = world.raise_alarm()
    eventually(world.is_sent)
    assert [alarm_id for _, alarm_id in world.told()] == [number]
    assert [row.attempts for row in world.ledger()] == [1]


def test_killed_while_it_plans(world: World) -> None:
    process = world.start()
    with locked(world, "SELECT after_id FROM notifier_progress FOR UPDATE"):
        number = world.raise_alarm()
        eventually(world.waits_for_a_lock)
        world.kill(process)
    eventually(world.is_gone)
    assert world.ledger() == []
    world.start()
    eventually(world.is_sent)
    assert [alarm_id for _, alarm_id in world.told()] == [number]
    assert len(world.ledger()) == 1


def test_killed_when_the_receiver_has_it_and_has_not_answered(world: World) -> None:
    process = world.start()
    world.receiver.before = once(process.kill)
    number = world.raise_alarm()
    eventually(lambda: process.poll() is not None)
    world.kill(process)
    (row,) = world.ledger()
    assert (row.state, row.attempts) == (NotificationState.QUEUED, 1)
    world.start()
    eventually(world.is_sent)
    first, second = world.told()
    assert first == second, "the receiver can tell that it is a repeat"
    assert second[1] == number
    (row,) = world.ledger()
    assert (row.state, row.attempts) == (NotificationState.SENT, 2)


def test_killed_when_it_was_taken_and_is_not_noted(world: World) -> None:
    process = world.start()
    with world.database.connect() as conn:
        # From before the answer on, so that the notifier has it and cannot note it.
        world.receiver.before = once(lambda: conn.execute("SELECT id FROM notifications FOR UPDATE"))
        world.raise_alarm()
        eventually(lambda: bool(world.told()) and world.waits_for_a_lock())
        world.kill(process)
        conn.rollback()
    eventually(world.is_gone)
    (row,) = world.ledger()
    assert row.state is NotificationState.QUEUED
    world.start()
    eventually(world.is_sent)
    first, second = world.told()
    assert first == second
    assert len(world.ledger()) == 1


def test_a_second_notifier_waits_and_takes_over(world: World) -> None:
    first = world.start()
    world.raise_alarm(1)
    eventually(world.is_sent)
    world.start()
    world.kill(first)
    world.raise_alarm(2)
    eventually(lambda: world.is_sent() and len(world.ledger()) == 2)
    assert len(world.told()) == 2
