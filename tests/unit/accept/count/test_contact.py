# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page of images that helps to count."""

from pathlib import Path

from anpr.accept.count.contact import write_contact_page
from tests.support.acceptance import recorded, transit


def test_every_event_is_shown_and_nothing_that_was_read(tmp_path: Path) -> None:
    workspace = recorded(tmp_path / "c", [transit("AB123CD", 60)], [60, 90])

    write_contact_page(workspace)

    page = workspace.contact_path.read_text(encoding="utf-8")
    assert "s1m001 · 2026-12-01 · 08:01:00" in page
    assert 'href="sessions/001/images/s1m002-01.jpg"' in page
    assert (workspace.path / "sessions/001/images/s1m002-01.jpg").is_file()
    assert "AB123CD" not in page
    assert "http" not in page
    assert workspace.contact_path.stat().st_mode & 0o777 == 0o600
