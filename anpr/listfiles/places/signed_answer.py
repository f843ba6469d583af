# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signed answer with a list: only what the pinned key has signed stays in the file."""

import mmap
from pathlib import Path

from anpr.domain.errors import ForwardError
from anpr.listfiles.places.digest import in_place_of
from anpr.ws_security import Security

MOST_SIGNED = 96 << 20
"""Bytes of a signed answer: to compare signatures all of it is held as a tree, several times as large."""


def keep_signed(answer: mmap.mmap, part: Path, security: Security, label: str) -> str:
    """Put an envelope with the signed Body in the file's place; its SHA-256. Raises ForwardError."""
    if len(answer) > MOST_SIGNED:
        raise ForwardError(f"{label}: a signed answer of more than {MOST_SIGNED >> 20} MiB")
    try:
        signed = security.answered(answer[:], is_large=True)
    except ValueError as exc:
        raise ForwardError(f"{label}: its signature: {exc}: nothing of it is taken", permanent=True) from exc
    with in_place_of(part) as written:
        written.write(signed)
    return written.digest.hex()
