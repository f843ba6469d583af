# SPDX-License-Identifier: AGPL-3.0-or-later
"""Proposals (four-eyes principle): what somebody wants to change on a list waits until somebody else approves it.

A proposal is settled once: whoever settles it holds its row and its list, and the next one is told how it ended.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from psycopg.types.json import Jsonb

from anpr.domain.errors import InputError
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author, act_as
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries
from anpr.store.watchlists.locks import lock_list, refuse_by_hand

OPEN_DAYS = 7
"""So long a proposal waits; then it expires, and who wants it still proposes it anew."""
SETTLED_DAYS = 30
"""So long a settled one is shown: it names plates that may be on no list. Its rows in the audit stay."""
MOST_OPEN = 500
"""Of one list."""
MOST_FILES = 5
"""Files among them."""
MAX_PROPOSED_FILE = 16 * 1024 * 1024
"""Bytes; the check of the table says the same."""
_SHOWN = 700
_SQL = load_queries("list_proposals")


class ProposalKind(StrEnum):
    """What is proposed."""

    ADD = "add"
    CHANGE = "change"
    END = "end"
    REMOVE = "remove"
    IMPORT = "import"
    UNDO = "undo"
    """Of an import."""
    SETTINGS = "settings"
    DELETE = "delete"
    """Of the list itself."""


_OF_ENTRIES = (ProposalKind.ADD, ProposalKind.CHANGE, ProposalKind.END, ProposalKind.REMOVE, ProposalKind.IMPORT)


class ProposalState(StrEnum):
    """How far it has come."""

    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    STALE = "stale"
    """What it was about had changed meanwhile."""


class ProposalGoneError(InputError):
    """The list has no such proposal (any more)."""


class ProposalSettledError(InputError):
    """Somebody, or time, has settled it already."""


class OwnProposalError(InputError):
    """Who proposed something is not the second person."""


class NotAuthorError(InputError):
    """Only who proposed it may withdraw it."""


class StaleProposalError(InputError):
    """What it was about has changed since; nothing was done."""


class TooManyProposalsError(InputError):
    """So many wait already that some must be settled first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """What somebody wants to change, and how it ended (times in UTC)."""

    id: int = 0
    watchlist_id: str
    kind: ProposalKind
    entry_id: int | None = None
    """The entry that is meant; of an urgent addition, the one that counts for now."""
    content: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)
    """What was there when it was proposed."""
    file: bytes | None = field(default=None, repr=False)
    """Of an import that waits."""
    reason: str
    made_by: str = ""
    made_at: datetime | None = None
    expires_at: datetime | None = None
    urgent_until: datetime | None = None
    """An urgent entry counts until then, whatever happens; None: nothing counts before it is approved."""
    state: ProposalState = ProposalState.OPEN
    closed_by: str | None = None
    closed_at: datetime | None = None
    answer: str | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be settled by somebody."""
        return self.state is ProposalState.OPEN and (self.expires_at is None or now < self.expires_at)


def add_proposal(conn: Connection, wanted: Proposal, by: Author, told: Mapping[str, Any]) -> int:
    """Keep it; its number. `told`: what its row in the audit tells beside.

    Raises TooManyProposalsError, ReceivedListError, and InputError when there is no such list of one's own, or the
    file is too large.
    """
    act_as(conn, by)
    if wanted.kind in _OF_ENTRIES and "delivery" not in wanted.content:
        refuse_by_hand(conn, wanted.watchlist_id)
    lock_list(conn, wanted.watchlist_id)
    _refuse_more(conn, wanted)
    values = {
        "watchlist_id": wanted.watchlist_id,
        "kind": str(wanted.kind),
        "entry_id": wanted.entry_id,
        "content": Jsonb(dict(wanted.content)),
        "before": Jsonb(dict(wanted.before)),
        "file": wanted.file,
        "reason": wanted.reason,
        "by": by.name,
        "at": by.at,
        "expires_at": by.at + timedelta(days=OPEN_DAYS),
        "urgent_until": wanted.urgent_until,
    }
    number: int = one_row(conn, _SQL["add"], values)["id"]
    until = wanted.urgent_until.isoformat() if wanted.urgent_until else None
    detail = {"watchlist": wanted.watchlist_id, "proposal": number, "kind": str(wanted.kind), "urgent_until": until}
    event = AuditEvent(
        actor=by.name, action=AuditAction.WATCHLIST_PROPOSED, at=by.at, reason=wanted.reason, detail={**detail, **told}
    )
    append(conn, event)
    return number


def note_entry(conn: Connection, number: int, entry_id: int) -> None:
    """Which entry counts for now for this proposal."""
    conn.execute(_SQL["set_entry"], {"id": number, "entry_id": entry_id})


def get_proposal(conn: Connection, watchlist_id: str, number: int) -> Proposal:
    """Raises ProposalGoneError."""
    return _found(conn, "get", watchlist_id, number)


def list_proposals(conn: Connection, watchlist_id: str) -> list[Proposal]:
    """Those that wait, then those that were settled, the newest first; without their files."""
    values = {"watchlist_id": watchlist_id, "limit": _SHOWN}
    return [_proposal(row) for row in conn.execute(_SQL["of_list"], values)]


def waiting_proposals(conn: Connection, now: datetime) -> dict[str, int]:
    """How many wait, by list; of the console's role, of its organisation's lists."""
    return {row["watchlist_id"]: row["count"] for row in conn.execute(_SQL["counts"], {"now": now})}


def proposals_to_decide(conn: Connection, by: Author) -> int:
    """How many others have made that wait for somebody like this person, on the lists of their organisation."""
    count: int = one_row(conn, _SQL["to_decide"], {"now": by.at, "name": by.name})["count"]
    return count


def close_proposal(
    conn: Connection, watchlist_id: str, number: int, by: Author, state: ProposalState, answer: str | None = None
) -> Proposal:
    """Settle it, with its row in the audit; from then on this transaction may change the list if it was approved.

    Raises ProposalGoneError, ProposalSettledError, OwnProposalError, NotAuthorError.
    """
    act_as(conn, by)
    lock_list(conn, watchlist_id)
    found = _found(conn, "get_locked", watchlist_id, number)
    if not found.is_open(by.at):
        raise ProposalSettledError(f"watchlist {watchlist_id}: proposal {number} is settled already: {found.state}")
    if state is ProposalState.WITHDRAWN and by.name != found.made_by:
        raise NotAuthorError(f"watchlist {watchlist_id}: proposal {number} is another's")
    if state in {ProposalState.APPROVED, ProposalState.REFUSED} and by.name == found.made_by:
        raise OwnProposalError(f"watchlist {watchlist_id}: proposal {number} needs a second person")
    conn.execute(_SQL["close"], {"id": number, "state": str(state), "by": by.name, "at": by.at, "answer": answer})
    _note_close(conn, found, by, state, answer)
    return found


def expire_proposals(conn: Connection, now: datetime) -> int:
    """Settle those that nobody settled in time; returns how many. What was urgent has ended long before."""
    rows = conn.execute(_SQL["expire"], {"now": now}).fetchall()
    for row in rows:
        gone = Proposal(id=row["id"], watchlist_id=row["watchlist_id"], kind=ProposalKind(row["kind"]), reason="",
                        made_by=row["made_by"])  # fmt: skip
        _note_close(conn, gone, Author(name="retention", at=now), ProposalState.EXPIRED, None)
    return len(rows)


def forget_proposals(conn: Connection, now: datetime) -> int:
    """Retention: delete those that were settled SETTLED_DAYS ago; returns how many."""
    return conn.execute(_SQL["forget"], {"before": now - timedelta(days=SETTLED_DAYS)}).rowcount


def _refuse_more(conn: Connection, wanted: Proposal) -> None:
    waiting = [each for each in list_proposals(conn, wanted.watchlist_id) if each.state is ProposalState.OPEN]
    files = sum(1 for each in waiting if each.kind is ProposalKind.IMPORT)
    where = f"watchlist {wanted.watchlist_id}"
    if len(waiting) >= MOST_OPEN or (wanted.kind is ProposalKind.IMPORT and files >= MOST_FILES):
        raise TooManyProposalsError(f"{where}: {len(waiting)} proposals wait already, {files} of them files")
    if wanted.file is not None and len(wanted.file) > MAX_PROPOSED_FILE:
        raise InputError(f"{where}: a file that waits for approval has at most {MAX_PROPOSED_FILE >> 20} MiB")


def _note_close(conn: Connection, found: Proposal, by: Author, state: ProposalState, answer: str | None) -> None:
    detail = {"watchlist": found.watchlist_id, "proposal": found.id, "kind": str(found.kind), "outcome": str(state),
              "proposed_by": found.made_by}  # fmt: skip
    action = AuditAction.WATCHLIST_PROPOSAL_CLOSED
    append(conn, AuditEvent(actor=by.name, action=action, at=by.at, reason=answer, detail=detail))


def _found(conn: Connection, query: str, watchlist_id: str, number: int) -> Proposal:
    row = conn.execute(_SQL[query], {"watchlist_id": watchlist_id, "id": number}).fetchone()
    if row is None:
        raise ProposalGoneError(f"watchlist {watchlist_id}: no proposal {number}")
    return _proposal(row)


def _proposal(row: Mapping[str, Any]) -> Proposal:
    told = {name: row[name] for name in Proposal.__dataclass_fields__}
    file = bytes(row["file"]) if row["file"] is not None else None
    return Proposal(**told | {"kind": ProposalKind(row["kind"]), "state": ProposalState(row["state"]), "file": file})
