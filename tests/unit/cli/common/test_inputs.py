# SPDX-License-Identifier: AGPL-3.0-or-later
"""Paths on a command line become files to read, and what is passed over is told."""

from pathlib import Path

from anpr.cli.common.inputs import media_files
from anpr.domain.errors import InputError


def test_a_folder_gives_what_recorders_and_telephones_write_and_tells_the_rest(tmp_path: Path) -> None:
    read = ["a.jpg", "b.JFIF", "b.jpe", "d.dav", "e.264", "f.h264", "g.265", "h.h265"]
    for name in [*read, "c.gif", "i.heic", "j.gif", "below/notes"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    notices: list[str] = []

    found = list(media_files([tmp_path], notices.append))

    assert found == sorted(tmp_path / name for name in read)
    assert notices == [f"{tmp_path}: 4 files passed over, no picture or video by name (2 .gif, 1 no suffix, 1 .heic)"]


def test_nothing_is_told_of_a_folder_that_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    notices: list[str] = []
    assert list(media_files([tmp_path], notices.append)) == [tmp_path / "a.jpg"]
    assert notices == []


def test_a_folder_without_media_is_an_error_and_its_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.gif").touch()
    notices: list[str] = []
    (error,) = media_files([tmp_path], notices.append)
    assert isinstance(error, InputError)
    assert "1 files passed over" in notices[0]


def test_a_file_that_is_named_is_taken_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "export.xyz"
    path.touch()
    assert list(media_files([path], lambda _: None)) == [path]
