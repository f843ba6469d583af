# SPDX-License-Identifier: AGPL-3.0-or-later
"""Imports of lists: preview, record, history and undo, in a real PostgreSQL and as somebody types them."""

import json
import os
import pty
import pwd
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from anpr.cli.main import main
from anpr.domain.errors import InputError
from anpr.domain.watchlist import Priority, Watchlist
from anpr.runtime.clock import ManualClock
from anpr.settings import RetentionSettings
from anpr.store.audit import AuditAction, AuditEvent, list_audit
from anpr.store.author import Author
from anpr.store.database.connection import Connection, Database
from anpr.store.embedded.roles import CentreRole
from anpr.store.images.image_store import ImageStore
from anpr.store.retention import run_retention
from anpr.store.watchlists import imports
from anpr.store.watchlists.entries import ImportMode, ImportResult, NewEntry, add_entry, list_entries, remove_entries
from anpr.store.watchlists.imports import (
    Batch,
    ListChangedError,
    Origin,
    UndoRefusedError,
    get_import,
    import_differences,
    list_imports,
    preview_import,
    record_import,
    undo_import,
)
from anpr.store.watchlists.lists import delete_watchlist, save_watchlist
from scripts.lab.transits import START
from tests.unit.listfiles.test_spreadsheet import xlsx

LIST = Watchlist(id="a1", name="Rubati", priority=Priority.HIGH, purpose="p", legal_basis="l")
BY = Author(name="anna", at=START)
ORIGIN = Origin(
    file_name="rubati.csv", sha256="ab" * 32, format="csv", encoding="cp1252", source="Questura", rejected=2
)


def _batch(*texts: str, mode: ImportMode = ImportMode.ADD) -> Batch:
    """Entries written PLATE:REASON."""
    entries = [NewEntry(plate=plate, reason=reason) for plate, _, reason in (text.partition(":") for text in texts)]
    return Batch(watchlist_id="a1", entries=entries, mode=mode)


def _replacing(*texts: str) -> Batch:
    return _batch(*texts, mode=ImportMode.REPLACE)


def _on_list(conn: Connection) -> list[str]:
    return sorted(f"{entry.plate}:{entry.reason}" for entry in list_entries(conn, "a1"))


@pytest.fixture
def filled(database: Database) -> Database:
    """A list with AA:x, BB:x and CC:x by an import."""
    with database.transaction() as conn:
        save_watchlist(conn, LIST)
        record_import(conn, _batch("AA111AA:x", "BB222BB:x", "CC333CC:x"), ORIGIN, BY)
    return database


def test_what_to_do_comes_back_with_an_entry_whose_removal_is_undone(filled: Database) -> None:
    with filled.transaction() as conn:
        add_entry(conn, "a1", NewEntry(plate="DD444DD", reason="x", instructions="fermare"))
        removal = record_import(conn, _replacing("AA111AA:x", "BB222BB:x", "CC333CC:x"), ORIGIN, BY)
        undo_import(conn, "a1", BY, removal.id)
        assert {entry.plate: entry.instructions for entry in list_entries(conn, "a1")}["DD444DD"] == "fermare"


def test_a_preview_says_what_an_import_would_do_and_changes_nothing(filled: Database) -> None:
    wanted = _replacing("AA111AA:x", "BB222BB:y", "DD444DD:x", "EE555EE:x")
    with filled.transaction() as conn:
        before, imported = _on_list(conn), len(list_imports(conn, "a1"))
        preview = preview_import(conn, wanted, examples=1)
        adding = preview_import(conn, _batch("BB222BB:y"))
        assert (_on_list(conn), len(list_imports(conn, "a1"))) == (before, imported)
    assert preview.result == ImportResult(added=2, changed=1, unchanged=1, removed=1)
    assert (preview.size, preview.removes_too_much) == (3, True)
    assert [(each.kind, each.plate, each.reason_before, each.reason_after) for each in preview.examples] == [
        ("added", "DD444DD", None, "x"),
        ("changed", "BB222BB", "x", "y"),
        ("removed", "CC333CC", "x", None),
    ]
    assert adding.result == ImportResult(added=0, changed=1, unchanged=0, removed=0)
    with filled.transaction() as conn:
        done = record_import(conn, wanted, ORIGIN, BY, expected=preview.result)
        assert done.result == preview.result, "what was shown is what is done"
        assert _on_list(conn) == ["AA111AA:x", "BB222BB:y", "DD444DD:x", "EE555EE:x"]


