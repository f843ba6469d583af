# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files of places on this machine's disk: none replaces another, none is left over, and whose fault a full disk is."""

from pathlib import Path

import pytest

from anpr.domain.errors import ForwardError
from anpr.listfiles.places.digest import DigestWriter, in_place_of
from anpr.listfiles.places.watched_folder import land


def test_files_of_one_name_and_second_all_land(tmp_path: Path) -> None:
    for number in range(3):
        part = tmp_path / ".lista.part"
        part.write_text(str(number))
        land(tmp_path, part, "lista-12.xml", 1_000_000_000)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "lista-12.xml": "0", "_lista-12.xml": "1", "__lista-12.xml": "2",
    }  # fmt: skip


def test_a_file_that_cannot_be_written_is_the_folders_fault() -> None:
    with pytest.raises(ForwardError, match=r"^/dev: No space left on device$"), DigestWriter(Path("/dev/full")) as file:
        file.write(b"x")


def test_of_an_answer_that_fails_in_the_middle_nothing_is_left(tmp_path: Path) -> None:
    part = tmp_path / ".lista.part"
    part.write_text("the answer")
    with pytest.raises(TypeError), in_place_of(part) as written:
        written.write(None)  # type: ignore[arg-type]
    assert [path.read_text() for path in tmp_path.iterdir()] == ["the answer"]
