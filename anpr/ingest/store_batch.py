"""One batch into the database: stored, matched and alarmed in one transaction, or not at all."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from anpr.domain.alarm import Alarm
from anpr.domain.errors import PoisonReason, StoreError
from anpr.domain.transit import Transit
from anpr.ingest.batch import Batch, Item, Picture, Refusal
from anpr.store.alarms.rows import raise_alarms
from anpr.store.database.connection import Connection, Database
from anpr.store.dead_letters import DeadLetter, record_dead_letters
from anpr.store.health import record_health
from anpr.store.images.image_store import ImageStore, PictureTakenError, keep_orphans, record_images
from anpr.store.transits.already_stored import unknown_transits
from anpr.store.transits.rows import insert_transits
from anpr.store.watchlists.matching import Hit, matching_entries
from anpr.transport.source import Incoming


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """What a batch changed. One that was recorded before changes nothing."""

    stored: int = 0
    """Transits that were not there yet."""
    duplicates: int = 0
    """Transits that were."""
    images: int = 0
    """Pictures that were not noted yet."""
    alarms: Sequence[Alarm] = ()
    """Those that are new."""
    health: int = 0
    """Health reports that said something new."""
    refusals: Sequence[Refusal] = ()
    """Messages that were set apart."""

    def __add__(self, other: "Recorded") -> "Recorded":
        return Recorded(
            stored=self.stored + other.stored,
            duplicates=self.duplicates + other.duplicates,
            images=self.images + other.images,
            alarms=[*self.alarms, *other.alarms],
            health=self.health + other.health,
            refusals=[*self.refusals, *other.refusals],
        )


Match = Callable[[Connection, Sequence[Transit]], list[Hit]]
"""Finds the entries of stored transits: `Matcher.hits`, or `matching_entries`, which needs no memory."""


def record(
    database: Database,
    images: ImageStore,
    batch: Batch,
    now: datetime,
    match: Match = matching_entries,
    *,
    is_replay: bool = False,
) -> Recorded:
    """Record the batch, all or nothing; `now` is when it was received.

    Pictures are written first: a row never names a file that is not there. `is_replay` says that most transits are
    likely to be stored already; it changes the time this takes and nothing else. Raises StoreError.
    """
    transits = batch.transits
    with database.transaction() as conn:
        batch = _filed(conn, images, batch)
        stored = insert_transits(conn, unknown_transits(conn, transits) if is_replay else transits, now)
        noted = record_images(conn, [(picture.header, len(picture.data)) for picture in batch.pictures])
        record_dead_letters(conn, _dead_letters(batch.refusals, now))
        # After the insert, and at READ COMMITTED: see anpr/ingest/matcher.py for why no entry is missed then.
        hits = match(conn, [transit for transit in transits if transit.id in stored])
        alarms = raise_alarms(conn, hits, now)
        health = record_health(conn, batch.health, now)
    return Recorded(
        stored=len(stored),
        duplicates=len(transits) - len(stored),
        images=noted,
        alarms=alarms,
        health=health,
        refusals=batch.refusals,
    )


def record_one_by_one(
    database: Database, images: ImageStore, batch: Batch, now: datetime, match: Match = matching_entries
) -> Recorded:
    """Record each message in a transaction of its own; those the database refuses become dead letters.

    For a batch of which the database refused something. Raises StoreError when it does not answer.
    """
    total = Recorded()
    for single in batch.singles():
        total += _record_single(database, images, single, now, match)
    return total


def _record_single(database: Database, images: ImageStore, single: Batch, now: datetime, match: Match) -> Recorded:
    try:
        return record(database, images, single, now, match)
    except StoreError as exc:
        if not exc.refused:
            raise
        return record(database, images, single.refused(PoisonReason.NOT_STORABLE, str(exc)), now, match)


def _filed(conn: Connection, images: ImageStore, batch: Batch) -> Batch:
    """The batch; its pictures are stored now, or refused because another one is there in their place."""
    pictures = batch.pictures
    if not pictures:
        return batch
    keep_orphans(conn)
    refusals = iter(images.put_all([(picture.header, picture.data) for picture in pictures]))
    pairs = zip(batch.records, batch.items, strict=True)
    return replace(batch, items=tuple(_unless(message, item, refusals) for message, item in pairs))


def _unless(message: Incoming, item: Item, refusals: Iterator[PictureTakenError | None]) -> Item:
    refusal = next(refusals) if isinstance(item, Picture) else None
    return Refusal(record=message, reason=PoisonReason.NOT_STORABLE, detail=str(refusal)) if refusal else item


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
        )
        for refusal in refusals
    ]
