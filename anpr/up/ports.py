# SPDX-License-Identifier: AGPL-3.0-or-later
"""Free TCP ports of this machine."""

import socket


def free_port(host: str, wanted: int) -> int:
    """`wanted` if nobody listens on it, otherwise one that is free now."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return wanted
