# SPDX-License-Identifier: AGPL-3.0-or-later
"""Consistency check of images against their rows: orphans, missing files, bytes that do not match their SHA-256.

One day and gate at a time: what is kept in memory is the list of one folder. Ingest may run meanwhile, and so may
retention: what they change between two looks is looked at again before it is called a fault.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import islice
from urllib.parse import unquote

from anpr.domain.errors import StoreError
from anpr.runtime.clock import Clock
from anpr.store.database.connection import Database
from anpr.store.database.partitions import Part, list_parts
from anpr.store.images.files import Shelf
from anpr.store.images.image_store import gate_folder
from anpr.store.images.rows import PAGE, ImageRow, gates_of_day, named_keys, pages

OLD = timedelta(days=1)
"""A file without a row that is younger may be one whose row is about to be written, now or when ingest is back."""

THREADS = 8


class Fault(StrEnum):
    """Kinds of inconsistency of one image."""

    ORPHAN = "orphan"
    MISSING = "missing"
    DIFFERENT = "different"
    UNREADABLE = "unreadable"
    UNANNOUNCED = "unannounced"
    """Stored, and not the image that its transit names; or its transit never came."""


@dataclass(kw_only=True, slots=True)
class GateReport:
    """One day and one gate's folder: `files` lay there, `rows` name some of them.

    `young` files have no row yet and are no fault.
    """

    day: date
    folder: str
    """The gate's id, quoted where a file's name needs it."""
    files: int = 0
    rows: int = 0
    young: int = 0
    faults: dict[Fault, list[str]] = field(default_factory=lambda: {fault: [] for fault in Fault})
    """Keys."""

    @property
    def is_well(self) -> bool:
        return not any(self.faults.values())


Progress = Callable[[GateReport], None]
"""Told after each page of rows how far a gate is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageCheck:
    """`sizes_only`: trust the bytes of a file that has the size its row says; fast, and blind to damage."""

    database: Database
    shelf: Shelf
    clock: Clock
    sizes_only: bool = False

    def run(self, only: Sequence[date] = (), progress: Progress = lambda _: None) -> Iterator[GateReport]:
        """Each day (or those of `only`) and gate, oldest first. Raises StoreError when shelf or database fails."""
        days, kept = set(self.shelf.days()), self._parts()
        for day in sorted(each for each in days | {part.day for part in kept} if not only or each in only):
            for folder in self._folders(day):
                report = self._folder(day, folder, progress)
                if any(part.day == day for part in kept - self._parts()):
                    break  # retention took it, or what was read for one purpose, from under us, rows first
                yield report

    def _folders(self, day: date) -> list[str]:
        found = set(self.shelf.gates(day))
        with self.database.transaction() as conn:
            return sorted(found | {gate_folder(gate_id) for gate_id in gates_of_day(conn, day)})

    def _parts(self) -> set[Part]:
        with self.database.transaction() as conn:
            return set(list_parts(conn, "images"))

    def _folder(self, day: date, folder: str, progress: Progress) -> GateReport:
        # Files first: an image is put before its row is written, so a row found later has its file.
        files = {each.key: (each.size, each.modified) for each in self.shelf.files(day, folder)}
        report = GateReport(day=day, folder=folder, files=len(files))
        with ThreadPoolExecutor(THREADS, thread_name_prefix="images") as threads:
            for page in self._pages(day, folder):
                sizes = [files.pop(row.key, (None, None))[0] for row in page]
                self._note(report, page, list(threads.map(self._fault, page, sizes)))
                progress(report)
        self._orphans(report, {key: modified for key, (_, modified) in files.items()})
        return report

    def _pages(self, day: date, folder: str) -> Iterator[list[ImageRow]]:
        gate_id = unquote(folder)
        is_ours = gate_folder(gate_id) == folder and "\0" not in gate_id
        return pages(self.database, day, gate_id) if is_ours else iter(())

    def _fault(self, row: ImageRow, size: int | None) -> Fault | None:
        if row.is_named is False or (row.is_named is None and row.captured_at < self.clock.now() - OLD):
            return Fault.UNANNOUNCED
        if size is not None and (size != row.size or self.sizes_only):
            return Fault.DIFFERENT if size != row.size else None
        try:
            data = self.shelf.read(row.key)  # also one that was not listed: it may have come since
        except StoreError:
            return Fault.UNREADABLE
        if data is None:
            return Fault.MISSING
        return None if hashlib.sha256(data).hexdigest() == row.sha256 else Fault.DIFFERENT

    def _note(self, report: GateReport, page: Sequence[ImageRow], faults: Sequence[Fault | None]) -> None:
        report.rows += len(page)
        if len(page) == PAGE and all(fault is Fault.UNREADABLE for fault in faults):
            self.shelf.read(page[0].key)  # it is not one file: say what it is
            raise StoreError(f"images in {report.day}/{report.folder}: {PAGE} in a row cannot be read")
        for row, fault in zip(page, faults, strict=True):
            if fault is not None:
                report.faults[fault].append(row.key)

    def _orphans(self, report: GateReport, unnamed: dict[str, datetime]) -> None:
        before = self.clock.now() - OLD
        old = sorted(key for key, modified in unnamed.items() if modified < before)
        report.young = len(unnamed) - len(old)
        for keys in batches(old, PAGE):
            with self.database.transaction() as conn:  # asked again: its row may have been written behind our back
                report.faults[Fault.ORPHAN] += sorted(set(keys) - named_keys(conn, report.day, keys))


def batches(keys: Iterable[str], size: int) -> Iterator[list[str]]:
    """The keys in their order, at most `size` at a time."""
    rest = iter(keys)
    while batch := list(islice(rest, size)):
        yield batch
