# SPDX-License-Identifier: AGPL-3.0-or-later
"""Transits in the database: each stored once, however often it is sent; found by plate, gate and time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from psycopg.types.json import set_json_loads

from anpr.domain.errors import InputError, StoreError, StoreFault
from anpr.domain.map_area import MapArea
from anpr.domain.recurrence import TimeWindow
from anpr.domain.search_conditions import NO_CONDITIONS, SearchConditions
from anpr.domain.signature import Signature
from anpr.domain.transit import Transit
from anpr.domain.transit_id import capture_window
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import count_of, one_row
from anpr.store.database.partitions import NO_PURPOSE, Part, ensure_parts, refuse_unstorable, utc_day
from anpr.store.database.queries import load_queries
from anpr.store.transits.copy_rows import copy_rows
from anpr.store.transits.pattern import read_pattern
from anpr.store.transits.reader_software import note_software, software_text
from anpr.store.transits.search_sql import SearchFrom, SearchOrder, SearchStatement, values_of

_SQL = load_queries("transits")
_PREPARED = frozenset({"search_exact", "search_look_alike_exact"})
"""Found by one index whatever is asked, while planning thirty days takes three times as long as looking: after five
times a connection keeps the plan, and days are left out when it runs."""
_NO_SIGNATURES: Mapping[UUID, Signature] = MappingProxyType({})
_NO_PURPOSES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredTransit:
    """A transit, when the centre stored it (UTC), and how it came."""

    transit: Transit
    received_at: datetime
    signature: Signature | None = None
    """None: from before the centre kept it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundPoint:
    """When (UTC) and where a plate passed, and nothing else of the transit with this id."""

    captured_at: datetime
    id: UUID
    gate_id: str
    plate: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TransitQuery:
    """What to search: a plate, exact or with `*` and `?`, captured in [since, until) at these gates (empty: all).

    `look_alike` also finds plates that look like it (O/0, I/1, B/8 …). Without a pattern: any plate, and then `since`
    and `until` and either gates or kinds of alarms must be given. `limit` transits are returned in `order`, without the
    first `offset`, or from behind the key `after` (capture time and id) on; only those that the centre had received
    until `received_until`, when it is given.
    """

    pattern: str
    since: datetime | None = None
    until: datetime | None = None
    gate_ids: tuple[str, ...] = ()
    look_alike: bool = False
    limit: int = 200
    offset: int = 0
    is_backward: bool = False
    """The order the other way round: with `after` what comes before it, the nearest first."""
    after_plate: str | None = None
    """Of the transit in `after`, where the order is by plate."""
    received_until: datetime | None = None
    conditions: SearchConditions = NO_CONDITIONS
    order: SearchOrder = SearchOrder.NEWEST
    after: tuple[datetime, UUID] | None = None
    area: MapArea | None = None
    """What on the map meant these gates when it was asked; the search goes by the gates alone."""

    def windows(self) -> tuple[TimeWindow, ...] | None:
        """The windows of its recurring hours; None when it asks for none. Raises InputError without a whole range."""
        recurs = self.conditions.recurrence
        if recurs.is_always and self.pattern:
            return None
        if self.since is None or self.until is None:
            raise InputError("since: a search without a plate, or for hours of days, needs a start and an end")
        try:
            return recurs.windows(self.since, self.until, ZoneInfo(self.conditions.zone))
        except ValueError as exc:
            raise InputError(f"since: {exc}") from exc


def insert_transits(
    conn: Connection,
    transits: Sequence[Transit],
    received_at: datetime,
    signatures: Mapping[UUID, Signature] = _NO_SIGNATURES,
    purposes: Mapping[str, str] = _NO_PURPOSES,
) -> set[UUID]:
    """Store those that are not stored yet; returns their ids. The days they belong to are made when missing.
    `signatures` says by id how they came, `purposes` by gate for which purpose they were read. One that is stored under
    another purpose is not seen here: `sort_out` sees it.

    Call it first and once in a transaction: it takes its locks in one order (days, plates, transits by key), so that
    two inserters never wait for each other in a circle. Raises InputError for an impossible capture time, and
    StoreError when another transit has been stored under the id of one of these just now.
    """
    if not transits:
        return set()
    refuse_unstorable(transits, received_at)
    parts = {Part(utc_day(t.captured_at), purposes.get(t.gate_id, NO_PURPOSE)) for t in transits}
    ensure_parts(conn, parts, ["transits"])
    conn.execute(_SQL["create_staging"])
    conn.execute(_SQL["empty_staging"])
    with conn.cursor() as cursor, cursor.copy(_SQL["copy_staging"]) as copy:
        copy.write(copy_rows(transits, received_at, signatures, purposes))
    conn.execute(_SQL["insert_plates"])
    note_software(conn, transits)
    return _insert_staged(conn, transits)


