# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sample of a file for print: its beginning, with places to break its lines and without the text of images."""

import re

MOST = 1200
"""Characters."""
_BASE64 = re.compile(r"[A-Za-z0-9+/]{120,}={0,2}")
_AFTER_END = re.compile(r"(</[^<>]*>|/>)<(?!/)")


def sample_of(data: bytes, charset: str) -> str:
    """At most MOST characters; those that the print's font lacks as \\uXXXX."""
    text = data[: 64 * MOST].decode(charset, errors="replace")
    text = _BASE64.sub(lambda found: f"[{len(found[0])} caratteri base64]", text)
    text = _AFTER_END.sub(r"\1\n<", text).replace("\r\n", "\n")
    cut = len(text) > MOST or len(data) > 64 * MOST
    return "".join(map(_printable, text[:MOST])).strip() + ("\n[…]" if cut else "")


def _printable(sign: str) -> str:
    is_latin = " " <= sign <= "~" or "\u00a0" < sign <= "\u017f"
    return sign if is_latin or sign in "\n€–’" else f"\\u{ord(sign):04x}"
