# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forwarded files are the forwarder's own, and a group's where it is named."""

import grp
import os
import stat
from pathlib import Path

import pytest

from anpr.domain.errors import ForwardError
from anpr.forward.transport import open_transport
from tests.support.forward_targets import destination


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_without_a_group_nobody_else_may_read_what_is_forwarded(tmp_path: Path) -> None:
    folder = tmp_path / "there"
    with open_transport(destination({"kind": "directory", "path": folder})) as transport:
        transport.send("T_1.xml", b"hello")
    assert (mode(folder), mode(folder / "T_1.xml")) == (0o700, 0o600)


def test_a_group_may_read_it_where_one_is_named(tmp_path: Path) -> None:
    group = grp.getgrgid(os.getgid())
    folder = tmp_path / "there"
    settings = destination({"kind": "directory", "path": folder, "group": group.gr_name})
    with open_transport(settings) as transport:
        transport.send("T_1.xml", b"hello")
    assert (mode(folder), mode(folder / "T_1.xml")) == (0o750, 0o640)
    assert folder.stat().st_gid == (folder / "T_1.xml").stat().st_gid == group.gr_gid


def test_a_group_that_is_none_is_a_fault_of_the_settings(tmp_path: Path) -> None:
    settings = destination({"kind": "directory", "path": tmp_path, "group": "nobodys"})
    told = r"target\.group: this machine has no group nobodys"
    with pytest.raises(ForwardError, match=told) as caught, open_transport(settings):
        pass
    assert caught.value.permanent


def test_a_folder_that_everybody_may_read_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tmp_path.chmod(0o755)
    with open_transport(destination({"kind": "directory", "path": tmp_path})):
        pass
    assert f"chmod o-rwx {tmp_path}" in caplog.text
