# SPDX-License-Identifier: AGPL-3.0-or-later
"""Changes of entries and settings as proposals: made, applied when they are approved, undone when they are refused.

Files are proposed and applied by `anpr.listfiles.proposing`, which reads them.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from anpr.domain.errors import InputError
from anpr.domain.watchlist import Entry, ListKind, MatchMode, Priority, Watchlist
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.watchlists.cards import change_list, drop_list, refuse_other_settings, settings_of
from anpr.store.watchlists.entries import NewEntry
from anpr.store.watchlists.entry_edits import (
    EntryGoneError,
    NotRunningError,
    change_entry,
    end_entry,
    put_entry,
    refuse_other_entry,
    refuse_twin,
    remove_entry,
)
from anpr.store.watchlists.entry_pages import get_entry
from anpr.store.watchlists.lists import check_watchlist, get_watchlist
from anpr.store.watchlists.proposals import Proposal, ProposalKind, StaleProposalError, add_proposal, note_entry
from anpr.store.watchlists.versions import entry_of, entry_values, moment_of


def propose_entry(
    conn: Connection, watchlist_id: str, entry: NewEntry, by: Author, *, is_urgent: bool = False
) -> Proposal:
    """The plate waits for a second person; an urgent one counts at once, for as long as the list lets it at most.

    Raises DuplicateEntryError, and InputError when there is no such list of one's own, it lets no entry be urgent, or
    an urgent one is not to count now.
    """
    hours = get_watchlist(conn, watchlist_id).urgent_hours
    if is_urgent and (not hours or not _counts_at(entry, by.at)):
        raise InputError(f"watchlist {watchlist_id}: it lets no such entry count before it is approved")
    until = min(filter(None, (by.at + timedelta(hours=hours), entry.valid_to))) if is_urgent else None
    refuse_twin(conn, watchlist_id, 0, entry)
    content = entry_values(entry)
    wanted = Proposal(
        watchlist_id=watchlist_id, kind=ProposalKind.ADD, content=content, reason=entry.reason, urgent_until=until
    )
    number = add_proposal(conn, wanted, by, _told(content))
    if until is None:
        return replace(wanted, id=number)
    entry_id = put_entry(conn, watchlist_id, replace(entry, valid_to=until), by)
    note_entry(conn, number, entry_id)
    return replace(wanted, id=number, entry_id=entry_id)


def propose_change(  # noqa: PLR0913, PLR0917  as `change_entry`
    conn: Connection, watchlist_id: str, entry_id: int, wanted: NewEntry, by: Author, reason: str, seen: str = ""
) -> int:
    """Another reason or validity waits; its number. Raises as `change_entry`."""
    before = _entry(conn, watchlist_id, entry_id, seen)
    wanted = replace(wanted, plate=before.plate)
    refuse_twin(conn, watchlist_id, entry_id, wanted)
    proposal = Proposal(watchlist_id=watchlist_id, kind=ProposalKind.CHANGE, entry_id=entry_id,
                        content=entry_values(wanted), before=entry_values(before), reason=reason)  # fmt: skip
    return add_proposal(conn, proposal, by, {"entry": entry_id, **_told(proposal.content)})


def propose_off(  # noqa: PLR0913, PLR0917  as `change_entry`
    conn: Connection, watchlist_id: str, entry_id: int, kind: ProposalKind, by: Author, reason: str, seen: str = ""
) -> int:
    """The end of an entry (END) or its removal (REMOVE) waits; its number. Raises as `end_entry`."""
    before = _entry(conn, watchlist_id, entry_id, seen)
    if kind is ProposalKind.END and not before.is_valid_at(by.at):
        raise NotRunningError(f"watchlist {watchlist_id}: entry {entry_id} does not hold now")
    proposal = Proposal(
        watchlist_id=watchlist_id, kind=kind, entry_id=entry_id, before=entry_values(before), reason=reason
    )
    return add_proposal(conn, proposal, by, {"entry": entry_id, **_told(proposal.before)})


def propose_undo(conn: Connection, watchlist_id: str, import_id: int, by: Author, reason: str) -> int:
    """The undo of an import waits; its number."""
    content = {"import": import_id}
    proposal = Proposal(watchlist_id=watchlist_id, kind=ProposalKind.UNDO, content=content, reason=reason)
    return add_proposal(conn, proposal, by, content)


def propose_settings(conn: Connection, watchlist: Watchlist, by: Author, reason: str, seen: str = "") -> int:
    """Other settings wait; its number. Raises as `change_list`."""
    check_watchlist(watchlist)
    refuse_other_settings(conn, watchlist.id, seen)
    before, after = settings_of(get_watchlist(conn, watchlist.id)), settings_of(watchlist)
    proposal = Proposal(
        watchlist_id=watchlist.id, kind=ProposalKind.SETTINGS, content=after, before=before, reason=reason
    )
    was = {name: value for name, value in before.items() if value != after[name]}
    return add_proposal(conn, proposal, by, {**{name: after[name] for name in was}, "was": was})


def propose_delete(conn: Connection, watchlist_id: str, by: Author, reason: str) -> int:
    """The deletion of the list waits; its number."""
    proposal = Proposal(watchlist_id=watchlist_id, kind=ProposalKind.DELETE, reason=reason)
    return add_proposal(conn, proposal, by, {})


def apply_proposal(conn: Connection, proposal: Proposal, by: Author) -> None:
    """Do what was proposed, after it was closed as approved in this transaction. Raises StaleProposalError."""
    where, number = proposal.watchlist_id, proposal.entry_id or 0
    match proposal.kind:
        case ProposalKind.ADD if proposal.urgent_until is None:
            put_entry(conn, where, entry_of(proposal.content), by)
        case ProposalKind.ADD:
            _keep_urgent(conn, proposal, by)
        case ProposalKind.CHANGE | ProposalKind.END | ProposalKind.REMOVE:
            _refuse_stale(entry_values(_entry(conn, where, number)), proposal)
            _apply_to_entry(conn, proposal, by)
        case ProposalKind.SETTINGS:
            _refuse_stale(settings_of(get_watchlist(conn, where)), proposal)
            change_list(conn, watchlist_of(where, proposal.content), by, proposal.reason)
        case ProposalKind.DELETE:
            drop_list(conn, where, by, proposal.reason)
        case _:
            raise ValueError(f"proposal {proposal.id}: {proposal.kind} is applied by who reads files")


def take_back(conn: Connection, proposal: Proposal, by: Author) -> None:
    """What was urgent counts no more, after its proposal was refused or withdrawn in this transaction."""
    if proposal.urgent_until is None or proposal.entry_id is None:
        return
    with suppress(NotRunningError, EntryGoneError):  # its hours are over, or it is gone
        end_entry(conn, proposal.watchlist_id, proposal.entry_id, by, proposal.reason)


def watchlist_of(watchlist_id: str, values: Mapping[str, Any]) -> Watchlist:
    """The settings that `settings_of` made."""
    kinds: dict[str, Any] = {"kind": ListKind, "priority": Priority, "match": MatchMode, "valid_to": moment_of}
    return Watchlist(id=watchlist_id, **{name: kinds.get(name, lambda value: value)(values[name]) for name in values})


def _keep_urgent(conn: Connection, proposal: Proposal, by: Author) -> None:
    """The urgent entry gets the end that was wanted."""
    try:
        change_entry(
            conn, proposal.watchlist_id, proposal.entry_id or 0, entry_of(proposal.content), by, proposal.reason
        )
    except EntryGoneError as exc:
        raise StaleProposalError(str(exc)) from exc


def _apply_to_entry(conn: Connection, proposal: Proposal, by: Author) -> None:
    where, number, why = proposal.watchlist_id, proposal.entry_id or 0, proposal.reason
    if proposal.kind is ProposalKind.CHANGE:
        change_entry(conn, where, number, entry_of(proposal.content), by, why)
    elif proposal.kind is ProposalKind.END:
        end_entry(conn, where, number, by, why)
    else:
        remove_entry(conn, where, number, by, why)


def _refuse_stale(now: Mapping[str, Any], proposal: Proposal) -> None:
    if dict(now) != dict(proposal.before):
        raise StaleProposalError(f"watchlist {proposal.watchlist_id}: proposal {proposal.id}: it has changed since")


def _entry(conn: Connection, watchlist_id: str, number: int, seen: str = "") -> Entry:
    found = get_entry(conn, watchlist_id, number)
    if found is None:
        raise EntryGoneError(f"watchlist {watchlist_id}: no entry {number}")
    refuse_other_entry(found, seen)
    return found.entry


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: values[name] for name in ("plate", "valid_from", "valid_to")}
    return {**told, "entry_reason": values["reason"]} | (
        {"instructions": values["instructions"]} if values["instructions"] else {}
    )


def _counts_at(entry: NewEntry, moment: datetime) -> bool:
    return (entry.valid_from is None or entry.valid_from <= moment) and (
        entry.valid_to is None or moment < entry.valid_to
    )
