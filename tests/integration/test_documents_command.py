# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr documents` with a real PostgreSQL."""

import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from click.testing import CliRunner, Result

from anpr.cli.main import main
from anpr.documents.words import PERMISSIONS, ROLES
from anpr.documents.write import DOCUMENTS
from anpr.domain.access import Permission, Role
from anpr.domain.organisation import Action
from anpr.settings import load_settings
from anpr.store.database.connection import Database
from anpr.store.gates import save_gates
from anpr.store.transits.rows import insert_transits
from anpr.store.users.accounts import set_ends_on
from anpr.store.watchlists.entries import NewEntry, add_entry
from scripts.lab.transits import make_transit
from tests.support.organisations import LIST, THEIR_PLATE, agree, share

Run = Callable[..., Result]
NOW = datetime.now(UTC)
FAR = "2099-12-31"
CAMERA_URL = "rtsp://viewer:topsecret@192.0.2.77/stream"
HASH = "$argon2id$a-hash-nobody-may-see"
SITE: dict[str, Any] = {
    "municipality": "Comune di Prova",
    "gates": [
        {
            "id": "ponte",
            "name": "Ponte Vecchio",
            "purpose": "Sicurezza urbana perché sì",
            "legal_basis": "Patto 7/2026",
            "legal_basis_until": FAR,
            "latitude": 43.76799,
            "longitude": 11.25313,
            "cameras": [{"id": "ponte-1", "url": CAMERA_URL, "lane": "2"}],
        },
        {"id": "tosco", "name": "Via Tosco Romagnola", "purpose": "p", "legal_basis": "l"},
    ],
    "forwarding": [
        {
            "id": "questura",
            "profile": "scntt-example",
            "target": {"kind": "directory", "path": "out"},
            "protocol": "Protocollo 99/2026",
            "protocol_until": FAR,
        }
    ],
}


def today() -> date:
    """At the site, now: a run of the suite may begin before midnight."""
    return datetime.now(ZoneInfo("Europe/Rome")).date()


@pytest.fixture
def run(database: Database, database_url: str, tmp_path: Path) -> Run:
    """Two organisations, and a function (changes of settings, arguments) that runs the verb."""
    environment = {"DATABASE_URL": database_url, "ANPR_DATA_DIR": str(tmp_path), "ANPR_CONFIG": None}

    def call(*arguments: str, **changes: object) -> Result:
        path = tmp_path / "site.yaml"
        path.write_text(yaml.safe_dump({**SITE, **changes}), encoding="utf-8")
        with database.transaction() as conn:
            save_gates(conn, load_settings(path, {}).settings.domain_gates())
        return CliRunner().invoke(main, ["--config", str(path), "documents", *arguments], env=environment)

    share(database, HASH)
    transit = make_transit(1, captured_at=NOW, first_seen=NOW, last_seen=NOW, plate="AB123CD")
    with database.transaction() as conn:
        insert_transits(conn, [transit], NOW)
        agree(conn, today(), Action.ALARMS, gates={"tosco"}, grantor="empoli", grantee="manager")
    return call


def texts(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.html")}


def test_every_document_is_written_as_html_and_pdf_with_its_origin_on_it(run: Run, tmp_path: Path) -> None:
    made = run("make", "--folder", str(tmp_path / "out"))
    assert made.exit_code == 0, made.output
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        f"{name}.{suffix}" for name in DOCUMENTS for suffix in ("html", "pdf")
    }
    for path in (tmp_path / "out").iterdir():
        assert path.stat().st_mode & 0o077 == 0
    for name, text in texts(tmp_path / "out").items():
        assert re.search(r"impostazioni [0-9a-f]{16}", text), name
        assert "Comune di Prova" in text
    assert all(path.read_bytes().startswith(b"%PDF") for path in (tmp_path / "out").glob("*.pdf"))


def test_the_texts_come_from_store_and_settings(run: Run, tmp_path: Path) -> None:
    assert run("make", "--folder", str(tmp_path / "a")).exit_code == 0
    before = texts(tmp_path / "a")
    for text in (before["registro"], before["informative"]):
        assert "Sicurezza urbana perché sì" in text
        assert "tutti i transiti, per 7 giorni" in text
    assert "43.76799, 11.25313" in before["dossier-comitato"]
    assert "corsia 2" in before["registro"]
    assert "Lista di Empoli" in before["registro"]
    assert "Protocollo 99/2026" in before["dpia-bozza"]
    assert "Protocollo 12/2026" in before["dossier-comitato"]
    assert "non è obbligatorio per nessun ruolo" in before["dpia-bozza"]
    purposes = [{"id": "revisione", "name": "Assicurazione e revisione", "keep": "hits"}]
    gates = [{**SITE["gates"][0], "retention_purpose": "revisione"}]
    changes = {"retention": {"transit_days": 3, "purposes": purposes}, "console": {"second_factor": ["dpo"]}}
    assert run("make", "--folder", str(tmp_path / "b"), gates=gates, **changes).exit_code == 0
    after = texts(tmp_path / "b")
    hits = "solo i transiti che corrispondono a una lista, per 3 giorni"
    assert f"scopo «Assicurazione e revisione»: {hits}" in after["registro"]
    assert hits in after["informative"]
    assert "obbligatorio per: responsabile della protezione dei dati" in after["dpia-bozza"]
    assert "non è più nelle impostazioni" in after["registro"]
    assert "Via Tosco Romagnola" not in after["informative"]


