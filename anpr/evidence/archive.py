# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writer of a package: a ZIP that is the same for the same content, streamed to a file, its manifest signed at the end.

Times in the ZIP are fixed, images are stored as they are, nothing depends on the machine.
"""

import hashlib
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from anpr.contract.signature import SigningKey
from anpr.domain.errors import InputError
from anpr.evidence.layout import MANIFEST, MAX_FILES, MAX_TOTAL, NAME, SIGNATURE, SIGNED_AS, STAMP, VERSION, canonical
from anpr.evidence.stamping import Stamping, StampOutcome

_EPOCH = (1980, 1, 1, 0, 0, 0)
_READ_ONLY = 0o100444 << 16
_CHUNK = 1 << 20


@dataclass(slots=True)
class Package:
    """A package under way."""

    _zip: zipfile.ZipFile
    files: list[dict[str, Any]] = field(default_factory=list)
    _names: set[str] = field(default_factory=set)
    _bytes: int = 0

    def add(self, name: str, data: bytes) -> str:
        """One file; returns its SHA-256 (64 hex digits). Raises InputError beyond what a package may hold."""
        if NAME.fullmatch(name) is None or name in self._names:
            raise InputError(f"evidence: {name!r} is no name of a file, or there is one already")
        self._bytes += len(data)
        if self._bytes > MAX_TOTAL or len(self._names) >= MAX_FILES:
            raise InputError("evidence: more than one package holds; mark fewer transits")
        digest = hashlib.sha256(data).hexdigest()
        self._write(name, data)
        self.files.append({"name": name, "size": len(data), "sha256": digest})
        return digest

    def sign(self, told: Mapping[str, Any], key: SigningKey, stamping: Stamping) -> StampOutcome:
        """The manifest, its signature and the signature's time stamp, last. Where there is no stamp the manifest says
        why, and is signed with that: nobody can take a stamp away and blame the authority."""
        outcome, answer = stamping.outcome, b""
        manifest, signature = self._signed(told, outcome, key)
        if outcome.is_wanted:
            outcome, answer = stamping.stamp(signature)
            if outcome.failure:
                manifest, signature = self._signed(told, outcome, key)
        self._write(MANIFEST, manifest)
        self._write(SIGNATURE, signature)
        if answer:
            self._write(STAMP, answer)
        return outcome

    def _signed(self, told: Mapping[str, Any], outcome: StampOutcome, key: SigningKey) -> tuple[bytes, bytes]:
        files = sorted(self.files, key=lambda each: str(each["name"]))
        public = key.public.text
        manifest = canonical(
            {"anpr_evidence": VERSION, **told, "time_stamp": outcome.told, "public_key": public, "files": files}
        )
        signature = key.sign_bytes(SIGNED_AS + manifest).hex()
        return manifest, canonical({"public_key": public, "signature": signature})

    def _write(self, name: str, data: bytes) -> None:
        self._names.add(name)
        _write(self._zip, name, data)


def _write(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.create_system, info.external_attr = 3, _READ_ONLY
    info.compress_type = zipfile.ZIP_STORED if name.endswith((".jpg", ".pdf")) else zipfile.ZIP_DEFLATED
    archive.writestr(info, data)


def add_stamp(path: Path, answer: bytes) -> None:
    """Put a time stamp behind the files of a package that has none. Raises OSError."""
    with path.open("r+b") as file:
        with zipfile.ZipFile(file, "a") as archive:
            _write(archive, STAMP, answer)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def new_package(path: Path) -> Iterator[Package]:
    """A package at this path, for its owner only; whole, or not there at all. Raises InputError where the path is
    taken or cannot be written."""
    part = path.with_name(f"{path.name}.part")
    try:
        if path.exists():
            raise InputError(f"{path}: it is there already")
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as file:
            with zipfile.ZipFile(file, "w") as archive:
                yield Package(archive)
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)  # never in the place of another
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc
    finally:
        part.unlink(missing_ok=True)


def sha256_of_file(path: Path) -> str:
    """64 hex digits. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
