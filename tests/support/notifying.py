# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notifications for tests: recipients and rules in a few words, alarms to tell of, and a channel that does as it is
told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from anpr.domain.notification import ChannelKind, Recipient, Rule, Step
from anpr.domain.watchlist import Entry, Match, Priority, Watchlist
from anpr.notify.channels.base import Message, Outcome, Sent
from anpr.notify.deliverer import Deliverer
from anpr.notify.planner import Planner
from anpr.runtime.clock import Clock
from anpr.store.alarms.raising import raise_alarms
from anpr.store.author import Author
from anpr.store.database.connection import Connection, Database
from anpr.store.notifications.recipients import add_recipient
from anpr.store.notifications.rules import add_rule
from anpr.store.watchlists.matching import Hit
from scripts.lab.transits import START, make_transit

ROME = ZoneInfo("Europe/Rome")
BY = Author(name="anna", at=START)
DAY = timedelta(hours=24)


def a_list(watchlist_id: str = "stolen", priority: Priority = Priority.HIGH) -> Watchlist:
    """A list of this priority."""
    return Watchlist(id=watchlist_id, name=watchlist_id, priority=priority, purpose="test", legal_basis="test")


def alarm(
    conn: Connection,
    number: int,
    at: datetime,
    watchlist: Watchlist | None = None,
    *,
    retro: bool = False,
    **transit: Any,
) -> int:
    """Raise an alarm now (`at`) for transit number `number`; its id."""
    chosen = watchlist or a_list()
    passed = make_transit(number, captured_at=at, **transit)
    entry = Entry(id=number + 1, watchlist_id=chosen.id, plate=passed.plate, reason="r")
    hit: Hit = (passed, Match(entry=entry, probability=0.9), chosen)
    (raised,) = raise_alarms(conn, [hit], at, retro=retro).alarms
    return raised.id


def recipient(conn: Connection, name: str = "Sala", channel: ChannelKind = ChannelKind.EMAIL, address: str = "") -> int:
    """A recipient; its id."""
    where = address or f"{name.lower()}@comune.example"
    one = Recipient(id=0, organisation_id="", name=name, channel=channel, address=where)
    return add_recipient(conn, one, BY)


def rule(conn: Connection, *steps: tuple[int, Sequence[int]], **limits: Any) -> int:
    """A rule whose steps are (seconds, recipients); its id."""
    made = tuple(Step(after_s=after, recipients=frozenset(ids)) for after, ids in steps)
    return add_rule(conn, Rule(id=0, organisation_id="", name="regola", steps=made, **limits), BY)


@dataclass(kw_only=True)
class ScriptedChannel:
    """Gives the answers that a test puts into `answers`, in their order, then `always`."""

    kind: ChannelKind = ChannelKind.EMAIL
    answers: list[Outcome] = field(default_factory=list)
    always: Outcome = field(default_factory=Sent)
    taken: list[tuple[str, Message]] = field(default_factory=list)
    tried: list[tuple[str, Message]] = field(default_factory=list)

    def lane(self, recipient: Recipient) -> str:
        """By the domain of the address."""
        return recipient.address.rpartition("@")[2]

    def send(self, recipient: Recipient, message: Message) -> Outcome:
        """As the test says."""
        outcome = self.answers.pop(0) if self.answers else self.always
        self.tried.append((recipient.name, message))
        if isinstance(outcome, Sent):
            self.taken.append((recipient.name, message))
        return outcome

    def close(self) -> None:
        """Nothing is open."""


@dataclass(kw_only=True)
class Notifier:
    """Planner and deliverer over one database, moved by hand."""

    database: Database
    clock: Clock
    channel: ScriptedChannel = field(default_factory=ScriptedChannel)
    woken: list[set[ChannelKind]] = field(default_factory=list)
    console_url: str | None = "https://console.comune.example"

    def __post_init__(self) -> None:
        self.planner = Planner(database=self.database, clock=self.clock, zone=ROME, oldest=DAY, wake=self.woken.append)
        self.deliverer = self.new_deliverer()

    def new_deliverer(self) -> Deliverer:
        """As after a restart."""
        return Deliverer(
            database=self.database,
            channel=self.channel,
            clock=self.clock,
            zone=ROME,
            console_url=self.console_url,
            give_up_after=DAY,
        )

    def deliver(self, most: int = 1000) -> int:
        """Send all that may be sent now; how many attempts."""
        for count in range(most):
            if not self.deliverer.step():
                return count
        raise AssertionError(f"more than {most} attempts")
