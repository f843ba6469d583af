# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr gate` with a real PostgreSQL."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from anpr.cli.main import main
from anpr.store.audit import AuditAction, list_audit
from anpr.store.database.connection import Database
from anpr.store.gate_versions import current_versions
from anpr.store.gates import list_gates

Run = Callable[..., Result]
REASON = ("--reason", "spostamento al centro")
SITE = """
reader:
  id: reader-nord
retention:
  purposes:
    - {id: checks, name: Controlli, keep: hits}
gates:
  - id: via-tosco
    name: Via Tosco
    purpose: sicurezza urbana
    legal_basis: patto del 2026-01-01
    latitude: 43.7
    cameras:
      - id: tosco-1
        url: rtsp://anna:se%23greto@10.0.0.5:554/live?channel=1
        regions: [[[0.1, 0.2], [0.9, 0.2], [0.9, 0.9]]]
      - id: tosco-2
        url: rtsp://10.0.0.6/live
        user: anna
        secret_file: /etc/anpr/tosco-2
"""


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Run:
    environment = {
        "DATABASE_URL": database_url,
        "ANPR_DATA_DIR": str(tmp_path),
        "ANPR_CONFIG": None,
        "ANPR_GATE_PLAN__SOURCE": "centre",
    }

    def invoke(*arguments: str, answer: str | None = None) -> Result:
        return CliRunner().invoke(main, ["gate", *arguments], env=environment, input=answer)

    return invoke


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text(SITE)
    return path


def test_gates_of_a_file_become_versions_without_their_logins(run: Run, site: Path, database: Database) -> None:
    made = run("import", str(site), *REASON, "--yes")
    assert made.exit_code == 0, made.output
    assert "gate via-tosco: version 1" in made.output
    assert "camera tosco-1: its login was left out; at reader reader-nord" in made.output
    assert "and below it a line `host: 10.0.0.5:554`" in made.output
    assert "reader reader-nord: has never reported and runs no gate" in made.output
    assert "reader reader-nord: has never reported" in run("list").output
    assert "greto" not in made.output
    with database.transaction() as conn:
        version = current_versions(conn)["via-tosco"]
        (gate,) = list_gates(conn)
        (row,) = list_audit(conn)
        stored = conn.execute("SELECT definition::text AS text FROM gate_versions").fetchone()
    assert stored is not None
    assert "greto" not in stored["text"]
    assert "anna" not in stored["text"]
    assert "/etc/anpr" not in stored["text"]
    cameras = [(each.url.get_secret_value(), each.secret) for each in version.gate.cameras]
    assert cameras == [("rtsp://10.0.0.5:554/live?channel=1", "tosco-1"), ("rtsp://10.0.0.6/live", "tosco-2")]
    assert (version.reader_id, gate.name, [camera.id for camera in gate.cameras]) == (
        "reader-nord", "Via Tosco", ["tosco-1", "tosco-2"]
    )  # fmt: skip
    assert row.event.action is AuditAction.GATE_SAVED
    assert row.event.reason == "spostamento al centro"


def test_changes_are_shown_first_and_a_no_saves_nothing(run: Run, site: Path, database: Database) -> None:
    assert run("import", str(site), *REASON, "--yes").exit_code == 0
    site.write_text(SITE.replace("name: Via Tosco", "name: Via Toscoromagnola").replace("[0.9, 0.9]", "[0.9, 0.8]"))
    shown = run("import", str(site), *REASON, answer="n\n")
    assert shown.exit_code == 1
    assert "name: Via Tosco -> Via Toscoromagnola" in shown.output
    assert "camera tosco-1: regions: [[[0.1, 0.2]" in shown.output
    with database.transaction() as conn:
        assert current_versions(conn)["via-tosco"].version == 1
    assert "version 2" in run("import", str(site), *REASON, answer="y\n").output
    assert run("import", str(site), *REASON).output == "nothing changes\n"


def test_history_undo_and_list(run: Run, site: Path) -> None:
    run("import", str(site), *REASON, "--yes")
    site.write_text(SITE.replace("name: Via Tosco", "name: Via Toscoromagnola"))
    run("import", str(site), "--reason", "nome intero", "--yes")
    undone = run("undo", "via-tosco", "--reason", "nome sbagliato")
    assert undone.output == "gate via-tosco: version 3, equal to version 1\n", undone.output
    lines = run("history", "via-tosco").output.splitlines()
    heads = [line for line in lines if line.startswith("version")]
    assert [line.split()[1] for line in heads] == ["3", "2", "1"]
    assert "(equal to 1)" in heads[0]
    assert "  name: Via Toscoromagnola -> Via Tosco" in lines
    assert run("list").output.startswith("via-tosco\t3\treader-nord\t2 cameras\tVia Tosco\n")
    assert "is the same" in run("undo", "via-tosco", "--to", "3", "--reason", "ancora una volta").output
    assert "no version 9" in run("undo", "via-tosco", "--to", "9", "--reason", "ancora una volta").output
    assert "did you mean via-tosco" in run("history", "via-tosca").output


def test_an_export_reads_the_same_and_holds_no_login(run: Run, site: Path, tmp_path: Path) -> None:
    run("import", str(site), *REASON, "--yes")
    exported = run("export").output
    assert "greto" not in exported
    again = tmp_path / "again.yaml"
    assert run("export", "--out", str(again)).exit_code == 0
    assert again.read_text() == exported
    assert run("import", str(again), *REASON, "--yes").output == "nothing changes\n"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("[0.9, 0.9]", "[1.9, 0.9]", "gate via-tosco: camera tosco-1: regions: polygon 1: the corner [1.9, 0.9]"),
        ("latitude: 43.7", "latitude: 143", "gate via-tosco: latitude:"),
        ("url: rtsp://10.0.0.6/live", "url: rtsp://10.0.0.6/live?password=x", "camera tosco-2: url: a login in the"),
        ("id: tosco-2", "id: tosco-1", "cameras: id 'tosco-1' is used twice"),
        ("    latitude: 43.7", "    retention_purpose: chekcs", "retention.purposes has no id 'chekcs'"),
        ("    latitude: 43.7", "    organisation: nobody", "nobody"),
    ],
)
def test_a_bad_file_is_named_and_saves_nothing(
    run: Run, site: Path, database: Database, before: str, after: str, said: str
) -> None:
    site.write_text(SITE.replace(before, after))
    refused = run("import", str(site), *REASON, "--yes")
    assert refused.exit_code == 1
    assert said in refused.output
    with database.transaction() as conn:
        assert current_versions(conn) == {}
        assert list_gates(conn) == []


def test_a_camera_of_another_gate_is_refused(run: Run, site: Path, tmp_path: Path) -> None:
    run("import", str(site), *REASON, "--yes")
    other = tmp_path / "other.yaml"
    other.write_text(SITE.replace("id: via-tosco", "id: via-pisana"))
    said = run("import", str(other), *REASON, "--yes").output
    assert "gate via-pisana: camera tosco-1: another gate has a camera with this id" in said


def test_settings_whose_source_is_the_file_say_so(database_url: str, site: Path) -> None:
    environment = {"DATABASE_URL": database_url, "ANPR_CONFIG": None}
    refused = CliRunner().invoke(main, ["gate", "import", str(site), *REASON], env=environment)
    assert "gate_plan.source is file" in refused.output
