# SPDX-License-Identifier: AGPL-3.0-or-later
"""Completeness reports in the console: the archive, one report, its signed files; who may see them."""

import io
import zipfile
from hashlib import sha256

import pytest

from anpr.console.pages.completeness import page
from anpr.domain.access import Role
from anpr.domain.gate import Gate
from anpr.store.accounting.reports import get_report
from anpr.store.audit import AuditAction
from anpr.store.gates import save_gates
from tests.support.completeness import archive_report
from tests.support.fixtures_console import Site

LONG = "lettore-della-porta-nord-con-un-nome-che-non-finisce-mai-0123456"


def test_the_archive_leads_to_each_report_and_its_files(site: Site) -> None:
    number = archive_report(site)
    client = site.client(Role.ADMINISTRATOR)
    listed = client.get("/completeness").text
    assert f'href="/completeness/{number}"' in listed
    assert "non quadra" in listed
    shown = client.get(f"/completeness/{number}").text
    for text in ("Numeri mai arrivati", LONG, "questura", "7–9", "perduti", "Intervalli senza visione"):
        assert text in shown
    answer = client.get(f"/completeness/{number}/files/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as files:
        assert files.namelist() == ["report.html", "report.pdf", "report.csv", "manifest.json", "signature.txt"]
    assert client.get(f"/completeness/{number}/files/pdf").content == b"%PDF"
    assert "attachment" in client.get(f"/completeness/{number}/files/html").headers["content-disposition"]
    told = [row.event for row in site.audit() if row.event.action is AuditAction.EXPORTED]
    assert [event.detail["form"] for event in told] == ["html", "pdf", "zip"]
    assert (told[-1].actor, told[-1].detail["made"]) == ("administrator", "completeness")
    assert told[-1].detail["sha256"] == sha256(answer.content).hexdigest()


@pytest.mark.parametrize(
    "path",
    ["9999", "0", "1/files/exe", "1/files/manifest", "9999/files/pdf"],
    ids=["none", "zero", "exe", "part", "gone"],
)
def test_what_is_not_there_is_not_found(site: Site, path: str) -> None:
    archive_report(site)
    assert site.client(Role.ADMINISTRATOR).get(f"/completeness/{path}").status_code == 404


def test_a_gate_has_its_name(site: Site) -> None:
    number = archive_report(site)
    with site.database.transaction() as conn:
        gate = get_report(conn, number).figures["came"][0]["gate_id"]  # type: ignore[union-attr]
        save_gates(conn, [Gate(id=gate, name="Via Aurelia", purpose="p", legal_basis="l", cameras=())])
    assert "Via Aurelia" in site.client(Role.ADMINISTRATOR).get(f"/completeness/{number}").text


def test_an_operator_sees_no_report(site: Site) -> None:
    number = archive_report(site)
    for path in ("/completeness", f"/completeness/{number}", f"/completeness/{number}/files/pdf"):
        assert site.client(Role.OPERATOR).get(path).status_code == 403


def test_another_organisation_sees_none(site: Site) -> None:
    with site.database.transaction() as conn:
        conn.execute(b"INSERT INTO organisations (id, name, kind) VALUES ('empoli', 'Empoli', 'municipality')")
    number = archive_report(site, organisation="empoli")
    client = site.client(Role.ADMINISTRATOR)
    assert f'href="/completeness/{number}"' not in client.get("/completeness").text
    assert client.get(f"/completeness/{number}").status_code == 404
    assert client.get(f"/completeness/{number}/files/pdf").status_code == 404


def test_a_report_that_is_late_is_told_on_the_status_page_until_it_is_there(site: Site) -> None:
    client = site.client(Role.ADMINISTRATOR)
    late = "Manca il rapporto di completezza"
    assert (late in client.get("/status").text) is bool(site.settings.forwarding)
    archive_report(site)
    assert late not in client.get("/status").text
    assert "non quadra: leggi" in client.get("/status").text


def test_reports_older_than_a_page_are_on_the_next_one(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = archive_report(site)
    monkeypatch.setattr(page, "_MOST", 1)
    client = site.client(Role.ADMINISTRATOR)
    first, second = client.get("/completeness").text, client.get("/completeness?page=2").text
    assert f'href="/completeness/{newest}"' in first
    assert 'href="/completeness?page=2"' in first
    assert f'href="/completeness/{newest + 1}"' in second
    assert 'href="/completeness?page=3"' not in second
    assert client.get("/completeness?page=99999").status_code == 200