def test_an_import_is_recorded_with_its_file_and_its_differences(filled: Database) -> None:
    with filled.transaction() as conn:
        done = record_import(conn, _replacing("AA111AA:y", "DD444DD:x"), ORIGIN, BY)
        second, first = list_imports(conn, "a1")
        assert second == done
        assert (done.origin, done.imported_by, done.imported_at, done.mode) == (ORIGIN, "anna", START, "replace")
        assert done.version_before == first.version_after < done.version_after
        found = [(each.kind, each.plate) for each in import_differences(conn, done.id, 10)]
    assert found == [("added", "DD444DD"), ("changed", "AA111AA"), ("removed", "BB222BB"), ("removed", "CC333CC")]


def test_a_list_that_changed_since_it_was_compared_is_left_alone(filled: Database) -> None:
    wanted = _replacing("AA111AA:x")
    with filled.transaction() as conn:
        shown = preview_import(conn, wanted).result
        add_entry(conn, "a1", NewEntry(plate="ZZ999ZZ", reason="x"))
    with pytest.raises(ListChangedError, match="a1: it has changed"), filled.transaction() as conn:
        record_import(conn, wanted, ORIGIN, BY, expected=shown)
    with filled.transaction() as conn:
        assert len(_on_list(conn)) == 4


def test_undo_restores_exactly_what_was_before(filled: Database) -> None:
    with filled.transaction() as conn:
        before = _on_list(conn)
        gone = next(entry.id for entry in list_entries(conn, "a1") if entry.plate == "CC333CC")
        done = record_import(conn, _replacing("AA111AA:y", "DD444DD:x"), ORIGIN, BY)
        undone = undo_import(conn, "a1", Author(name="bruno", at=START + timedelta(hours=1)))
        assert _on_list(conn) == before
        assert (undone.mode, undone.undoes, undone.imported_by) == ("undo", done.id, "bruno")
        assert undone.result == ImportResult(added=2, changed=1, unchanged=0, removed=1)
        assert get_import(conn, "a1", done.id).undone_at == START + timedelta(hours=1)
        [back] = [entry for entry in list_entries(conn, "a1") if entry.plate == "CC333CC"]
        assert back.id > gone, "a new entry, so that what passed meanwhile is looked for"
        first = undo_import(conn, "a1", BY)
        assert _on_list(conn) == [], "the newest that is not undone comes next"
        assert first.undoes == 1
        with pytest.raises(UndoRefusedError, match="no import that could be undone"):
            undo_import(conn, "a1", BY)


@pytest.mark.parametrize("change", ["removed", "other reason", "back on the list"])
def test_undo_is_refused_when_an_entry_was_changed_later(filled: Database, change: str) -> None:
    with filled.transaction() as conn:
        done = record_import(conn, _replacing("AA111AA:y", "DD444DD:x"), ORIGIN, BY)
        if change == "removed":
            remove_entries(conn, "a1", "DD444DD")
        elif change == "other reason":
            record_import(conn, _batch("AA111AA:z"), ORIGIN, BY)
        else:
            add_entry(conn, "a1", NewEntry(plate="CC333CC", reason="x"))
        before = _on_list(conn)
        with pytest.raises(UndoRefusedError, match=rf"import {done.id} cannot be undone: 1 of its entries"):
            undo_import(conn, "a1", BY, done.id)
        assert _on_list(conn) == before
        add_entry(conn, "a1", NewEntry(plate="ZZ999ZZ", reason="x"))
        if change == "other reason":
            undo_import(conn, "a1", BY)
            undo_import(conn, "a1", BY, done.id)
            assert _on_list(conn) == ["AA111AA:x", "BB222BB:x", "CC333CC:x", "ZZ999ZZ:x"], "entries of others stay"


