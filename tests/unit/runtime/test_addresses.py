# SPDX-License-Identifier: AGPL-3.0-or-later
"""Addresses as limits count them."""

import pytest

from anpr.runtime.addresses import client_key


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
    ],
)
def test_an_ipv6_client_counts_by_its_network(address: str, key: str) -> None:
    assert client_key(address) == key
