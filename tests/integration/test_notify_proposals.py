# SPDX-License-Identifier: AGPL-3.0-or-later
"""Proposals of lists are told to who decides on them: once, without a plate, and not when they are settled."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from anpr.domain.notification import ChannelKind, NotificationState, Recipient, SendFault
from anpr.domain.organisation import Organisation, OrganisationKind
from anpr.domain.watchlist import Priority
from anpr.notify.channels.base import TryAgain
from anpr.notify.deliverer import GONE
from anpr.runtime.clock import ManualClock
from anpr.runtime.metrics import NOTIFICATIONS
from anpr.store.author import Author
from anpr.store.database.connection import Connection, Database
from anpr.store.embedded.roles import CentreRole
from anpr.store.notifications.ledger import LedgerRow, list_notifications, retry
from anpr.store.notifications.recipients import add_recipient, change_recipient, get_recipient
from anpr.store.organisations.registry import add_organisation
from anpr.store.watchlists.lists import save_watchlist
from anpr.store.watchlists.proposals import Proposal, ProposalKind, ProposalState, add_proposal, close_proposal
from scripts.lab.transits import START, plate_of
from tests.support.notifying import BY, Notifier, a_list, alarm, recipient, rule

PLATE = plate_of(7)
WANTED = Proposal(watchlist_id="stolen", kind=ProposalKind.ADD, content={"plate": PLATE}, reason=f"rubata {PLATE}")


@pytest.fixture
def notifier(database: Database, database_as: Callable[[CentreRole], Database], clock: ManualClock) -> Notifier:
    """With the notifier's rights and no others; somebody decides on the proposals of a list."""
    with database.transaction() as conn:
        save_watchlist(conn, replace(a_list(), name="Segreta"))
        decides(conn, "Comandante")
    return Notifier(database=database_as(CentreRole.NOTIFY), clock=clock)


def decides(conn: Connection, name: str, channel: ChannelKind = ChannelKind.EMAIL, organisation: str = "") -> int:
    one = Recipient(id=0, organisation_id=organisation, name=name, channel=channel, address=f"{name}@comune.example")
    return add_recipient(conn, replace(one, proposals=True), BY)


def _propose(database: Database, wanted: Proposal = WANTED, at: Author = BY) -> int:
    with database.transaction() as conn:
        return add_proposal(conn, wanted, at, {})


def _settle(database: Database, number: int) -> None:
    by = Author(name="bruno", at=START)
    with database.transaction() as conn:
        close_proposal(conn, "stolen", number, by, ProposalState.REFUSED, "no")


def _ledger(database: Database) -> list[LedgerRow]:
    with database.transaction() as conn:
        return list_notifications(conn)[::-1]


def test_a_proposal_is_told_once_to_who_decides(database: Database, notifier: Notifier) -> None:
    with database.transaction() as conn:
        recipient(conn, "Sala")
    number = _propose(database)
    notifier.planner.run()
    notifier.planner.run()
    (row,) = _ledger(database)
    assert (row.proposal_id, row.alarm_id, row.recipient_name, row.is_test) == (number, None, "Comandante", False)
    assert row.priority is Priority.LOW, "alarms go before"
    assert notifier.woken == [{ChannelKind.EMAIL}]
    assert notifier.deliver() == 1
    notifier.planner.run()
    assert notifier.deliver() == 0
    assert [row.state for row in _ledger(database)] == [NotificationState.SENT]


def test_the_message_says_what_who_and_until_when_and_no_plate_or_list(database: Database, notifier: Notifier) -> None:
    number = _propose(database)
    notifier.planner.run()
    notifier.deliver()
    ((_, message),) = notifier.channel.taken
    told = f"{message.subject}\n{message.text}\n{message.short}\n{message.data}"
    assert PLATE not in told
    assert "Segreta" not in told
    assert "Proposta da decidere: aggiungere una segnalazione a una lista, di anna" in message.subject
    assert "Scade: 28/11/2026 11:00" in message.text, "Rome, an hour after UTC"
    assert f"https://console.comune.example/watchlists/stolen/proposals/{number}" in message.text
    assert message.type == "it.anpr.proposal.made"


