# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pick-up of list files: places are looked at, files that arrive in watched folders are imported, then put away.

A file is taken once it has not changed for a while, and moved after its import is committed. A crash in between imports
it again, which changes nothing more. Several processes may look: imports of lists wait for each other.
"""

import logging
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from anpr.domain.errors import InputError
from anpr.domain.list_delivery import REFUSED, Delivery, DeliveryKind, DeliveryOutcome, Plausible
from anpr.listfiles.importing import (
    ImportOrder,
    import_order,
    preview_order,
    read_order,
    refuse_wrong_rows,
    removal_text,
)
from anpr.listfiles.places.look import look_at_place
from anpr.listfiles.places.watched_folder import DONE, FAILED, WatchedFolder, is_as_it_was
from anpr.listfiles.proposing import propose_import, waits_already
from anpr.listfiles.reading import HowToRead, ListFile, read_bytes, write_rejects
from anpr.listfiles.receiving import ACTOR, Admission, admit
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import LIST_FILES, LIST_PICKUP_AT
from anpr.settings.watchlists import PickupSettings, WatchlistSettings
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.database.connection import Connection, Database
from anpr.store.watchlists.entries import ImportMode
from anpr.store.watchlists.imports import ListChangedError
from anpr.store.watchlists.lists import get_watchlist
from anpr.store.watchlists.received import Arrival, begin_delivery, find_received, note_received

log = logging.getLogger(__name__)
_SAID = {DeliveryOutcome.TAKEN: "imported", DeliveryOutcome.HELD: "proposed", DeliveryOutcome.SAME: "same"}
_WAITS = "waiting"


@dataclass(frozen=True, kw_only=True)
class Pickup:
    """Looks through the folders. `done` and `failed` hold plates, and are emptied after `pickup_keep_days`."""

    database: Database
    settings: WatchlistSettings
    zone: ZoneInfo
    clock: Clock

    def look(self, watchlist_id: str | None = None, *, now: bool = False) -> int:
        """Import what has arrived; returns how many files or folders failed. Of one list, where it is named. `now`:
        places are looked at before it is their time, and asked as if nothing were known of them.

        Raises StoreError when the database is away: the files stay, and are tried again.
        """
        failed = 0
        for pickup in self.settings.pickup:
            if watchlist_id in {None, pickup.watchlist}:
                failed += self._look_for(pickup, now=now)
        return failed

    def _look_for(self, pickup: PickupSettings, *, now: bool) -> int:
        failed = 0
        try:
            self._note_received(pickup)
            failed += self._fetch(pickup, now=now)
            failed += self._look_in(pickup)
            LIST_PICKUP_AT.labels(pickup.watchlist).set(self.clock.now().timestamp())
        except InputError as exc:  # the other folders go on; the time of the last look tells it in /metrics
            log.error("%s", exc)
            failed += 1
        return failed

    def _note_received(self, pickup: PickupSettings) -> None:
        """A list of a centre is none that people edit, from the first look on. Raises InputError when there is none."""
        if pickup.received is None:
            return
        told = pickup.received
        plausible = Plausible(shrink_percent=told.shrink_percent, growth_percent=told.growth_percent)
        with self.database.transaction() as conn:
            get_watchlist(conn, pickup.watchlist)
            every_s = self.settings.interval_of(pickup)
            note_received(conn, pickup.watchlist, told.sender, pickup.place, every_s, plausible)

    def _fetch(self, pickup: PickupSettings, *, now: bool) -> int:
        """Whether it failed; what lies in the folder is imported all the same."""
        try:
            look_at_place(self.database, pickup, self.settings, self.clock, now=now)
        except InputError as exc:
            log.error("%s", exc)
            LIST_FILES.labels(pickup.watchlist, "failed").inc()
            return 1
        return 0

    def _look_in(self, pickup: PickupSettings) -> int:
        failed, folder = 0, self._folder(pickup)
        for path, state in folder.arrived():
            failed += not self._import(pickup, folder, path, state)
        folder.forget(self.clock.now() - timedelta(days=self.settings.pickup_keep_days))
        return failed

    def _folder(self, pickup: PickupSettings) -> WatchedFolder:
        return WatchedFolder(
            path=pickup.folder, clock=self.clock, zone=self.zone, settle_s=self.settings.pickup_settle_s
        )

    def _import(self, pickup: PickupSettings, folder: WatchedFolder, path: Path, state: os.stat_result) -> bool:
        read: ListFile | None = None
        try:
            order = _order(pickup, path)
            if not is_as_it_was(path, state):
                return True  # still being written after all: the next look takes it, or it is gone
            with self.database.transaction() as conn:
                read = read_order(conn, order, self.zone)
            admission = self._put(pickup, order, read)
        except ListChangedError as exc:  # nothing is wrong with the file: the next look compares it anew
            log.info("%s: %s", path.name, exc)
            return True
        except InputError as exc:
            if not path.exists():
                return True  # another process has put it away meanwhile
            self._fail(pickup, folder, path, read, exc)
            return False
        try:
            return self._put_away(pickup, folder, path, admission)
        except InputError:
            if path.exists():
                raise
            return admission.outcome not in REFUSED  # another process has put it away meanwhile

    def _put(self, pickup: PickupSettings, order: ImportOrder, read: ListFile) -> Admission:
        """Import it, or propose it where that is for a person to decide; what became of it."""
        if pickup.received is not None:
            with self.database.transaction() as conn:
                received = find_received(conn, order.watchlist_id)
                if received is None:
                    raise InputError(f"watchlist {order.watchlist_id}: it is received no more")
                return admit(conn, received, order, read, self._author())
        refuse_wrong_rows(order, read)
        with self.database.transaction() as conn:
            preview = preview_order(conn, order, read)
            needs_second = get_watchlist(conn, order.watchlist_id).second_person
            if not needs_second and not preview.removes_too_much:
                import_order(conn, order, read, self._author(), preview.result)
                return Admission(outcome=DeliveryOutcome.TAKEN)
            if not waits_already(conn, order):
                taken = removal_text(order, preview) if preview.removes_too_much else f"{order.name}"
                propose_import(conn, order, read, self._author(), taken)
            return Admission(outcome=DeliveryOutcome.HELD)

    def _put_away(self, pickup: PickupSettings, folder: WatchedFolder, path: Path, admission: Admission) -> bool:
        """Where it goes by what became of it; whether that is well."""
        outcome = admission.outcome
        said = _SAID.get(outcome, _WAITS if outcome is DeliveryOutcome.GAP else "refused")
        LIST_FILES.labels(pickup.watchlist, said).inc()
        if outcome is DeliveryOutcome.GAP:
            folder.keep_waiting(path)
        else:
            folder.put_away(path, FAILED if outcome is DeliveryOutcome.DIFFERENT else DONE)
        if outcome is DeliveryOutcome.TAKEN and pickup.received is not None:
            folder.bring_back()
        level = logging.WARNING if outcome in {*REFUSED, DeliveryOutcome.HELD} else logging.INFO
        told = f": {admission.detail}" if admission.detail else ""
        log.log(level, "watchlist %s: %s %s%s", pickup.watchlist, path.name, said, told)
        return outcome not in REFUSED

    def _fail(
        self, pickup: PickupSettings, folder: WatchedFolder, path: Path, read: ListFile | None, why: InputError
    ) -> None:
        """The row in the audit first: a file is not moved without it."""
        by = self._author()
        detail = {"watchlist": pickup.watchlist, "file": path.name, "sha256": read.sha256 if read else None,
                  "source": pickup.source or None, "rejected": len(read.rejects) if read else None}  # fmt: skip
        event = AuditEvent(
            actor=by.name, action=AuditAction.WATCHLIST_IMPORT_REFUSED, at=by.at, reason=str(why), detail=detail
        )
        with self.database.transaction() as conn:
            append(conn, event)
            if pickup.received is not None and find_received(conn, pickup.watchlist) is not None:
                _note_failed(conn, pickup, path, read, by)
        target = folder.put_away(path, FAILED)
        LIST_FILES.labels(pickup.watchlist, "failed").inc()
        _write(target.with_name(f"{target.name}.why.txt"), f"{why}\n")
        if read and read.rejects:
            write_rejects(target.with_name(f"{target.name}.rejects.csv"), read.rejects)
        log.error("watchlist %s: %s was not imported, see %s", pickup.watchlist, path.name, target.parent)

    def _author(self) -> Author:
        return Author(name=ACTOR, at=self.clock.now())


def _note_failed(conn: Connection, pickup: PickupSettings, path: Path, read: ListFile | None, by: Author) -> None:
    """The ledger says that a file could not be read; a wrong row may hold a plate, so why is for the audit."""
    came = read.delivery if read else Delivery(kind=DeliveryKind.FULL)
    sha256 = read.sha256 if read else ""
    arrived = Arrival(watchlist_id=pickup.watchlist, file_name=path.name, sha256=sha256, came=came)
    begin_delivery(conn, arrived, by, DeliveryOutcome.FAILED)


def _order(pickup: PickupSettings, path: Path) -> ImportOrder:
    return ImportOrder(
        watchlist_id=pickup.watchlist,
        name=path.name,
        content=read_bytes(path),
        mode=ImportMode(pickup.mode),
        source=pickup.source,
        how=HowToRead(profile=pickup.profile),
        skips_rejected=pickup.skip_rejected,
    )


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc
