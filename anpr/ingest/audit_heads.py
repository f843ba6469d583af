# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writes the audit's signed head to a file again and again, and holds the audit against the last one written."""

import logging
from contextlib import AbstractContextManager
from functools import partial

from anpr.domain.errors import StoreError
from anpr.runtime.background import every
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import AUDIT_DIFFERS, AUDIT_HEAD_TIME, AUDIT_ROWS
from anpr.settings import Settings
from anpr.store.audit import last_head
from anpr.store.audit_chain.verification import still_has
from anpr.store.audit_heads import HeadFile, ensure_key
from anpr.store.database.connection import Database

log = logging.getLogger(__name__)


def running_audit_heads(database: Database, settings: Settings, clock: Clock) -> AbstractContextManager[None]:
    """`note_head` now and every `audit.head_every_s`, in a thread for as long as the context lasts."""
    return every(settings.audit.head_every_s, partial(note_head, database, settings, clock), "audit heads", clock)


def note_head(database: Database, settings: Settings, clock: Clock) -> None:
    """Add the present head to the file, unless it is the last one there.

    Where the audit no longer has the last one, or the file is not as we wrote it, nothing is added: that is an error in
    the log and in the metrics until a person has looked. Raises StoreError when the database or the file cannot be
    used, and SettingsError when the key cannot be read or made: ingest goes on without.
    """
    heads = HeadFile(settings.audit_head_path, ensure_key(settings.audit_key_path))
    try:
        noted = heads.last()
    except StoreError:
        AUDIT_DIFFERS.set(1)
        raise
    with database.transaction() as conn:
        now = last_head(conn)
        differs = noted is not None and not still_has(conn, noted)
    AUDIT_DIFFERS.set(int(differs))
    AUDIT_ROWS.set(now.rows if now else 0)
    if differs:
        log.error("the audit is not as it was noted in %s (%s): anpr db check", heads.path, noted)
        return
    if now is not None and now != noted:
        heads.append(now, clock.now())
        _thin(heads)
    AUDIT_HEAD_TIME.set(clock.now().timestamp())


def _thin(heads: HeadFile) -> None:
    """Where that is refused (a folder to which one may only add) the file grows on, and the log says so."""
    try:
        if heads.thin():
            log.info("%s was thinned: of older days the last head stays", heads.path)
    except StoreError as exc:
        log.warning("the file of heads is not thinned: %s", exc)
