# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ports that no neighbour is given, whether it asks the system or this module."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.lab import ports
from scripts.lab.ports import NoFreePortError, consecutive_ports, free_ports


def test_ports_lie_below_those_that_the_system_gives_away() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(10_000 <= port < first for port in free_ports(20))


def test_a_port_is_given_to_one_process_only(monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = free_ports(1)
    code = f"from scripts.lab import ports; print(ports._reserve({port}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False", "the neighbour was given the same port"
    monkeypatch.setattr(ports, "_FIRST", port)
    monkeypatch.setattr(ports, "_first_ephemeral", lambda: port + 50)
    assert port not in free_ports(1)


def test_the_end_of_the_process_gives_the_ports_back_without_a_word() -> None:
    code = "from scripts.lab.ports import free_ports; print(free_ports(1)[0])"
    done = subprocess.run([sys.executable, "-W", "always", "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert ports._reserve(int(done.stdout))


def test_ports_in_a_row_are_all_reserved() -> None:
    first = consecutive_ports(5)
    assert not any(ports._reserve(port) for port in range(first, first + 5))


def test_a_port_where_somebody_listens_already_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        assert not ports._reserve(taken)
    monkeypatch.setattr(ports, "_reserve", lambda _: False)
    with pytest.raises(NoFreePortError, match="no 3 free ports below"):
        free_ports(3)
