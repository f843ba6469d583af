# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verification of a package of evidence, anywhere: no database, no settings, nothing unpacked to the disk.

The ZIP is not trusted: its table of contents is held against bounds, names against a pattern, and every byte of the
file must belong to one of its members. Then the signature, each file's SHA-256, and each audit row's hash.
"""

import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from anpr.contract.signature import PublicKey
from anpr.domain.errors import InputError
from anpr.evidence.layout import (
    AUDIT,
    MANIFEST,
    MAX_FILE,
    MAX_FILES,
    MAX_TEXT,
    MAX_TOTAL,
    NAME,
    ORIGINALS,
    README,
    REPORT,
    SIGNATURE,
    SIGNED_AS,
    STAMP,
    STAMP_ROOTS,
    TRANSITS,
    VERSION,
)
from anpr.evidence.stamp_check import StampCheck, check_stamp

MAX_RATIO = 200
"""Of a compressed file: JSON of many equal rows reaches 40."""
_NEEDED = (README, REPORT, TRANSITS, AUDIT)
_CHUNK = 1 << 20
_LOCAL = struct.Struct("<4s5H3L2H")
_END = struct.Struct("<4s4H2LH")
_ENCRYPTED, _DESCRIPTOR = 0x1, 0x8


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifiedPackage:
    """What a package says of itself, and what is wrong with it: one text a fault, which names the file."""

    reference: str
    made_by: str
    made_at: datetime
    reason: str
    files: int
    missing: int
    """Transits and images that the package itself lists as missing."""
    public_key: PublicKey
    """By which it is signed; whoever verifies must know that it is the site's."""
    stamp: StampCheck
    is_stamped: bool
    """Whether a time stamp is there, good or not."""
    faults: tuple[str, ...]


def verify_package(path: Path, key: PublicKey | None = None, stamp_roots: bytes | None = None) -> VerifiedPackage:
    """Check every file. `key`: the site's, where it is known; `stamp_roots`: PEM of the roots that its time stamp must
    lead to, instead of those in the package. Raises InputError for what is no package at all; a package that was
    changed comes back with its faults."""
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            return _verify(_Members(archive, file), key, stamp_roots)
    except (OSError, zipfile.BadZipFile, NotImplementedError, zlib.error, EOFError, struct.error) as exc:
        raise InputError(f"{path}: this is no package of evidence: {exc}") from exc
    except InputError as exc:
        raise InputError(f"{path}: {exc}") from exc


class _Members:
    """The files of a ZIP whose table of contents has been held against the bounds."""

    def __init__(self, archive: zipfile.ZipFile, file: IO[bytes]) -> None:
        self._archive = archive
        self.infos: dict[str, zipfile.ZipInfo] = {}
        infos = archive.infolist()
        if len(infos) > MAX_FILES + 3:
            raise InputError(f"more than {MAX_FILES} files")
        for info in infos:
            _demand_plain(info)
            if info.filename in self.infos:
                raise InputError(f"{info.filename}: it is there twice")
            self.infos[info.filename] = info
        if sum(info.file_size for info in infos) > MAX_TOTAL:
            raise InputError(f"more than {MAX_TOTAL} bytes unpacked")
        _demand_gapless(infos, file, archive.start_dir)
        _demand_end(file, archive.start_dir)

    def chunks(self, name: str) -> Iterator[bytes]:
        """Its bytes, a piece at a time; never more than its table of contents says."""
        with self._archive.open(self.infos[name]) as file:
            while chunk := file.read(_CHUNK):
                yield chunk

    def text(self, name: str) -> bytes:
        """A small file as a whole. Raises InputError when it is missing or large."""
        if name not in self.infos:
            raise InputError(f"{name} is missing")
        if self.infos[name].file_size > MAX_TEXT:
            raise InputError(f"{name}: larger than {MAX_TEXT} bytes")
        return b"".join(self.chunks(name))


