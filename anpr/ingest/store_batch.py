# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stores one batch: transits, images, matches and alarms in one transaction; what no alarm needs, after it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from anpr.domain.errors import PoisonReason
from anpr.domain.signature import Signature
from anpr.domain.transit import Transit
from anpr.ingest.account import account, unnumbered
from anpr.ingest.batch import Batch, Discarded, Refusal
from anpr.ingest.discard import divide, remove_late_images
from anpr.ingest.file_images import file_images
from anpr.ingest.kept_gates import KeptNow
from anpr.ingest.key_ring import KeyRing
from anpr.ingest.sender import sender_of
from anpr.ingest.vouched import refuse_camera_takeovers
from anpr.ingest.withhold import withhold
from anpr.store.accounting.counts import add_counts, place_of, tally_kept
from anpr.store.alarms.raising import JOIN_AFTER_CLOSE, Raised, raise_alarms
from anpr.store.camera_views import record_views
from anpr.store.database.connection import Connection, Database
from anpr.store.database.partitions import NO_PURPOSE
from anpr.store.dead_letters import DeadLetter, record_dead_letters
from anpr.store.gate_plans import record_plan_reports
from anpr.store.health.record import record_health, record_heartbeats
from anpr.store.images.image_store import ImageStore, record_images
from anpr.store.refused_senders import LetterLimits
from anpr.store.transits.discarded import discard_new
from anpr.store.transits.known_transits import sort_out
from anpr.store.transits.rows import announce_storing, insert_transits
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
    raised: Raised = field(default_factory=Raised)
    """New sightings of listed vehicles, and the alarms that they are in."""
    health: int = 0
    """Health reports that said something new."""
    refusals: Sequence[Refusal] = ()
    """Messages that were set apart."""
    letters: Sequence[Refusal] = ()
    """Those of them that are kept as dead letters; of one sender only so many are."""
    unsigned: Mapping[str, int] = field(default_factory=dict)
    """Messages that were stored although nobody vouches for them, by topic."""
    discarded: Mapping[str, int] = field(default_factory=dict)
    """Transits that were counted and not kept, by gate; those that were not counted before."""
    discarded_images: int = 0
    """Images of such transits."""

    def __add__(self, other: "StoredBatch") -> "StoredBatch":
        return StoredBatch(
            stored=self.stored + other.stored,
            duplicates=self.duplicates + other.duplicates,
            images=self.images + other.images,
            raised=self.raised + other.raised,
            health=self.health + other.health,
            refusals=[*self.refusals, *other.refusals],
            letters=[*self.letters, *other.letters],
            unsigned=Counter(self.unsigned) + Counter(other.unsigned),
            discarded=Counter(self.discarded) + Counter(other.discarded),
            discarded_images=self.discarded_images + other.discarded_images,
        )


Match = Callable[[Connection, Sequence[Transit]], list[Hit]]
"""Finds the entries of transits: `Matcher.hits`, or `matching_entries`, which needs no memory."""

LIVE_FOR = timedelta(hours=1)
"""After its capture a transit raises a live alarm; later, as after an outage of its reader, one from the past."""


@dataclass(frozen=True, kw_only=True)
class Centre:
    """Where every consumer of this process writes: the database, and the images' bytes."""

    database: Database
    images: ImageStore
    match: Match = matching_entries
    """How transits find their entries; ingest gives the matcher that has all lists in memory."""
    hits_only: frozenset[str] = frozenset()
    """Gates that keep a transit only when it matches an entry."""
    purposes: Mapping[str, str] = field(default_factory=dict)
    """By gate the purpose (its id) that says how long its transits are kept; without the gates that name none."""
    join_after_close: timedelta = JOIN_AFTER_CLOSE
    """So long after it was settled, an alarm takes further sightings of its vehicle."""
    kept_now: KeptNow | None = None
    """The rules of gates, where they may change: they replace `hits_only` and `purposes`."""

    def as_of_now(self) -> "Centre":
        """With the rules of this moment: take it once for a batch."""
        if self.kept_now is None:
            return self
        rules = self.kept_now()
        return replace(self, hits_only=rules.hits_only, purposes=rules.purposes, kept_now=None)

    def purpose_of(self, gate_id: str) -> str:
        """The purpose of a gate, which may be unknown."""
        return self.purposes.get(gate_id, NO_PURPOSE)


