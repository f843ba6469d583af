# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stores one batch: transits, images, health, matches and alarms in one transaction, or nothing of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from anpr.domain.alarm import Alarm
from anpr.domain.errors import PoisonReason
from anpr.domain.transit import Transit
from anpr.ingest.batch import Batch, Item, ReceivedImage, Refusal
from anpr.ingest.sender import sender_of
from anpr.store.alarms.rows import raise_alarms
from anpr.store.database.connection import Connection, Database
from anpr.store.dead_letters import DeadLetter, record_dead_letters
from anpr.store.health import record_health
from anpr.store.images.image_store import ImageStore, keep_orphans, record_images, unannounced
from anpr.store.images.unannounced import crowded
from anpr.store.refused_senders import LetterLimits
from anpr.store.transits.known_transits import sort_out
from anpr.store.transits.rows import insert_transits
from anpr.store.watchlists.matching import Hit, matching_entries
from anpr.transport.source import Incoming


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredBatch:
    """What a batch changed. One that was stored before changes nothing."""

    stored: int = 0
    """Transits that were not there yet."""
    duplicates: int = 0
    """Transits that were."""
    images: int = 0
    """Images that were not noted yet."""
    alarms: Sequence[Alarm] = ()
    """Those that are new."""
    health: int = 0
    """Health reports that said something new."""
    refusals: Sequence[Refusal] = ()
    """Messages that were set apart."""
    letters: Sequence[Refusal] = ()
    """Those of them that are kept as dead letters; of one sender only so many are."""

    def __add__(self, other: "StoredBatch") -> "StoredBatch":
        return StoredBatch(
            stored=self.stored + other.stored,
            duplicates=self.duplicates + other.duplicates,
            images=self.images + other.images,
            alarms=[*self.alarms, *other.alarms],
            health=self.health + other.health,
            refusals=[*self.refusals, *other.refusals],
            letters=[*self.letters, *other.letters],
        )


Match = Callable[[Connection, Sequence[Transit]], list[Hit]]
"""Finds the entries of stored transits: `Matcher.hits`, or `matching_entries`, which needs no memory."""

LIVE_FOR = timedelta(hours=1)
"""After its capture a transit raises a live alarm; later, as after an outage of its reader, one from the past."""


@dataclass(frozen=True, kw_only=True)
class Centre:
    """Where every consumer of this process writes: the database, and the images' bytes."""

    database: Database
    images: ImageStore
    match: Match = matching_entries
    """How transits find their entries; ingest gives the matcher that has all lists in memory."""


def store_batch(centre: Centre, batch: Batch, now: datetime, limits: LetterLimits | None = None) -> StoredBatch:
    """Store the batch, all or nothing; health reports after it, in a transaction of their own, since no alarm waits for
    them. `now` is when it was received.

    Images are written first: a row never names a file that is not there. Raises StoreError.
    """
    transits = batch.transits
    with centre.database.transaction() as conn:
        batch = _filed(conn, centre.images, batch)
        found = sort_out(conn, transits)
        batch = _without_conflicts(batch, found.other)
        stored = insert_transits(conn, found.new, now)
        noted = record_images(conn, [(image.header, len(image.data)) for image in batch.images], now)
        kept = record_dead_letters(conn, _dead_letters(batch.refusals, now), limits)
        # After the insert, and at READ COMMITTED: see anpr/ingest/matcher.py for why no entry is missed then.
        hits = centre.match(conn, [transit for transit in found.new if transit.id in stored])
        alarms = _raise(conn, hits, now)
    health = _store_health(centre.database, batch, now)
    places = {letter.place for letter in kept}
    return StoredBatch(
        stored=len(stored),
        duplicates=len(transits) - len(stored) - len(found.other),
        images=noted,
        alarms=alarms,
        health=health,
        refusals=batch.refusals,
        letters=[each for each in batch.refusals if each.place in places],
    )


def _without_conflicts(batch: Batch, places: set[int]) -> Batch:
    """The batch with its transits at these places (counted among transits) refused: their ids are another's."""
    if not places:
        return batch
    numbers = iter(range(len(batch.items)))
    items = tuple(
        _conflict(record, item) if isinstance(item, Transit) and next(numbers) in places else item
        for record, item in zip(batch.records, batch.items, strict=True)
    )
    return replace(batch, items=items)


def _conflict(record: Incoming, transit: Transit) -> Refusal:
    detail = f"transit {transit.id} of reader {transit.reader_id}: another one is stored under this id"
    return Refusal(record=record, reason=PoisonReason.CONFLICT, detail=detail)


def _store_health(database: Database, batch: Batch, now: datetime) -> int:
    if not batch.health:
        return 0
    with database.transaction() as conn:
        return record_health(conn, batch.health, now)


def _raise(conn: Connection, hits: Sequence[Hit], now: datetime) -> list[Alarm]:
    """What passed long ago is no alarm to run for: it goes on the channel of alarms from the past."""
    since = now - LIVE_FOR
    live = [hit for hit in hits if hit[0].captured_at >= since]
    late = [hit for hit in hits if hit[0].captured_at < since]
    return [*raise_alarms(conn, live, now), *raise_alarms(conn, late, now, retro=True)]


def _filed(conn: Connection, images: ImageStore, batch: Batch) -> Batch:
    """Store the images; gives the batch with those refused that their stored transit does not name."""
    if not batch.images:
        return batch
    keep_orphans(conn)
    other = unannounced(conn, [image.header for image in batch.images])
    batch = _refuse_images(batch, {place: _unannounced(batch.images[place]) for place in other})
    too_many = crowded(conn, [image.header for image in batch.images])
    batch = _refuse_images(batch, {place: _crowded(batch.images[place]) for place in too_many})
    taken = images.put_all([(image.header, image.data) for image in batch.images])
    return _refuse_images(
        batch,
        {place: (PoisonReason.NOT_STORABLE, str(refusal)) for place, refusal in enumerate(taken) if refusal},
    )


def _unannounced(image: ReceivedImage) -> tuple[PoisonReason, str]:
    header = image.header
    return PoisonReason.WRONG_DIGEST, f"{header.role} image of transit {header.transit_id}: not the one that it names"


def _crowded(image: ReceivedImage) -> tuple[PoisonReason, str]:
    header = image.header
    return PoisonReason.NOT_STORABLE, f"{header.role} image of transit {header.transit_id}: too many wait for it"


def _refuse_images(batch: Batch, why: Mapping[int, tuple[PoisonReason, str]]) -> Batch:
    """The batch with its images at these places (counted among images) refused."""
    if not why:
        return batch
    numbers = iter(range(len(batch.items)))
    items: list[Item] = []
    for record, item in zip(batch.records, batch.items, strict=True):
        refused = why.get(next(numbers)) if isinstance(item, ReceivedImage) else None
        items.append(Refusal(record=record, reason=refused[0], detail=refused[1]) if refused else item)
    return replace(batch, items=tuple(items))


def _dead_letters(refusals: Iterable[Refusal], now: datetime) -> list[DeadLetter]:
    return [
        DeadLetter(
            received_at=now,
            topic=refusal.record.topic,
            partition=refusal.record.partition,
            offset=refusal.record.offset,
            reason=refusal.reason,
            detail=refusal.detail,
            size=len(refusal.record.value),
            value=refusal.record.value,
            sender=sender_of(refusal.record),
        )
        for refusal in refusals
    ]
