# SPDX-License-Identifier: AGPL-3.0-or-later
"""Publishing of an edge process: its outbox, and the thread that moves it, signed, to the broker."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from anpr.domain.errors import AnprError
from anpr.edge.signing_key import key_of
from anpr.runtime.clock import Clock
from anpr.settings import Settings
from anpr.transport.age import MaxAge
from anpr.transport.kafka import KafkaPublisher
from anpr.transport.outbox import Outbox
from anpr.transport.pump import Publisher, pump
from anpr.transport.signing import SigningPublisher

log = logging.getLogger(__name__)

_DRAIN_WITHIN_S = 3.0
"""How long a stopping process waits for the broker to take what the outbox holds; the rest stays on disk."""
_DRAIN_POLL_S = 0.1


@contextmanager
def open_outbox(settings: Settings, clock: Clock) -> Iterator[Outbox]:
    """The outbox of this machine's reader, with its limits of size and age. Raises OutboxFullError, TransportError."""
    settings.outbox_path.parent.mkdir(parents=True, exist_ok=True)
    outbox = Outbox(settings.outbox_path, settings.reader.outbox.max_mb * 1_000_000, clock, _max_age(settings))
    try:
        yield outbox
    finally:
        outbox.close()


def _max_age(settings: Settings) -> MaxAge:
    longest = settings.retention.shortest_days * 24
    hours = settings.reader.outbox
    return MaxAge(
        metadata=timedelta(hours=hours.metadata_max_age_h or longest),
        images=timedelta(hours=hours.images_max_age_h or longest),
    )


@contextmanager
def publishing(settings: Settings, outbox: Outbox, clock: Clock, stop: threading.Event) -> Iterator[None]:
    """Publish to the broker, if one is set, in a thread of its own for the duration of the context; drain at its end.

    What is published is signed where this reader has a key; raises SettingsError for one that cannot be used. Sets
    `stop` and raises AnprError at the end when publishing itself fails, and not just the broker: transits must not
    pile up unseen.
    """
    if settings.kafka.bootstrap is None:
        yield
        return
    done = threading.Event()
    failures: list[AnprError] = []
    kafka = KafkaPublisher(settings.kafka)
    publisher = _signing(settings, kafka)

    def run() -> None:
        try:
            pump(outbox, publisher, clock, done)
        except AnprError as exc:
            failures.append(exc)
            stop.set()

    thread = threading.Thread(target=run, name="pump", daemon=True)
    thread.start()
    try:
        yield
        _drain(outbox, thread, clock)
    finally:
        done.set()
        thread.join()
        kafka.close()
    if failures:
        raise failures[0]


def _signing(settings: Settings, publisher: Publisher) -> Publisher:
    key = key_of(settings)
    if key is None:
        log.warning("reader %s: publishes without a signature; anpr key new makes its key", settings.reader.id)
        return publisher
    log.info("reader %s: signs what it publishes with the key %s", settings.reader.id, key.public.fingerprint)
    return SigningPublisher(publisher, key)


def _drain(outbox: Outbox, pump_thread: threading.Thread, clock: Clock) -> None:
    never = threading.Event()
    deadline = clock.monotonic() + _DRAIN_WITHIN_S
    while pump_thread.is_alive() and clock.monotonic() < deadline:
        if not any(waiting.records for waiting in outbox.counts().values()):
            return
        clock.wait(never, _DRAIN_POLL_S)
