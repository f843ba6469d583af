# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ingest process: everything it runs is entered here.

One consumer takes transits, one health reports and one images, so that neither of the others holds up an alarm; in the
direct form health reports come with transits. Beside them run maintenance of the database, the look for offline readers
and for parked senders, the caches of watchlists and of readers' keys, and retro-match.
"""

import contextlib
import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import product

from anpr.contract.topics import HEALTH_TOPIC, IMAGES_TOPIC, TRANSITS_TOPIC, VIEWS_TOPIC
from anpr.domain.errors import PoisonReason
from anpr.ingest.agreement_ends import running_agreement_ends
from anpr.ingest.audit_heads import running_audit_heads
from anpr.ingest.audit_mail import running_audit_mail
from anpr.ingest.audit_prune import running_audit_prune
from anpr.ingest.consume import Consumer
from anpr.ingest.dead_letter_topic import DeadLetterTopic
from anpr.ingest.hand_plans import handing_plans
from anpr.ingest.hand_requests import handing_requests
from anpr.ingest.kept_gates import kept_gates
from anpr.ingest.key_cache import key_cache
from anpr.ingest.key_ring import KeyRing
from anpr.ingest.maintenance import running_maintenance
from anpr.ingest.offline_readers import watching_readers
from anpr.ingest.parked_senders import watching_senders
from anpr.ingest.precedence import Precedence
from anpr.ingest.retro import retro_matching
from anpr.ingest.stopping import cancelling
from anpr.ingest.store_batch import Centre
from anpr.ingest.summary import IngestSummary
from anpr.ingest.watched import only_watched
from anpr.ingest.watchlist_cache import watchlist_cache
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import POISON, UNSIGNED, preset
from anpr.runtime.probes import Readiness
from anpr.settings import IngestSettings, Settings
from anpr.store.database.connection import Database
from anpr.store.gates import save_gates
from anpr.store.images.files import open_shelf
from anpr.store.images.image_store import ImageStore
from anpr.store.organisations.registry import name_manager
from anpr.transport.direct import DirectSource
from anpr.transport.kafka import KafkaPublisher, KafkaSource
from anpr.transport.records import RecordKind
from anpr.transport.source import Source

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.2
MOST_IMAGES = 500
"""In one batch: as many as transits would take gigabytes."""
MOST_REPORTS = 500
"""In one batch: each report may change fifty rows."""


def run_ingest(
    settings: Settings,
    database: Database,
    clock: Clock,
    stop: threading.Event,
    seconds: float | None = None,
    readiness: Readiness | None = None,
) -> IngestSummary:
    """Ingest until `stop` is set or `seconds` have passed; gives the summary of all consumers.

    Reads Kafka when settings name a broker, else the outbox in data_dir. The schema must be current.
    Raises TransportError where waiting is of no use, after all consumers have ended.
    """
    topics = (TRANSITS_TOPIC, IMAGES_TOPIC, HEALTH_TOPIC, VIEWS_TOPIC)
    for topic, reason in product(topics, PoisonReason):
        preset(POISON, topic, reason)
    for topic in topics:
        preset(UNSIGNED, topic)
    with database.transaction() as conn:  # pages of the centre name gates, and most machines of it see no `anpr up`
        name_manager(conn, settings.municipality)
        save_gates(conn, settings.domain_gates())
    images = ImageStore(open_shelf(settings))
    kept, keeping_current = kept_gates(database, settings, clock)
    with contextlib.ExitStack() as stack:
        stack.enter_context(cancelling(database, clock, stop))
        stack.enter_context(
            running_maintenance(database, images, settings.retention, clock, lambda: kept().purposes_in_use)
        )
        stack.enter_context(running_audit_heads(database, settings, clock))
        stack.enter_context(running_audit_mail(database, settings, clock))
        stack.enter_context(running_audit_prune(database, settings, clock))
        stack.enter_context(running_agreement_ends(database, settings, clock))
        stack.enter_context(watching_readers(database, clock))
        stack.enter_context(watching_senders(database, clock))
        stack.enter_context(handing_requests(database, settings, clock))
        stack.enter_context(handing_plans(database, settings, clock))
        stack.enter_context(keeping_current)
        changed = stack.enter_context(retro_matching(database, settings, clock))
        matcher = stack.enter_context(watchlist_cache(database, clock, changed))
        keys = stack.enter_context(_keys(settings, database, clock))
        match = only_watched(matcher.hits, clock, settings.zone)
        centre = Centre(
            database=database,
            images=images,
            match=match,
            kept_now=kept,
            join_after_close=settings.alarms.join_after_close,
        )
        consumers = [
            _consumer(source, centre, settings.model_copy(update={"ingest": batches}), clock, stack, keys)
            for source, batches in open_sources(settings, clock)
        ]
        _put_transits_first(consumers, clock)
        log.info(
            "reading %s", f"kafka {settings.kafka.bootstrap}" if settings.kafka.bootstrap else settings.outbox_path
        )
        if readiness is not None:
            _add_checks(readiness, database, consumers)
        run_consumers(consumers, clock, stop, seconds)
    return sum((consumer.summary for consumer in consumers), IngestSummary())


def _put_transits_first(consumers: Sequence[Consumer], clock: Clock) -> None:
    precedence = Precedence(clock)
    transits, *others = consumers
    transits.polled = precedence.polled
    for consumer in others:
        consumer.before_poll = precedence.give_way


def _keys(settings: Settings, database: Database, clock: Clock) -> contextlib.AbstractContextManager[KeyRing | None]:
    """Without a broker nobody but this machine's reader writes what is read: nothing is signed."""
    if not settings.kafka.bootstrap:
        return contextlib.nullcontext()
    return key_cache(database, clock, allow_unsigned=settings.ingest.unsigned == "allow")


