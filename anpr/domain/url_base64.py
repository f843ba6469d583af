# SPDX-License-Identifier: AGPL-3.0-or-later
"""base64url without padding (RFC 4648, 5), as browsers and tokens write keys."""

import base64
import binascii
import re

from anpr.domain.errors import InputError

_TEXT = re.compile(r"[A-Za-z0-9_-]*")


def to_url_base64(data: bytes) -> str:
    """The text of these bytes."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_url_base64(text: str) -> bytes:
    """The bytes; padding may be there or not. Raises InputError."""
    bare = text.rstrip("=")
    try:
        if not _TEXT.fullmatch(bare):
            raise ValueError("a sign of another alphabet")
        return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except (binascii.Error, ValueError):
        raise InputError("base64url: not a text of it") from None
