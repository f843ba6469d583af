# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files as proposals: an import that waits for a second person, and the approval of whatever was proposed.

The file is kept as it came, with the way it was read and what it was shown to change. An approval reads it again and
imports it if it still does exactly that; else the proposal is stale.
"""

import zlib
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any

from anpr.domain.errors import InputError
from anpr.listfiles.columns import Column
from anpr.listfiles.deliveries import take_held
from anpr.listfiles.importing import (
    ImportOrder,
    how_of_order,
    import_order,
    preview_order,
    read_order,
    refuse_wrong_rows,
    undo_order,
)
from anpr.listfiles.reading import HowToRead, ListFile
from anpr.listfiles.table import MAX_BYTES
from anpr.store.author import Author
from anpr.store.database.connection import Connection, Database
from anpr.store.watchlists.entries import ImportMode, ImportResult
from anpr.store.watchlists.proposals import (
    MAX_PROPOSED_FILE,
    OwnProposalError,
    Proposal,
    ProposalGoneError,
    ProposalKind,
    ProposalSettledError,
    ProposalState,
    StaleProposalError,
    add_proposal,
    close_proposal,
    get_proposal,
    list_proposals,
)
from anpr.store.watchlists.proposing import apply_proposal, take_back

_COUNTS = ("added", "changed", "unchanged", "removed")


def propose_import(
    conn: Connection,
    order: ImportOrder,
    read: ListFile,
    by: Author,
    reason: str,
    delivery: Mapping[str, Any] | None = None,
) -> int:
    """The import waits for a second person; the number of its proposal. `delivery`: which one of a centre's list it is.

    Raises InputError as `refuse_wrong_rows`, for a file that is too large to wait, and when too many wait.
    """
    refuse_wrong_rows(order, read)
    result = preview_order(conn, order, read).result
    counts = {name: getattr(result, name) for name in _COUNTS}
    content = {
        "file_name": order.name,
        "mode": str(order.mode),
        "source": order.source,
        "how": words_of_how(how_of_order(conn, order)) | {"skip": order.skips_rejected},
        "counts": counts,
        "rejected": len(read.rejects),
    }
    file, is_packed = _packed(order.content)
    content |= {"packed": True} if is_packed else {}
    content |= {"delivery": dict(delivery)} if delivery is not None else {}
    wanted = Proposal(watchlist_id=order.watchlist_id, kind=ProposalKind.IMPORT, content=content, file=file,
                      reason=reason)  # fmt: skip
    told = {"file": order.name, "sha256": read.sha256, "mode": str(order.mode), "source": order.source or None}
    return add_proposal(conn, wanted, by, {**told, **counts, "rejected": len(read.rejects)})


def waits_already(conn: Connection, order: ImportOrder) -> bool:
    """Whether this very file waits already, as after a crash before it was put away."""
    proposals = list_proposals(conn, order.watchlist_id)
    waiting = [each for each in proposals if each.kind is ProposalKind.IMPORT and each.state is ProposalState.OPEN]
    if not waiting:
        return False
    file, _ = _packed(order.content)
    return any(get_proposal(conn, order.watchlist_id, each.id).file == file for each in waiting)


def _packed(content: bytes) -> tuple[bytes, bool]:
    """The file as it waits, and whether it is packed: a large one is."""
    return (zlib.compress(content), True) if len(content) > MAX_PROPOSED_FILE else (content, False)


def _unpacked(proposal: Proposal) -> bytes:
    """The file as it came. Raises InputError beyond the limit of any list."""
    file = proposal.file or b""
    if not proposal.content.get("packed") or not file:
        return file
    unpacking = zlib.decompressobj()
    content = unpacking.decompress(file, MAX_BYTES)
    if unpacking.unconsumed_tail:
        raise InputError(f"proposal {proposal.id}: its file is larger than {MAX_BYTES >> 20} MiB")
    return content


def order_of_proposal(proposal: Proposal) -> ImportOrder:
    """The import that was proposed. `content` is empty once it was settled."""
    content = proposal.content
    return ImportOrder(
        watchlist_id=proposal.watchlist_id,
        name=content["file_name"],
        content=_unpacked(proposal),
        mode=ImportMode(content["mode"]),
        source=content["source"],
        how=how_from_words(content["how"]),
        skips_rejected=bool(content["how"].get("skip")),
    )


def approve(database: Database, watchlist_id: str, number: int, by: Author, zone: tzinfo) -> Proposal:
    """Approve a proposal and do what it says, all or nothing.

    Raises StaleProposalError when what it was about has changed: it is settled as stale, and nothing else is done.
    Raises ProposalGoneError, ProposalSettledError, OwnProposalError, and InputError.
    """
    try:
        with database.transaction() as conn:
            proposal = close_proposal(conn, watchlist_id, number, by, ProposalState.APPROVED)
            _apply(conn, proposal, by, zone)
            return proposal
    except (ProposalGoneError, ProposalSettledError, OwnProposalError):
        raise
    except InputError as exc:  # the list, the entry or the file is not what it was
        with database.transaction() as conn:
            proposal = close_proposal(conn, watchlist_id, number, by, ProposalState.STALE)
            take_back(conn, proposal, by)
        raise StaleProposalError(str(exc)) from exc


def refuse(database: Database, watchlist_id: str, number: int, by: Author, reason: str) -> None:
    """Refuse it with a reason; what was urgent counts no more. Raises as `close_proposal`."""
    _settle(database, lambda conn: close_proposal(conn, watchlist_id, number, by, ProposalState.REFUSED, reason), by)


def withdraw(database: Database, watchlist_id: str, number: int, by: Author) -> None:
    """Take back one's own; what was urgent counts no more. Raises as `close_proposal`."""
    _settle(database, lambda conn: close_proposal(conn, watchlist_id, number, by, ProposalState.WITHDRAWN), by)


def words_of_how(how: HowToRead) -> dict[str, Any]:
    """How a file is read, as JSON holds it."""
    columns = {str(column): place for column, place in how.columns.items()}
    return {"columns": columns, "sheet": how.sheet, "reason": how.reason, "encoding": how.encoding,
            "profile": how.profile}  # fmt: skip


def how_from_words(how: Mapping[str, Any]) -> HowToRead:
    """What `words_of_how` made."""
    return HowToRead(
        columns={Column(name): place for name, place in how.get("columns", {}).items()},
        sheet=how.get("sheet", ""),
        reason=how.get("reason", ""),
        encoding=how.get("encoding", ""),
        profile=how.get("profile", ""),
    )


def _settle(database: Database, close: Callable[[Connection], Proposal], by: Author) -> None:
    with database.transaction() as conn:
        take_back(conn, close(conn), by)


def _apply(conn: Connection, proposal: Proposal, by: Author, zone: tzinfo) -> None:
    if proposal.kind is ProposalKind.IMPORT:
        order, expected = order_of_proposal(proposal), ImportResult(**proposal.content["counts"])
        put = take_held if "delivery" in proposal.content else import_order
        put(conn, order, read_order(conn, order, zone), by, expected)
    elif proposal.kind is ProposalKind.UNDO:
        undo_order(conn, proposal.watchlist_id, by, proposal.content["import"])
    else:
        apply_proposal(conn, proposal, by)
