# SPDX-License-Identifier: AGPL-3.0-or-later
"""Single-slot queue between threads: latest wins for live sources, blocking for files."""

import threading
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Mailbox(Generic[Item]):
    """Holds one item. `newest_wins`: a newer item replaces one that was not taken; else `put` waits until it was."""

    def __init__(self, *, newest_wins: bool) -> None:
        self._newest_wins = newest_wins
        self._changed = threading.Condition()
        self._item: Item | None = None
        self._closed = False

    def put(self, item: Item) -> int:
        """Store `item`, unless closed; returns how many items it replaced that were not taken, 0 or 1."""
        with self._changed:
            if not self._newest_wins:
                self._changed.wait_for(lambda: self._item is None or self._closed)
            if self._closed:
                return 0
            lost = 0 if self._item is None else 1
            self._item = item
            self._changed.notify_all()
            return lost

    def wait(self, timeout_s: float) -> bool:
        """Whether there is an item, as soon as there is one; at the latest after `timeout_s` (s), or when closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._closed, timeout_s)
            return self._item is not None

    def take(self, timeout_s: float) -> Item | None:
        """The item, as soon as there is one; None after `timeout_s` (s), or when closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._closed, timeout_s)
            item, self._item = self._item, None
            self._changed.notify_all()
            return item

    def close(self) -> None:
        """Accept no more items and wake every waiting thread."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def is_empty(self) -> bool:
        with self._changed:
            return self._item is None
