# SPDX-License-Identifier: AGPL-3.0-or-later
"""Alarms become messages on a real PostgreSQL: planned once, sent in their order, escalated, given up, sent again."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from anpr.domain.alarm import AlarmOutcome
from anpr.domain.errors import InputError, StoreError
from anpr.domain.notification import ChannelKind, Hours, NotificationState
from anpr.domain.organisation import Action, Agreement, Organisation, OrganisationKind
from anpr.domain.watchlist import ListKind, Priority
from anpr.notify.channels.base import Refused, TryAgain
from anpr.runtime.clock import ManualClock
from anpr.runtime.metrics import ESCALATIONS, SIGHTINGS_NOT_TOLD
from anpr.settings import RetentionSettings
from anpr.store.alarms.handling import acknowledge, close_alarm
from anpr.store.audit import AuditAction, list_audit
from anpr.store.author import Author
from anpr.store.database.connection import Database
from anpr.store.embedded.roles import CentreRole
from anpr.store.images.image_store import ImageStore
from anpr.store.notifications.channel_health import channel_health
from anpr.store.notifications.ledger import (
    LedgerFilter,
    LedgerRow,
    enter_test,
    list_notifications,
    notifier_lock,
    retry,
    take_up_lost,
)
from anpr.store.notifications.recipients import change_recipient, delete_recipient, get_recipient
from anpr.store.notifications.rules import change_rule, delete_rule, get_rule
from anpr.store.organisations.agreements import make_agreement
from anpr.store.organisations.registry import add_organisation
from anpr.store.retention import run_retention
from anpr.store.watchlists.lists import save_watchlist
from scripts.lab.transits import START, plate_of
from tests.support.notifying import BY, Notifier, a_list, alarm, recipient, rule

ALL = LedgerFilter()
LOW = a_list("a2", Priority.LOW)


@pytest.fixture
def notifier(database: Database, database_as: Callable[[CentreRole], Database], clock: ManualClock) -> Notifier:
    """With the notifier's rights and no others."""
    del database
    return Notifier(database=database_as(CentreRole.NOTIFY), clock=clock)


def _ledger(database: Database, which: LedgerFilter = ALL) -> list[LedgerRow]:
    with database.transaction() as conn:
        return list_notifications(conn, which, limit=1000)[::-1]


def test_an_alarm_is_told_once_however_often_it_is_planned(
    database: Database, notifier: Notifier, clock: ManualClock
) -> None:
    with database.transaction() as conn:
        told = recipient(conn)
        rule(conn, (0, [told]))
        rule(conn, (0, [told]))
        number = alarm(conn, 1, clock.now())
    notifier.planner.run()
    notifier.planner.run()
    (row,) = _ledger(database)
    assert (row.alarm_id, row.recipient_id, row.channel, row.state) == (number, told, ChannelKind.EMAIL, "queued")
    assert notifier.woken == [{ChannelKind.EMAIL}]
    assert notifier.deliver() == 1
    (row,) = _ledger(database)
    assert (row.state, row.attempts, row.last_error) == (NotificationState.SENT, 1, None)
    assert [name for name, _ in notifier.channel.taken] == ["Sala"]


def test_an_alarm_that_becomes_more_urgent_is_told_again_and_a_less_urgent_list_is_not(
    database: Database, notifier: Notifier, clock: ManualClock
) -> None:
    """Overdue at ten, reported stolen at eleven: who was told of the first must hear of the second."""
    with database.transaction() as conn:
        rule(conn, (0, [recipient(conn)]))
        number = alarm(conn, 1, clock.now(), LOW)
    for again, watchlist in enumerate((LOW, a_list(), LOW, a_list()), start=2):
        notifier.planner.run()
        notifier.deliver()
        with database.transaction() as conn:
            assert alarm(conn, again, clock.now(), watchlist, plate=plate_of(1)) == number, "the same vehicle"
    notifier.planner.run()
    assert [(row.alarm_id, row.priority) for row in _ledger(database)] == [(number, "low"), (number, "high")]


def test_a_rule_for_a_kind_holds_where_a_more_urgent_list_leads_the_alarm(
    database: Database, notifier: Notifier, clock: ManualClock
) -> None:
    urgent = a_list("ours", Priority.HIGH)
    judicial = replace(LOW, id="c", kind=ListKind.JUDICIAL)
    with database.transaction() as conn:
        save_watchlist(conn, urgent)
        save_watchlist(conn, judicial)
        rule(conn, (0, [recipient(conn)]), kinds=frozenset({"judicial"}))
        number = alarm(conn, 1, clock.now(), urgent)
    notifier.planner.run()
    assert _ledger(database) == []
    with database.transaction() as conn:
        assert alarm(conn, 2, clock.now(), judicial, plate=plate_of(1)) == number, "the same vehicle"
    notifier.planner.run()
    assert [row.alarm_id for row in _ledger(database)] == [number]


