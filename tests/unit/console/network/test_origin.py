# SPDX-License-Identifier: AGPL-3.0-or-later
"""Requests that another site has caused."""

import pytest
from starlette.datastructures import Headers

from anpr.console.network.origin import is_of_another_site


@pytest.mark.parametrize(
    ("headers", "is_other"),
    [
        ({}, False),
        ({"sec-fetch-site": "same-origin", "origin": "https://console.example.it", "host": "127.0.0.1:8080"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "https://evil.example", "host": "a"}, True),
        ({"sec-fetch-site": "same-site", "origin": "https://other.example.it", "host": "a"}, True),
        ({"origin": "http://Console.example.it:8080", "host": "console.example.it:8080"}, False),
        ({"origin": "http://evil.example", "host": "console.example.it:8080"}, True),
        ({"origin": "null", "host": "console.example.it:8080"}, True),
    ],
)
def test_the_browsers_own_word_decides(headers: dict[str, str], is_other: bool) -> None:
    assert is_of_another_site(Headers(headers)) is is_other
