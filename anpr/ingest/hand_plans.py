# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hands plans on to readers, signed with the site's key: by a compacted topic, or by files in the direct form.

Of several ingest processes one at a time makes plans and hands them on, by a lock in the database: an older plan never
comes after a newer one.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from anpr.contract.gate_plan import SignedPlan, sign_plan
from anpr.contract.signature import SIGNATURE_HEADER, SigningKey
from anpr.contract.topics import GATES_TOPIC
from anpr.domain.errors import TransportError
from anpr.runtime.background import every
from anpr.runtime.clock import Clock
from anpr.settings import KafkaSettings, Settings
from anpr.store.audit_export import site_key
from anpr.store.audit_heads import ensure_key
from anpr.store.database.connection import Database
from anpr.store.gate_plans import make_plans, newest_number
from anpr.transport.kafka import KafkaPublisher, create_topics
from anpr.transport.records import OutboxRecord

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
AGAIN_EVERY_S = 600.0
"""All plans are handed on again: the topic may have been made anew, or a file deleted."""

Plans = Sequence[tuple[str, SignedPlan]]
"""Reader and plan."""


@contextmanager
def handing_plans(database: Database, settings: Settings, clock: Clock) -> Iterator[None]:
    """Hand plans on in a thread for as long as the context lasts, where the centre is the source of gates; any number
    of processes may. Raises SettingsError when the site's key cannot be read or made."""
    if not settings.gates_from_centre:
        yield
        return
    key = site_key(ensure_key(settings.audit_key_path))
    publisher = PlanPublisher(settings.kafka) if settings.kafka.bootstrap else None
    hand = publisher.publish if publisher else partial(write_plans, settings.gate_plans_dir)
    work = PlanHander(database, key, hand, clock).look
    log.info("plans of readers are signed with the key %s", key.public.fingerprint)
    try:
        with every(LOOK_EVERY_S, work, "plans of readers", clock):
            yield
    finally:
        if publisher is not None:
            publisher.close()


class PlanHander:
    """Looks whether a gate has a new version, and then hands every plan on. For one thread."""

    def __init__(self, database: Database, key: SigningKey, hand: Callable[[Plans], None], clock: Clock) -> None:
        self._database = database
        self._key = key
        self._hand = hand
        self._clock = clock
        self._handed: int | None = None
        self._again_at = float("-inf")

    def look(self) -> None:
        """Raises StoreError, TransportError; what was not handed on is tried again at the next look."""
        with self._database.transaction() as conn:
            newest = newest_number(conn)
            if newest == self._handed and self._clock.monotonic() < self._again_at:
                return
            plans = [(plan.reader_id, sign_plan(plan, self._key)) for plan in make_plans(conn)]
            self._hand(plans)
        self._handed, self._again_at = newest, self._clock.monotonic() + AGAIN_EVERY_S


class PlanPublisher:
    """Publishes plans on their topic, which it makes where it is missing. For one thread."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._publisher = KafkaPublisher(settings)
        self._has_topic = False

    def publish(self, plans: Plans) -> None:
        """Raises TransportError unless the broker has all of them."""
        if not self._has_topic:
            create_topics(self._settings)
            self._has_topic = True
        records = [_record(place, reader_id, plan) for place, (reader_id, plan) in enumerate(plans)]
        taken = set(self._publisher.publish(records))
        missing = [reader_id for place, (reader_id, _) in enumerate(plans) if place not in taken]
        if missing:
            raise TransportError(f"the broker did not take the plan of reader {missing[0]}, one of {len(missing)}")

    def close(self) -> None:
        """Let go."""
        self._publisher.close()


def _record(place: int, reader_id: str, plan: SignedPlan) -> OutboxRecord:
    headers = {} if plan.signature is None else {SIGNATURE_HEADER: plan.signature}
    return OutboxRecord(seq=place, topic=GATES_TOPIC, key=reader_id.encode(), headers=headers, value=plan.value)


def write_plans(folder: Path, plans: Plans) -> None:
    """A file for each reader, replaced whole and only where it differs. Raises TransportError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for reader_id, plan in plans:
            path, content = folder / reader_id, plan.to_file()
            if not path.exists() or path.read_bytes() != content:
                part = folder / f"{reader_id}~"  # no reader's id has such a sign
                part.write_bytes(content)
                part.replace(path)
    except OSError as exc:
        raise TransportError(f"{folder}: {exc.strerror or exc}") from exc