def _demand_plain(info: zipfile.ZipInfo) -> None:
    name = info.filename
    if NAME.fullmatch(name) is None or info.orig_filename != name:
        raise InputError(f"{name!r}: a package has no file of such a name")
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise InputError(f"{name}: compressed in a way that packages are not")
    if info.flag_bits & (_ENCRYPTED | _DESCRIPTOR) or info.extra or info.comment:
        raise InputError(f"{name}: encrypted, or with fields that packages do not have")
    if info.file_size > MAX_FILE or info.file_size > MAX_RATIO * max(info.compress_size, 1024):
        raise InputError(f"{name}: unpacked it would be {info.file_size} bytes")


def _demand_gapless(infos: list[zipfile.ZipInfo], file: IO[bytes], table_at: int) -> None:
    """Every byte before the table of contents belongs to one file, under the same name as in the table."""
    at = 0
    for info in sorted(infos, key=lambda each: each.header_offset):
        if info.header_offset != at:
            raise InputError(f"{info.filename}: bytes before it belong to no file")
        file.seek(at)
        header = _LOCAL.unpack(file.read(_LOCAL.size))
        name = file.read(header[9])
        if name != info.filename.encode() or header[10]:
            raise InputError(f"{info.filename}: another name stands beside its bytes")
        at += _LOCAL.size + header[9] + info.compress_size
    if at != table_at:
        raise InputError("bytes behind its files belong to no file")


def _demand_end(file: IO[bytes], table_at: int) -> None:
    """The file ends with the end of its table of contents, and nothing follows."""
    size = file.seek(-_END.size, 2) + _END.size
    mark, *_, length, at, comment = _END.unpack(file.read(_END.size))
    if mark != b"PK\5\6" or comment or at != table_at or at + length + _END.size != size:
        raise InputError("bytes behind its table of contents belong to no file")


def _verify(members: _Members, key: PublicKey | None, stamp_roots: bytes | None) -> VerifiedPackage:
    manifest = members.text(MANIFEST)
    told = _object(manifest, MANIFEST)
    if told.get("anpr_evidence") != VERSION:
        raise InputError("this is no package of evidence, or one of another version")
    public = _key_of(told)
    faults = [*_signature_faults(members, manifest, public, key), *_file_faults(members, told)]
    faults += [*_audit_faults(members), *_edge_faults(members)]
    stamp = _stamp_of(members, told, stamp_roots)
    faults += [stamp.fault] if stamp.fault else []
    try:
        made = told["made"]
        return VerifiedPackage(
            reference=str(told["investigation"]["reference"]),
            made_by=str(made["by"]),
            made_at=datetime.fromisoformat(made["at"]),
            reason=str(made["reason"]),
            files=len(told["files"]),
            missing=int(told["missing"]),
            public_key=public,
            stamp=stamp,
            is_stamped=STAMP in members.infos,
            faults=tuple(faults),
        )
    except (KeyError, TypeError, ValueError) as exc:
        raise InputError(f"{MANIFEST}: it does not say what it should") from exc


def _stamp_of(members: _Members, told: Mapping[str, Any], given: bytes | None) -> StampCheck:
    files = told.get("files")
    listed = files if isinstance(files, list) else []
    is_listed = any(isinstance(each, dict) and each.get("name") == STAMP_ROOTS for each in listed)
    packaged = _text_or_none(members, STAMP_ROOTS) if is_listed else None
    signature, answer = _text_or_none(members, SIGNATURE), _text_or_none(members, STAMP)
    return check_stamp(told.get("time_stamp"), signature, answer, packaged, given)


def _text_or_none(members: _Members, name: str) -> bytes | None:
    """None where it is not there; what cannot be unpacked is empty, and told as changed."""
    try:
        return members.text(name) if name in members.infos else None
    except (InputError, zipfile.BadZipFile, zlib.error, EOFError):
        return b""


def _signature_faults(members: _Members, manifest: bytes, public: PublicKey, key: PublicKey | None) -> Iterator[str]:
    if key is not None and key != public:
        yield f"{MANIFEST}: signed by {public.text}, which is another key"
    try:
        said = _object(members.text(SIGNATURE), SIGNATURE)
        signature = bytes.fromhex(str(said.get("signature")))
    except (InputError, ValueError):
        yield f"{SIGNATURE}: it is missing or no signature"
        return
    if said.get("public_key") != public.text:
        yield f"{SIGNATURE}: of another key than {MANIFEST} says"
    if not public.verifies(signature, SIGNED_AS + manifest):
        yield f"{MANIFEST}: it was changed, or {SIGNATURE}: the signature is not that of it"


