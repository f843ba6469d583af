# SPDX-License-Identifier: AGPL-3.0-or-later
"""Graceful stop: SIGINT and SIGTERM set an event, and the process ends when it has cleaned up."""

import _thread
import signal
import threading
from types import FrameType


def stop_on_signals() -> threading.Event:
    """An event that SIGINT and SIGTERM set. Call it from the main thread."""
    stop = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        # Not here: the signal may come while this thread, in `stop.wait`, holds the lock that `set` needs, and it would
        # wait for itself for ever. Not a threading.Thread either: starting one takes locks of its own.
        _thread.start_new_thread(stop.set, ())

    signal.signal(signal.SIGINT, ask)
    signal.signal(signal.SIGTERM, ask)
    return stop
