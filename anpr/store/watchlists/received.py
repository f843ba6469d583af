# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists that a centre hands out: what is held of each, the ledger of deliveries, and the wish that one be fetched
now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anpr.domain.list_delivery import (
    Delivery,
    DeliveryKind,
    DeliveryOutcome,
    HeldVersion,
    ListVersion,
    Plausible,
    next_look,
)
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries
from anpr.store.watchlists.imports import ListChangedError

_SQL = load_queries("received_lists")
_MOST_DETAIL = 500
_SHOWN = 5
"""Deliveries of a list that its card shows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceivedList:
    """What is held of a list, and by what rule its next delivery is judged. Times in UTC."""

    watchlist_id: str
    sender: str
    place: str
    every_s: float
    plausible: Plausible
    held: HeldVersion
    as_of: datetime | None
    taken_at: datetime | None
    needs_full: bool
    asked_at: datetime | None
    asked_by: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LookedAt:
    """How the last look at the place of a list went (UTC)."""

    at: datetime
    failing_since: datetime | None
    failure: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedDelivery:
    """A delivery that came, and what became of it (UTC). Counts are None where nothing was compared."""

    id: int
    arrived_at: datetime
    file_name: str
    kind: DeliveryKind
    version: str | None
    base: str | None
    as_of: datetime | None
    outcome: DeliveryOutcome
    detail: str
    by_whom: str
    size: int | None
    added: int | None
    changed: int | None
    unchanged: int | None
    removed: int | None
    import_id: int | None
    proposal_id: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceivedState:
    """All that a card of a list shows."""

    received: ReceivedList
    look: LookedAt | None
    deliveries: list[ListedDelivery]

    @property
    def next_at(self) -> datetime | None:
        """When its place is looked at again, at the latest; None: nobody has looked yet."""
        if self.look is None or self.is_asked:
            return None
        return next_look(self.look.at, self.received.every_s, is_failing=self.look.failing_since is not None)

    @property
    def is_asked(self) -> bool:
        """Whether somebody wants it now, and nobody has looked since."""
        asked_at = self.received.asked_at
        return asked_at is not None and (self.look is None or self.look.at < asked_at)

    @property
    def waiting(self) -> ListedDelivery | None:
        """The delivery that waits for a person, if the newest one that counts does."""
        counts = (DeliveryOutcome.TAKEN, DeliveryOutcome.HELD, DeliveryOutcome.UNDONE)
        newest = next((each for each in self.deliveries if each.outcome in counts), None)
        return newest if newest is not None and newest.outcome is DeliveryOutcome.HELD else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """A file that came for a list."""

    watchlist_id: str
    file_name: str
    sha256: str
    came: Delivery


def note_received(
    conn: Connection, watchlist_id: str, sender: str, place: str, every_s: float, plausible: Plausible
) -> None:
    """From now on the list changes by its deliveries only, which are judged so. Raises StoreError when there is no such
    list."""
    values = {"watchlist_id": watchlist_id, "sender": sender, "place": place, "every_s": every_s}
    limits = {"shrink": plausible.shrink_percent, "growth": plausible.growth_percent}
    conn.execute(_SQL["note"], values | limits)


def stop_receiving(conn: Connection, watchlist_id: str) -> bool:
    """It is a local list from now on, with the entries that it has; whether it was received."""
    return conn.execute(_SQL["stop"], {"watchlist_id": watchlist_id}).rowcount > 0


def find_received(conn: Connection, watchlist_id: str) -> ReceivedList | None:
    """None: the list is a local one, or there is none."""
    row = conn.execute(_SQL["get"], {"watchlist_id": watchlist_id}).fetchone()
    return _received(row) if row else None


def received_states(conn: Connection, watchlist_id: str | None = None, shown: int = _SHOWN) -> list[ReceivedState]:
    """All of them by id, or this one; of the console's role, those that its organisation may see."""
    rows = conn.execute(_SQL["states"], {"watchlist_id": watchlist_id}).fetchall()
    ids = [row["watchlist_id"] for row in rows]
    deliveries: dict[str, list[ListedDelivery]] = {each: [] for each in ids}
    for row in conn.execute(_SQL["deliveries"], {"ids": ids, "limit": shown}):
        deliveries[row["watchlist_id"]].append(_listed(row))
    return [
        ReceivedState(received=_received(row), look=_look(row), deliveries=deliveries[row["watchlist_id"]])
        for row in rows
    ]


def begin_delivery(conn: Connection, arrived: Arrival, by: Author, outcome: DeliveryOutcome, detail: str = "") -> int:
    """A row of the ledger; its number. Of one that is TAKEN or UNDONE this transaction may change the list."""
    version, base = arrived.came.version, arrived.came.base
    values = {
        "watchlist_id": arrived.watchlist_id,
        "at": by.at,
        "by": by.name,
        "file_name": arrived.file_name,
        "sha256": arrived.sha256,
        "kind": str(arrived.came.kind),
        "version": version.text if version else None,
        "version_rank": version.rank if version else None,
        "base": base.text if base else None,
        "as_of": arrived.came.as_of,
        "outcome": str(outcome),
        "detail": detail[:_MOST_DETAIL],
        "opens": outcome in {DeliveryOutcome.TAKEN, DeliveryOutcome.UNDONE},
    }
    number: int = one_row(conn, _SQL["begin"], values)["id"]
    return number


