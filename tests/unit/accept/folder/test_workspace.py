# SPDX-License-Identifier: AGPL-3.0-or-later
"""The folder of one acceptance test."""

from pathlib import Path

import pytest

from anpr.accept.folder.records import RecordedTransit, Side
from anpr.accept.folder.session import RecordedSession
from anpr.accept.folder.workspace import Workspace
from anpr.domain.errors import InputError
from tests.support.acceptance import BEGAN, at, recorded, site, transit


def test_only_its_owner_can_enter_or_read_it(tmp_path: Path) -> None:
    workspace = recorded(tmp_path / "c", [transit("AB123CD", 60)], [60])

    modes = {path: path.stat().st_mode & 0o777 for path in (workspace.path, *workspace.path.rglob("*"))}

    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}


def test_it_is_found_again_with_its_sessions(tmp_path: Path) -> None:
    recorded(tmp_path / "c", [transit("AB123CD", 60)])

    workspace = Workspace.create(tmp_path / "c", site())
    workspace.new_session("camera", at(7200))

    assert [session.number for session in Workspace.open(tmp_path / "c").sessions()] == [1, 2]
    assert workspace.sessions()[0].read(RecordedTransit) == (transit("AB123CD", 60),)


def test_another_camera_or_side_or_a_folder_of_other_things_is_refused(tmp_path: Path) -> None:
    recorded(tmp_path / "c")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("Dear all")

    with pytest.raises(InputError, match="holds the test of camera via-roma-1, not of via-roma-2"):
        Workspace.create(tmp_path / "c", site(camera="via-roma-2"))
    with pytest.raises(InputError, match="begun with --side left out"):
        Workspace.create(tmp_path / "c", site(side=Side.REAR))
    with pytest.raises(InputError, match="is not empty and no acceptance folder"):
        Workspace.create(tmp_path / "other", site())
    with pytest.raises(InputError, match="no acceptance folder"):
        Workspace.open(tmp_path / "other")


def test_a_session_that_was_killed_while_it_was_made_is_passed_over(tmp_path: Path) -> None:
    workspace = recorded(tmp_path / "c")
    (workspace.sessions_path / "002").mkdir()

    assert len(workspace.sessions()) == 1
    assert workspace.new_session("camera", BEGAN).number == 3


def test_what_was_written_after_the_last_checkpoint_does_not_count(tmp_path: Path) -> None:
    session = Workspace.create(tmp_path / "c", site()).new_session("film.mp4", BEGAN, 10)
    session.add(transit("AB123CD", 60))
    session.save(until=at(70))
    session.add(transit("EF456GH", 90))
    with (session.path / "transits.jsonl").open("ab") as torn:
        torn.write(b'{"plate": "XY')

    again = RecordedSession.open(session.path)
    assert [one.plate for one in again.read(RecordedTransit)] == ["AB123CD"]
    again.cut_back()
    again.add(transit("EF456GH", 90))
    again.save()

    assert [one.plate for one in again.read(RecordedTransit)] == ["AB123CD", "EF456GH"]


def test_a_damaged_record_is_named_by_file_and_row(tmp_path: Path) -> None:
    workspace = recorded(tmp_path / "c", [transit("AB123CD", 60)])
    path = workspace.sessions()[0].path / "transits.jsonl"
    path.write_text("{}\n")

    with pytest.raises(InputError, match=rf"{path}: row 1: plate: Field required"):
        workspace.sessions()[0].read(RecordedTransit)
