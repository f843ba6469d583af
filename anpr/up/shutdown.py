# SPDX-License-Identifier: AGPL-3.0-or-later
"""Orderly shutdown of the parts: sources first, then drain the outbox, then those that read it."""

import logging
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from anpr.runtime.clock import Clock
from anpr.settings import Settings
from anpr.transport.spool import Spool
from anpr.up.deployment import Echo
from anpr.up.parts import Part, wanted_parts
from anpr.up.supervisor import Supervisor

log = logging.getLogger(__name__)

DRAIN_WITHIN_S = 20.0
STOP_WITHIN_S = 15.0
LOOK_EVERY_S = 0.2


def stop_parts(supervisor: Supervisor, settings: Settings, clock: Clock, echo: Echo) -> dict[str, dict[str, Any]]:
    """Stop those started last first, each within STOP_WITHIN_S; with the direct form, wait up to DRAIN_WITHIN_S until
    ingest has stored what is left in the outbox before it is stopped. Gives each one's summary, by its name.
    """
    parts = wanted_parts(settings)[::-1]
    sources, others = [[p for p in parts if p.fills_outbox is fills] for fills in (True, False)]
    summaries = _stop(sources, supervisor, echo)
    if settings.kafka.bootstrap is None:
        _drain(settings.outbox_path, supervisor, clock)
    return summaries | _stop(others, supervisor, echo)


def _stop(parts: Iterable[Part], supervisor: Supervisor, echo: Echo) -> dict[str, dict[str, Any]]:
    summaries = {}
    for part in parts:
        echo(f"stopping: {part.name}")
        summaries[part.name] = supervisor.stop(part.name, STOP_WITHIN_S)
    return summaries


def _drain(outbox: Path, supervisor: Supervisor, clock: Clock) -> None:
    never = threading.Event()
    deadline = clock.monotonic() + DRAIN_WITHIN_S
    spool = Spool(outbox)
    try:
        while waiting := sum(count.records for count in spool.counts().values()):
            if clock.monotonic() > deadline:
                log.warning("%d records stay in the outbox; the next start stores them", waiting)
                return
            supervisor.check()
            clock.wait(never, LOOK_EVERY_S)
    finally:
        spool.close()
