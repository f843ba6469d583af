# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ledger of places that files of lists are fetched from: which files were taken, and whether the last look failed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

REMEMBERED = timedelta(days=30)
"""So long a file is remembered after the server has it no more."""
_LATE_LOOKS, _LATE_LEAST = 3, timedelta(hours=1)
_MOST_FAILURE = 500
_SQL = load_queries("list_places")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as its server tells it: size in bytes, time in whole seconds since 1970."""

    name: str
    size: int
    written_at: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TroubledPlace:
    """A place from which nothing comes: its last look failed, or nobody has looked for too long (UTC)."""

    name: str
    """Of the list."""
    watchlist_id: str
    place: str
    looked_at: datetime
    failing_since: datetime | None
    """None: nobody has looked since `looked_at`."""
    failure: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceMark:
    """What a place of the web said of the list that it handed out last; empty: nothing."""

    etag: str = ""
    modified: str = ""
    sha256: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownPlace:
    """A place at which somebody looked (UTC)."""

    looked_at: datetime
    is_failing: bool
    mark: PlaceMark


def note_look(
    conn: Connection, watchlist_id: str, place: str, at: datetime, failure: str = "", every_s: float | None = None
) -> None:
    """How a look went; an empty failure: well. `every_s`: the place's own pace, if it has one."""
    values = {"watchlist_id": watchlist_id, "place": place, "at": at, "failure": failure[:_MOST_FAILURE]}
    conn.execute(_SQL["looked"], {**values, "every_s": every_s})


def get_place(conn: Connection, watchlist_id: str, place: str) -> KnownPlace | None:
    """None: nobody has looked there yet."""
    row = conn.execute(_SQL["get"], {"watchlist_id": watchlist_id, "place": place}).fetchone()
    if row is None:
        return None
    mark = PlaceMark(etag=row["etag"], modified=row["modified"], sha256=row["sha256"])
    return KnownPlace(looked_at=row["looked_at"], is_failing=row["failing_since"] is not None, mark=mark)


def note_mark(conn: Connection, watchlist_id: str, place: str, at: datetime, mark: PlaceMark) -> None:
    """What was handed out lies here as a whole."""
    values = {"watchlist_id": watchlist_id, "place": place, "at": at}
    marks = {"etag": mark.etag, "modified": mark.modified, "sha256": mark.sha256}
    conn.execute(_SQL["mark"], values | marks)


def troubled_places(conn: Connection, now: datetime, every_s: float) -> list[TroubledPlace]:
    """Those whose last look failed, and those at which nobody looked for three looks of `every_s` seconds, or of
    their own pace, an hour at least; the longest first. Of the console's role, of its organisation's lists."""
    values = {"now": now, "looks": _LATE_LOOKS, "every_s": every_s, "least": _LATE_LEAST}
    return [TroubledPlace(**row) for row in conn.execute(_SQL["troubled"], values)]


def looked_places(conn: Connection) -> list[TroubledPlace]:
    """All places that were looked at, by list and place. Of the console's role, of its organisation's lists."""
    return [TroubledPlace(**row) for row in conn.execute(_SQL["looked_at"], {})]


def forget_places(conn: Connection, now: datetime) -> int:
    """Retention: delete places at which nobody has looked for REMEMBERED, as no settings name them; returns how
    many."""
    return conn.execute(_SQL["forget_places"], {"before": now - REMEMBERED}).rowcount


def taken_files(conn: Connection, watchlist_id: str, place: str) -> set[RemoteFile]:
    """Those that were taken before."""
    rows = conn.execute(_SQL["taken"], {"watchlist_id": watchlist_id, "place": place})
    return {RemoteFile(row["file_name"], row["size"], row["written_at"]) for row in rows}


def note_taken(conn: Connection, watchlist_id: str, place: str, file: RemoteFile, at: datetime) -> None:
    """The file lies here as a whole."""
    values = {"watchlist_id": watchlist_id, "place": place, "file_name": file.name, "size": file.size}
    conn.execute(_SQL["take"], {**values, "written_at": file.written_at, "at": at})


def note_seen(conn: Connection, watchlist_id: str, place: str, files: Iterable[RemoteFile], at: datetime) -> None:
    """What the server has now stays remembered; what it has had no more for REMEMBERED is forgotten."""
    there = list(files)
    values = {"watchlist_id": watchlist_id, "place": place, "at": at, "before": at - REMEMBERED}
    values |= {"names": [each.name for each in there], "sizes": [each.size for each in there]}
    conn.execute(_SQL["seen"], {**values, "times": [each.written_at for each in there]})
    conn.execute(_SQL["forget"], values)
