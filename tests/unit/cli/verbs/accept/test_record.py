# SPDX-License-Identifier: AGPL-3.0-or-later
"""What `anpr accept record` refuses before it loads a model."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from anpr.cli import main


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["accept", "record", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_what_is_neither_a_file_nor_a_camera_is_named() -> None:
    result = run("film.mp4")

    assert result.exit_code == 1
    assert "no such file, and camera film.mp4: no such camera in the settings; there are: none" in result.output


def test_a_recording_must_say_when_it_began() -> None:
    Path("film.mp4").write_bytes(b"x")

    assert "film.mp4: its name does not say when it began" in run("film.mp4").output
    assert "--start: 'ieri' is not a time like 2026-12-01 08:00:00" in run("film.mp4", "--start", "ieri").output


def test_names_must_differ_and_a_start_goes_with_one_file() -> None:
    for folder in ("a", "b"):
        Path(folder).mkdir()
        (Path(folder) / "2026-12-01_08-00.mp4").write_bytes(b"x")
    (Path("a") / "2026-12-01_09-00.mp4").write_bytes(b"x")

    assert "2026-12-01_08-00.mp4: two recordings have this name" in run("a", "b").output
    assert "--start goes with one file" in run("a", "--start", "2026-12-01 08:00:00").output


def test_a_folder_without_videos_is_an_error_and_nothing_is_left_behind() -> None:
    Path("empty").mkdir()

    assert "empty: no picture or video in this folder" in run("empty").output
    assert [path.name for path in Path().iterdir()] == ["empty"]