def _add_checks(readiness: Readiness, database: Database, consumers: Sequence[Consumer]) -> None:
    readiness.add("database", database.ping)
    names = ("transits", "images") if len(consumers) == len(RecordKind) else ("transits", "health", "images")
    for name, consumer in zip(names, consumers, strict=True):
        readiness.add(name, partial(getattr, consumer, "problem"))
    readiness.started()


def open_sources(settings: Settings, clock: Clock) -> list[tuple[Source, IngestSettings]]:
    """The sources, by Kafka or direct, with the settings of each: of transits first, of images last."""
    whole = settings.ingest
    images = whole.model_copy(update={"batch_size": min(whole.batch_size, MOST_IMAGES)})
    if not settings.kafka.bootstrap:
        metadata, pictures = (DirectSource(settings.outbox_path, clock, [kind]) for kind in RecordKind)
        return [(metadata, whole), (pictures, images)]
    health = whole.model_copy(update={"batch_size": min(whole.batch_size, MOST_REPORTS)})
    return [
        (KafkaSource(settings.kafka, [TRANSITS_TOPIC], clock), whole),
        (KafkaSource(settings.kafka, [HEALTH_TOPIC], clock), health),
        (KafkaSource(settings.kafka, [IMAGES_TOPIC, VIEWS_TOPIC], clock), images),
    ]


def run_consumers(
    consumers: Sequence[Consumer], clock: Clock, stop: threading.Event, seconds: float | None = None
) -> None:
    """Run each in a thread until `stop` is set, `seconds` have passed, or one of them raises; then end all of them."""
    with ThreadPoolExecutor(len(consumers), thread_name_prefix="ingest") as threads:
        running = [threads.submit(consumer.run, stop) for consumer in consumers]
        try:
            _wait(running, clock, stop, seconds)
        finally:
            stop.set()
    for each in running:
        each.result()


def _wait(running: Sequence[Future[None]], clock: Clock, stop: threading.Event, seconds: float | None) -> None:
    deadline = None if seconds is None else clock.monotonic() + seconds
    while not stop.is_set() and not any(each.done() for each in running):
        left = LOOK_EVERY_S if deadline is None else min(LOOK_EVERY_S, deadline - clock.monotonic())
        if left <= 0:
            return
        clock.wait(stop, left)


def _consumer(
    source: Source,
    centre: Centre,
    settings: Settings,
    clock: Clock,
    stack: contextlib.ExitStack,
    keys: KeyRing | None,
) -> Consumer:
    stack.callback(source.close)
    dead_letters = None
    if settings.kafka.bootstrap:
        dead_letters = DeadLetterTopic(KafkaPublisher(settings.kafka))
        stack.callback(dead_letters.close)
    return Consumer(
        source=source,
        centre=centre,
        settings=settings.ingest,
        clock=clock,
        retention=settings.retention,
        keys=keys,
        dead_letters=dead_letters,
    )
