# SPDX-License-Identifier: AGPL-3.0-or-later
"""Receipts over SFTP: one that is not there yet is none, however the server says so."""

import asyncio
from typing import Any, NoReturn
from unittest.mock import Mock

import asyncssh
import pytest

from anpr.forward.transport.sftp import SftpTransport
from anpr.settings import SftpTarget
from tests.support.forward_targets import destination


@pytest.mark.parametrize("kind", [asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath])
def test_a_receipt_that_is_not_there_yet_is_none(kind: type[asyncssh.SFTPNoSuchFile | asyncssh.SFTPNoSuchPath]) -> None:
    def away(*_: Any) -> NoReturn:
        raise kind("no such file")

    target = destination({
        "kind": "sftp", "host": "127.0.0.1", "user": "u", "secret_env": "X", "known_hosts_file": "k", "path": "in",
    }).target  # fmt: skip
    assert isinstance(target, SftpTarget)
    session = Mock(server="server", client=Mock(open=away), run=lambda _, work: asyncio.run(work))
    assert SftpTransport(session, target).fetch("T_1.esito") is None
