# SPDX-License-Identifier: AGPL-3.0-or-later
"""Proof of a pruned prefix: a signed row of the audit that says which oldest rows went, and where they are kept.

The row has the action `audit-pruned`. Its detail names the rows (`pruned_from` to `pruned_to`), the last one's hash,
from which the chain goes on, the moments that they cover, and the file to which they were exported with its SHA-256.
The site's key (Ed25519, RFC 8032) signs all of it: whoever holds the database and not the key cannot make one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from anpr.contract.signature import PublicKey, SigningKey
from anpr.domain.errors import InputError

_DOMAIN = b"anpr audit prune 1\n"
_SIGNED = ("pruned_from", "pruned_to", "pruned_hash", "oldest_at", "newest_at", "export", "export_sha256")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """Rows `first` to `last` were pruned; `head`: the last one's hash (64 hex digits), that of the row before what is
    left.

    `export`: the file's name, and the SHA-256 of its content; None where no export was kept.
    """

    first: int
    last: int
    head: str
    oldest_at: datetime
    newest_at: datetime
    export: str | None
    export_sha256: str | None

    @property
    def rows(self) -> int:
        """How many went."""
        return self.last - self.first + 1

    @property
    def detail(self) -> dict[str, Any]:
        """What the audit's row holds of it, before the signature."""
        return {
            "pruned_from": self.first,
            "pruned_to": self.last,
            "pruned_hash": self.head,
            "oldest_at": _moment(self.oldest_at),
            "newest_at": _moment(self.newest_at),
            "export": self.export,
            "export_sha256": self.export_sha256,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """A cut as a row of the audit proves it: by whose key."""

    cut: Cut
    public_key: PublicKey


def signed_detail(cut: Cut, key: SigningKey) -> dict[str, Any]:
    """The detail of the row that proves the cut."""
    detail = cut.detail
    signature = key.sign_bytes(_message(detail))
    return {**detail, "public_key": key.public.text, "signature": signature.hex()}


def read_proof(detail: Mapping[str, Any]) -> Proof:
    """The proof in this detail. Raises InputError where it is none, or its signature is not that of what it says."""
    try:
        public, signature = PublicKey(detail["public_key"]), bytes.fromhex(detail["signature"])
        cut = Cut(
            first=int(detail["pruned_from"]),
            last=int(detail["pruned_to"]),
            head=str(detail["pruned_hash"]),
            oldest_at=datetime.fromisoformat(detail["oldest_at"]),
            newest_at=datetime.fromisoformat(detail["newest_at"]),
            export=detail["export"],
            export_sha256=detail["export_sha256"],
        )
    except (KeyError, TypeError, ValueError, InputError) as exc:
        raise InputError("the row that should prove a deletion of the audit's oldest rows does not") from exc
    if not public.verifies(signature, _message(detail)):
        raise InputError("the proof of a deletion of the audit's oldest rows has a signature of something else")
    return Proof(cut=cut, public_key=public)


def _message(detail: Mapping[str, Any]) -> bytes:
    signed = {name: detail.get(name) for name in _SIGNED}
    return _DOMAIN + json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
