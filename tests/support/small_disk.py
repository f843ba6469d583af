# SPDX-License-Identifier: AGPL-3.0-or-later
"""A file system that is soon full."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB; skips where this user may not mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("a disk that fills up needs the right to mount one (root)")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill_disk(folder: Path) -> None:
    """Somebody else's file takes what is left."""
    with contextlib.suppress(OSError), (folder / "log-of-another-program").open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 65_536)


def free_disk(folder: Path) -> None:
    """And is gone again."""
    (folder / "log-of-another-program").unlink()