def test_what_cannot_be_undone_is_said(filled: Database) -> None:
    with filled.transaction() as conn:
        undone = undo_import(conn, "a1", BY)
        with pytest.raises(UndoRefusedError, match=f"import {undone.id} is an undo itself"):
            undo_import(conn, "a1", BY, undone.id)
        with pytest.raises(UndoRefusedError, match="import 1 was undone already"):
            undo_import(conn, "a1", BY, 1)
        with pytest.raises(InputError, match="watchlist a1: no import 99"):
            undo_import(conn, "a1", BY, 99)
        with pytest.raises(InputError, match="watchlist b1: no such list"):
            undo_import(conn, "b1", BY)


def test_differences_are_kept_of_the_newest_imports_only(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "KEPT_DIFFERENCES", 2)
    with filled.transaction() as conn:
        for number in range(3):
            record_import(conn, _batch(f"AA11{number}ZZ:x"), ORIGIN, BY)
        assert [each.has_changes for each in list_imports(conn, "a1")] == [True, True, False, False]
        assert [len(import_differences(conn, number, 10)) for number in (1, 2, 3, 4)] == [0, 0, 1, 1]
        with pytest.raises(UndoRefusedError, match="what import 1 changed is no longer kept"):
            undo_import(conn, "a1", BY, 1)


def test_retention_forgets_differences_and_then_imports(
    filled: Database, database_as: Callable[[CentreRole], Database], tmp_path: Path
) -> None:
    def expire(days: float) -> dict[str, int]:
        clock = ManualClock(START + timedelta(days=days))
        ingest = database_as(CentreRole.INGEST)
        settings = RetentionSettings(ledger_days=60)
        return run_retention(ingest, ImageStore(tmp_path), settings, clock, database_clock=lambda _: clock.now()).rows

    assert expire(29)["differences of imports"] == 0
    assert expire(31)["differences of imports"] == 1
    with filled.transaction() as conn:
        assert [each.has_changes for each in list_imports(conn, "a1")] == [False]
        assert import_differences(conn, 1, 10) == []
        assert len(_on_list(conn)) == 3
    assert expire(62)["imports of lists"] == 1


def test_a_deleted_list_takes_its_history_along(filled: Database) -> None:
    with filled.transaction() as conn:
        delete_watchlist(conn, "a1")
        save_watchlist(conn, LIST)
        assert list_imports(conn, "a1") == []
        assert import_differences(conn, 1, 10) == []


# -- as somebody types it

Run = Callable[..., Result]
ACTOR = f"os:{pwd.getpwuid(os.getuid()).pw_name}"


@pytest.fixture
def anpr(database: Database, database_url: str, tmp_path: Path) -> Run:
    """Runs the command; the list is there and empty."""
    with database.transaction() as conn:
        save_watchlist(conn, LIST)
    environment = {"DATABASE_URL": database_url, "ANPR_DATA_DIR": str(tmp_path), "ANPR_CONFIG": None}

    def run(*arguments: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(main, ("watchlist", *arguments), input=typed, env=environment)

    return run


def _file(folder: Path, content: str | bytes, name: str = "rubati.csv") -> str:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("cp1252"))
    return str(path)


def _events(database: Database) -> list[AuditEvent]:
    with database.transaction() as conn:
        return [row.event for row in list_audit(conn)]


GOOD = "Targa;Motivo;Dal;Al\nAB 123 CD;rubata in città;01/11/2026;31.12.26\nZZ999ZZ;segnalata\n"


