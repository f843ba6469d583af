# SPDX-License-Identifier: AGPL-3.0-or-later
"""Archive of the audit: files with the exports of what was pruned, each continuing the one before."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

from anpr.domain.errors import InputError, StoreError
from anpr.store.audit_export import MAX_LINE, Export, verify_export


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifiedFile:
    """An export that was read to its end, and the SHA-256 of its bytes (64 hex digits)."""

    path: Path
    export: Export
    sha256: str


def write_file(path: Path, lines: Iterable[bytes]) -> None:
    """A new file, for its owner only, whole on the disk or not there at all. Raises StoreError."""
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
        _sync_folder(path.parent)
    except OSError as exc:
        raise StoreError(f"audit.archive_dir: {path}: {exc.strerror or exc}") from exc


def verify_file(path: Path) -> VerifiedFile:
    """Verify the export in this file. Raises InputError, which names the file and what is wrong."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            lines = iter(partial(file.readline, MAX_LINE + 1), b"")
            export = verify_export(_noted(lines, digest))
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc
    except InputError as exc:
        raise InputError(f"{path}: {exc}") from exc
    return VerifiedFile(path=path, export=export, sha256=digest.hexdigest())


def archived_files(folder: Path) -> list[Path]:
    """The files of the archive, oldest rows first."""
    return sorted(folder.glob("audit-*.jsonl"))


def check_joined(files: Sequence[VerifiedFile]) -> None:
    """Raises InputError unless each continues the one before: the next row, behind the same hash, by the same key."""
    for before, after in pairwise(files):
        if after.export.first != before.export.last + 1 or after.export.previous != before.export.head:
            raise InputError(f"{after.path} does not continue {before.path}, which ends with row {before.export.last}")
        if after.export.public_key != before.export.public_key:
            raise InputError(f"{after.path}: signed by another key than {before.path}")


def _noted(lines: Iterator[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    for line in lines:
        digest.update(line)
        yield line


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
