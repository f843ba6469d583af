# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deliveries of lists that a centre hands out, put on their list: entries, version and ledger in one transaction."""

from dataclasses import asdict, replace

from anpr.domain.errors import InputError
from anpr.domain.list_delivery import DeliveryOutcome, refusal_of
from anpr.listfiles.importing import ImportOrder, import_order
from anpr.listfiles.reading import ListFile
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.watchlists.entries import ImportMode, ImportResult
from anpr.store.watchlists.imports import list_size
from anpr.store.watchlists.received import (
    Arrival,
    ReceivedList,
    begin_delivery,
    find_received,
    note_effect,
    note_version,
)


def delivery_order(order: ImportOrder, read: ListFile) -> ImportOrder:
    """The same file as what it is: the whole list, or changes of it."""
    return replace(order, mode=ImportMode.DELTA if read.is_delta else ImportMode.REPLACE, is_delivery=True)


def arrival_of(order: ImportOrder, read: ListFile) -> Arrival:
    """The file as the ledger has it."""
    return Arrival(watchlist_id=order.watchlist_id, file_name=order.name, sha256=read.sha256, came=read.delivery)


def take_delivery(
    conn: Connection, received: ReceivedList, order: ImportOrder, read: ListFile, by: Author, expected: ImportResult
) -> None:
    """Put it on the list, all or nothing. Raises ListChangedError when it would do anything else than `expected`, or
    another version was taken meanwhile."""
    arrived, size = arrival_of(order, read), list_size(conn, order.watchlist_id)
    number = begin_delivery(conn, arrived, by, DeliveryOutcome.TAKEN)
    done = import_order(conn, delivery_order(order, read), read, by, expected)
    note_effect(conn, number, {**asdict(done.result), "import_id": done.id, "size": size})
    note_version(conn, received, arrived, by.at)


def take_held(conn: Connection, order: ImportOrder, read: ListFile, by: Author, expected: ImportResult) -> None:
    """As `take_delivery`, after a person has approved it. Raises InputError when the list has gone on meanwhile."""
    received = find_received(conn, order.watchlist_id)
    if received is None:
        raise InputError(f"watchlist {order.watchlist_id}: it is received no more")
    if refusal_of(received.held, read.delivery, read.sha256) is not None:
        raise InputError(f"watchlist {order.watchlist_id}: another version was taken meanwhile")
    take_delivery(conn, received, order, read, by, expected)