def test_a_file_of_an_office_is_imported_and_audited_without_plates(
    anpr: Run, database: Database, tmp_path: Path
) -> None:
    result = anpr("import", "a1", _file(tmp_path, GOOD), "--source", "Questura")
    assert result.exit_code == 0, result.output
    assert result.stdout == "watchlist a1: 2 added, 0 changed, 0 unchanged, 0 removed\n"
    assert result.stderr == (
        "rubati.csv: CSV, cp1252; 2 rows; plate from Targa, reason from Motivo, valid_from from Dal, valid_to from Al\n"
    )
    [event] = _events(database)
    assert (event.action, event.actor) == (AuditAction.WATCHLIST_IMPORTED, ACTOR)
    detail = dict(event.detail)
    assert len(detail.pop("sha256")) == 64
    assert detail.pop("version_after") > detail.pop("version_before")
    assert detail == {
        "watchlist": "a1", "import": 1, "mode": "add", "file": "rubati.csv", "format": "csv", "encoding": "cp1252",
        "source": "Questura", "added": 2, "changed": 0, "unchanged": 0, "removed": 0, "rejected": 0, "separator": ";",
        "sheet": None, "rows": 2, "warnings": {},
        "columns": {"plate": "Targa", "reason": "Motivo", "valid_from": "Dal", "valid_to": "Al"},
    }  # fmt: skip
    assert "AB123CD" not in json.dumps(event.detail)


def test_wrong_rows_are_all_told_and_nothing_is_imported_unless_they_are_skipped(
    anpr: Run, database: Database, tmp_path: Path
) -> None:
    wrong = GOOD + "".join(f"AB%;x{number}\n" for number in range(25)) + "AB124CD;x;domani\n"
    path, rejects = _file(tmp_path, wrong), tmp_path / "scarti.csv"
    result = anpr("import", "a1", path, "--rejects", str(rejects))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "rejected: row 4: Targa: a plate holds only" in result.stderr
    assert "rejected: 6 more\n" in result.stderr
    assert "rubati.csv: 26 of 28 rows are wrong, the first: row 4: Targa" in result.stderr
    assert len(rejects.read_text(encoding="utf-8-sig").splitlines()) == 27
    assert _events(database) == []
    skipped = anpr("import", "a1", path, "--skip-rejected")
    assert skipped.stdout == "watchlist a1: 2 added, 0 changed, 0 unchanged, 0 removed, 26 rejected\n"
    assert _events(database)[0].detail["rejected"] == 26
    only_wrong = _file(tmp_path, "targa;motivo\n%;x\n", "altro.csv")
    empty = anpr("import", "a1", only_wrong, "--skip-rejected", "--replace", "--yes")
    assert (empty.exit_code, "altro.csv: no entries" in empty.stderr) == (1, True)


def test_a_preview_prints_what_would_change(anpr: Run, database: Database, tmp_path: Path) -> None:
    anpr("import", "a1", _file(tmp_path, GOOD))
    content = xlsx({"Elenco": [["Targa", "Motivo"], ["ZZ999ZZ", "altro"], ["CD123AB", "x"]]})
    path = _file(tmp_path, content, "nuovo.xlsx")
    result = anpr("import", "a1", path, "--replace", "--preview")
    assert result.stdout.splitlines() == [
        "new\tCD123AB\tx\t\t",
        "changed\tZZ999ZZ\tsegnalata -> altro\t\t",
        "gone\tAB123CD\trubata in città\t2026-11-01 00:00:00+01:00\t2027-01-01 00:00:00+01:00",
        "watchlist a1: 1 new, 1 changed, 0 unchanged, 1 gone, 0 rejected; nothing was changed",
    ]
    assert [event.action for event in _events(database)] == ["watchlist-viewed", "watchlist-imported"]
    refused = anpr("import", "a1", path, "--replace")
    assert refused.exit_code == 1
    assert "nuovo.xlsx would take off 1 of 2 entries, more than 20%" in refused.stderr
    assert anpr("import", "a1", path, "--replace", "--yes").stdout.endswith(
        "1 added, 1 changed, 0 unchanged, 1 removed\n"
    )