def test_every_role_and_permission_is_named(run: Run, tmp_path: Path) -> None:
    assert run("make", "--folder", str(tmp_path / "out")).exit_code == 0
    for name in ("dpia-bozza", "dossier-comitato"):
        text = texts(tmp_path / "out")[name]
        assert [role for role in Role if ROLES[role] not in text] == []
        assert [each for each in Permission if PERMISSIONS[each] not in text] == []
    assert "DA COMPLETARE" in texts(tmp_path / "out")["dpia-bozza"]


def test_no_address_plate_or_hash_is_in_any_document(run: Run, tmp_path: Path) -> None:
    assert run("make", "--folder", str(tmp_path / "out")).exit_code == 0
    for text in texts(tmp_path / "out").values():
        for secret in ("192.0.2.77", "topsecret", "viewer", "rtsp", THEIR_PLATE, "AB123CD", "argon2id"):
            assert secret not in text, secret


def test_one_organisation_has_documents_of_its_own(run: Run, tmp_path: Path) -> None:
    assert run("make", "--folder", str(tmp_path / "out"), "--organisation", "empoli").exit_code == 0
    text = texts(tmp_path / "out")["registro"]
    assert "Via Tosco Romagnola" in text
    assert "Ponte Vecchio" not in text
    assert "Protocollo 99/2026" not in texts(tmp_path / "out")["dpia-bozza"]


def test_what_ends_is_told_with_its_days_and_by_the_exit_code(run: Run, database: Database) -> None:
    calm = run("ending")
    assert calm.exit_code == 0, calm.output
    assert "100 days left" in calm.stdout
    with database.transaction() as conn:
        set_ends_on(conn, "operator@empoli", today() + timedelta(days=10))
    gates = [{**SITE["gates"][0], "legal_basis_until": str(today() - timedelta(days=3))}]
    pressing = run("ending", gates=gates)
    assert pressing.exit_code == 1
    first, second = pressing.stdout.splitlines()[:2]
    assert first.startswith("over for 3 days\t")
    assert "Ponte Vecchio (ponte)" in first
    assert second.split("\t")[0] == "10 days left"
    assert "user\toperator@empoli\tComune di Empoli" in second


def test_entries_that_end_soon_are_counted_by_list_without_their_plates(
    run: Run, database: Database, tmp_path: Path
) -> None:
    with database.transaction() as conn:
        soon = NewEntry(plate="ZZ111ZZ", reason="r", valid_to=NOW + timedelta(days=5))
        add_entry(conn, LIST.id, soon)
        add_entry(conn, LIST.id, replace(soon, plate="ZZ222ZZ", valid_to=NOW + timedelta(days=15)))
    result = run("ending")
    assert result.exit_code == 0
    (line,) = (line for line in result.stdout.splitlines() if "\tentries\t" in line)
    assert f"1 of {LIST.name} ({LIST.id})" in line
    run("make", "--folder", str(tmp_path / "out"))
    text = texts(tmp_path / "out")["scadenze"]
    assert "segnalazioni che terminano entro 14 giorni: 1" in text
    assert "ZZ111ZZ" not in text


@pytest.mark.parametrize("verb", [["make", "--folder", "out"], ["ending"]])
def test_an_unknown_organisation_is_one_line(run: Run, verb: list[str]) -> None:
    result = run(*verb, "--organisation", "empolli")
    assert result.exit_code == 1
    assert "no organisation has the id 'empolli'; did you mean empoli?" in result.stderr


def test_a_folder_that_cannot_be_written_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = run("make", "--folder", str(tmp_path / "file" / "below"))
    assert result.exit_code == 1
    assert f"--folder: {tmp_path / 'file' / 'below'}: Not a directory" in result.stderr
    taken = tmp_path / "taken"
    os.makedirs(taken / "registro.html")
    result = run("make", "--folder", str(taken))
    assert result.exit_code == 1
    assert "registro.html: Is a directory" in result.stderr
