# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signed files: a manifest that names each file with its SHA-256, signed with the site's key; shared by all reports."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from anpr.contract.signature import PublicKey, SigningKey

MANIFEST, SIGNATURE = "manifest.json", "signature.txt"


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedFiles:
    """Files by name, the manifest that names them, and its signature (Ed25519)."""

    files: Mapping[str, bytes]
    manifest: bytes
    signature: bytes

    @property
    def signature_text(self) -> bytes:
        """As it is written into a file: hexadecimal, with a line end."""
        return self.signature.hex().encode() + b"\n"

    @property
    def faults(self) -> list[str]:
        """What of the files is not as the manifest says: one text a file, which it names; the signature is apart."""
        digests = json.loads(self.manifest)["files"]
        changed = [name for name in digests if name in self.files and _digest(self.files[name]) != digests[name]]
        missing = [name for name in digests if name not in self.files]
        return [
            *(f"{name}: not as it was signed" for name in changed),
            *(f"{name}: missing" for name in missing),
            *(f"{name!a}: was not signed" for name in self.files if name not in digests),
        ]


def sign_files(key: SigningKey, kind: bytes, told: Mapping[str, Any], files: Mapping[str, bytes]) -> SignedFiles:
    """Sign the files; `told` stands in the manifest beside them. The signature is over `kind` and the manifest."""
    digests = {name: _digest(data) for name, data in files.items()}
    fields = {**told, "public_key": key.public.text, "files": digests}
    manifest = json.dumps(fields, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"
    return SignedFiles(files=files, manifest=manifest, signature=key.sign_bytes(kind + manifest))


def signature_faults(manifest: bytes, signature: bytes, kind: bytes, signer: PublicKey) -> list[str]:
    """What is wrong with the signature (as text, hexadecimal) over `kind` and the manifest; empty for nothing."""
    try:
        raw = bytes.fromhex(signature.decode("ascii").strip())
    except ValueError:
        return [f"{SIGNATURE}: this is no signature"]
    return [] if signer.verifies(raw, kind + manifest) else [f"{MANIFEST}: not as it was signed"]


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()