def _file_faults(members: _Members, told: Mapping[str, Any]) -> Iterator[str]:
    listed: dict[str, Mapping[str, Any]] = {}
    files = told.get("files")
    for each in files if isinstance(files, list) else []:
        if not isinstance(each, dict) or not isinstance(each.get("name"), str) or each["name"] in listed:
            raise InputError(f"{MANIFEST}: it does not say what it should")
        listed[each["name"]] = each
    for name in sorted({*listed, *_NEEDED} - set(members.infos)):
        yield f"{name}: it is missing"
    for name in sorted(set(members.infos) - set(listed) - {MANIFEST, SIGNATURE, STAMP}):
        yield f"{name}: it was added"
    for name in sorted(set(listed) & set(members.infos)):
        if not _is_as_listed(members, name, listed[name]):
            yield f"{name}: it was changed"


def _is_as_listed(members: _Members, name: str, listed: Mapping[str, Any]) -> bool:
    digest, size = hashlib.sha256(), 0
    try:
        for chunk in members.chunks(name):
            digest.update(chunk)
            size += len(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError):  # its own checksum says so
        return False
    return (size, digest.hexdigest()) == (listed.get("size"), listed.get("sha256"))


def _edge_faults(members: _Members) -> Iterator[str]:
    """Originals that are not what the reader announced when it captured them."""
    try:
        transits = _object(members.text(TRANSITS), TRANSITS).get("transits")
        for transit in transits if isinstance(transits, list) else []:
            for image in transit.get("images", []):
                name, announced = image.get("file"), image["sha256_at_the_edge"]
                if name and name in members.infos and name.startswith(ORIGINALS):
                    digest = hashlib.sha256()
                    for chunk in members.chunks(name):
                        digest.update(chunk)
                    if digest.hexdigest() != announced:
                        yield f"{name}: it is not the image that the reader announced"
    except (InputError, AttributeError, KeyError, TypeError):
        yield f"{TRANSITS}: it cannot be read"
    except (zipfile.BadZipFile, zlib.error, EOFError):
        return  # told as changed


def _audit_faults(members: _Members) -> Iterator[str]:
    """Rows whose hash is not that of their content and of the row before."""
    try:
        lines = members.text(AUDIT).splitlines()
    except (InputError, zipfile.BadZipFile, zlib.error, EOFError):
        return  # told as missing or changed
    before: dict[str, Any] = {}
    for number, line in enumerate(lines, 1):
        try:
            fields = _object(line, AUDIT)
            previous, own = bytes.fromhex(fields.pop("previous")), fields.pop("hash")
            is_sound = _row_hash(fields, previous) == own
            is_next = fields["seq"] == before.get("seq", -1) + 1
        except (InputError, KeyError, TypeError, ValueError):
            yield f"{AUDIT}: line {number}: this is no row of an audit"
            return
        if not is_sound or (is_next and previous.hex() != before["hash"]):
            yield f"{AUDIT}: line {number}: row {fields['seq']} was changed"
        before = {"seq": fields["seq"], "hash": own}


def _row_hash(fields: Mapping[str, Any], previous: bytes) -> str:
    """As `anpr.store.audit.row_hash`, which needs the database's driver, of a row in JSON."""
    content = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(previous + content.encode()).hexdigest()


def _key_of(told: Mapping[str, Any]) -> PublicKey:
    text = told.get("public_key")
    if not isinstance(text, str):
        raise InputError(f"{MANIFEST}: it names no public key")
    return PublicKey(text)


def _object(data: bytes, name: str) -> dict[str, Any]:
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError) as exc:
        raise InputError(f"{name}: not JSON") from exc
    if not isinstance(fields, dict):
        raise InputError(f"{name}: not a JSON object")
    return fields
