# SPDX-License-Identifier: AGPL-3.0-or-later
"""Shared by the verbs that check the audit: the heads that this machine keeps, and what a verification found wrong."""

from collections.abc import Iterable
from dataclasses import dataclass

from anpr.settings import Settings
from anpr.store.audit import NotedHead, Verification, parse_noted, verify
from anpr.store.audit_heads import HeadFile, ensure_key
from anpr.store.database.connection import Database
from anpr.store.users.accounts import list_users

_FEW = 5
"""So many rows are named."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditCheck:
    """The chain, how many heads it was held against, and one text for each fault."""

    chain: Verification
    heads: int
    faults: tuple[str, ...]


def check_audit(database: Database, settings: Settings, noted: Iterable[str]) -> AuditCheck:
    """Walk the chain and hold it against these heads (ROWS:HEAD) and those that this machine keeps.

    Raises InputError, SettingsError and StoreError.
    """
    heads = [*map(parse_noted, noted), *_kept_heads(settings)]
    with database.transaction() as conn:
        chain, has_users = verify(conn, heads), bool(list_users(conn))
    return AuditCheck(chain=chain, heads=len(heads), faults=tuple(_faults(chain, has_users)))


def _kept_heads(settings: Settings) -> list[NotedHead]:
    if not settings.audit_head_path.exists():
        return []
    return HeadFile(settings.audit_head_path, ensure_key(settings.audit_key_path)).read()


def _faults(chain: Verification, has_users: bool) -> list[str]:
    faults = []
    if chain.broken_at is not None:
        faults.append(f"the audit's chain is broken at row {chain.broken_at} ({chain.rows} rows before it are whole)")
    if chain.differs_at:
        rows = ", ".join(str(row) for row in chain.differs_at[:_FEW])
        faults.append(
            f"the audit has {chain.rows} rows and is not as it was noted at row {rows}: rows were changed or removed"
        )
    if chain.rows == 0 and has_users:
        faults.append("the audit is empty although there are users: its rows were removed")
    return faults
