# SPDX-License-Identifier: AGPL-3.0-or-later
"""Watchdog of the embedded PostgreSQL: a server that died under its users is started again, by one of them.

Every process that holds the server looks each second. They take the lock of starting, so that one starts it and the
others find it running.
"""

import logging
import threading
from contextlib import AbstractContextManager
from functools import partial

from anpr.domain.errors import StoreError
from anpr.runtime.background import running
from anpr.runtime.backoff import Backoff
from anpr.runtime.clock import Clock
from anpr.store.embedded.locking import locked
from anpr.store.embedded.server import Server, has_postmaster, start

LOOK_EVERY_S = 1.0
log = logging.getLogger(__name__)


def reviving(server: Server, clock: Clock) -> AbstractContextManager[None]:
    """Look after the server in a thread for as long as the context lasts. End it before leaving the server."""
    return running(partial(revive, server, clock), "embedded-database")


def revive(server: Server, clock: Clock, stop: threading.Event) -> None:
    """Look every second until `stop` is set. A start that fails is logged and tried again after a wait that doubles."""
    backoff = Backoff(first_s=LOOK_EVERY_S)
    while not clock.wait(stop, LOOK_EVERY_S):
        if has_postmaster(server):
            continue
        try:
            _start_again(server)
        except StoreError as exc:
            wait_s = backoff.next_s()
            log.error("%s; next try in %.0f s", exc, wait_s)
            clock.wait(stop, wait_s)
        else:
            backoff.reset()


def _start_again(server: Server) -> None:
    try:
        with (server.folder / "start.lock").open("w") as starting, locked(starting):
            if has_postmaster(server):
                return  # another process was faster
            log.warning("embedded PostgreSQL: the server in %s died; starting it again", server.folder)
            start(server)
            log.warning("embedded PostgreSQL: it runs again")
    except OSError as exc:  # a disk that is full or read-only; it may not stay so
        raise StoreError(f"embedded PostgreSQL in {server.folder}: {exc.strerror or exc}") from exc
