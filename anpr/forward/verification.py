# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verification of a signed report, anywhere: of completeness or conformance; a ZIP, or files beside a manifest.

It needs neither database nor settings. Names and sizes are held against bounds before anything is read.
"""

import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from anpr.contract.signature import PublicKey
from anpr.domain.errors import InputError
from anpr.forward.completeness.making import SIGNED_AS as OF_COMPLETENESS
from anpr.forward.conformance.files import SENT
from anpr.forward.conformance.files import SIGNED_AS as OF_CONFORMANCE
from anpr.forward.signed_files import MANIFEST, SIGNATURE, SignedFiles, signature_faults

MAX_FILE = 64 << 20
"""Bytes; the report of a site with a thousand gates has less than one million."""
MAX_TOTAL = 512 << 20
MAX_FILES = 5000
"""A conformance run sends some hundred."""
_MAX_TEXT = 1 << 20
_MAX_LINE = 200
_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,199}/){0,3}[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_T = TypeVar("_T")
_Told = Mapping[str, Any]
_Read = Callable[[str, int], bytes | None]
"""A file by its name in the manifest, of so many bytes at most; None where it is missing. Raises InputError."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifiedReport:
    """What a report says of itself, and what is wrong with it: one text a fault, which names the file."""

    kind: str
    about: str
    verdict: str
    public_key: PublicKey
    """By which it is signed; whoever verifies must know that it is the site's."""
    faults: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kind:
    """A kind of report: the key in its manifest, what its signature begins with, and its line about itself."""

    name: str
    key: str
    signed_as: bytes
    about: Callable[[_Told], str]


def verify_report(path: Path, key: PublicKey | None = None) -> VerifiedReport:
    """Check the report in this ZIP, or beside this manifest. `key`: the site's, where it is known. Raises InputError
    for what is no report at all; one that was changed comes back with its faults."""
    try:
        if path.name.endswith(MANIFEST):
            return _verified(_beside(path), _lying_beside(path), key)
        with zipfile.ZipFile(path) as archive:
            return _verified(_in_zip(archive), {each.filename for each in archive.infolist()[: MAX_FILES + 1]}, key)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError) as exc:
        raise InputError(f"{path}: this is no signed report: {exc}") from exc
    except InputError as exc:
        raise InputError(f"{path}: {exc}") from exc


def _in_zip(archive: zipfile.ZipFile) -> _Read:
    sizes = {each.filename: each.file_size for each in archive.infolist()}

    def read(name: str, most: int) -> bytes | None:
        if name not in sizes:
            return None
        _demand_small(name, sizes[name], most)
        return archive.read(name)

    return read


def _beside(path: Path) -> _Read:
    stem = path.name.removesuffix(MANIFEST)

    def read(name: str, most: int) -> bytes | None:
        file = path.with_name(stem + name.removeprefix("report.")) if stem else path.parent / name
        if not file.is_file():
            return None
        _demand_small(name, file.stat().st_size, most)
        return file.read_bytes()

    return read


def _lying_beside(path: Path) -> set[str]:
    """Files that a conformance run is said to have sent; whatever else lies in the folder is no part of the report."""
    sent = path.parent / SENT
    found = sorted(sent.rglob("*"))[: 2 * MAX_FILES] if path.name == MANIFEST and sent.is_dir() else []
    return {each.relative_to(path.parent).as_posix() for each in found if each.is_file()}


def _demand_small(name: str, size: int, most: int) -> None:
    if size > most:
        raise InputError(f"{name}: larger than {most} bytes")


def _verified(read: _Read, present: set[str], key: PublicKey | None) -> VerifiedReport:
    manifest, signature = read(MANIFEST, _MAX_TEXT), read(SIGNATURE, 1000)
    if manifest is None or signature is None:
        raise InputError(f"a signed report has the files {MANIFEST} and {SIGNATURE}")
    told = _manifest(manifest)
    kind = next((each for each in _KINDS if told.get(each.key) == 1), None)
    if kind is None:
        raise InputError(f"{MANIFEST}: not that of a report of this form")
    signer = _field(told, "public_key", PublicKey)
    files = _files(read, _field(told, "files", _names), present)
    return VerifiedReport(
        kind=kind.name,
        about=kind.about(told),
        verdict=_field(told, "verdict", _line),
        public_key=signer,
        faults=tuple(_faults(SignedFiles(files=files, manifest=manifest, signature=b""), signature, kind, signer, key)),
    )


def _faults(
    signed: SignedFiles, signature: bytes, kind: _Kind, signer: PublicKey, key: PublicKey | None
) -> Iterator[str]:
    if key is not None and signer != key:
        yield f"{MANIFEST}: signed by {signer.text}, which is another key"
    else:
        yield from signature_faults(signed.manifest, signature, kind.signed_as, signer)
    yield from signed.faults


def _files(read: _Read, names: list[str], present: set[str]) -> dict[str, bytes]:
    """Those that the manifest names, and of the others the names alone."""
    files: dict[str, bytes] = {name: b"" for name in sorted(present - {MANIFEST, SIGNATURE, *names})}
    left = MAX_TOTAL
    for name in names:
        data = read(name, min(MAX_FILE, left))
        if data is not None:
            files[name] = data
            left -= len(data)
    return files


def _names(files: Mapping[str, object]) -> list[str]:
    if len(files) > MAX_FILES or not all(_NAME.fullmatch(name) for name in files):
        raise InputError("names of files")
    return list(files)


def _manifest(data: bytes) -> dict[str, Any]:
    try:
        told = json.loads(data)
    except (ValueError, RecursionError) as exc:
        raise InputError(f"{MANIFEST}: {exc}") from exc
    if not isinstance(told, dict):
        raise InputError(f"{MANIFEST}: not that of a report of this form")
    return told


def _completeness(told: _Told) -> str:
    organisation, day = _field(told, "organisation", _line), _field(told, "day", _line)
    return f"{organisation} {day} revision {_field(told, 'revision', int)}"


def _conformance(told: _Told) -> str:
    profile = _field(told, "profile", dict)
    name = f"{_field(profile, 'name', _line)} {_field(profile, 'revision', _line)}"
    return f"{_field(told, 'destination', _line)}, profile {name}, {_field(told, 'ended_at', _line)}"


_KINDS = (
    _Kind(name="completeness", key="anpr_completeness", signed_as=OF_COMPLETENESS, about=_completeness),
    _Kind(name="conformance", key="anpr_conformance", signed_as=OF_CONFORMANCE, about=_conformance),
)


def _line(value: object) -> str:
    """Text that is shown as it is."""
    if not isinstance(value, str) or not value.isprintable() or len(value) > _MAX_LINE:
        raise InputError("no line of text")
    return value


def _field(told: _Told, name: str, read: Callable[[Any], _T]) -> _T:
    try:
        return read(told[name])
    except (KeyError, TypeError, ValueError, AttributeError, InputError) as exc:
        raise InputError(f"{MANIFEST}: {name}: missing, or of another form") from exc
