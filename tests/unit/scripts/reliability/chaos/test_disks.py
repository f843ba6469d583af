# SPDX-License-Identifier: AGPL-3.0-or-later
"""Disks that the chaos test fills and write-protects."""

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.reliability.chaos.disks import Disk, mounted


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with mounted(tmp_path / "disk") as disk:
        if disk is None:
            pytest.skip("a disk that fills up needs the right to mount one (root)")
        yield disk


def test_a_full_disk_takes_nothing_and_keeps_what_it_has(disk: Disk) -> None:
    file = disk.folder / "file"
    file.write_bytes(b"1" * 10_000)
    assert disk.fill()
    with pytest.raises(OSError, match="No space left") as full:
        (disk.folder / "other").write_bytes(b"2" * 10_000)
    assert full.value.errno == errno.ENOSPC
    disk.restore()
    (disk.folder / "other").write_bytes(b"2" * 10_000)
    assert file.read_bytes() == b"1" * 10_000


def test_a_write_protected_disk_is_read_and_not_written(disk: Disk) -> None:
    file = disk.folder / "file"
    file.write_bytes(b"1")
    assert disk.write_protect()
    with pytest.raises(OSError, match="Read-only"):
        file.write_bytes(b"2")
    assert file.read_bytes() == b"1"
    disk.restore()
    file.write_bytes(b"3")


def test_a_disk_with_a_file_open_for_writing_cannot_be_write_protected(disk: Disk) -> None:
    with (disk.folder / "file").open("wb"):
        assert not disk.write_protect()
