# SPDX-License-Identifier: AGPL-3.0-or-later
"""Admission of deliveries of lists that a centre hands out: taken, nothing to do, refused, or held for a person.

A list stays as it is until a delivery that follows its version is whole, understood and plausible.
"""

from dataclasses import asdict, dataclass

from anpr.domain.list_delivery import (
    DeliveryOutcome,
    refusal_of,
    values_of_delivery,
    words_of_delivery,
)
from anpr.listfiles.deliveries import arrival_of, delivery_order, take_delivery
from anpr.listfiles.importing import ImportOrder, preview_order, refuse_wrong_rows
from anpr.listfiles.proposing import propose_import, waits_already
from anpr.listfiles.reading import ListFile
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.watchlists.imports import Preview
from anpr.store.watchlists.lists import get_watchlist
from anpr.store.watchlists.proposals import ProposalKind, ProposalState, close_proposal, list_proposals
from anpr.store.watchlists.received import (
    ReceivedList,
    begin_delivery,
    note_effect,
    note_same,
    want_full,
)

ACTOR = "watchlist pickup"
"""In whose name files are imported that nobody uploads."""
_SECOND_PERSON = "the list demands a second person"


@dataclass(frozen=True, kw_only=True, slots=True)
class Admission:
    """What became of a delivery, and why, in one line."""

    outcome: DeliveryOutcome
    detail: str = ""


def admit(conn: Connection, received: ReceivedList, order: ImportOrder, read: ListFile, by: Author) -> Admission:
    """Judge a file that was read, and take it where it may be. Changes of the list, its version and its ledger come
    with this transaction, or none of them.

    Raises InputError when rows of it are wrong, or another process has changed the list meanwhile.
    """
    refusal = refusal_of(received.held, read.delivery, read.sha256)
    if refusal is not None:
        return _refuse(conn, received, order, read, by, refusal)
    order = delivery_order(order, read)
    refuse_wrong_rows(order, read)
    preview = preview_order(conn, order, read)
    doubt = _doubt(conn, received, read, preview)
    if doubt:
        return _hold(conn, order, read, by, preview, doubt)
    _withdraw_older(conn, order, by)
    take_delivery(conn, received, order, read, by, preview.result)
    return Admission(outcome=DeliveryOutcome.TAKEN)


def _refuse(
    conn: Connection, received: ReceivedList, order: ImportOrder, read: ListFile, by: Author, why: DeliveryOutcome
) -> Admission:
    detail = _told(received, read, why)
    begin_delivery(conn, arrival_of(order, read), by, why, detail)
    if why is DeliveryOutcome.SAME:
        note_same(conn, order.watchlist_id, read.delivery)
    elif why is DeliveryOutcome.GAP:
        want_full(conn, order.watchlist_id)
    told = {"watchlist": order.watchlist_id, "file": order.name, "sha256": read.sha256, "outcome": str(why)}
    event = AuditEvent(
        actor=by.name,
        action=AuditAction.WATCHLIST_DELIVERY,
        at=by.at,
        reason=detail or None,
        detail={**told, **words_of_delivery(read.delivery), "rows": read.rows},
    )
    append(conn, event)
    return Admission(outcome=why, detail=detail)


def _told(received: ReceivedList, read: ListFile, why: DeliveryOutcome) -> str:
    held = received.held.version.text if received.held.version else "none"
    came = read.delivery.version.text if read.delivery.version else "none"
    base = f" for {read.delivery.base.text}" if read.delivery.base else ""
    return {
        DeliveryOutcome.OLDER: f"version {came} is older than {held}, which is held",
        DeliveryOutcome.DIFFERENT: f"version {came} is held already, with another content",
        DeliveryOutcome.GAP: f"changes {came}{base} do not follow version {held}: a whole list is needed",
    }.get(why, "")


def _doubt(conn: Connection, received: ReceivedList, read: ListFile, preview: Preview) -> str:
    """Why a person is to look at it first; empty: they need not."""
    result = preview.result
    if not read.is_delta and not read.entries and preview.size:
        return f"holds no entries, and the list has {preview.size}"
    too_much = received.plausible.exceeded(preview.size, result.added, result.removed)
    if too_much or not get_watchlist(conn, received.watchlist_id).second_person:
        return too_much
    return _SECOND_PERSON


def _hold(conn: Connection, order: ImportOrder, read: ListFile, by: Author, preview: Preview, doubt: str) -> Admission:
    detail = f"{order.name} {doubt}" if doubt != _SECOND_PERSON else order.name
    if waits_already(conn, order):
        return Admission(outcome=DeliveryOutcome.HELD, detail=detail)
    _withdraw_older(conn, order, by)
    number = begin_delivery(conn, arrival_of(order, read), by, DeliveryOutcome.HELD, detail)
    proposal = propose_import(conn, order, read, by, detail, values_of_delivery(read.delivery))
    note_effect(conn, number, {**asdict(preview.result), "size": preview.size, "proposal_id": proposal})
    return Admission(outcome=DeliveryOutcome.HELD, detail=detail)


def _withdraw_older(conn: Connection, order: ImportOrder, by: Author) -> None:
    """An earlier delivery that still waits is overtaken by this one."""
    for each in list_proposals(conn, order.watchlist_id):
        is_ours = each.kind is ProposalKind.IMPORT and each.made_by == ACTOR and "delivery" in each.content
        if is_ours and each.is_open(by.at):
            author = Author(name=ACTOR, at=by.at)
            close_proposal(
                conn, order.watchlist_id, each.id, author, ProposalState.WITHDRAWN, "overtaken by a later one"
            )
