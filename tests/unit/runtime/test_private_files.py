# SPDX-License-Identifier: AGPL-3.0-or-later
"""What we make is ours alone, and what an earlier version left open is closed or named."""

import os
import stat
from pathlib import Path

import pytest

from anpr.runtime.private_files import close_to_others, private_by_default, warn_if_open


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_new_files_and_folders_are_closed_and_the_umask_is_put_back(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with private_by_default():
            (tmp_path / "folder").mkdir()
            (tmp_path / "file").write_text("x")
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
    assert (mode(tmp_path / "folder"), mode(tmp_path / "file")) == (0o700, 0o600)


@pytest.mark.parametrize(
    ("found", "let_pass", "left"),
    [(0o755, False, 0o750), (0o777, False, 0o770), (0o755, True, 0o751), (0o711, True, 0o711), (0o750, False, 0o750)],
)
def test_others_lose_what_they_had_and_the_group_keeps_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, found: int, let_pass: bool, left: int
) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    folder.chmod(found)
    close_to_others(folder, let_pass=let_pass)
    assert mode(folder) == left
    assert ("every user of this machine could read it" in caplog.text) is (found != left)


def test_a_folder_that_is_not_there_is_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    close_to_others(tmp_path / "none")
    warn_if_open(tmp_path / "none", "")
    assert caplog.text == ""


def test_a_folder_others_may_rely_on_is_only_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tmp_path.chmod(0o755)
    warn_if_open(tmp_path, "name the group")
    assert mode(tmp_path) == 0o755
    assert f"{tmp_path}: every user of this machine may read it; name the group" in caplog.text