def store_batch(
    centre: Centre,
    batch: Batch,
    now: datetime,
    limits: LetterLimits | None = None,
    keys: KeyRing | None = None,
    *,
    live_since: datetime | None = None,
) -> StoredBatch:
    """Store the batch: transits, images and alarms all or nothing; after them health reports and dead letters.

    Those are in transactions of their own, since no alarm waits for them or for their locks. A batch that comes again
    adds what is missing. `now` is when it was received; `keys` are those by which it was decoded. What was captured
    before `live_since` (UTC; an hour ago by default) raises alarms from the past.

    Images are written first: a row never names a file that is not there. Transits at gates that keep hits only are
    matched before anything of them is written, and discarded when they match nothing. Raises StoreError.
    """
    transits = batch.transits
    centre = centre.as_of_now()
    with centre.database.transaction() as conn:
        if keys is not None:
            batch = refuse_camera_takeovers(conn, keys, batch)
        batch = file_images(conn, centre.images, batch, keys)
        at_door = sum(isinstance(item, Discarded) for item in batch.items)
        found = sort_out(conn, transits)
        batch = _without_conflicts(batch, found.other)
        # The lock first, and at READ COMMITTED: see anpr/ingest/matcher.py for why no entry is missed then.
        announce_storing(conn, found.new)
        hits = centre.match(conn, found.new)
        kept, gone = divide(found.new, hits, centre.hits_only)
        stored = insert_transits(conn, kept, now, batch.signatures, centre.purposes)
        headers = [(image.header, len(image.data)) for image in batch.images]
        noted = record_images(conn, headers, now, centre.purposes)
        new_hits = [hit for hit in hits if hit[0].id in stored]
        raised = _raise(conn, new_hits, now, live_since or now - LIVE_FOR, centre.join_after_close)
        uncounted = discard_new(conn, gone)
        _count(conn, batch, [each for each in kept if each.id in stored], uncounted, now)
    discarded = Counter(each.gate_id for each in uncounted)
    account(centre.database, batch, {*stored, *(each.id for each in uncounted)}, now, keys)
    batch = batch.without({transit.id for transit in gone})
    removed = remove_late_images(centre.database, centre.images, batch, gone, centre.hits_only)
    batch = withhold(batch, centre.hits_only)
    health = _store_health(centre.database, batch, now)
    _store_views(centre.database, batch, now)
    letters = _store_dead_letters(centre.database, batch.refusals, now, limits)
    places = {letter.place for letter in letters}
    return StoredBatch(
        stored=len(stored),
        duplicates=len(transits) - len(stored) - len(found.other) - discarded.total(),
        images=noted,
        raised=raised,
        health=health,
        refusals=batch.refusals,
        letters=[each for each in batch.refusals if each.place in places],
        unsigned=_unsigned(batch),
        discarded=discarded,
        discarded_images=at_door + removed,
    )


def _count(
    conn: Connection, batch: Batch, stored: Sequence[Transit], discarded: Sequence[Transit], now: datetime
) -> None:
    """With what is stored or not at all; those without a number here too, since nothing tells their copies later."""
    bare = unnumbered(batch)
    tally = tally_kept(stored, "stored", now) + tally_kept(discarded, "discarded", now)
    for each in (*stored, *discarded):
        if each.id in bare:
            tally[place_of(each.gate_id, each.reader_id, each.captured_at), "unnumbered"] += 1
    add_counts(conn, tally)


def _without_conflicts(batch: Batch, places: set[int]) -> Batch:
    """The batch with its transits at these places (counted among transits) refused: their ids are another's."""
    if not places:
        return batch
    numbers = iter(range(len(batch.items)))
    items = tuple(
        _conflict(record, item, origin.signer) if isinstance(item, Transit) and next(numbers) in places else item
        for record, item, origin in zip(batch.records, batch.items, batch.origins, strict=True)
    )
    return replace(batch, items=items)


def _conflict(record: Incoming, transit: Transit, signer: str | None) -> Refusal:
    detail = f"transit {transit.id} of reader {transit.reader_id}: another one is stored under this id"
    return Refusal(record=record, reason=PoisonReason.CONFLICT, detail=detail, signer=signer)


def _store_health(database: Database, batch: Batch, now: datetime) -> int:
    if not batch.health:
        return 0
    with database.transaction() as conn:
        told = record_health(conn, batch.health, now)
        record_heartbeats(conn, batch.heartbeats)
        record_plan_reports(conn, batch.health)
    return told


def _store_views(database: Database, batch: Batch, now: datetime) -> None:
    if not batch.views:
        return
    with database.transaction() as conn:
        record_views(conn, batch.views, now)


def _store_dead_letters(
    database: Database, refusals: Sequence[Refusal], now: datetime, limits: LetterLimits | None
) -> list[DeadLetter]:
    """Every consumer of every ingest locks the same few senders' rows, so they are held for this alone."""
    if not refusals:
        return []
    with database.transaction() as conn:
        return record_dead_letters(conn, _dead_letters(refusals, now), limits)


def _unsigned(batch: Batch) -> Counter[str]:
    return Counter(
        [
            record.topic
            for record, item, origin in zip(batch.records, batch.items, batch.origins, strict=True)
            if origin.signature is Signature.UNSIGNED and not isinstance(item, Refusal | Discarded)
        ]
    )


def _raise(
    conn: Connection, hits: Sequence[Hit], now: datetime, live_since: datetime, join_after_close: timedelta
) -> Raised:
    """What passed long ago is no alarm to run for: it goes on the channel of alarms from the past."""
    live = [hit for hit in hits if hit[0].captured_at >= live_since]
    late = [hit for hit in hits if hit[0].captured_at < live_since]
    raised = raise_alarms(conn, live, now, join_after_close=join_after_close)
    return raised + raise_alarms(conn, late, now, retro=True, join_after_close=join_after_close)


def _dead_letters(refusals: Iterable[Refusal], now: datetime) -> list[DeadLetter]:
    return [
        DeadLetter(
            received_at=now,
            topic=refusal.record.topic,
            partition=refusal.record.partition,
            offset=refusal.record.offset,
            reason=refusal.reason,
            detail=refusal.letter_detail,
            size=len(refusal.record.value),
            value=refusal.letter_value,
            sender=f"reader/{refusal.signer}" if refusal.signer else sender_of(refusal.record),
        )
        for refusal in refusals
    ]
