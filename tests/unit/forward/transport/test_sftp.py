# SPDX-License-Identifier: AGPL-3.0-or-later
"""SFTP transport without a server: what a server's refusals mean."""

import asyncio
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any

import asyncssh
import pytest

from anpr.forward.transport.sftp import SftpTransport


@pytest.mark.parametrize(
    "refusal", [asyncssh.SFTPNoSuchFile("no"), asyncssh.SFTPNoSuchPath("no")], ids=["file", "path"]
)
def test_a_receipt_that_is_not_there_is_none(refusal: asyncssh.SFTPError) -> None:
    def refuse(*_: object) -> Any:
        raise refusal

    def run(_: str, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run(work)

    session: Any = SimpleNamespace(client=SimpleNamespace(open=refuse), server="sftp://prova", run=run)
    target: Any = SimpleNamespace(verify="none", places=lambda name: (name, name))
    assert SftpTransport(session, target).fetch("T_1.esito") is None
