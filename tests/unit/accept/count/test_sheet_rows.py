# SPDX-License-Identifier: AGPL-3.0-or-later
"""The rows that a person fills in."""

from pathlib import Path

from anpr.accept.count.sheet_rows import lay_out
from anpr.accept.folder.records import MotionEvent, RecordedTransit, Side
from tests.support.acceptance import at, recorded, transit


def test_each_motion_event_is_a_row_without_what_was_read(tmp_path: Path) -> None:
    workspace = recorded(tmp_path / "c", [transit("AB123CD", 60)], [60, 90], side=Side.REAR)

    assert lay_out(workspace) == 2

    text = workspace.count_path.read_text(encoding="utf-8-sig")
    assert text.splitlines() == [
        "data;ora;targa;lato;veicolo;luce;note;evento",
        "2026-12-01;08:01:00;;posteriore;;;;s1m001",
        "2026-12-01;08:01:30;;posteriore;;;;s1m002",
    ]
    assert workspace.count_path.stat().st_mode & 0o777 == 0o600


def test_rows_of_a_new_session_are_added_below_what_was_written(tmp_path: Path) -> None:
    workspace = recorded(tmp_path / "c", events_at=[60])
    lay_out(workspace)
    written = "Data,Ora,Targa,Evento\r\n01/12/2026,8:01:00,AB123CD,s1m001"
    workspace.count_path.write_bytes(written.encode("cp1252"))
    night = workspace.new_session("camera", at(36_000))
    night.add(MotionEvent(label="s2m001", began=at(36_010), ended=at(36_012), peak=at(36_011), stills=()))
    night.save(until=at(36_600), complete=True)

    assert lay_out(workspace) == 1
    assert lay_out(workspace) == 0

    lines = workspace.count_path.read_text(encoding="utf-8-sig").splitlines()
    assert lines[1:] == ["01/12/2026,8:01:00,AB123CD,s1m001", "2026-12-01,18:00:11,,s2m001"]
    assert workspace.sessions()[0].read(RecordedTransit) == ()
