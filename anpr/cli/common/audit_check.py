# SPDX-License-Identifier: AGPL-3.0-or-later
"""Shared by the verbs that check the audit: the heads that this machine keeps, and what a verification found wrong."""

from collections.abc import Iterable
from dataclasses import dataclass

from anpr.contract.signature import PublicKey
from anpr.settings import Settings
from anpr.store.audit import NotedHead, parse_noted
from anpr.store.audit_chain.verification import Verification, verify
from anpr.store.audit_export import site_key
from anpr.store.audit_heads import HeadFile, ensure_key, read_key
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


def check_audit(
    database: Database, settings: Settings, noted: Iterable[str], public_key: PublicKey | None = None
) -> AuditCheck:
    """Walk the chain and hold it against these heads (ROWS:HEAD) and those that this machine keeps.

    A proof of pruned rows must be signed by this machine's key, or by `public_key`. Raises InputError, SettingsError
    and StoreError.
    """
    heads = [*map(parse_noted, noted), *_kept_heads(settings)]
    with database.transaction() as conn:
        chain, has_users = verify(conn, heads), bool(list_users(conn))
    faults = [*_faults(chain, has_users), *_odd_signer(chain, settings, public_key)]
    return AuditCheck(chain=chain, heads=len(heads) - chain.pruned_heads, faults=tuple(faults))


def pruned_line(chain: Verification) -> str | None:
    """What is told of rows that were pruned; None where none were."""
    if chain.proof is None:
        return None
    cut = chain.proof.cut
    kept = f"exported to {cut.export}" if cut.export else "without an export"
    return (
        f"rows up to {cut.last} were pruned, as a signed row proves: the newest part of {cut.oldest_at:%Y-%m-%d} to"
        f" {cut.newest_at:%Y-%m-%d}, {kept}; {chain.pruned_heads} noted heads are of pruned rows"
    )


def _kept_heads(settings: Settings) -> list[NotedHead]:
    if not settings.audit_head_path.exists():
        return []
    return HeadFile(settings.audit_head_path, ensure_key(settings.audit_key_path)).read()


def _odd_signer(chain: Verification, settings: Settings, public_key: PublicKey | None) -> list[str]:
    """A machine that has no key yet cannot judge whose signature it is, but by what it is told."""
    if chain.proof is None:
        return []
    known = {public_key} if public_key else set()
    if settings.audit_key_path.exists():
        known.add(site_key(read_key(settings.audit_key_path)).public)
    signer = chain.proof.public_key
    if signer in known:
        return []
    whose = "which is not this site's key" if known else "and no key is here to compare: give --public-key"
    return [f"the proof of pruned rows is signed by {signer.text}, {whose}"]


def _faults(chain: Verification, has_users: bool) -> list[str]:
    faults = []
    if chain.unproved is not None:
        faults.append(chain.unproved)
    if chain.broken_at is not None:
        faults.append(f"the audit's chain is broken at row {chain.broken_at} ({chain.rows} rows before it are whole)")
    if chain.differs_at:
        rows = ", ".join(str(row) for row in chain.differs_at[:_FEW])
        faults.append(
            f"the audit has {chain.last} rows and is not as it was noted at row {rows}: rows were changed or removed"
        )
    if chain.rows == 0 and has_users:
        faults.append("the audit is empty although there are users: its rows were removed")
    return faults
