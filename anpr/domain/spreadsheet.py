# SPDX-License-Identifier: AGPL-3.0-or-later
"""CSV as spreadsheets in Italy open it, and CSV injection: a cell that one would calculate is marked as text."""

import csv
import io
from collections.abc import Iterable


def as_text(text: str) -> str:
    """An apostrophe before what a spreadsheet would calculate (OWASP, CSV injection), also behind spaces."""
    return f"'{text}" if text.lstrip()[:1] in {"=", "+", "-", "@"} or text[:1] in {"\t", "\r", "\n"} else text


def csv_bytes(rows: Iterable[Iterable[object]], *, is_start: bool = True) -> bytes:
    """Rows as CSV: UTF-8, semicolons, CRLF; at the start of a file with the mark by which a spreadsheet knows UTF-8.

    What comes from people goes through `as_text` first: numbers of ours stay numbers.
    """
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows(rows)
    return text.getvalue().encode("utf-8-sig" if is_start else "utf-8")
