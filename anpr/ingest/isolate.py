# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bisection of a batch that the database does not take as a whole, until what it does not take stands alone.

First by sender, then by halves, breadth first: what is good is stored, and its alarms raised, before the rest is
divided further. A batch with one bad message costs a dozen transactions, and not one for each message.
"""

import threading
from collections import deque
from collections.abc import Callable

from anpr.domain.errors import PoisonReason, StoreError, StoreFault
from anpr.ingest.batch import Batch
from anpr.ingest.sender import sender_of
from anpr.ingest.store_batch import StoredBatch

Store = Callable[[Batch], StoredBatch]
"""Stores a batch, all or nothing. Raises StoreError."""


def store_apart(store: Store, batch: Batch, stop: threading.Event) -> StoredBatch:
    """Store what the database takes; each message that it does not take alone becomes a dead letter.

    Raises StoreError when the database is to be waited for, or `stop` is set: nothing is a message's fault then.
    """
    total = StoredBatch()
    parts = deque(batch.by(sender_of))
    while parts:
        part = parts.popleft()
        try:
            total += store(part)
        except StoreError as exc:
            if exc.fault is StoreFault.WAIT or stop.is_set():
                raise
            if len(part.records) == 1:
                total += store(part.refused(PoisonReason.NOT_STORABLE, str(exc)))
            else:
                parts.extend(part.halves())
    return total
