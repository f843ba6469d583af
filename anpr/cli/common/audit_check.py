# SPDX-License-Identifier: AGPL-3.0-or-later
"""Shared by the verbs that check the audit: the heads that this machine keeps, and what a verification found wrong."""

from anpr.settings import Settings
from anpr.store.audit import NotedHead, Verification
from anpr.store.audit_heads import HeadFile, ensure_key

_FEW = 5
"""So many rows are named."""


def kept_heads(settings: Settings) -> list[NotedHead]:
    """The signed heads in audit.head_file; none where it is not here. Raises SettingsError and StoreError."""
    if not settings.audit_head_path.exists():
        return []
    return HeadFile(settings.audit_head_path, ensure_key(settings.audit_key_path)).read()


def audit_faults(chain: Verification, has_users: bool) -> list[str]:
    """One text for each fault; none where the audit is whole."""
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