def announce_storing(conn: Connection, transits: Sequence[Transit]) -> None:
    """Take the lock of an insert before these transits are matched: retro-match waits for whoever holds it."""
    if transits:
        conn.execute(_SQL["announce"])


def _insert_staged(conn: Connection, transits: Sequence[Transit]) -> set[UUID]:
    """Ids come back only when some were there already: nearly always all are new, or none is."""
    row = one_row(conn, _SQL["insert_transits"], {"number": len(transits)})
    if row["count"] == len(transits):
        return {transit.id for transit in transits}
    _refuse_taken(conn, transits)
    return set(row["ids"] or ())


def _refuse_taken(conn: Connection, transits: Sequence[Transit]) -> None:
    """The insert passes over any conflict; one with another transit's id must not look like a copy."""
    moments = [transit.captured_at for transit in transits]
    taken = conn.execute(_SQL["taken"], {"since": min(moments), "until": max(moments)}).fetchone()
    if taken is not None:
        raise StoreError(f"transit {taken['id']}: another one is stored under this id", fault=StoreFault.DATA)


def latest_transits(conn: Connection, limit: int, gate_ids: Sequence[str] | None = None) -> list[StoredTransit]:
    """The newest transits by capture time, newest first; at these gates when given."""
    name = "latest" if gate_ids is None else "latest_of_gates"
    return _many(conn, _SQL[name], {"limit": limit, "gate_ids": list(gate_ids or ())})


def last_of_gates(conn: Connection, gate_ids: Sequence[str]) -> dict[str, datetime]:
    """When each of these gates captured its newest transit (UTC); without the gates that have none."""
    rows = conn.execute(_SQL["last_of_gates"], {"gate_ids": list(gate_ids)})
    return {row["gate_id"]: row["captured_at"] for row in rows}


def get_transit(conn: Connection, transit_id: UUID) -> StoredTransit | None:
    """The transit with this id, and what read it; None when there is none (any more)."""
    window = capture_window(transit_id)
    if window is None:
        return None
    row = conn.execute(_SQL["get"], {"id": transit_id, "since": window[0], "until": window[1]}).fetchone()
    return from_row(row | {"software": software_text(conn, row["software"])}) if row else None


def transit_at(conn: Connection, captured_at: datetime, transit_id: UUID) -> StoredTransit | None:
    """The transit with this id that was captured then (UTC); None when there is none (any more)."""
    row = conn.execute(_SQL["get"], {"id": transit_id, "since": captured_at, "until": captured_at}).fetchone()
    return from_row(row) if row else None


def search_transits(conn: Connection, query: TransitQuery) -> list[StoredTransit]:
    """What the query asks, in its order. Raises InputError for one that cannot be searched.

    People must search through `audited_search` or `record_search`, which record who asked and why.
    """
    if (whole := _whole(query)) is not None:
        return _many(conn, _SQL[whole], _values(query), prepare=whole in _PREPARED)
    statement = _statement(query)
    return _many(conn, statement.rows(), statement.values)


def count_found(conn: Connection, query: TransitQuery) -> int:
    """How many transits the query finds, `limit` at most. Raises InputError for one that cannot be searched."""
    statement = _statement(query)
    return count_of(conn, statement.number(), statement.values)


def found_points(conn: Connection, query: TransitQuery) -> list[FoundPoint]:
    """When and where the transits of the query passed, in its order. Raises InputError as `search_transits`."""
    statement = _statement(query)
    with conn.cursor(binary=True) as cursor:
        return [FoundPoint(**row) for row in cursor.execute(statement.points(), statement.values).fetchall()]


