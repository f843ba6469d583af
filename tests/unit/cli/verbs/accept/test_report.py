# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr accept report` and `delete` on the command line."""

from pathlib import Path

from click.testing import CliRunner, Result

from anpr.cli import main
from tests.support.acceptance import recorded, transit, write_count


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["accept", *map(str, arguments)], catch_exceptions=False)


def test_figures_and_verdict_are_printed_without_a_plate(tmp_path: Path) -> None:
    workspace = recorded(tmp_path / "c", [transit("AB123CD", 60)], [60])
    write_count(workspace, "2026-12-01;08:01:00;AB123CD;;;;;s1m001")
    workspace.sessions()[0].save(laid_out=True)

    result = run("report", workspace.path, "--min-correct", "95")

    assert result.exit_code == 0, result.output
    assert "Tutti: Copertura 100,0 % 1 su 1" in result.stdout
    assert "n troppo piccolo" in result.stdout
    assert "AB123CD" not in result.output


def test_rows_that_a_killed_recording_left_unwritten_come_first(tmp_path: Path) -> None:
    workspace = recorded(tmp_path / "c", [transit("AB123CD", 60)], [60])

    result = run("report", workspace.path)

    assert result.exit_code == 1
    assert "conta.csv: row 2: column targa: is empty" in result.output
    assert workspace.contact_path.exists()


def test_wrong_options_are_named(tmp_path: Path) -> None:
    workspace = recorded(tmp_path / "c")

    assert "--class and --min-correct" in run("report", workspace.path, "--class", "A", "--min-correct", "90").output
    assert "write 07:30-17:00" in run("report", workspace.path, "--day", "mattina").output
    assert "write 07:30-17:00" in run("report", workspace.path, "--day", "25:00-26:00").output
    assert "no acceptance folder" in run("report", tmp_path).output


def test_delete_says_what_it_deleted(tmp_path: Path) -> None:
    workspace = recorded(tmp_path / "c", [transit("AB123CD", 60)], [60])

    assert "3 images deleted" in run("delete", workspace.path, "--pictures").stdout
    assert "the sheet stays" in run("delete", workspace.path).stdout
    assert not workspace.sessions_path.exists()