def test_the_message_has_kind_priority_gate_time_and_link_and_no_plate(
    database: Database, notifier: Notifier, clock: ManualClock
) -> None:
    with database.transaction() as conn:
        rule(conn, (0, [recipient(conn)]))
        number = alarm(conn, 1, clock.now())
        plate = conn.execute("SELECT vehicle AS plate FROM alarms").fetchone() or {}
    notifier.planner.run()
    notifier.deliver()
    ((_, message),) = notifier.channel.taken
    told = f"{message.subject}\n{message.text}\n{message.short}\n{message.data}\n{message.link}"
    assert plate["plate"] not in told
    assert f"https://console.comune.example/alarms?alarm={number}#alarm-{number}" in message.text
    assert "priorità alta" in message.subject
    assert "gate-1" in message.subject
    assert "21/11/2026 11:00:00" in message.text, "Rome, an hour after UTC"
    assert "serve l'accesso" in message.text


def test_a_plate_is_in_it_only_where_the_rule_gives_a_reason(
    database: Database, notifier: Notifier, clock: ManualClock
) -> None:
    with database.transaction() as conn:
        number = rule(conn, (0, [recipient(conn)]), plate_reason="pattuglie senza dati mobili, prot. 12/2026")
        alarm(conn, 1, clock.now())
        plate = (conn.execute("SELECT vehicle AS plate FROM alarms").fetchone() or {})["plate"]
        (audited,) = [row.event for row in list_audit(conn) if row.event.action == AuditAction.NOTIFICATION_RULE_SAVED]
    assert (audited.reason, audited.detail["with_plate"]) == ("pattuglie senza dati mobili, prot. 12/2026", True)
    notifier.planner.run()
    notifier.deliver()
    ((_, message),) = notifier.channel.taken
    assert f"Targa: {plate}" in message.text
    assert plate in message.short
    assert plate not in message.subject, "a lock screen shows it"
    assert number


def test_priority_goes_before_age(database: Database, notifier: Notifier, clock: ManualClock) -> None:
    with database.transaction() as conn:
        rule(conn, (0, [recipient(conn)]))
        low = alarm(conn, 1, clock.now(), LOW)
        first = alarm(conn, 2, clock.now())
        second = alarm(conn, 3, clock.now())
    notifier.planner.run()
    notifier.deliver()
    assert [message.data["alarm"] for _, message in notifier.channel.taken] == [first, second, low]


def test_a_server_that_is_down_for_an_hour_gets_everything_afterwards_in_order(
    database: Database, notifier: Notifier, clock: ManualClock
) -> None:
    with database.transaction() as conn:
        rule(conn, (0, [recipient(conn)]))
    notifier.channel.always = TryAgain("mail server: Connection refused", all_wait=True)
    raised = []
    for minute in range(60):
        with database.transaction() as conn:
            raised.append((minute % 2 == 0, alarm(conn, minute, clock.now(), LOW if minute % 2 == 0 else None)))
        notifier.planner.run()
        notifier.deliver()
        clock.advance(60)
    attempts = len(notifier.channel.tried)
    assert 25 <= attempts <= 80, "the pauses grow to two minutes, and one message is tried after each"
    assert {row.state for row in _ledger(database)} == {NotificationState.QUEUED, NotificationState.FAILED}
    notifier.channel.always = type(notifier.channel)().always
    clock.advance(120)
    notifier.deliver()
    assert [message.data["alarm"] for _, message in notifier.channel.taken] == [number for _, number in sorted(raised)]
    assert all(row.state is NotificationState.SENT for row in _ledger(database))


def test_one_message_that_fails_holds_up_no_other(database: Database, notifier: Notifier, clock: ManualClock) -> None:
    with database.transaction() as conn:
        rule(conn, (0, [recipient(conn)]))
        bad, good = alarm(conn, 1, clock.now()), alarm(conn, 2, clock.now(), LOW)
    notifier.planner.run()
    notifier.channel.answers = [TryAgain("450 greylisted")]
    notifier.deliver()
    assert [message.data["alarm"] for _, message in notifier.channel.taken] == [good]
    clock.advance(29)
    assert notifier.deliver() == 0
    clock.advance(1)
    assert notifier.deliver() == 1
    first, again = [message for _, message in notifier.channel.tried if message.data["alarm"] == bad]
    assert first == again, "a repeat has the same id and the same words"


