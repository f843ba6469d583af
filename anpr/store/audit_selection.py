# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signed selection of the audit as JSON Lines: the rows that a filter let through, which prove nothing of the others.

| line | holds |
|---|---|
| first | `anpr_audit_selection` (format version), `filter`, `organisation` (for which it was made) |
| one for each row | as in an export of the whole (`anpr.store.audit_export`), newest first |
| last | `rows`, `exported_at`, `public_key`, `signature` |

Rows lie apart in the chain, so their hashes cannot be recomputed here: the site's signature vouches for them.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from anpr.contract.signature import PublicKey, SigningKey
from anpr.domain.errors import InputError
from anpr.store.audit import AuditRow
from anpr.store.audit_export import line_object, line_of, row_fields

VERSION = 1
_NAME = "anpr_audit_selection"
_DOMAIN = b"anpr audit selection 1\n"
_CUT = "it is cut off: its last line, with the signature, is missing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """What a verified selection says of itself."""

    filter: Mapping[str, Any]
    organisation: str
    rows: int
    exported_at: datetime
    public_key: PublicKey
    """By which it is signed; whoever verifies must know that it is the site's."""


def selection_lines(
    rows: Sequence[AuditRow], which: Mapping[str, object], organisation: str, key: SigningKey, at: datetime
) -> Iterator[bytes]:
    """The selection's lines. `which`: the filter as the audit holds it."""
    lines = [line_of({_NAME: VERSION, "filter": dict(which), "organisation": organisation})]
    lines += [line_of(row_fields(row)) for row in rows]
    end = {"rows": len(rows), "exported_at": at.astimezone(UTC).isoformat(timespec="seconds")}
    yield from lines
    signature = key.sign_bytes(_signed(hashlib.sha256(b"".join(lines)).digest(), end))
    yield line_of({**end, "public_key": key.public.text, "signature": signature.hex()})


def is_selection(first: bytes) -> bool:
    """Whether a file that begins with this line claims to be one."""
    try:
        fields = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(fields, dict) and _NAME in fields


def verify_selection(lines: Iterable[bytes]) -> Selection:
    """Check the signature over every line. Raises InputError, which names the line that is wrong."""
    head: dict[str, Any] | None = None
    digest, number = hashlib.sha256(), 0
    held = b""
    for line in lines:
        number += 1
        if head is None:
            head = line_object(line, 1)
            if head.get(_NAME) != VERSION:
                raise InputError("line 1: this is no selection of the audit, or one of another version")
        else:
            digest.update(held)
        held = line
    if head is None or number == 1:
        raise InputError(_CUT)
    return _checked(head, held, number, digest.digest())


def _checked(head: dict[str, Any], last: bytes, number: int, digest: bytes) -> Selection:
    fields = line_object(last, number)
    try:
        end = {name: fields[name] for name in ("rows", "exported_at")}
        public, signature = PublicKey(fields["public_key"]), bytes.fromhex(fields["signature"])
        exported_at = datetime.fromisoformat(end["exported_at"])
    except (KeyError, TypeError, ValueError, InputError) as exc:
        raise InputError(_CUT) from exc
    if end["rows"] != number - 2:
        raise InputError(f"line {number}: it speaks of {end['rows']} rows, and {number - 2} are here")
    if not public.verifies(signature, _signed(digest, end)):
        raise InputError(f"line {number}: the signature is not that of these lines")
    return Selection(
        filter=dict(head.get("filter") or {}),
        organisation=str(head.get("organisation")),
        rows=end["rows"],
        exported_at=exported_at,
        public_key=public,
    )


def _signed(digest: bytes, end: dict[str, Any]) -> bytes:
    return _DOMAIN + digest + line_of(end)
