# SPDX-License-Identifier: AGPL-3.0-or-later
"""The socket's folder cannot be prepared by a stranger: its name is random, and it must be ours and no link."""

import os
from pathlib import Path

import pytest

from anpr.domain.errors import StoreError
from anpr.store.embedded.socket_folder import ensure_socket_folder, noted_socket_folder
from anpr.store.embedded.system_user import ServerUser

US = ServerUser(uid=None, gid=None)


@pytest.fixture(autouse=True)
def _temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anpr.store.embedded.socket_folder._OF_THE_MACHINE", tmp_path)


def test_the_name_is_noted_and_taken_again(tmp_path: Path) -> None:
    made = ensure_socket_folder(tmp_path, US)
    assert ensure_socket_folder(tmp_path, US) == made == noted_socket_folder(tmp_path)
    assert ensure_socket_folder(tmp_path, US).parent == tmp_path


def test_before_a_start_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="it was not started yet"):
        noted_socket_folder(tmp_path)


@pytest.mark.parametrize("planted", ["link", "open folder", "file", "nothing"])
def test_what_a_stranger_put_there_is_not_used(tmp_path: Path, planted: str) -> None:
    made = ensure_socket_folder(tmp_path, US)
    made.rmdir()
    victim = tmp_path / "victim"
    victim.mkdir(mode=0o755)
    if planted == "link":
        made.symlink_to(victim)
    elif planted == "open folder":
        made.mkdir()
        made.chmod(0o777)
    elif planted == "file":
        made.touch()
    other = ensure_socket_folder(tmp_path, US)
    assert other != made
    assert victim.stat().st_uid == os.geteuid()
    assert victim.stat().st_mode & 0o777 == 0o755


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder for somebody else")
def test_a_folder_of_somebody_else_is_not_used(tmp_path: Path) -> None:
    made = ensure_socket_folder(tmp_path, US)
    os.chown(made, 65534, 65534)
    assert ensure_socket_folder(tmp_path, US) != made
