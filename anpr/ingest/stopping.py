# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ends in time: a process that was told to stop cancels what its database still does for it after a few seconds.

What is cancelled is rolled back and comes again when ingest is started again.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from anpr.runtime.background import running
from anpr.runtime.clock import Clock
from anpr.store.database.connection import Database

PATIENCE_S = 5.0
"""For transactions that are about to end by themselves. `anpr up` and systemd wait longer."""
AGAIN_S = 1.0
log = logging.getLogger(__name__)


@contextmanager
def cancelling(database: Database, clock: Clock, stop: threading.Event) -> Iterator[None]:
    """Once `stop` is set and PATIENCE_S have passed, cancel all that runs in `database`, until the context ends.

    Enter it first, so that everything else has ended when it does. Sets `stop` at its end.
    """

    def watch(over: threading.Event) -> None:
        stop.wait()
        wait_s = PATIENCE_S
        while not clock.wait(over, wait_s):
            if cancelled := database.cancel_running():
                log.warning("told to stop: %d transactions were cancelled after %.0f s", cancelled, PATIENCE_S)
            wait_s = AGAIN_S

    with running(watch, "stopping", stop):
        yield
