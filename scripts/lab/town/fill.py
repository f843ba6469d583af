# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fills a store with the drawn town: its gates, what its cameras read (and misread), and its blind hours."""

import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from anpr.domain.plate import look_alike_key
from anpr.domain.read import Candidate
from anpr.domain.transit import Transit
from anpr.store.database.connection import Database
from anpr.store.gates import save_gates
from anpr.store.transits.rows import insert_transits
from scripts.lab.town.life import Seen, Town
from scripts.lab.town.streets import gates
from scripts.lab.transits import make_transit

_BATCH = 20_000
_MISREAD = 0.004
"""Share of reads in which one character is taken for one that looks alike."""
_ALIKE = {"0": "O", "1": "I", "8": "B", "B": "8", "D": "O", "5": "S", "S": "5", "2": "Z", "Z": "2"}


def fill_town(database: Database, town: Town) -> int:
    """Store it; returns the number of transits. Raises StoreError."""
    with database.transaction() as conn:
        save_gates(conn, gates())
    count = 0
    read = _read(town.seen(), town.size.seed)
    while batch := list(islice(read, _BATCH)):
        with database.transaction() as conn:
            count += len(insert_transits(conn, batch, _received(batch)))
    return count


def _received(batch: Iterable[Transit]) -> datetime:
    """After the newest of them."""
    return max(transit.captured_at for transit in batch) + timedelta(seconds=5)


def _read(seen: Iterable[Seen], seed: int) -> Iterator[Transit]:
    draw = random.Random(seed + 1)
    for number, each in enumerate(seen):
        wrong = _misread(each.plate, draw) if draw.random() < _MISREAD else None
        changes = {
            "captured_at": each.at,
            "gate_id": each.gate_id,
            "camera_id": f"{each.gate_id}-camera",
            "reader_id": "reader-1",
            "first_seen": each.at - timedelta(seconds=0.4),
            "last_seen": each.at + timedelta(seconds=0.3),
        }
        yield make_transit(number, **changes, **(_sure(each.plate) if wrong is None else _unsure(each.plate, wrong)))


def _sure(plate: str) -> dict[str, object]:
    return {"plate": plate, "raw": plate, "confidence": 0.98, "candidates": (Candidate(text=plate, probability=0.98),)}


def _unsure(plate: str, wrong: str) -> dict[str, object]:
    candidates = (Candidate(text=wrong, probability=0.55), Candidate(text=plate, probability=0.4))
    return {"plate": wrong, "raw": wrong, "confidence": 0.55, "candidates": candidates}


def _misread(plate: str, draw: random.Random) -> str | None:
    """The plate with one character that looks like the true one; None where no character does."""
    places = [index for index, character in enumerate(plate) if character in _ALIKE]
    if not places:
        return None
    index = draw.choice(places)
    wrong = plate[:index] + _ALIKE[plate[index]] + plate[index + 1 :]
    return wrong if look_alike_key(wrong) == look_alike_key(plate) else None
