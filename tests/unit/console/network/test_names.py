# SPDX-License-Identifier: AGPL-3.0-or-later
"""The name in a Host header."""

import pytest

from anpr.console.network.names import name_in


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("console.example.it", "console.example.it"),
        ("Console.Example.it:8080", "console.example.it"),
        ("[::1]:8080", "::1"),
        ("::1", "::1"),
        ("", ""),
    ],
)
def test_a_port_is_no_part_of_it(host: str, name: str) -> None:
    assert name_in(host) == name