def test_another_server_is_not_held_up(database: Database, notifier: Notifier, clock: ManualClock) -> None:
    with database.transaction() as conn:
        away = recipient(conn, "Via", address="a@down.example")
        rule(conn, (0, [away, recipient(conn)]))
        alarm(conn, 1, clock.now())
        alarm(conn, 2, clock.now())
    notifier.planner.run()
    notifier.channel.answers = [TryAgain("Connection refused", all_wait=True)]
    notifier.deliver()
    assert [name for name, _ in notifier.channel.taken] == ["Sala", "Sala"]


def test_what_is_refused_is_dead_and_is_sent_again_by_hand(
    database: Database, notifier: Notifier, clock: ManualClock
) -> None:
    with database.transaction() as conn:
        rule(conn, (0, [recipient(conn)]))
        alarm(conn, 1, clock.now())
    notifier.planner.run()
    notifier.channel.answers = [Refused("550 no such user")]
    notifier.deliver()
    (row,) = _ledger(database, LedgerFilter(state=NotificationState.DEAD))
    assert row.last_error == "550 no such user"
    clock.advance(48 * 3600)
    with database.transaction() as conn:
        (again,) = retry(conn, Author(name="anna", at=clock.now()), number=row.id)
        assert again.state is NotificationState.FAILED
        with pytest.raises(InputError, match="there is none that was given up"):
            retry(conn, BY, number=row.id)
    notifier.deliver()
    (row,) = _ledger(database)
    assert row.state is NotificationState.SENT
    with database.transaction() as conn:
        assert [
            r.event.detail["notification"] for r in list_audit(conn) if r.event.action == "notification-retried"
        ] == [row.id]


def test_what_nobody_takes_for_a_day_is_given_up(database: Database, notifier: Notifier, clock: ManualClock) -> None:
    with database.transaction() as conn:
        rule(conn, (0, [recipient(conn)]))
        alarm(conn, 1, clock.now())
    notifier.planner.run()
    notifier.channel.always = TryAgain("Connection refused", all_wait=True)
    notifier.deliver()
    clock.advance(24 * 3600 + 1)
    notifier.deliver()
    (row,) = _ledger(database)
    assert (row.state, row.last_error) == (NotificationState.DEAD, "Connection refused")


def test_the_next_ones_are_told_when_nobody_acknowledges(
    database: Database, notifier: Notifier, clock: ManualClock
) -> None:
    with database.transaction() as conn:
        first, chief = recipient(conn), recipient(conn, "Comandante")
        rule(conn, (0, [first]), (60, [chief]))
        taken, left = alarm(conn, 1, clock.now()), alarm(conn, 2, clock.now())
    notifier.planner.run()
    notifier.deliver()
    assert [name for name, _ in notifier.channel.taken] == ["Sala", "Sala"]
    with database.transaction() as conn:
        acknowledge(conn, taken, "op", clock.now())
    before = ESCALATIONS.labels("acknowledged")._value.get()
    clock.advance(59)
    notifier.planner.run()
    assert notifier.deliver() == 0
    clock.advance(1)
    notifier.planner.run()
    notifier.planner.run()
    notifier.deliver()
    assert [(name, m.data["alarm"], m.data["escalated"]) for name, m in notifier.channel.taken[2:]] == [
        ("Comandante", left, True)
    ]
    message = notifier.channel.taken[-1][1]
    assert message.type == "it.anpr.alarm.escalated"
    assert "Nessuno ha ancora preso in carico" in message.text
    assert ESCALATIONS.labels("acknowledged")._value.get() == before + 1


def test_a_rule_that_was_deleted_or_switched_off_escalates_no_more(
    database: Database, notifier: Notifier, clock: ManualClock
) -> None:
    with database.transaction() as conn:
        first, chief = recipient(conn), recipient(conn, "Comandante")
        number = rule(conn, (0, [first]), (60, [chief]))
        alarm(conn, 1, clock.now())
    notifier.planner.run()
    with database.transaction() as conn:
        delete_rule(conn, number, BY)
    clock.advance(60)
    notifier.planner.run()
    assert [row.recipient_name for row in _ledger(database)] == ["Sala"]


