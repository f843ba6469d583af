# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is deleted, and what stays."""

from pathlib import Path

from anpr.accept.count.contact import write_contact_page
from anpr.accept.delete import delete_all, delete_images
from anpr.accept.folder.records import RecordedTransit
from anpr.accept.folder.workspace import Workspace
from tests.support.acceptance import recorded, transit, write_count


def finished(tmp_path: Path) -> Workspace:
    workspace = recorded(tmp_path / "c", [transit("AB123CD", 60)], [60])
    write_contact_page(workspace)
    write_count(workspace, "2026-12-01;08:01:00;AB123CD;;;;;s1m001")
    (workspace.path / "collaudo.html").write_text("the sheet")
    return workspace


def test_images_go_and_figures_stay(tmp_path: Path) -> None:
    workspace = finished(tmp_path)

    assert delete_images(workspace) == 3

    assert list(workspace.path.rglob("*.jpg")) == []
    assert not workspace.contact_path.exists()
    assert len(workspace.sessions()[0].read(RecordedTransit)) == 1
    assert workspace.count_path.exists()


def test_of_all_only_the_sheet_stays(tmp_path: Path) -> None:
    workspace = finished(tmp_path)

    assert delete_all(workspace) == 6

    left = sorted(path.name for path in workspace.path.rglob("*"))
    assert left == ["collaudo.html", "site.json"]


def test_deleting_twice_is_no_error(tmp_path: Path) -> None:
    workspace = finished(tmp_path)
    delete_all(workspace)

    assert (delete_all(workspace), delete_images(workspace)) == (0, 0)