def test_a_small_removal_needs_no_word_from_a_schedule(anpr: Run, tmp_path: Path) -> None:
    plates = [f"AB{number:03}CD" for number in range(10)]
    anpr("import", "a1", _file(tmp_path, "\n".join(plates)), "--reason", "furto")
    result = anpr("import", "a1", _file(tmp_path, "\n".join(plates[2:])), "--reason", "furto", "--replace")
    assert result.stdout == "watchlist a1: 0 added, 0 changed, 8 unchanged, 2 removed\n"


def test_columns_are_told_once_for_a_source(anpr: Run, tmp_path: Path) -> None:
    path = _file(tmp_path, "Mezzo;Perché\nAB123CD;furto\n")
    assert "no column of plates in 'Mezzo, Perché'" in anpr("import", "a1", path).stderr
    told = anpr("import", "a1", path, "--source", "Questura", "--column", "plate=Mezzo", "--column", "reason=perche")
    assert told.exit_code == 0, told.output
    again = _file(tmp_path, "Mezzo;Perché\nAB124CD;furto\n")
    assert anpr("import", "a1", again, "--source", "Questura").stdout.startswith("watchlist a1: 1 added")
    assert anpr("import", "a1", again, "--source", "Altri").exit_code == 1
    wrong = anpr("import", "a1", path, "--column", "colour=3")
    assert "--column colour=3: write plate|reason|valid_from|valid_to" in wrong.stderr


def test_history_and_undo(anpr: Run, database: Database, tmp_path: Path) -> None:
    anpr("import", "a1", _file(tmp_path, GOOD), "--source", "Questura")
    anpr("import", "a1", _file(tmp_path, "targa;motivo\nCD123AB;x\n", "due.csv"))
    lines = [line.split("\t") for line in anpr("history", "a1").stdout.splitlines()]
    assert [[line[0], *line[3:7]] for line in lines] == [
        ["2", "add", "due.csv", "csv utf-8", ""],
        ["1", "add", "rubati.csv", "csv cp1252", "Questura"],
    ]
    assert anpr("history", "a1", "--import", "2").stdout.splitlines()[1:] == ["new\tCD123AB\tx\t\t"]
    assert anpr("undo", "a1", typed="n\n").exit_code == 1
    undone = anpr("undo", "a1", typed="y\n")
    assert undone.stdout == "watchlist a1: import 2 (due.csv) undone: 0 added, 0 changed, 2 unchanged, 1 removed\n"
    assert _events(database)[0].action == AuditAction.WATCHLIST_IMPORT_UNDONE
    assert _events(database)[0].detail["undoes"] == 2
    anpr("remove", "a1", "ZZ999ZZ")
    refused = anpr("undo", "a1", "--yes")
    assert refused.exit_code == 1
    assert "import 1 cannot be undone: 1 of its entries were changed later (such as ZZ999ZZ)" in refused.stderr


@pytest.mark.parametrize(("answer", "left"), [(b"n\n", 2), (b"y\n", 1)])
def test_somebody_at_a_terminal_is_asked_before_entries_go(
    anpr: Run, database: Database, database_url: str, tmp_path: Path, answer: bytes, left: int
) -> None:
    anpr("import", "a1", _file(tmp_path, GOOD))
    path = _file(tmp_path, "targa;motivo\nZZ999ZZ;segnalata\n")
    terminal, its_end = pty.openpty()
    environment = {**os.environ, "DATABASE_URL": database_url, "ANPR_DATA_DIR": str(tmp_path)}
    os.write(terminal, answer)
    command = [sys.executable, "-m", "anpr", "watchlist", "import", "a1", path, "--replace"]
    done = subprocess.run(command, stdin=its_end, capture_output=True, env=environment, timeout=120, check=False)
    os.close(its_end)
    os.close(terminal)
    assert b"0 new, 0 changed, 1 unchanged, 1 gone of 2 entries. Import?" in done.stderr
    assert done.returncode == (0 if left == 1 else 1)
    with database.transaction() as conn:
        assert len(_on_list(conn)) == left
