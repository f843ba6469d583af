# SPDX-License-Identifier: AGPL-3.0-or-later
"""The socket that the console serves on."""

import socket

from anpr.console.server import listen


def test_connections_send_each_part_of_an_answer_at_once() -> None:
    with listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        connection, _ = listening.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
