# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verification of a completeness report, anywhere: the ZIP of the console, or the files of `anpr forward report --to`.

It needs neither database nor settings. Names and sizes are held against bounds before anything is read.
"""

import json
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from anpr.contract.signature import PublicKey
from anpr.domain.errors import InputError
from anpr.forward.completeness.making import SIGNED_AS

MANIFEST, SIGNATURE = "manifest.json", "signature.txt"
REPORTS = ("report.html", "report.pdf", "report.csv")
MAX_FILE = 64 << 20
"""Bytes; the report of a site with a thousand gates has less than one million."""
_MAX_TEXT = 1 << 20
_MAX_LINE = 200
_T = TypeVar("_T")
_PARTS = {**{name: MAX_FILE for name in REPORTS}, MANIFEST: _MAX_TEXT, SIGNATURE: 1000}


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifiedReport:
    """What a report says of itself, and what is wrong with it: one text a fault, which names the file."""

    organisation: str
    day: str
    revision: int
    verdict: str
    public_key: PublicKey
    """By which it is signed; whoever verifies must know that it is the site's."""
    faults: tuple[str, ...]


def verify_report(path: Path, key: PublicKey | None = None) -> VerifiedReport:
    """Check the report in this ZIP, or beside this manifest. `key`: the site's, where it is known. Raises InputError
    for what is no report at all; one that was changed comes back with its faults."""
    try:
        parts = _beside(path) if path.name.endswith(MANIFEST) else _in_zip(path)
        return _verified(parts, key)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError) as exc:
        raise InputError(f"{path}: this is no completeness report: {exc}") from exc
    except InputError as exc:
        raise InputError(f"{path}: {exc}") from exc


def _in_zip(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        names = [info.filename for info in infos]
        if sorted(names) != sorted(_PARTS):
            raise InputError(f"a completeness report has the files {', '.join(_PARTS)}; here are {names[:9]}")
        for info in infos:
            _demand_small(info.filename, info.file_size)
        return {info.filename: archive.read(info) for info in infos}


def _beside(path: Path) -> dict[str, bytes]:
    stem = path.name.removesuffix(MANIFEST)
    found = {name: path.with_name(stem + name.removeprefix("report.") if stem else name) for name in _PARTS}
    for name, each in found.items():
        _demand_small(name, each.stat().st_size)
    return {name: each.read_bytes() for name, each in found.items()}


def _demand_small(name: str, size: int) -> None:
    if size > _PARTS[name]:
        raise InputError(f"{name}: larger than {_PARTS[name]} bytes")


def _verified(parts: Mapping[str, bytes], key: PublicKey | None) -> VerifiedReport:
    told = _manifest(parts[MANIFEST])
    signer = _field(told, "public_key", PublicKey)
    digests = _field(told, "files", dict)
    return VerifiedReport(
        organisation=_field(told, "organisation", _line),
        day=_field(told, "day", _line),
        revision=_field(told, "revision", int),
        verdict=_field(told, "verdict", _line),
        public_key=signer,
        faults=(*_signature_faults(parts, signer, key), *_file_faults(parts, digests)),
    )


def _signature_faults(parts: Mapping[str, bytes], signer: PublicKey, key: PublicKey | None) -> list[str]:
    if key is not None and signer != key:
        return [f"{MANIFEST}: signed by {signer.text}, which is another key"]
    try:
        signature = bytes.fromhex(parts[SIGNATURE].decode("ascii").strip())
    except ValueError:
        return [f"{SIGNATURE}: this is no signature"]
    is_good = signer.verifies(signature, SIGNED_AS + parts[MANIFEST])
    return [] if is_good else [f"{MANIFEST}: not as it was signed"]


def _file_faults(parts: Mapping[str, bytes], digests: Mapping[str, object]) -> list[str]:
    changed = [name for name in REPORTS if digests.get(name) != sha256(parts[name]).hexdigest()]
    unknown = sorted(set(map(str, digests)) - set(REPORTS))
    return [*(f"{name}: not as it was signed" for name in changed), *(f"{name!r}: missing" for name in unknown)]


def _manifest(data: bytes) -> dict[str, Any]:
    try:
        told = json.loads(data)
    except (ValueError, RecursionError) as exc:
        raise InputError(f"{MANIFEST}: {exc}") from exc
    if not isinstance(told, dict) or told.get("anpr_completeness") != 1:
        raise InputError(f"{MANIFEST}: not that of a completeness report of this form")
    return told


def _line(value: object) -> str:
    """Text that is shown as it is."""
    if not isinstance(value, str) or not value.isprintable() or len(value) > _MAX_LINE:
        raise InputError("no line of text")
    return value


def _field(told: Mapping[str, Any], name: str, read: Callable[[Any], _T]) -> _T:
    try:
        return read(told[name])
    except (KeyError, TypeError, ValueError, AttributeError, InputError) as exc:
        raise InputError(f"{MANIFEST}: {name}: missing, or of another form") from exc
