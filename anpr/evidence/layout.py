# SPDX-License-Identifier: AGPL-3.0-or-later
"""Layout of a package of evidence: names of its files, what is signed, and the bounds that writer and verifier share.

| file | holds |
|---|---|
| `LEGGIMI.txt` | what it is, and how it is verified |
| `relazione.pdf` | the same for people, in Italian |
| `transits.json` | what is stored of each transit, and what is missing with why |
| `audit.jsonl` | rows of the audit, each with the hash of the row before |
| `originali/` | images byte for byte |
| `copie/` | images with the plate's box, hash and time drawn on them |
| `tsa-ca.pem` | roots of the time stamping authority, where one is set up |
| `manifest.json` | size and SHA-256 of each file above; who made it, when and why |
| `manifest.sig` | the site's public key and its signature (Ed25519) of `manifest.json` |
| `manifest.tsr` | the answer of a time stamping authority (RFC 3161) to the SHA-256 of `manifest.sig`; may be missing |
"""

import json
import re
from typing import Any

VERSION = 1
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
STAMP, STAMP_ROOTS = "manifest.tsr", "tsa-ca.pem"
README, REPORT, TRANSITS, AUDIT = "LEGGIMI.txt", "relazione.pdf", "transits.json", "audit.jsonl"
ORIGINALS, COPIES = "originali/", "copie/"
SIGNED_AS = b"anpr evidence 1\n"
"""What the signature begins with: told apart from everything else that is signed with the site's key."""

MAX_FILES = 4000
"""Twice two images of each transit that an investigation may hold, and the texts."""
MAX_FILE = 256 * 1024 * 1024
"""Bytes. An image has 4 MB at most; a report of all transits is the largest."""
MAX_TEXT = 64 * 1024 * 1024
"""Bytes of a file that is read as a whole: manifest, signature, transits, audit."""
MAX_TOTAL = 4_000_000_000
"""Bytes of all files: below it a ZIP needs no 64-bit fields, and the verifier takes none."""
NAME = re.compile(r"(?:originali/|copie/)?[A-Za-z0-9][A-Za-z0-9._-]{0,120}")
"""Every name that a package may have: no folder but two, no dot in front, nothing to escape by."""


def canonical(fields: Any) -> bytes:
    """One JSON text for one value: sorted keys, UTF-8, readable."""
    return json.dumps(fields, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"