def begin_undo(conn: Connection, received: ReceivedList, by: Author) -> int:
    """A row of the ledger: somebody undoes what was taken last, and this transaction may change the list."""
    held = received.held
    came = Delivery(kind=held.kind or DeliveryKind.FULL, version=held.version, as_of=received.as_of)
    arrived = Arrival(watchlist_id=received.watchlist_id, file_name="", sha256=held.sha256, came=came)
    return begin_delivery(conn, arrived, by, DeliveryOutcome.UNDONE)


def note_effect(conn: Connection, number: int, effect: Mapping[str, int | None]) -> None:
    """What it did or would do: size, added, changed, unchanged, removed, import_id, proposal_id; others stay
    unknown."""
    names = ("size", "added", "changed", "unchanged", "removed", "import_id", "proposal_id")
    conn.execute(_SQL["effect"], {"id": number, **{name: effect.get(name) for name in names}})


def note_version(conn: Connection, before: ReceivedList, arrived: Arrival, at: datetime) -> None:
    """It is what is held from now on. Raises ListChangedError when another process has changed that meanwhile."""
    came = arrived.came
    values = {
        "watchlist_id": before.watchlist_id,
        "before_rank": before.held.version.rank if before.held.version else None,
        "before_sha256": before.held.sha256,
        "version": came.version.text if came.version else None,
        "version_rank": came.version.rank if came.version else None,
        "kind": str(came.kind),
        "sha256": arrived.sha256,
        "as_of": came.as_of,
        "at": at,
    }
    if not conn.execute(_SQL["hold"], values).rowcount:
        raise ListChangedError(f"watchlist {before.watchlist_id}: another version was taken meanwhile")


def note_same(conn: Connection, watchlist_id: str, came: Delivery) -> None:
    """The version that is held came again: a full one needs no other; what it is as of may be later."""
    values = {"watchlist_id": watchlist_id, "as_of": came.as_of, "is_full": came.kind is DeliveryKind.FULL}
    conn.execute(_SQL["same"], values)


def want_full(conn: Connection, watchlist_id: str) -> None:
    """A delta does not follow: the next request asks for the whole list."""
    conn.execute(_SQL["want_full"], {"watchlist_id": watchlist_id})


def back_to_version_before(conn: Connection, watchlist_id: str, undone: int | None) -> None:
    """After an undo of this import: what is held is what the delivery before brought, of those that are not undone."""
    conn.execute(_SQL["mark_undone"], {"undone": undone})
    conn.execute(_SQL["back"], {"watchlist_id": watchlist_id})


def ask_now(conn: Connection, watchlist_id: str, by: Author) -> bool:
    """Somebody wants its place to be looked at now, which is in the audit; False: the list is not received, or not
    one's own."""
    values = {"watchlist_id": watchlist_id, "at": by.at, "by": by.name}
    if not conn.execute(_SQL["ask"], values).rowcount:
        return False
    event = AuditEvent(
        actor=by.name, action=AuditAction.WATCHLIST_FETCH_ASKED, at=by.at, detail={"watchlist": watchlist_id}
    )
    append(conn, event)
    return True


def list_deliveries(conn: Connection, watchlist_id: str, limit: int) -> list[ListedDelivery]:
    """The newest first."""
    return [_listed(row) for row in conn.execute(_SQL["deliveries"], {"ids": [watchlist_id], "limit": limit})]


def held_proposals(conn: Connection, now: datetime) -> int:
    """How many deliveries wait for a person."""
    count: int = one_row(conn, _SQL["held"], {"now": now})["count"]
    return count


def forget_list_deliveries(conn: Connection, before: datetime) -> int:
    """Retention: delete rows of the ledger before this time (UTC), but for the newest of each list that was taken;
    returns how many."""
    return conn.execute(_SQL["forget"], {"before": before}).rowcount


def _received(row: Mapping[str, Any]) -> ReceivedList:
    version = ListVersion(text=row["version"], rank=row["version_rank"]) if row["version"] is not None else None
    kind = DeliveryKind(row["kind"]) if row["kind"] else None
    plain = ("watchlist_id", "sender", "place", "every_s", "as_of", "taken_at", "needs_full", "asked_at", "asked_by")
    return ReceivedList(
        plausible=Plausible(shrink_percent=row["shrink_percent"], growth_percent=row["growth_percent"]),
        held=HeldVersion(version=version, sha256=row["sha256"], kind=kind),
        **{name: row[name] for name in plain},
    )


def _look(row: Mapping[str, Any]) -> LookedAt | None:
    if row["looked_at"] is None:
        return None
    return LookedAt(at=row["looked_at"], failing_since=row["failing_since"], failure=row["failure"])


def _listed(row: Mapping[str, Any]) -> ListedDelivery:
    told = {name: row[name] for name in ListedDelivery.__dataclass_fields__}
    return ListedDelivery(**told | {"kind": DeliveryKind(row["kind"]), "outcome": DeliveryOutcome(row["outcome"])})
