# SPDX-License-Identifier: AGPL-3.0-or-later
"""Shared by the verbs that are processes of the centre: settings that changed since the last start are a row of the
audit."""

from anpr.cli.common.database import operating_system_user
from anpr.runtime.clock import Clock
from anpr.settings import Settings
from anpr.settings.effective import digest_of, digests_of
from anpr.store.audit_use.settings_note import note_settings
from anpr.store.database.connection import Database


def note_settings_of(settings: Settings, database: Database, process: str, clock: Clock) -> None:
    """Note them for this process: `ingest`, `console`, `forward`. Raises StoreError."""
    digests = digests_of(settings)
    note_settings(database, process, operating_system_user(), clock.now(), digests, digest_of(digests))
