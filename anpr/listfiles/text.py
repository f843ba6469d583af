# SPDX-License-Identifier: AGPL-3.0-or-later
"""Encoding detection by byte order mark, then strict UTF-8, then Windows-1252: what spreadsheets write in Italy."""

import codecs
import re

from anpr.domain.errors import InputError
from anpr.listfiles.table import MAX_BYTES, FileError, FileFault

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""UTF-32 before UTF-16, whose mark begins alike."""
_CHUNK = 1 << 20
_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SHORT = 65_536


ENCODINGS = ("utf-8", "cp1252", "utf-16", "iso8859-15", "mac-roman")
"""Those that somebody may say it is."""


def encoding_of(name: str, content: bytes, told: str = "") -> str:
    """The encoding in which the whole of it can be read: the one that was told, or what it seems to be.

    Raises InputError when it is no text, naming the byte, or `told` is none of ENCODINGS.
    """
    if told and told not in ENCODINGS:
        raise InputError(f"{name}: an encoding is one of {', '.join(ENCODINGS)}, not {told[:40]!r}")
    if len(content) > MAX_BYTES:
        raise FileError(FileFault.TOO_MUCH, f"{name}: larger than {MAX_BYTES >> 20} MiB")
    encoding = told or next((encoding for mark, encoding in _MARKS if content.startswith(mark)), None)
    if encoding is None:
        encoding = "utf-8" if _fault(content, "utf-8") is None else "cp1252"
    fault = _fault(content, encoding)
    if fault is not None:
        raise FileError(FileFault.NO_TEXT, f"{name}: no text in {encoding} (byte {fault + 1})")
    start = content[:_SHORT].decode(encoding, errors="ignore")
    if _NO_TEXT.search(start):
        raise FileError(FileFault.NO_TEXT, f"{name}: neither a text file nor a spreadsheet (XLSX, ODS, XLS)")
    return encoding


def _fault(content: bytes, encoding: str) -> int | None:
    """The place of the first byte that is none of the encoding; piece by piece, as the whole text may need 1 GB."""
    decoder = codecs.getincrementaldecoder(encoding)()
    for start in range(0, max(len(content), 1), _CHUNK):
        try:
            decoder.decode(content[start : start + _CHUNK], final=start + _CHUNK >= len(content))
        except UnicodeDecodeError as exc:
            return max(0, start + exc.start)
    return None
