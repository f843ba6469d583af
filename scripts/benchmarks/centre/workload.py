# SPDX-License-Identifier: AGPL-3.0-or-later
"""Workload generator: a repeatable day of transits of many cameras, and its watchlist."""

import random
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from anpr.contract.topics import TRANSITS_TOPIC
from anpr.contract.transit import encode_transit
from anpr.domain.read import Box, Candidate
from anpr.domain.transit import Transit
from anpr.domain.watchlist import MatchMode, Priority, Watchlist
from anpr.ingest.consume import Consumer
from anpr.store.database.connection import Database
from anpr.store.watchlists.entries import NewEntry, import_entries
from anpr.store.watchlists.lists import save_watchlist
from anpr.store.watchlists.matching import Hit
from anpr.transport.outbox import Outbox
from anpr.transport.records import OutboxRecord

CAMERAS = 100
LISTED_PLATE = "AA000AA"
"""Entry 0 of the lists."""
LIVE = timedelta(minutes=20)
"""Within so long before now each listed transit raises a live alarm, and none one from the past."""
VEHICLES = 150_000
"""Different plates in the day: each passes two or three times, as on real roads."""
_LETTERS = "ABCDEFGHJKLMNPRSTVWXYZ"


@dataclass(frozen=True, kw_only=True)
class Workload:
    """`number` transits within `span` before `end`, evenly over time, by chance over cameras and vehicles."""

    number: int
    end: datetime
    span: timedelta = timedelta(days=1)
    seed: int = 20261121

    def transits(self, share: int = 0, shares: int = 1) -> Iterator[Transit]:
        """In the order of their capture; of the gates of one of `shares` senders."""
        chance = random.Random(self.seed + share)
        step = self.span / self.number
        start = self.end - self.span
        for index in range(share, self.number, shares):
            yield make(chance, start + index * step, index, share, shares)

    def records(self, share: int = 0, shares: int = 1) -> Iterator[OutboxRecord]:
        """As a reader would send them."""
        for index, transit in enumerate(self.transits(share, shares)):
            yield as_record(index, transit)


def make(chance: random.Random, captured_at: datetime, index: int, share: int = 0, shares: int = 1) -> Transit:
    """One transit with three candidates and no image."""
    gate = chance.randrange(share, CAMERAS // 2, shares)
    camera = 2 * gate + chance.randrange(2)
    plate = plate_of(chance.randrange(VEHICLES))
    confidence = round(chance.uniform(0.7, 0.999), 4)
    rest = 1 - confidence
    return Transit(
        id=_uuid7(captured_at, index, chance),
        gate_id=f"gate-{gate}",
        camera_id=f"camera-{camera}",
        reader_id=f"reader-{camera // 4}",
        captured_at=captured_at,
        first_seen=captured_at - timedelta(milliseconds=400),
        last_seen=captured_at + timedelta(milliseconds=400),
        plate=plate,
        raw=plate,
        confidence=confidence,
        candidates=(
            Candidate(text=plate, probability=confidence),
            Candidate(text=plate[:-1] + "X", probability=round(rest / 2, 4)),
            Candidate(text="X" + plate[1:], probability=round(rest / 4, 4)),
        ),
        reads=chance.randrange(3, 30),
        box=Box(x=chance.uniform(0, 1700), y=chance.uniform(0, 1000), w=140.0, h=32.0),
        country="I",
    )


def as_record(seq: int, transit: Transit) -> OutboxRecord:
    """As it leaves the outbox."""
    return OutboxRecord(
        seq=seq, topic=TRANSITS_TOPIC, key=transit.gate_id.encode(), headers={}, value=encode_transit(transit)
    )


def plate_of(number: int) -> str:
    """An Italian plate."""
    rest, digits = divmod(number, 1000)
    letters = []
    for _ in range(4):
        rest, index = divmod(rest, len(_LETTERS))
        letters.append(_LETTERS[index])
    return f"{letters[0]}{letters[1]}{digits:03d}{letters[2]}{letters[3]}"


def fill_watchlists(database: Database, entries: int) -> None:
    """`entries` plates over an exact, a look-alike and a probability list; one in a thousand is on our roads."""
    modes = list(MatchMode)
    passing = entries // 1000
    plates = [plate_of(index * 7) for index in range(passing)]
    plates += [plate_of(VEHICLES + 1_000_000 + index) for index in range(entries - passing)]
    with database.transaction() as conn:
        for number, mode in enumerate(modes):
            watchlist = Watchlist(
                id=f"list-{mode}",
                name=mode,
                priority=Priority.HIGH,
                purpose="benchmark",
                legal_basis="none",
                match=mode,
            )
            save_watchlist(conn, watchlist)
            import_entries(conn, watchlist.id, _new_entries(plates[number :: len(modes)]))
        conn.execute("ANALYZE entries")


def put_all(outbox: Outbox, workload: Workload) -> None:
    """As a reader does with what it has seen."""
    for transit in workload.transits():
        outbox.put_transit(transit, {})


def drain(consumer: Consumer, number: int) -> None:
    """Step until so many transits are recorded."""
    never = threading.Event()
    while consumer.summary.transits + consumer.summary.duplicates < number:
        consumer.step(never)


def _new_entries(plates: Sequence[str]) -> list[NewEntry]:
    return [NewEntry(plate=plate, reason="benchmark") for plate in plates]


def _uuid7(moment: datetime, index: int, chance: random.Random) -> UUID:
    milliseconds = int(moment.astimezone(UTC).timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 7 << 76 | (index & 0xFFF) << 64 | 2 << 62 | chance.getrandbits(62))


def of_its_own(hit: Hit) -> Hit:
    """As if each transit were of another vehicle, so that each raises an alarm."""
    transit, match, watchlist = hit
    return transit, replace(match, entry=replace(match.entry, plate=transit.id.hex[-10:].upper())), watchlist
