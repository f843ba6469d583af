# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signed export of the audit as JSON Lines: verified anywhere with the site's public key, without database or secret.

| line | holds |
|---|---|
| first | `anpr_audit` (format version), `previous`: hash of the row before the first one |
| one for each row | `seq`, `at`, `actor`, `action`, `reason`, `case_reference`, `detail`, `hash` |
| last | `rows`, `head` (the last row's hash), `exported_at`, `public_key`, `signature` |

The signature (Ed25519, RFC 8032) is of the SHA-256 of all lines before, and of the first three values of the last.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from anpr.contract.signature import PublicKey, SigningKey
from anpr.domain.errors import InputError
from anpr.store.audit import GENESIS, AuditEvent, AuditRow, row_hash

VERSION = 1
MAX_LINE = 4 * 1024 * 1024
"""Bytes; a row is far smaller."""
_DOMAIN = b"anpr audit export 1\n"
_CUT = "it is cut off: its last line, with the signature, is missing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Export:
    """What a verified export says of itself."""

    first: int
    rows: int
    previous: str
    """Hash (64 hex digits) of the row before the first; zeros where there is none."""
    head: str
    exported_at: datetime
    public_key: PublicKey
    """By which it is signed; whoever verifies must know that it is the site's."""

    @property
    def last(self) -> int:
        """The number of its last row."""
        return self.first + self.rows - 1


def site_key(secret: bytes) -> SigningKey:
    """The site's signing key, derived (HKDF, RFC 5869) from the secret in audit.key_file: one file to keep, and the
    public half may be told to everybody."""
    seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=_DOMAIN).derive(secret)
    return SigningKey(Ed25519PrivateKey.from_private_bytes(seed))


def export_lines(rows: Iterable[AuditRow], previous: bytes, key: SigningKey, at: datetime) -> Iterator[bytes]:
    """The export's lines. `previous`: hash (32 bytes) of the row before the first, GENESIS where there is none."""
    digest, count, head = hashlib.sha256(), 0, previous.hex()
    first = line_of({"anpr_audit": VERSION, "previous": head})
    digest.update(first)
    yield first
    for row in rows:
        line = line_of(row_fields(row))
        digest.update(line)
        count, head = count + 1, row.hash
        yield line
    end = {"rows": count, "head": head, "exported_at": at.astimezone(UTC).isoformat(timespec="seconds")}
    signature = key.sign_bytes(_signed(digest.digest(), end))
    yield line_of({**end, "public_key": key.public.text, "signature": signature.hex()})


def verify_export(lines: Iterable[bytes]) -> Export:
    """Recompute every hash and check the signature. Raises InputError, which names the line or row that is wrong."""
    walk: _Walk | None = None
    held: tuple[int, bytes] | None = None
    for number, line in enumerate(lines, 1):
        if walk is None:
            walk = _Walk(line)
            continue
        if held is not None:
            walk.row(*held)
        held = number, line
    if walk is None or held is None:
        raise InputError(_CUT)
    return walk.end(*held)


class _Walk:
    """From the first line on; each line once."""

    def __init__(self, line: bytes) -> None:
        fields = line_object(line, 1)
        if fields.get("anpr_audit") != VERSION:
            raise InputError("line 1: this is no export of the audit, or one of another version")
        self._previous = _hash(fields.get("previous"), 1)
        self._before = self._previous.hex()
        self._digest = hashlib.sha256(line)
        self._first = self._rows = 0

    def row(self, number: int, line: bytes) -> None:
        """The next row. Raises InputError unless it follows the one before."""
        fields = line_object(line, number)
        if "signature" in fields:
            raise InputError(f"line {number}: something follows the line with the signature")
        seq, event = _row(fields, number)
        if self._rows and seq != self._first + self._rows:
            raise InputError(f"line {number}: row {self._first + self._rows} is missing, here is row {seq}")
        computed = row_hash(seq, event, self._previous)
        if computed != _hash(fields.get("hash"), number):
            raise InputError(f"line {number}: row {seq} was changed, or the one before it")
        self._digest.update(line)
        self._previous, self._first, self._rows = computed, self._first or seq, self._rows + 1

    def end(self, number: int, line: bytes) -> Export:
        """The last line. Raises InputError unless it is signed and speaks of these rows."""
        fields = line_object(line, number)
        try:
            end = {name: fields[name] for name in ("rows", "head", "exported_at")}
            public, signature = PublicKey(fields["public_key"]), bytes.fromhex(fields["signature"])
            exported_at = datetime.fromisoformat(end["exported_at"])
        except (KeyError, TypeError, ValueError, InputError) as exc:
            raise InputError(_CUT) from exc
        if (end["rows"], end["head"]) != (self._rows, self._previous.hex()):
            raise InputError(f"line {number}: it speaks of {end['rows']} rows, and {self._rows} are here")
        if not public.verifies(signature, _signed(self._digest.digest(), end)):
            raise InputError(f"line {number}: the signature is not that of these lines")
        return Export(
            first=self._first,
            rows=self._rows,
            previous=self._before,
            head=end["head"],
            exported_at=exported_at,
            public_key=public,
        )


def _row(fields: dict[str, Any], number: int) -> tuple[int, AuditEvent]:
    try:
        return int(fields["seq"]), AuditEvent(
            actor=fields["actor"],
            action=fields["action"],
            at=datetime.fromisoformat(fields["at"]),
            reason=fields["reason"],
            case_reference=fields["case_reference"],
            detail=dict(fields["detail"]),
        )
    except (KeyError, TypeError, ValueError) as exc:
        raise InputError(f"line {number}: this is no row of an audit") from exc


def _signed(digest: bytes, end: dict[str, Any]) -> bytes:
    return _DOMAIN + digest + line_of(end)


def row_fields(row: AuditRow) -> dict[str, Any]:
    """What a line holds of a row."""
    event = row.event
    return {
        "seq": row.seq,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": event.actor,
        "action": str(event.action),
        "reason": event.reason,
        "case_reference": event.case_reference,
        "detail": dict(event.detail),
        "hash": row.hash,
    }


def line_of(fields: dict[str, Any]) -> bytes:
    """One line of JSON."""
    return json.dumps(fields, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def line_object(line: bytes, number: int) -> dict[str, Any]:
    """What stands in the line. Raises InputError, which names it."""
    if len(line) > MAX_LINE:
        raise InputError(f"line {number}: longer than {MAX_LINE} bytes")
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as exc:
        raise InputError(f"line {number}: not JSON") from exc
    if not isinstance(fields, dict):
        raise InputError(f"line {number}: not a JSON object")
    return fields


def _hash(text: object, number: int) -> bytes:
    try:
        found = bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        found = b""
    if len(found) != len(GENESIS):
        raise InputError(f"line {number}: expected a hash of 64 hex digits")
    return found
