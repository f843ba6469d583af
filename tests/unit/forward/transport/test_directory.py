# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forwarded files are the forwarder's own, and a group's where it is named."""

import grp
import os
import stat
from pathlib import Path

import pytest

from anpr.domain.errors import ForwardError
from anpr.forward.transport import ManyFiles, open_transport
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


def test_files_that_come_together_are_flushed_before_any_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[str, str]] = []
    fsync, replace = os.fsync, Path.replace

    def flushed(descriptor: int) -> None:
        calls.append(("flush", Path(f"/proc/self/fd/{descriptor}").readlink().name))
        fsync(descriptor)

    def renamed(self: Path, target: Path) -> Path:
        calls.append(("rename", target.name))
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(Path, "replace", renamed)
    folder = tmp_path / "there"
    files = [(f"T_{n}.jpg", bytes([n]) * 100) for n in range(40)]
    with open_transport(destination({"kind": "directory", "path": folder})) as transport:
        assert isinstance(transport, ManyFiles)
        transport.send_all(files)
    assert sorted(calls[:40]) == sorted(("flush", f".{name}.part") for name, _ in files)
    assert calls[40:] == [*(("rename", name) for name, _ in files), ("flush", "there")]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == dict(files)


def test_one_of_several_that_cannot_be_written_is_named_and_no_other_appears(tmp_path: Path) -> None:
    (tmp_path / ".T_2.jpg.part").mkdir()
    with open_transport(destination({"kind": "directory", "path": tmp_path})) as transport:
        assert isinstance(transport, ManyFiles)
        with pytest.raises(ForwardError, match=r"T_2\.jpg: Is a directory"):
            transport.send_all([("T_1.jpg", b"1"), ("T_2.jpg", b"2"), ("T_3.jpg", b"3")])
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == []
