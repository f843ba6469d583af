# SPDX-License-Identifier: AGPL-3.0-or-later
"""Documents and what is about to end in the console, with a real PostgreSQL and the console's own rights."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from anpr.documents.write import DOCUMENTS
from anpr.domain.access import Role
from anpr.domain.errors import PaperError, PaperFault, SettingsError
from anpr.domain.gate import Gate
from anpr.domain.hold import Hold
from anpr.domain.last_day import WARNED_BEFORE
from anpr.domain.local_time import parse_moment
from anpr.domain.organisation import Action
from anpr.domain.watchlist import Priority, Watchlist
from anpr.paper.apart import PdfPress
from anpr.paper.blocks import Document, Paragraph
from anpr.store.audit import AuditAction
from anpr.store.gates import save_gates
from anpr.store.holds import add_hold
from anpr.store.users.accounts import set_ends_on
from anpr.store.watchlists.lists import save_watchlist
from tests.support.fixtures_console import WANTED, Site
from tests.support.fixtures_organisations import guest
from tests.support.organisations import agree, share

READERS = (Role.ADMINISTRATOR, Role.DPO, Role.AUDITOR)
PAPER = Document(title="t", subtitle="s", footer="f", blocks=(Paragraph("x"),))


def local_day(site: Site) -> date:
    return site.clock.now().astimezone(site.settings.zone).date()


def gate(site: Site, gate_id: str, days: int | None) -> Gate:
    until = None if days is None else local_day(site) + timedelta(days=days)
    name = f"Varco {gate_id} – Strada provinciale della Val di Sieve, rotatoria con via da Verrazzano"
    return Gate(id=gate_id, name=name, purpose="p", legal_basis="Patto 2025", legal_basis_until=until)


@pytest.fixture
def shared(site: Site, password_hash: str) -> Site:
    share(site.database, password_hash)
    return site


@pytest.mark.parametrize("role", READERS)
def test_every_document_is_read_as_a_page_and_taken_as_a_pdf(site: Site, role: Role) -> None:
    client = site.client(role)
    listed = client.get("/documents").text
    for name in DOCUMENTS:
        assert f'href="/documents/{name}"' in listed
        page = client.get(f"/documents/{name}")
        assert page.status_code == 200, name
        assert "<style" not in page.text
        assert "style=" not in page.text
        pdf = client.get(f"/documents/{name}/pdf")
        assert pdf.content.startswith(b"%PDF"), name
        assert pdf.headers["content-disposition"] == f'attachment; filename="{name}-{local_day(site)}.pdf"'
    assert client.get("/documents/altro").status_code == 404


def test_each_document_is_in_the_audit_with_the_digest_of_its_file(site: Site) -> None:
    client = site.client(Role.DPO)
    client.get("/documents/registro")
    client.get("/documents/registro/pdf")
    pdf, page = (row.event for row in site.audit()[:2])
    assert page.action == pdf.action == AuditAction.DOCUMENT_MADE
    assert page.detail == {"made": "registro", "form": "page", "about": "all"}
    assert re.fullmatch("[0-9a-f]{64}", str(pdf.detail["sha256"]))
    told = site.client(Role.AUDITOR).get("/audit").text
    assert "documento fatto" in told
    assert "Registro dei varchi e delle liste" in told


def test_what_the_console_does_not_know_the_document_says(shared: Site) -> None:
    client = shared.client(Role.DPO)
    impact = client.get("/documents/dpia-bozza").text
    assert "Quanto è conservato ora: non noto alla console" in impact
    assert "chiavi di lettori in uso: non noto alla console" in impact
    assert "non noto alla console: nelle sue impostazioni non è indicato" in impact
    assert "quelle del processo console" in impact
    register = client.get("/documents/registro").text
    assert "Via Tosco Romagnola" in register
    assert "A1 Veicoli rubati" in register
    assert "Lista di Empoli" not in register
    assert "La console non mostra le liste di un ente a chi lavora per un altro" in register


def test_an_organisation_has_its_own_and_no_other(shared: Site) -> None:
    with shared.database.transaction() as conn:
        agree(conn, local_day(shared), Action.SEARCH, gates={"porta-nord"}, watchlists={"a1"})
    client = guest(shared, Role.DPO)
    register = client.get("/documents/registro").text
    assert "Lista di Empoli" in register
    assert "Via Tosco Romagnola" in register
    assert not [each for each in ("Porta Nord", "A1 Veicoli rubati", WANTED) if each in register]
    assert client.get("/documents/registro?organisation=manager").status_code == 404
    assert client.get("/documents/ending?organisation=manager").status_code == 404
    assert 'name="organisation"' not in client.get("/documents").text
    manager = shared.client(Role.DPO)
    chosen = manager.get("/documents/registro?organisation=empoli").text
    assert "Via Tosco Romagnola" in chosen
    assert "Porta Nord" not in chosen
    assert manager.get("/documents/registro?organisation=nessuno").status_code == 404


def test_what_ends_is_told_by_day_and_counted_in_the_menu(site: Site) -> None:
    today = local_day(site)
    with site.database.transaction() as conn:
        near = [gate(site, f"v{days}", days) for days in (-1, 0, 1, WARNED_BEFORE.days, WARNED_BEFORE.days + 1)]
        save_gates(conn, [*near, gate(site, "senza", None)])
        set_ends_on(conn, "operator", today + timedelta(days=9))
        add_hold(conn, hold(site))
        save_watchlist(conn, ended_list(site))
    page = site.client(Role.AUDITOR).get("/documents/ending").text
    told = ("scaduto da 3 giorni", "scaduto da ieri", "scade oggi", ">domani<", "fra 9 giorni", "fra 12 giorni")
    order = [page.index(text) for text in told]
    assert order == sorted(order)
    assert "Scaduto o in scadenza: 8" in page
    assert 'aria-label="8 cose scadute o in scadenza"' in page
    assert f"fra {WARNED_BEFORE.days + 1} giorni" in page.partition("Scade più tardi")[2]
    assert "Varchi senza fine della base giuridica: 2" in page
    without = site.client(Role.ADMINISTRATOR).get("/documents/ending").text
    assert "conservazione per un procedimento" not in without, "an administrator sees no hold"
    assert "Scaduto o in scadenza: 7" in without
    lists = site.client(Role.LIST_MANAGER).get("/watchlists").text
    assert "finita: non fa più allarmi" in lists
    assert (local_day(site) - timedelta(days=3)).strftime("%d/%m/%Y") in lists


def ended_list(site: Site) -> Watchlist:
    day = local_day(site) - timedelta(days=3)
    return Watchlist(
        id="ztl", name="Permessi", priority=Priority.LOW, purpose="prova", legal_basis="delibera 1",
        valid_to=parse_moment(day.isoformat(), site.settings.zone, is_end=True),
    )  # fmt: skip


def hold(site: Site) -> Hold:
    now = site.clock.now()
    return Hold(
        case_reference="R.G. 4711/2026", reason="Procura", author="carla", made_at=now, gate_id="porta-nord",
        since=now - timedelta(hours=1), until=now, ends_on=local_day(site) + timedelta(days=12),
    )  # fmt: skip


def test_every_page_warns_of_a_legal_basis_from_the_same_day_on(site: Site) -> None:
    client = site.client(Role.ADMINISTRATOR)
    for days in (WARNED_BEFORE.days, WARNED_BEFORE.days + 1):
        with site.database.transaction() as conn:
            save_gates(conn, [gate(site, "ponte", days)])
        is_warned = days == WARNED_BEFORE.days
        for path in ("/status", "/gates"):
            assert (f"scade tra {days} giorni" in client.get(path).text) is is_warned, (path, days)
        near = client.get("/documents/ending").text.partition("Scade più tardi")[0]
        assert (f"fra {days} giorni" in near) is is_warned


def test_two_hundred_gates_are_a_document_and_no_obstacle(site: Site) -> None:
    with site.database.transaction() as conn:
        save_gates(conn, [gate(site, f"varco-{number:03}", number) for number in range(200)])
    client = site.client(Role.DPO)
    assert client.get("/documents/registro").text.count("Val di Sieve") >= 200
    assert client.get("/documents/informative/pdf").content.startswith(b"%PDF")
    ending = client.get("/documents/ending").text
    assert "Scade più tardi: 170" in ending
    assert "Pagina 1 di 2" in ending


def test_a_second_pdf_waits_for_nothing_and_says_so(site: Site) -> None:
    class Busy(PdfPress):
        def print(self, document: Document) -> bytes:
            raise PaperError(PaperFault.BUSY, document.title)

    site.app.state.console = replace(site.console, pdf_press=Busy())
    answer = site.client(Role.DPO).get("/documents/registro/pdf")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert "se ne fa uno alla volta" in answer.text
    assert [row for row in site.audit() if row.event.action is AuditAction.DOCUMENT_MADE] == []


def test_settings_that_cannot_be_read_are_told_in_italian_with_the_technical_detail_apart(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_: object) -> None:
        raise SettingsError("console.crt: no such file")

    monkeypatch.setattr("anpr.console.pages.documents.one.site_facts", unreadable)
    answer = site.client(Role.DPO).get("/documents/registro")
    assert answer.status_code == 503
    assert "Avvisa chi amministra il sistema" in answer.text
    assert '<p class="muted break" lang="en">console.crt: no such file</p>' in answer.text


def test_a_pdf_that_takes_too_long_is_ended() -> None:
    press = PdfPress(limit_s=0.01)
    with pytest.raises(PaperError) as caught:
        press.print(PAPER)
    assert caught.value.fault is PaperFault.TOO_LONG
    assert PdfPress().print(PAPER).startswith(b"%PDF")