def test_alarms_of_the_past_old_and_closed_ones_are_counted_and_not_told(
    database: Database, notifier: Notifier, clock: ManualClock
) -> None:
    def counted() -> dict[str, float]:
        return {why: SIGHTINGS_NOT_TOLD.labels(why)._value.get() for why in ("retro", "late", "closed", "no-rule")}

    before = counted()
    with database.transaction() as conn:
        rule(conn, (0, [recipient(conn)]), gates=frozenset({"gate-1"}))
        alarm(conn, 1, clock.now(), retro=True)
        alarm(conn, 2, clock.now() - timedelta(hours=25))
        close_alarm(conn, alarm(conn, 3, clock.now()), "op", clock.now(), AlarmOutcome.OTHER)
        alarm(conn, 4, clock.now(), gate_id="gate-2")
    notifier.planner.run()
    assert _ledger(database) == []
    assert {why: number - before[why] for why, number in counted().items()} == dict.fromkeys(before, 1.0)


def test_a_rule_holds_at_its_hours(database: Database, notifier: Notifier, clock: ManualClock) -> None:
    with database.transaction() as conn:
        rule(conn, (0, [recipient(conn)]), hours=Hours(days=frozenset({7})))
        alarm(conn, 1, clock.now())  # a Saturday
    notifier.planner.run()
    assert _ledger(database) == []


def test_a_recipient_that_is_gone_or_off_gets_nothing_any_more(
    database: Database, notifier: Notifier, clock: ManualClock
) -> None:
    with database.transaction() as conn:
        gone, off = recipient(conn, "Via"), recipient(conn, "Spento")
        rule(conn, (0, [gone, off]))
        alarm(conn, 1, clock.now())
    notifier.planner.run()
    with database.transaction() as conn:
        delete_recipient(conn, gone, BY)
        one = get_recipient(conn, off)
        change_recipient(conn, replace(one, enabled=False), BY)
    notifier.deliver()
    assert notifier.channel.tried == []
    assert {(row.state, row.last_error) for row in _ledger(database)} == {
        (NotificationState.DEAD, "the recipient is gone or switched off")
    }


def test_an_alarm_that_was_erased_is_not_told(database: Database, notifier: Notifier, clock: ManualClock) -> None:
    with database.transaction() as conn:
        rule(conn, (0, [recipient(conn)]))
        alarm(conn, 1, clock.now())
    notifier.planner.run()
    with database.transaction() as conn:
        conn.execute("DELETE FROM alarms")
    notifier.deliver()
    (row,) = _ledger(database)
    assert (row.state, notifier.channel.tried) == (NotificationState.DEAD, [])
    assert "no longer stored" in (row.last_error or "")


def test_a_test_is_clearly_one_and_goes_to_its_recipient_also_where_that_is_off(
    database: Database, notifier: Notifier
) -> None:
    with database.transaction() as conn:
        number = recipient(conn)
        enter_test(conn, get_recipient(conn, number), BY)
    notifier.deliver()
    ((name, message),) = notifier.channel.taken
    assert (name, message.type) == ("Sala", "it.anpr.notification.test")
    assert "nessun allarme" in message.subject
    assert "anna" in message.text
    assert message.data == {"test": True}


def test_a_process_that_died_while_it_sent_leaves_a_row_that_is_sent_again_with_the_same_id(
    database: Database, notifier: Notifier, clock: ManualClock
) -> None:
    with database.transaction() as conn:
        rule(conn, (0, [recipient(conn)]))
        alarm(conn, 1, clock.now())
    notifier.planner.run()
    killed = _Killed(notifier)
    with pytest.raises(KeyboardInterrupt):
        killed.deliver()
    (row,) = _ledger(database)
    assert (row.state, row.attempts) == (NotificationState.QUEUED, 1)
    assert notifier.deliver() == 0, "it is claimed"
    with notifier.database.transaction() as conn:
        assert take_up_lost(conn, clock.now(), 300.0) == 1
        assert take_up_lost(conn, clock.now(), 300.0) == 0
    clock.advance(1)
    assert notifier.deliver() == 1
    assert {message.id for _, message in notifier.channel.tried} == {message.id for _, message in killed.tried}
    (row,) = _ledger(database)
    assert (row.state, row.attempts) == (NotificationState.SENT, 2)


class _Killed:
    """Ends in the middle of sending."""

    def __init__(self, notifier: Notifier) -> None:
        self.tried = notifier.channel.tried[:]
        self._deliverer = notifier.new_deliverer()
        real = notifier.channel

        class Dying(type(real)):  # type: ignore[misc]
            def send(this, recipient, message):  # type: ignore[no-untyped-def]
                self.tried.append((recipient.name, message))
                raise KeyboardInterrupt

        self._deliverer.channel = Dying()

    def deliver(self) -> None:
        self._deliverer.step()


