# SPDX-License-Identifier: AGPL-3.0-or-later
"""File type by content (magic bytes), never by the file's name, which says what somebody hoped."""

import io
import zipfile

from anpr.listfiles.table import FileError, FileFault, Format

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
MAX_PACKED = 64 * 1024 * 1024
"""Bytes of a spreadsheet's file; one of a million rows has about 25 MB."""
MAX_UNPACKED = 512 * 1024 * 1024
MAX_MEMBERS = 2_000
MAX_RATIO = 200
"""Unpacked to packed bytes. Sheets of like rows reach 50; what is made to fill a memory reaches 1,000."""
_SMALL = 16 * 1024 * 1024
"""Unpacked bytes that are harmless at any ratio."""


def format_of(name: str, content: bytes) -> Format:
    """What the file is; text when it is no spreadsheet. Raises InputError for a spreadsheet beyond the limits."""
    if content.startswith(_OLE):
        _refuse_size(name, content)
        return Format.XLS
    if not content.startswith(_ZIP):
        return Format.CSV
    _refuse_size(name, content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _refuse_bomb(name, archive, len(content))
            return _kind_of(name, archive)
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError) as exc:
        raise FileError(FileFault.DAMAGED, f"{name}: a damaged spreadsheet ({exc})") from exc


def _refuse_size(name: str, content: bytes) -> None:
    if len(content) > MAX_PACKED:
        detail = f"{name}: a spreadsheet larger than {MAX_PACKED >> 20} MiB; save it as CSV"
        raise FileError(FileFault.TOO_MUCH, detail)


def _refuse_bomb(name: str, archive: zipfile.ZipFile, packed: int) -> None:
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    if len(members) > MAX_MEMBERS:
        detail = f"{name}: a spreadsheet of {len(members)} parts; at most {MAX_MEMBERS} are read"
        raise FileError(FileFault.TOO_MUCH, detail)
    if unpacked > MAX_UNPACKED:
        detail = f"{name}: unpacked it has {unpacked >> 20} MiB; at most {MAX_UNPACKED >> 20} MiB are read"
        raise FileError(FileFault.TOO_MUCH, detail)
    if unpacked > _SMALL and unpacked > MAX_RATIO * packed:
        detail = f"{name}: it unpacks to {unpacked // packed} times its size; at most {MAX_RATIO} times is read"
        raise FileError(FileFault.TOO_MUCH, detail)
    if any(member.flag_bits & 1 for member in members):
        raise FileError(FileFault.PROTECTED, f"{name}: it is protected by a password")


def _kind_of(name: str, archive: zipfile.ZipFile) -> Format:
    names = set(archive.namelist())
    if "xl/workbook.xml" in names:
        return Format.XLSX
    if (
        "mimetype" in names
        and archive.getinfo("mimetype").file_size < 1000
        and archive.read("mimetype").startswith(_ODS)
    ):
        return Format.ODS
    raise FileError(FileFault.NO_TEXT, f"{name}: a ZIP archive that is no XLSX or ODS spreadsheet")
