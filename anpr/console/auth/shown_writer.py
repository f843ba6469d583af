# SPDX-License-Identifier: AGPL-3.0-or-later
"""Group commit of what streams of alarms show: while one transaction is written the next ones' rows gather.

Rows of the audit are chained, so they are written one transaction after the other. Fifty boards that are shown one
alarm would wait for fifty commits; so they wait for one, or two. What one person is shown on one page meanwhile is one
row with all of its transits.
"""

import logging
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from uuid import UUID

from anpr.console.auth.view_audit import ViewAudit
from anpr.domain.errors import StoreError
from anpr.store.audit import AuditEvent, append_all
from anpr.store.database.connection import Database
from anpr.store.database.scope import Scope

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """That the actor of `event`, in this session, is shown these transits. `view` names page and detail."""

    session: str
    scope: Scope
    view: str
    event: AuditEvent
    transits: Sequence[UUID]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Due:
    """The part of what is shown that has no row yet, and who waits for it."""

    shown: Shown
    transits: Sequence[str]
    written: "Future[None]"


class ShownWriter:
    """Writes in a thread of its own from the first call to `close`."""

    def __init__(self, database: Database, views: ViewAudit) -> None:
        self._database = database
        self._views = views
        self._lock = threading.Lock()
        self._waiting: list[_Due] = []
        self._pending: dict[tuple[str, str], Future[None]] = {}
        self._is_writing = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="shown-writer")

    def close(self) -> None:
        """Write what waits, and end. May be called twice."""
        self._thread.shutdown()

    def write(self, shown: Shown) -> "list[Future[None]]":
        """Begin to record it; nothing may be shown before all of these are done without an exception.

        A transit of which this session has a row of the last minutes needs none; one whose row is being written for
        another page of the session waits for that. A future's exception is StoreError where it could not be written,
        which makes it due again.
        """
        with self._lock:
            due = self._views.due_of(shown.session, _views_of(shown))
            others = [self._pending.get((shown.session, view)) for view in _views_of(shown)]
            waits = list({id(each): each for each in others if each is not None}.values())
            return [*waits, self._put(shown, due)] if due else waits

    def _put(self, shown: Shown, due: Sequence[str]) -> "Future[None]":
        written: Future[None] = Future()
        self._pending.update(dict.fromkeys(((shown.session, view) for view in due), written))
        transits = [view.removeprefix(shown.view) for view in due]
        self._waiting.append(_Due(shown=shown, transits=transits, written=written))
        if not self._is_writing:
            self._is_writing = True
            self._thread.submit(self._write_all)
        return written

    def _write_all(self) -> None:
        while batch := self._take():
            for scope in dict.fromkeys(each.shown.scope for each in batch):
                self._write([each for each in batch if each.shown.scope == scope], scope)

    def _take(self) -> list[_Due]:
        with self._lock:
            batch, self._waiting = self._waiting, []
            self._is_writing = bool(batch)
            return batch

    def _write(self, batch: Sequence[_Due], scope: Scope) -> None:
        try:
            with self._database.limited_to(scope).transaction() as conn:
                append_all(conn, _rows(batch))
        except StoreError as exc:
            log.warning("console: what %s streams show could not be recorded: %s", len(batch), exc)
            self._settle(batch, exc)
        except BaseException as exc:
            self._settle(batch, exc)
            raise
        else:
            self._settle(batch, None)

    def _settle(self, batch: Iterable[_Due], fault: BaseException | None) -> None:
        for each in batch:
            views = [each.shown.view + transit for transit in each.transits]
            with self._lock:
                for view in views:
                    self._pending.pop((each.shown.session, view), None)
                if fault is not None:
                    self._views.forget(each.shown.session, views)
            if fault is None:
                each.written.set_result(None)
            else:
                each.written.set_exception(fault)


def _views_of(shown: Shown) -> list[str]:
    return [f"{shown.view}{transit}" for transit in shown.transits]


def _rows(batch: Iterable[_Due]) -> list[AuditEvent]:
    """One event for each person and page, in the order of the first."""
    found: dict[tuple[str, str], tuple[AuditEvent, dict[str, None]]] = {}
    for each in batch:
        key = (each.shown.event.actor, each.shown.view)
        found.setdefault(key, (each.shown.event, {}))[1].update(dict.fromkeys(each.transits))
    return [replace(event, detail={**event.detail, "transits": list(transits)}) for event, transits in found.values()]