def test_nothing_is_planned_where_the_transaction_is_lost(
    database: Database, notifier: Notifier, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as conn:
        rule(conn, (0, [recipient(conn)]))
        alarm(conn, 1, clock.now())

    def fails(*_: object) -> None:
        raise StoreError("gone")

    with monkeypatch.context() as patched:
        patched.setattr("anpr.notify.planner.advance", fails)
        with pytest.raises(StoreError):
            notifier.planner.run()
    assert _ledger(database) == []
    notifier.planner.run()
    assert len(_ledger(database)) == 1


def test_an_organisation_is_told_of_what_is_open_to_it(
    database: Database, notifier: Notifier, clock: ManualClock
) -> None:
    with database.transaction() as conn:
        add_organisation(conn, Organisation(id="empoli", name="Empoli", kind=OrganisationKind.MUNICIPALITY))
        conn.execute(
            "INSERT INTO gates (id, name, purpose, legal_basis, cameras) VALUES ('gate-1', 'Nord', 'p', 'l', '[]')"
        )
        conn.execute("INSERT INTO watchlists (id, name, priority, purpose, legal_basis, match, min_probability)"
                     " VALUES ('stolen', 'Rubati', 'high', 'p', 'l', 'exact', 0.5)")  # fmt: skip
        conn.execute("SELECT set_config('anpr.organisation', 'empoli', true)")
        rule(conn, (0, [recipient(conn, "Empoli")]))
    with database.transaction() as conn:
        rule(conn, (0, [recipient(conn)]))
        alarm(conn, 1, clock.now())
    notifier.planner.run()
    assert [(row.organisation_id, row.recipient_name) for row in _ledger(database)] == [("manager", "Sala")]
    opened = Agreement(
        grantor_id="manager", grantee_id="empoli", gate_ids=frozenset({"gate-1"}), watchlist_ids=frozenset({"stolen"}),
        actions=frozenset({Action.ALARMS}), purpose="p", document="d", starts_on=START.date(), ends_on=START.date(),
    )  # fmt: skip
    with database.transaction() as conn:
        make_agreement(conn, opened, BY.name, BY.at, START.date())
        alarm(conn, 2, clock.now())
    notifier.planner.run()
    assert [(row.organisation_id, row.recipient_name) for row in _ledger(database)][1:] == [
        ("empoli", "Empoli"),
        ("manager", "Sala"),
    ]


def test_retention_takes_rows_with_the_shortest_days(
    database: Database, ingest_database: Database, notifier: Notifier, clock: ManualClock, tmp_path: Path
) -> None:
    with database.transaction() as conn:
        rule(conn, (0, [recipient(conn)]), (60, [recipient(conn, "Capo")]))
        alarm(conn, 1, clock.now())
    notifier.planner.run()
    clock.advance(9 * 24 * 3600)
    with database.transaction() as conn:
        alarm(conn, 2, clock.now())
    notifier.planner.run()
    expired = run_retention(
        ingest_database, ImageStore(tmp_path), RetentionSettings(), clock, really_by="test",
        database_clock=lambda _: clock.now(),
    )  # fmt: skip
    assert expired.rows["notifications"] == 1
    assert len(_ledger(database)) == 1


def test_one_notifier_at_a_time(database: Database) -> None:
    with notifier_lock(database) as first, notifier_lock(database) as second:
        assert first is not None
        assert second is None
        first.check()
    with notifier_lock(database) as third:
        assert third is not None


def test_how_the_channel_does_is_told_when_it_changes(
    database: Database, notifier: Notifier, clock: ManualClock
) -> None:
    stop = threading.Event()
    with database.transaction() as conn:
        rule(conn, (0, [recipient(conn)]))
        alarm(conn, 1, clock.now())
    notifier.planner.run()
    notifier.channel.answers = [TryAgain("mail server: Connection refused", all_wait=True)]
    notifier.deliverer.drain(stop)
    with database.transaction() as conn:
        (health,) = channel_health(conn)
    assert (health.failing_since, health.reason) == (START, "mail server: Connection refused")
    clock.advance(5)
    notifier.deliverer.drain(stop)
    with database.transaction() as conn:
        (health,) = channel_health(conn)
    assert (health.failing_since, health.reason, health.is_set_up) == (None, None, True)


def test_of_two_who_change_a_rule_the_second_is_told(database: Database) -> None:
    with database.transaction() as conn:
        number = rule(conn, (0, [recipient(conn)]))
        stored = get_rule(conn, number)
        change_rule(conn, stored.rule, stored.version, BY)
        with pytest.raises(InputError, match="somebody else has changed it"):
            change_rule(conn, stored.rule, stored.version, BY)
