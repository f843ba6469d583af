# SPDX-License-Identifier: AGPL-3.0-or-later
"""A port that is taken is not asked for."""

import socket

from anpr.up.ports import free_port


def test_the_wanted_port_when_it_is_free_and_another_when_not() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        other = free_port("127.0.0.1", port)
        assert other not in (0, port)
    assert free_port("127.0.0.1", other) == other
