# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whose word about the client's address counts."""

import pytest

from anpr.console.network.proxies import TrustedProxies


@pytest.mark.parametrize(
    ("trusted", "peer", "headers", "client"),
    [
        ([], "127.0.0.1", ["10.0.0.9"], "127.0.0.1"),
        (["10.0.0.1/32"], "192.0.2.7", ["10.0.0.9"], "192.0.2.7"),
        (["127.0.0.1/32"], "127.0.0.1", ["192.0.2.7"], "192.0.2.7"),
        (["127.0.0.1/32"], "127.0.0.1", ["10.9.9.9, 192.0.2.7"], "192.0.2.7"),
        (["127.0.0.1/32", "10.0.0.0/24"], "127.0.0.1", ["1.1.1.1, 192.0.2.7", "10.0.0.3"], "192.0.2.7"),
        (["127.0.0.1/32"], "::ffff:127.0.0.1", ["192.0.2.7:4711"], "192.0.2.7"),
        (["127.0.0.1/32"], "127.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        (["127.0.0.1/32"], "127.0.0.1", ["192.0.2.7, unknown"], "127.0.0.1"),
        (["127.0.0.1/32"], "127.0.0.1", [], "127.0.0.1"),
        (["fd00::/64"], "fd00::1", ["192.0.2.7"], "192.0.2.7"),
    ],
)
def test_the_right_most_address_that_is_no_trusted_proxy_counts(
    trusted: list[str], peer: str, headers: list[str], client: str
) -> None:
    assert TrustedProxies(trusted).client(peer, headers) == client
