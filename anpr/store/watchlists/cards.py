# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cards of lists: settings with owner, number of entries and age of the list; made and changed with their author."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anpr.domain.errors import InputError
from anpr.domain.watchlist import Watchlist
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author, act_as
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries
from anpr.store.watchlists.lists import (
    check_watchlist,
    delete_watchlist,
    get_watchlist,
    no_such_list,
    values_of,
    watchlist_from_row,
)
from anpr.store.watchlists.locks import lock_to_change
from anpr.store.watchlists.received import stop_receiving
from anpr.store.watchlists.versions import ChangedMeanwhileError, version_of

_SQL = load_queries("watchlists")
_AGE = ("organisation_id", "changed_at", "changed_by", "settings_at", "settings_by", "sender", "as_of")


class ListTakenError(InputError):
    """A list has this id, or another organisation's had it: its alarms still go by it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListAge:
    """When a list's entries last changed (UTC; None: before that was noted), and by whom, where that is known."""

    watchlist: Watchlist
    organisation_id: str
    changed_at: datetime | None
    changed_by: str | None
    sender: str | None = None
    """Of a list that a centre hands out: who does."""
    as_of: datetime | None = None
    """What such a list says that it is as of."""
    settings_at: datetime | None = None
    """When somebody changed its settings last, where that was noted."""
    settings_by: str | None = None

    def is_stale(self, now: datetime) -> bool:
        """Whether it is out of date by its own setting."""
        return self.watchlist.is_stale(self.aged_at, now)

    @property
    def aged_at(self) -> datetime | None:
        """From when on its age counts: what comes today may be of last week."""
        return min(self.changed_at, self.as_of) if self.changed_at and self.as_of else self.changed_at


@dataclass(frozen=True, kw_only=True, slots=True)
class ListCard(ListAge):
    """A list with the number of its entries."""

    entries: int


def list_cards(conn: Connection) -> list[ListCard]:
    """All lists by id; of the console's role, those that its organisation may see."""
    return [_card(row) for row in conn.execute(_SQL["cards"], {"id": None})]


def get_card(conn: Connection, watchlist_id: str) -> ListCard:
    """Raises InputError when there is no such list."""
    row = conn.execute(_SQL["cards"], {"id": watchlist_id}).fetchone()
    if row is None:
        raise no_such_list(conn, watchlist_id)
    return _card(row)


def stale_lists(conn: Connection, now: datetime) -> list[ListAge]:
    """Those that are out of date, by id."""
    ages = [ListAge(**_age(row)) for row in conn.execute(_SQL["ages"])]
    return [age for age in ages if age.is_stale(now)]


def add_list(conn: Connection, watchlist: Watchlist, by: Author, reason: str) -> None:
    """A new list of the organisation that the transaction acts for. Raises ListTakenError, and InputError for a setting
    that is none."""
    check_watchlist(watchlist)
    act_as(conn, by)
    if one_row(conn, _SQL["is_taken"], {"id": watchlist.id})["is_taken"]:
        raise ListTakenError(f"watchlist {watchlist.id}: the id is taken")
    conn.execute(_SQL["add"], values_of(watchlist))
    _note(conn, AuditAction.WATCHLIST_SAVED, watchlist.id, by, reason, settings_of(watchlist))


def change_list(conn: Connection, watchlist: Watchlist, by: Author, reason: str, seen: str = "") -> None:
    """Other settings; the audit holds what was there before. `seen`: the version that was shown, empty for whatever.

    Raises ChangedMeanwhileError, and InputError when there is no such list, it is not
    one's own organisation's, or for a setting that is none."""
    check_watchlist(watchlist)
    act_as(conn, by)
    lock_to_change(conn, watchlist.id, entries=False)
    refuse_other_settings(conn, watchlist.id, seen)
    before, after = settings_of(get_watchlist(conn, watchlist.id)), settings_of(watchlist)
    conn.execute(_SQL["change"], values_of(watchlist))
    was = {name: value for name, value in before.items() if value != after[name]}
    _note(conn, AuditAction.WATCHLIST_SAVED, watchlist.id, by, reason, {**after, "was": was})


def refuse_other_settings(conn: Connection, watchlist_id: str, seen: str) -> None:
    """Raises ChangedMeanwhileError when its settings are others than the version that was seen (empty: whatever)."""
    card = get_card(conn, watchlist_id)
    if seen and seen != version_of(settings_of(card.watchlist)):
        raise ChangedMeanwhileError(f"watchlist {watchlist_id}", card.settings_by, card.settings_at)


def drop_list(conn: Connection, watchlist_id: str, by: Author, reason: str) -> int:
    """Delete it with its entries; returns how many. Its alarms stay. Raises InputError as `change_list`."""
    act_as(conn, by)
    lock_to_change(conn, watchlist_id, entries=False)
    stop_receiving(conn, watchlist_id)
    removed = delete_watchlist(conn, watchlist_id)
    _note(conn, AuditAction.WATCHLIST_DELETED, watchlist_id, by, reason, {"entries": removed})
    return removed


def _note(
    conn: Connection, action: AuditAction, watchlist_id: str, by: Author, reason: str, detail: dict[str, Any]
) -> None:
    told = {"watchlist": watchlist_id, **detail}
    append(conn, AuditEvent(actor=by.name, action=action, at=by.at, reason=reason, detail=told))


def settings_of(watchlist: Watchlist) -> dict[str, Any]:
    """All of them but the id, as JSON holds them."""
    values = {name: getattr(watchlist, name) for name in Watchlist.__dataclass_fields__ if name != "id"}
    values["valid_to"] = watchlist.valid_to.isoformat() if watchlist.valid_to else None
    return values


def _age(row: dict[str, Any]) -> dict[str, Any]:
    told = {name: row[name] for name in _AGE}
    return {"watchlist": watchlist_from_row(row), **told}


def _card(row: dict[str, Any]) -> ListCard:
    return ListCard(entries=row["entries"], **_age(row))
