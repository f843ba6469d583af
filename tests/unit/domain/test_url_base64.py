# SPDX-License-Identifier: AGPL-3.0-or-later
"""base64url without padding."""

import pytest

from anpr.domain.errors import InputError
from anpr.domain.url_base64 import from_url_base64, to_url_base64


@pytest.mark.parametrize("data", [b"", b"\xff", b"\xfb\xff\xfe", bytes(range(65))])
def test_bytes_come_back(data: bytes) -> None:
    text = to_url_base64(data)
    assert "=" not in text
    assert from_url_base64(text) == data
    assert from_url_base64(text + "=" * (-len(text) % 4)) == data


@pytest.mark.parametrize("text", ["a", "ab+d", "a/bc", "a b=", "è"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        from_url_base64(text)
