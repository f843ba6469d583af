# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real OpenSSH server for tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.lab.ssh_server import SSHD, SshServer, running_sshd


@pytest.fixture
def ssh_server(tmp_path: Path) -> Iterator[SshServer]:
    """An OpenSSH server that takes one key for the user who runs the tests."""
    if SSHD is None:
        pytest.skip("no sshd: SFTP is not tested against OpenSSH (Debian: apt install openssh-server)")
    (tmp_path / "arrived").mkdir()
    with running_sshd(tmp_path / "sshd", tmp_path / "arrived") as server:
        yield server
