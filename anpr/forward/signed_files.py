# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signed files: a manifest that names each file with its SHA-256, signed with the site's key; shared by all reports."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from anpr.contract.signature import PublicKey, SigningKey


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


def sign_files(key: SigningKey, kind: bytes, told: Mapping[str, Any], files: Mapping[str, bytes]) -> SignedFiles:
    """Sign the files; `told` stands in the manifest beside them. The signature is over `kind` and the manifest."""
    digests = {name: sha256(data).hexdigest() for name, data in files.items()}
    fields = {**told, "public_key": key.public.text, "files": digests}
    manifest = json.dumps(fields, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"
    return SignedFiles(files=files, manifest=manifest, signature=key.sign_bytes(kind + manifest))


def files_verify(signed: SignedFiles, kind: bytes, key: PublicKey) -> bool:
    """Whether the key signed these files as they are, all of them and no other one."""
    if not key.verifies(signed.signature, kind + signed.manifest):
        return False
    named = json.loads(signed.manifest)["files"]
    return bool(named == {name: sha256(data).hexdigest() for name, data in signed.files.items()})
