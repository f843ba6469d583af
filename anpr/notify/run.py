# SPDX-License-Identifier: AGPL-3.0-or-later
"""The notifier process: one planner, and one deliverer for each channel, so that none waits for another.

One process at a time does it; another waits for the lock and takes over when the first ends.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from anpr.domain.errors import AnprError, StoreError
from anpr.domain.notification import ChannelKind
from anpr.notify.channels.open import is_set_up, open_channel
from anpr.notify.deliverer import Deliverer
from anpr.notify.planner import Planner
from anpr.runtime.background import every, running
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import NOTIFICATIONS, preset
from anpr.runtime.probes import Readiness
from anpr.settings import Settings
from anpr.store.alarms.rows import ALARM_CHANNEL
from anpr.store.database.connection import Database, Notification
from anpr.store.database.listen import follow
from anpr.store.database.session_lock import SessionLock
from anpr.store.notifications.ledger import notifier_lock, take_up_lost

SWEEP_S = 1.0
"""Seconds between two looks at the tables. NOTIFY makes it sooner; escalations are this late at most."""
LOCK_S = 5.0
MOST_LOST_S = 300.0
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Parts:
    """What runs while the lock is held."""

    planner: Planner
    deliverers: list[Deliverer]
    plan_now: threading.Event
    send_now: dict[ChannelKind, threading.Event]
    crashed: list[BaseException]
    """What ended a thread. A process of which a part is dead must not look as if nothing were to be told."""


def run_notifier(
    settings: Settings, database: Database, clock: Clock, stop: threading.Event, readiness: Readiness
) -> None:
    """Tell alarms until `stop` is set. Raises StoreError when the database cannot be reached at the start."""
    readiness.add("database", database.ping)
    for kind in ChannelKind:
        for outcome in ("queued", "sent", "failed", "dead", "withdrawn"):
            preset(NOTIFICATIONS, kind, outcome)
    readiness.started()
    while not stop.is_set():
        with notifier_lock(database) as lock:
            if lock is not None:
                _run_alone(settings, database, clock, stop, lock)
            elif not stop.is_set():
                log.info("another notifier runs: waiting for its end")
        clock.wait(stop, LOCK_S)


def _run_alone(settings: Settings, database: Database, clock: Clock, stop: threading.Event, lock: SessionLock) -> None:
    """Until `stop` is set or the lock is lost."""
    with database.transaction() as conn:
        if lost := take_up_lost(conn, clock.now(), MOST_LOST_S):
            log.warning("%d notifications were being sent when the notifier ended: they are sent again", lost)
    parts = _parts(settings, database, clock)
    with _running(database, clock, parts):
        while not clock.wait(stop, LOCK_S):
            if parts.crashed:
                raise parts.crashed[0]
            try:
                lock.check()
            except StoreError as exc:
                log.warning("%s; beginning anew", exc)
                return


@contextmanager
def _running(database: Database, clock: Clock, parts: _Parts) -> Iterator[None]:
    ending = threading.Event()

    def alive(work: Callable[[], object]) -> None:
        try:
            work()
        except AnprError:
            raise
        except BaseException as exc:
            parts.crashed.append(exc)
            raise

    def noticed(_note: Notification) -> None:
        parts.plan_now.set()

    with ExitStack() as stack:
        for deliverer in parts.deliverers:
            stack.callback(deliverer.channel.close)
            work = partial(alive, partial(deliverer.drain, ending))
            wake = parts.send_now[deliverer.kind]
            stack.enter_context(every(SWEEP_S, work, f"notifications by {deliverer.kind}", clock, wake=wake))
        plan = partial(alive, parts.planner.run)
        stack.enter_context(every(SWEEP_S, plan, "plan of notifications", clock, wake=parts.plan_now))
        following = partial(follow, database, [ALARM_CHANNEL], noticed, lambda: None, clock)
        stack.enter_context(running(following, "notify-feed"))
        stack.callback(ending.set)  # the first to be done: each deliverer ends after the message under way
        yield


def _parts(settings: Settings, database: Database, clock: Clock) -> _Parts:
    oldest = timedelta(hours=settings.notify.give_up_after_h)
    send_now = {kind: threading.Event() for kind in ChannelKind}

    def wake(channels: set[ChannelKind]) -> None:
        for channel in channels:
            send_now[channel].set()

    planner = Planner(database=database, clock=clock, zone=settings.zone, oldest=oldest, wake=wake)
    deliverers = [
        Deliverer(
            database=database,
            channel=open_channel(kind, settings, clock, database),
            clock=clock,
            zone=settings.zone,
            console_url=settings.notify.console_url,
            give_up_after=oldest,
            is_set_up=is_set_up(kind, settings),
        )
        for kind in ChannelKind
    ]
    return _Parts(planner=planner, deliverers=deliverers, plan_now=threading.Event(), send_now=send_now, crashed=[])