def _whole(query: TransitQuery) -> str | None:
    """The name of the statement of a search by plate alone, whose plan may be kept; None for any other."""
    is_plain = query.conditions.are_none and query.order is SearchOrder.NEWEST and query.after is None
    return f"search_{_source(query)}" if is_plain and query.pattern else None


def _source(query: TransitQuery) -> SearchFrom:
    if not query.pattern:
        return SearchFrom.GATES if query.gate_ids else SearchFrom.ANY
    is_wildcard = read_pattern(query.pattern).is_wildcard
    return SearchFrom(f"{'look_alike_' if query.look_alike else ''}{'wildcard' if is_wildcard else 'exact'}")


def _statement(query: TransitQuery) -> SearchStatement:
    return SearchStatement(
        source=_source(query), order=query.order, is_backward=query.is_backward, values=_values(query)
    )


def _values(query: TransitQuery) -> dict[str, Any]:
    pattern = read_pattern(query.pattern) if query.pattern else None
    windows = query.windows()
    return {
        "text": pattern.text if pattern else None,
        "folded": pattern.look_alike_text if pattern else None,
        "since": query.since,
        "until": query.until,
        "gate_ids": list(query.gate_ids) or None,
        "limit": query.limit,
        "offset": query.offset,
        "received_until": query.received_until,
        "starts": None if windows is None else [window.since for window in windows],
        "ends": None if windows is None else [window.until for window in windows],
        "after_at": query.after[0] if query.after else None,
        "after_id": query.after[1] if query.after else None,
        "after_plate": query.after_plate,
        **values_of(query.conditions),
    }


def transits_between(
    conn: Connection, since: datetime, until: datetime, gate_ids: Sequence[str] | None = None, page: int = 1000
) -> Iterator[StoredTransit]:
    """All transits captured in [since, until), oldest first, fetched `page` at a time."""
    after_id: UUID | None = None
    gates = list(gate_ids) if gate_ids is not None else None
    while True:
        values = {"since": since, "until": until, "gate_ids": gates, "after_id": after_id, "limit": page}
        found = _many(conn, _SQL["between"], values)
        yield from found
        if len(found) < page:
            return
        since, after_id = found[-1].transit.captured_at, found[-1].transit.id


def oldest_transit(conn: Connection) -> datetime | None:
    """When the oldest stored transit was captured (UTC); None when none is stored."""
    moment: datetime | None = one_row(conn, _SQL["oldest"])["captured_at"]
    return moment


def count_transits(conn: Connection, since: datetime, until: datetime) -> int:
    """How many were captured in [since, until)."""
    return count_of(conn, _SQL["count"], {"since": since, "until": until})


def from_row(row: dict[str, Any]) -> StoredTransit:
    """The transit in a row of the table, and how it came."""
    signature = Signature(row["signature"]) if row["signature"] else None
    return StoredTransit(transit=transit_of(row), received_at=row["received_at"], signature=signature)


def transit_of(row: dict[str, Any]) -> Transit:
    """The transit in a row of the table; pages of hundreds are read, hence made in C of one dict."""
    nested: dict[str, Any] = {
        "candidates": [{"text": text, "probability": p} for text, p in row["candidates"]],
        "box": {"x": row["box_x"], "y": row["box_y"], "w": row["box_w"], "h": row["box_h"]},
        "images": [{"role": role, "sha256": sha, "size": size} for role, sha, size in row["images"]],
    }
    if not isinstance(row.get("software"), str):
        nested["software"] = None  # the id alone; get_transit looks its text up
    return msgspec.convert(row | nested, Transit)


def transit_rows(
    conn: Connection, statement: bytes, values: Mapping[str, Any], *, prepare: bool = False
) -> list[dict[str, Any]]:
    """The rows of a query for transits, read as quickly as the driver can."""
    with conn.cursor(binary=True) as cursor:  # texts of times and numbers would be parsed
        set_json_loads(msgspec.json.decode, cursor)  # json's own takes a quarter of the time of a page
        return cursor.execute(statement, values, prepare=prepare).fetchall()


def _many(
    conn: Connection, statement: bytes, values: Mapping[str, Any], *, prepare: bool = False
) -> list[StoredTransit]:
    return [from_row(row) for row in transit_rows(conn, statement, values, prepare=prepare)]
