# SPDX-License-Identifier: AGPL-3.0-or-later
"""Retention of the audit: whole months that are older than the setting are exported, proved and deleted, hour by
hour."""

import logging
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from anpr.domain.errors import AnprError
from anpr.runtime.background import every
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import AUDIT_PRUNE_FAILED
from anpr.settings import Settings
from anpr.store.audit_chain.pruning import PruneOrder, limit_of, month_start, prunable, prune
from anpr.store.audit_export import site_key
from anpr.store.audit_heads import ensure_key
from anpr.store.database.connection import Database
from anpr.store.retention_guard import database_now

ACTOR = "retention"
EVERY_S = 3600.0
log = logging.getLogger(__name__)


def running_audit_prune(database: Database, settings: Settings, clock: Clock) -> AbstractContextManager[None]:
    """`prune_audit` now and every hour, in a thread for as long as the context lasts; nothing where it is not set."""
    if settings.audit.prune_after_days is None:
        return nullcontext()
    return every(EVERY_S, partial(prune_audit, database, settings, clock), "pruning of the audit", clock)


def prune_audit(database: Database, settings: Settings, clock: Clock) -> None:
    """Prune whole months that are too old, once. Raises StoreError and SettingsError, which the metrics tell as
    well."""
    days = settings.audit.prune_after_days
    if days is None:
        return
    try:
        with database.transaction() as conn:
            before = month_start(limit_of(days, clock, database_now(conn)))
            found = prunable(conn, before)
        if found.rows:
            order = PruneOrder(actor=ACTOR, archive=settings.audit_archive_dir)
            prune(database, before, order, site_key(ensure_key(settings.audit_key_path)), clock)
    except AnprError:
        AUDIT_PRUNE_FAILED.set(1)
        raise
    AUDIT_PRUNE_FAILED.set(0)
    if found.kept_by in {"hold", "case", "request"}:
        log.info("the audit stays from row %d on: a %s that is not over needs it", found.last + 1, found.kept_by)
