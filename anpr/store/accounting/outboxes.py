# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ranges of sequence numbers of readers' outboxes, with the gaps in them, each outbox locked while it changes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from anpr.domain.sequence import Gap, NumbersSeen, take_numbers
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

MAX_OUTBOXES = 20
"""Of one reader; the ones that were heard of last."""
_SQL = load_queries("accounting")

OutboxKey = tuple[str, str]
"""Reader, and the epoch of its outbox."""


def note_numbers(
    conn: Connection, arrived: Mapping[OutboxKey, Sequence[tuple[int, datetime]]], now: datetime
) -> dict[OutboxKey, set[int]]:
    """Note the numbers that came, with the capture times of their transits; returns those that are new.

    Locks the outboxes in one order until the transaction ends. Raises StoreError.
    """
    if not arrived:
        return {}
    keys = sorted(arrived)
    values = {"readers": [reader for reader, _ in keys], "epochs": [epoch for _, epoch in keys], "now": now}
    conn.execute(_SQL["enter_outboxes"], values)
    rows = conn.execute(_SQL["lock_outboxes"], values).fetchall()
    gaps = _gaps(conn, values)
    new: dict[OutboxKey, set[int]] = {}
    for row in rows:
        key = row["reader_id"], row["epoch"]
        before = _seen(row, gaps[key])
        after, new[key] = take_numbers(before, arrived[key], now)
        _save(conn, key, before, after, now)
    conn.execute(_SQL["forget_outboxes"], {**values, "most": MAX_OUTBOXES})
    return new


def _gaps(conn: Connection, values: Mapping[str, Any]) -> dict[OutboxKey, list[Gap]]:
    found: dict[OutboxKey, list[Gap]] = defaultdict(list)
    for row in conn.execute(_SQL["gaps_of"], values):
        gap = Gap(row["first_number"], row["last_number"], row["after_at"], row["before_at"], row["found_at"])
        found[row["reader_id"], row["epoch"]].append(gap)
    return found


def _seen(row: Mapping[str, Any], gaps: Sequence[Gap]) -> NumbersSeen:
    return NumbersSeen(
        first=row["first_number"],
        last=row["last_number"],
        first_at=row["first_at"],
        last_at=row["last_at"],
        gaps=tuple(gaps),
        forgotten=row["forgotten"],
    )


def _save(conn: Connection, key: OutboxKey, before: NumbersSeen, after: NumbersSeen, now: datetime) -> None:
    at = {"reader_id": key[0], "epoch": key[1], "now": now}
    names = ("first", "last", "first_at", "last_at", "forgotten")
    conn.execute(_SQL["save_outbox"], {**at, **{name: getattr(after, name) for name in names}})
    known, kept = set(before.gaps), set(after.gaps)
    for gap in sorted(known - kept, key=lambda gap: gap.first):
        conn.execute(_SQL["drop_gap"], {**at, "first": gap.first})
    for gap in sorted(kept - known, key=lambda gap: gap.first):
        fields = {name: getattr(gap, name) for name in Gap.__slots__}
        conn.execute(_SQL["add_gap"], {**at, **fields})
