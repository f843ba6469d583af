# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest
from fastapi import HTTPException, Request

from anpr.console.network.own_address import own_address


def request(host: str, scheme: str = "https") -> Request:
    return Request({"type": "http", "scheme": scheme, "headers": [(b"host", host.encode())]})


@pytest.mark.parametrize("host", ["console.example.it", "console.example.it:8443", "127.0.0.1:8080", "[::1]:8080"])
def test_the_address_is_the_one_that_the_browser_asked_for(host: str) -> None:
    assert own_address(request(host), "/login") == f"https://{host}/login"


@pytest.mark.parametrize("host", ["", "a:1@evil.example", "a/b", "a:", "a:123456", "a b", "a?x", "a\\b"])
def test_a_host_that_is_none_is_refused(host: str) -> None:
    with pytest.raises(HTTPException):
        own_address(request(host), "/login")