@pytest.mark.parametrize("kind", list(ProposalKind), ids=str)
def test_each_kind_has_words(database: Database, notifier: Notifier, kind: ProposalKind) -> None:
    _propose(database, replace(WANTED, kind=kind))
    notifier.planner.run()
    assert notifier.deliver() == 1
    assert len(notifier.channel.taken) == 1


def test_an_urgent_one_says_so_and_goes_first(database: Database, notifier: Notifier, clock: ManualClock) -> None:
    _propose(database)
    urgent = _propose(database, replace(WANTED, urgent_until=clock.now() + timedelta(hours=4)))
    notifier.planner.run()
    notifier.deliver()
    first, _ = [message for _, message in notifier.channel.taken]
    assert first.data == {"proposal": urgent, "kind": "add", "urgent": True}
    assert "vale già, fino al 21/11/2026 15:00" in first.text
    assert "vale già" in first.short


def test_what_is_settled_meanwhile_is_taken_out(database: Database, notifier: Notifier) -> None:
    number = _propose(database)
    notifier.planner.run()
    before = NOTIFICATIONS.labels(ChannelKind.EMAIL, "withdrawn")._value.get()
    _settle(database, number)
    notifier.planner.run()
    assert _ledger(database) == []
    assert NOTIFICATIONS.labels(ChannelKind.EMAIL, "withdrawn")._value.get() == before + 1
    assert notifier.deliver() == 0


def test_what_is_settled_between_planning_and_sending_is_not_sent(database: Database, notifier: Notifier) -> None:
    number = _propose(database)
    notifier.planner.run()
    _settle(database, number)
    notifier.deliver()
    (row,) = _ledger(database)
    assert (row.state, row.last_fault) == (NotificationState.DEAD, SendFault.PROPOSAL_GONE)
    assert notifier.channel.tried == []
    with database.transaction() as conn:
        retry(conn, BY, number=row.id)
    notifier.planner.run()
    assert _ledger(database) == []


def test_a_recipient_who_is_off_or_another_organisations_is_not_told(database: Database, notifier: Notifier) -> None:
    with database.transaction() as conn:
        add_organisation(conn, Organisation(id="empoli", name="Empoli", kind=OrganisationKind.MUNICIPALITY))
        other = decides(conn, "Altri")
        conn.execute("UPDATE notification_recipients SET organisation_id = 'empoli' WHERE id = %s", (other,))
        off = decides(conn, "Spento")
        change_recipient(conn, replace(get_recipient(conn, off), enabled=False), BY)
    _propose(database)
    notifier.planner.run()
    assert [row.recipient_name for row in _ledger(database)] == ["Comandante"]
    with database.transaction() as conn:
        change_recipient(conn, replace(get_recipient(conn, 1), enabled=False), BY)
    notifier.deliver()
    (row,) = _ledger(database)
    assert (row.state, row.last_error) == (NotificationState.DEAD, GONE)


def test_who_is_named_later_is_told_of_what_waits_and_not_of_what_is_old(
    database: Database, notifier: Notifier, clock: ManualClock
) -> None:
    _propose(database)
    clock.advance(timedelta(days=2).total_seconds())
    young = _propose(database, at=Author(name="anna", at=clock.now()))
    with database.transaction() as conn:
        decides(conn, "Vice")
    notifier.planner.run()
    told = [(row.proposal_id, row.recipient_name) for row in _ledger(database)]
    assert told == [(young, "Comandante"), (young, "Vice")]


def test_alarms_and_proposals_do_not_hold_each_other_up(
    database: Database, notifier: Notifier, clock: ManualClock
) -> None:
    with database.transaction() as conn:
        rule(conn, (0, [recipient(conn)]))
        alarm(conn, 1, clock.now())
    _propose(database)
    notifier.channel.answers = [TryAgain("busy")]
    notifier.planner.run()
    notifier.deliver()
    assert [(row.alarm_id is None, row.state) for row in _ledger(database)] == [(False, "failed"), (True, "sent")]


def test_the_notifier_reads_no_content_of_a_proposal(database: Database, notifier: Notifier) -> None:
    _propose(database)
    for column in ("content", "before", "reason", "file", "answer"):
        with pytest.raises(Exception, match="permission denied"), notifier.database.transaction() as conn:
            conn.execute(f"SELECT {column} FROM list_proposals")
