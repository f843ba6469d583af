# SPDX-License-Identifier: AGPL-3.0-or-later
"""A mail server that is down for an hour: afterwards every message has gone out once, the most urgent first."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event

from anpr.domain.notification import NotificationState, SendFault
from anpr.domain.watchlist import Priority
from anpr.notify.channels.email import EmailChannel
from anpr.notify.deliverer import Deliverer
from anpr.notify.planner import Planner
from anpr.runtime.clock import ManualClock
from anpr.runtime.metrics import NOTIFICATIONS_DEAD
from anpr.settings import Settings
from anpr.store.database.connection import Database
from anpr.store.embedded.roles import CentreRole
from anpr.store.notifications.channel_health import channel_health
from anpr.store.notifications.ledger import list_notifications
from scripts.lab.certificates import Authority
from scripts.lab.mail_server import PASSWORD, USER, MailServer, mail_server
from scripts.lab.ports import free_ports
from tests.support.notifying import DAY, ROME, a_list, alarm, recipient, rule

MINUTE = 60.0
PRIORITIES = (Priority.LOW, Priority.HIGH, Priority.MEDIUM)


def _notifier(database: Database, clock: ManualClock, settings: Settings) -> tuple[Planner, Deliverer]:
    planner = Planner(database=database, clock=clock, zone=ROME, oldest=DAY, wake=lambda _: None)
    channel = EmailChannel(settings.mail, clock)
    deliverer = Deliverer(
        database=database, channel=channel, clock=clock, zone=ROME, console_url=None, give_up_after=DAY
    )
    return planner, deliverer


def _settings(folder: Path, authority: Authority, port: int) -> Settings:
    secret = folder / "secret"
    secret.write_text(PASSWORD, encoding="utf-8")
    section = {
        "host": "127.0.0.1", "port": port, "sender": "anpr@example.it", "user": USER, "secret_file": str(secret),
        "ca_file": str(authority.certificate), "timeout_s": 5,
    }  # fmt: skip
    return Settings.model_validate({"data_dir": str(folder), "mail": section})


def _numbers(server: MailServer) -> list[int]:
    """Alarms in the order in which their mails arrived."""
    return [int(str(mail["message-id"]).strip("<>").split("-")[2]) for mail in server.taken]


def test_after_an_hour_without_a_mail_server_all_is_sent_once_the_most_urgent_first(
    database: Database, database_as: Callable[[CentreRole], Database], clock: ManualClock, tmp_path: Path
) -> None:
    authority = Authority(tmp_path, "ours")
    issued, (port,) = authority.issue("mail", "127.0.0.1"), free_ports(1)
    planner, deliverer = _notifier(database_as(CentreRole.NOTIFY), clock, _settings(tmp_path, authority, port))
    raised: dict[int, Priority] = {}
    with database.transaction() as conn:
        rule(conn, (0, [recipient(conn)]))
    for minute in range(60):
        with database.transaction() as conn:
            priority = PRIORITIES[minute % 3]
            raised[alarm(conn, minute, clock.now(), a_list(priority, priority))] = priority
        planner.run()
        deliverer.drain(Event())
        clock.advance(MINUTE)
    with database.transaction() as conn:
        assert {row.state for row in list_notifications(conn, limit=100)} == {
            NotificationState.QUEUED, NotificationState.FAILED,
        }  # fmt: skip
        (health,) = channel_health(conn)
    assert health.fault is SendFault.UNREACHABLE
    assert health.failing_since is not None
    assert clock.now() - health.failing_since == timedelta(hours=1)
    with mail_server(authority, issued, port=port) as server:
        clock.advance(3 * MINUTE)
        deliverer.drain(Event())
        arrived = _numbers(server)
    assert len(arrived) == 60
    order = list(Priority)
    assert arrived == sorted(raised, key=lambda number: (order.index(raised[number]), number))
    with database.transaction() as conn:
        assert {row.state for row in list_notifications(conn, limit=100)} == {NotificationState.SENT}
    assert NOTIFICATIONS_DEAD.labels("email")._value.get() == 0


def test_what_the_server_refuses_for_good_is_counted_as_given_up_until_it_is_sent_again(
    database: Database, database_as: Callable[[CentreRole], Database], clock: ManualClock, tmp_path: Path
) -> None:
    authority = Authority(tmp_path, "ours")
    with mail_server(authority, authority.issue("mail", "127.0.0.1")) as server:
        settings = _settings(tmp_path, authority, server.port)
        planner, deliverer = _notifier(database_as(CentreRole.NOTIFY), clock, settings)
        server.refused["sala@comune.example"] = "550 no such user"
        with database.transaction() as conn:
            rule(conn, (0, [recipient(conn)]))
            alarm(conn, 1, clock.now())
        planner.run()
        deliverer.drain(Event())
    with database.transaction() as conn:
        (row,) = list_notifications(conn)
    assert (row.state, row.last_fault) == (NotificationState.DEAD, SendFault.REFUSED)
    assert NOTIFICATIONS_DEAD.labels("email")._value.get() == 1
