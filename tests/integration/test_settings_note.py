# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings that changed since a process's last start are a row of the audit: keys by name, no value."""

import json

from anpr.cli.common.settings_note import note_settings_of
from anpr.runtime.clock import ManualClock
from anpr.settings import Settings
from anpr.store.audit import AuditAction, AuditRow, list_audit
from anpr.store.audit_use.catalogue import AUDITED
from anpr.store.database.connection import Database
from anpr.store.database.scope import ITSELF
from anpr.store.embedded.roles import CentreRole, grant_roles, role_url


def settings_of(**changes: object) -> Settings:
    return Settings.model_validate({"municipality": "Comune di Prova", **changes})


def rows(database: Database) -> list[AuditRow]:
    with database.transaction() as conn:
        return [row for row in list_audit(conn) if row.event.action is AuditAction.SETTINGS_CHANGED]


def test_the_same_settings_are_noted_once_and_a_change_names_its_keys(database: Database, clock: ManualClock) -> None:
    secret = {"url": "postgresql://anna:parolasegreta@db/anpr"}
    before = settings_of(database=secret)
    for _ in range(2):
        note_settings_of(before, database, "ingest", clock)
    (first,) = rows(database)
    assert "changed_keys" not in first.event.detail
    gates = [
        {"id": "nord", "name": "Nord", "purpose": "p", "legal_basis": "b", "cameras": [{"id": "n1", "url": "file:x"}]}
    ]
    after = settings_of(database=secret, gates=gates, retention={"transit_days": 3})
    note_settings_of(after, database, "console", clock)
    note_settings_of(after, database, "ingest", clock)
    note_settings_of(after, database, "ingest", clock)
    newest, other, _ = rows(database)
    assert other.event.detail["process"] == "console"
    assert newest.event.detail["changed_keys"] == ["gates", "gates.0", "retention.transit_days"]
    assert "parolasegreta" not in json.dumps([row.event.detail for row in rows(database)])
    assert set(newest.event.detail) <= set(AUDITED[AuditAction.SETTINGS_CHANGED].details)
    note_settings_of(before, database, "ingest", clock)
    assert len(rows(database)) == 4, "back again is a change too"


def test_each_role_may_note_its_settings(database: Database, database_url: str, clock: ManualClock) -> None:
    grant_roles(database_url)
    for role in CentreRole:
        with Database(role_url(database_url, role)) as limited:
            for _ in range(2):
                scoped = limited.limited_to(ITSELF) if role is CentreRole.CONSOLE else limited
                note_settings_of(settings_of(), scoped, str(role), clock)
    assert len(rows(database)) == len(CentreRole)
