# SPDX-License-Identifier: AGPL-3.0-or-later
"""Discard unless it hits: which transits of a batch are kept, and what goes with those that are not.

An image may come before its transit, and waits on the shelf then. Whoever stores images and whoever discards transits
looks once more after its own commit. Of two that do so at once, the later one sees what the other has committed, so no
image of a discarded transit stays. A process that is killed in between does it when the batch comes again.
"""

from collections.abc import Iterable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor

from anpr.domain.transit import Transit
from anpr.ingest.batch import Batch
from anpr.store.database.connection import Database
from anpr.store.images.check import THREADS
from anpr.store.images.image_store import ImageStore
from anpr.store.transits.discarded import Key, drop_images_of_discarded
from anpr.store.watchlists.matching import Hit


def divide(
    transits: Sequence[Transit], hits: Iterable[Hit], hits_only: Set[str]
) -> tuple[list[Transit], list[Transit]]:
    """Those that are kept, and those that are discarded: at one of the gates `hits_only`, and without a hit."""
    if not hits_only:
        return list(transits), []
    hitting = {transit.id for transit, _, _ in hits}
    kept = [each for each in transits if each.gate_id not in hits_only or each.id in hitting]
    gone = [each for each in transits if each.gate_id in hits_only and each.id not in hitting]
    return kept, gone


def remove_late_images(
    database: Database, images: ImageStore, batch: Batch, gone: Sequence[Transit], hits_only: Set[str]
) -> int:
    """Remove the stored images of discarded transits among those of this batch, rows and files; returns how many.

    `gone` were discarded by this batch. Call it after the batch is committed. Raises StoreError.
    """
    keys: list[Key] = [(each.captured_at, each.id) for each in gone]
    headers = [image.header for image in batch.images]
    keys += [(header.captured_at, header.transit_id) for header in headers if header.gate_id in hits_only]
    if not keys:
        return 0
    with database.transaction() as conn:
        paths = drop_images_of_discarded(conn, sorted(set(keys)))
        # The rows go last: while a file is there its row names it, for the batch that comes again after a kill.
        with ThreadPoolExecutor(THREADS, thread_name_prefix="discarded") as threads:
            list(threads.map(images.shelf.remove, paths))
    return len(paths)
