# SPDX-License-Identifier: AGPL-3.0-or-later
"""The report: what it demands, and what the sheet says."""

import json
from pathlib import Path

import pytest

from anpr.accept.folder.records import DroppedTrack
from anpr.accept.folder.workspace import Workspace
from anpr.accept.judge.figures import Measure
from anpr.accept.judge.light import light_by_sun
from anpr.accept.report import ReportOptions, write_report
from anpr.accept.sheet.contents import SheetFacts
from anpr.domain.errors import InputError
from anpr.domain.reasons import Drop
from anpr.runtime.clock import ManualClock
from tests.support.acceptance import BEGAN, at, recorded, site, transit, write_count


def options(workspace: Workspace, threshold: float | None = None, **facts: object) -> ReportOptions:
    values: dict[str, object] = {"light_rule": "dal sole", "tolerance_s": 10.0, "program": "anpr 1"}
    return ReportOptions(
        light_at=light_by_sun(workspace.site),
        thresholds={} if threshold is None else {Measure.CORRECT: threshold},
        facts=SheetFacts(**(values | facts)),  # type: ignore[arg-type]
    )


def counted(folder: Path) -> Workspace:
    """Two vehicles, one of them read wrong; a third missed; and a read of nothing."""
    workspace = recorded(
        folder,
        [transit("AB123CD", 60), transit("EF456GO", 120), transit("ZZ000ZZ", 400)],
        [60, 120, 180],
    )
    session = workspace.sessions()[0]
    session.add(DroppedTrack(at=at(181), reason=Drop.TRACK_LOW_CONFIDENCE, plate="XY99", confidence=0.62))
    session.save()
    write_count(
        workspace,
        "2026-12-01;08:01:00;AB123CD;anteriore;;;;s1m001",
        "2026-12-01;08:02:00;EF456GD;anteriore;;;;s1m002",
        "2026-12-01;08:03:00;XY999ZZ;anteriore;;;;s1m003",
    )
    return workspace


def test_the_sheet_shows_each_case_with_its_images_and_why_a_vehicle_was_missed(tmp_path: Path) -> None:
    workspace = counted(tmp_path / "c")

    write_report(workspace, options(workspace), ManualClock(BEGAN))

    html = (workspace.path / "collaudo.html").read_text(encoding="utf-8")
    assert "contata EF456GD, letta EF456GO (caratteri simili), fiducia 97 %, 9 fotogrammi" in html
    assert "contata XY999ZZ; letta con fiducia sotto la soglia (XY99, 62 %)" in html
    assert "letta ZZ000ZZ, nessun veicolo contato" in html
    assert html.count("data:image/jpeg;base64,") == 5
    assert "Nessuna soglia indicata" in html
    assert "Non provati: notte, lato posteriore." in html
    assert "entro il 08/12/2026" in html
    assert "http" not in html, "nothing is fetched from elsewhere"


def test_html_and_pdf_and_figures_are_private_files(tmp_path: Path) -> None:
    workspace = counted(tmp_path / "c")

    write_report(workspace, options(workspace), ManualClock(BEGAN))

    for name in ("collaudo.html", "collaudo.pdf", "collaudo.json"):
        assert (workspace.path / name).stat().st_mode & 0o777 == 0o600
    pdf = (workspace.path / "collaudo.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert b"/FontFile2" in pdf, "the fonts are in the file"
    total = json.loads((workspace.path / "collaudo.json").read_text())["groups"][0]
    assert total["correct"] == {"hits": 1, "of": 3, "share": 0.3333, "low": 0.0615, "high": 0.7923}


def test_deleted_images_are_named_as_such(tmp_path: Path) -> None:
    workspace = counted(tmp_path / "c")
    for image in workspace.path.rglob("*.jpg"):
        image.unlink()

    write_report(workspace, options(workspace), ManualClock(BEGAN))

    html = (workspace.path / "collaudo.html").read_text(encoding="utf-8")
    assert html.count("immagini non più conservate") == 3


def test_too_few_vehicles_are_told_with_the_number_that_is_needed(tmp_path: Path) -> None:
    workspace = counted(tmp_path / "c")

    write_report(workspace, options(workspace, 0.98), ManualClock(BEGAN))

    html = (workspace.path / "collaudo.html").read_text(encoding="utf-8")
    assert "n troppo piccolo per decidere" in html
    assert "troppo pochi per qualunque esito; servono almeno 30 passaggi con targa leggibile" in html


def test_words_of_people_are_shown_as_text(tmp_path: Path) -> None:
    workspace = counted(tmp_path / "c")

    write_report(workspace, options(workspace, notes="<b>pioggia</b> & vento"), ManualClock(BEGAN))

    assert "&lt;b&gt;pioggia&lt;/b&gt; &amp; vento" in (workspace.path / "collaudo.html").read_text(encoding="utf-8")


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    empty = Workspace.create(tmp_path / "empty", site())
    uncounted = recorded(tmp_path / "uncounted")
    cut_short = counted(tmp_path / "cut")
    cut_short.new_session("film.mp4", at(7200), 100)
    nobody = recorded(tmp_path / "nobody", events_at=[60])
    write_count(nobody, "2026-12-01;08:01:00;-;;;;;s1m001")

    for workspace, complaint in (
        (empty, "nothing was recorded yet"),
        (uncounted, "conta.csv: is missing; nobody counted"),
        (cut_short, "film.mp4 was not read to its end; run `anpr accept record` again"),
        (nobody, "conta.csv: no vehicle in it"),
    ):
        with pytest.raises(InputError, match=complaint):
            write_report(workspace, options(workspace), ManualClock(BEGAN))
