# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pages of the gates: what they show of each, what they do not know, and what they record."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest

from anpr.domain.access import Role
from anpr.domain.gate import Camera, CameraKind, Gate, Keep
from anpr.domain.health import Change, HealthReport, SubjectKind
from anpr.domain.organisation import Organisation, OrganisationKind
from anpr.store.audit import AuditAction
from anpr.store.gates import save_gates
from anpr.store.health.record import record_health
from anpr.store.organisations.registry import add_organisation
from anpr.store.transits.discarded import discard
from scripts.lab.transits import make_transit
from tests.support.fixtures_console import Site


def make_gates(site: Site, number: int = 1, **changes: Any) -> None:
    basis = {"purpose": "sicurezza urbana", "legal_basis": "Patto 12/2025", **changes}
    gates = [
        Gate(id=f"varco-{one}", name=f"Varco {one}", cameras=(Camera(id=f"cam-{one}", url="x"),), **basis)
        for one in range(1, number + 1)
    ]
    with site.database.transaction() as conn:
        save_gates(conn, gates)


def report(site: Site, gate_id: str, camera_id: str, *changes: tuple[str, float]) -> None:
    """The camera has had each of these states since so many hours ago, and its reader is up."""
    now = site.clock.now()
    made = tuple(Change(state=state, since=now - timedelta(hours=hours)) for state, hours in changes)
    whose: dict[str, Any] = {"reader_id": "reader-1", "gate_ids": (gate_id,), "at": now}
    up = (Change(state="up", since=now - timedelta(hours=48)),)
    with site.database.transaction() as conn:
        reports = [
            HealthReport(kind=SubjectKind.CAMERA, id=camera_id, changes=made, **whose),
            HealthReport(kind=SubjectKind.READER, id="reader-1", changes=up, **whose),
        ]
        record_health(conn, reports, now)


def shown(client: httpx.Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.text.partition("<main")[2])).split())


def test_the_list_tells_of_each_gate_what_it_is_for_and_whether_it_works(site: Site) -> None:
    make_gates(site, latitude=43.8, longitude=11.4)
    report(site, "varco-1", "cam-1", ("up", 30), ("unreachable", 12), ("up", 6))
    site.pass_vehicle("AB123CD", gate_id="varco-1", camera_id="cam-1")
    page = shown(site.client(Role.OPERATOR), "/gates?q=varco-1")
    for text in ("Varco 1", "sicurezza urbana", "Patto 12/2025", "senza scadenza", "in funzione per il 75 % del tempo"):
        assert text in page, text
    assert "AB123CD" not in page, "no plates"
    assert "nessun transito" not in page


@pytest.mark.parametrize(
    ("days", "words"),
    [(31, "valida fino al"), (30, "scade tra 30 giorni"), (1, "scade domani"), (0, "scade oggi"), (-1, "scaduta il")],
)
def test_a_legal_basis_that_ends_is_warned_of(site: Site, days: int, words: str) -> None:
    today = site.clock.now().astimezone(site.settings.zone).date()
    make_gates(site, legal_basis_until=today + timedelta(days=days))
    client = site.client(Role.DPO)
    report(site, "varco-1", "cam-1", ("up", 48))
    assert words in shown(client, "/gates?q=varco-1")
    assert words in shown(client, "/gates/varco-1")
    assert ("Varco 1" in shown(client, "/gates?q=varco-1&only=attention")) is (days <= 30)


def test_gates_are_found_by_any_words_of_them(site: Site) -> None:
    make_gates(site, 3)
    client = site.client(Role.OPERATOR)
    assert "Varco 2 varco-2" in shown(client, "/gates?q=CAM-2+urbana")
    assert "1 varco su 5" in shown(client, "/gates?q=CAM-2+urbana")
    assert "Nessun varco corrisponde alla ricerca." in shown(client, "/gates?q=duomo")


def test_many_gates_are_shown_fifty_a_page(site: Site) -> None:
    make_gates(site, 120)
    client = site.client(Role.OPERATOR)
    first, last = shown(client, "/gates"), shown(client, "/gates?q=varco&page=3")
    assert "Pagina 1 di 3" in first
    assert "Varco 120 varco-120" in last
    assert "Pagina 3 di 3" in last
    assert "Pagina 3 di 3" in shown(client, "/gates?page=99")


def test_nothing_that_passed_is_not_said_of_a_gate_that_did_not_work(site: Site) -> None:
    make_gates(site, 3)
    report(site, "varco-1", "cam-1", ("up", 48))
    report(site, "varco-2", "cam-2", ("up", 48), ("unreachable", 18))
    client = site.client(Role.OPERATOR)
    worked, blind, unheard = (shown(client, f"/gates/varco-{number}") for number in (1, 2, 3))
    assert "Nessun transito nelle ultime 24 ore." in worked
    assert "solo per il" not in worked
    assert "Non si sa se" not in worked
    assert "solo per il 25 % del tempo: dove non lo era non si sa chi sia transitato" in blind
    assert "La telecamera cam-2 (Varco 2) non è in funzione dal" in blind
    assert "Non si sa se il varco fosse in funzione." in unheard
    assert "mai segnalata da un lettore" in unheard


def test_the_hours_are_counted(site: Site) -> None:
    make_gates(site)
    report(site, "varco-1", "cam-1", ("up", 48))
    for plate in ("AB123CD", "EF456GH"):
        site.pass_vehicle(plate, gate_id="varco-1", camera_id="cam-1")
    page = shown(site.client(Role.OPERATOR), "/gates/varco-1")
    assert "2 transiti." in page
    assert "Degli ultimi 2 transiti conservati nelle 24 ore, il 100 % è stato letto" in page
    assert "Non è la quota dei veicoli letti" in page


def test_a_gate_that_keeps_hits_only_says_so(site: Site) -> None:
    make_gates(site, keep=Keep.HITS)
    now = site.clock.now()
    with site.database.transaction() as conn:
        discard(conn, [make_transit(n, captured_at=now - timedelta(minutes=5), gate_id="varco-1") for n in range(4)])
    client = site.client(Role.OPERATOR)
    for path in ("/gates?q=varco-1", "/gates/varco-1"):
        page = shown(client, path)
        assert "si conservano solo i riscontri" in page
        assert "contati e non conservati nelle ultime 24 ore: 4" in page
        assert "nessun transito" not in page, "four passed"


def test_the_newest_image_is_shown_on_demand_and_recorded(site: Site) -> None:
    make_gates(site)
    transit = site.pass_vehicle("AB123CD", gate_id="varco-1", camera_id="cam-1")
    client = site.client(Role.OPERATOR)
    before = len(site.audit())
    assert f"/transits/{transit.id}" not in client.get("/gates/varco-1").text
    assert len(site.audit()) == before, "no transit was shown"
    page = client.get("/gates/varco-1?picture=1").text
    assert f'src="/transits/{transit.id}/images/context?via=gate"' in page
    row = site.audit()[0].event
    assert (row.action, row.detail["page"], row.detail["transits"]) == (
        AuditAction.TRANSIT_VIEWED,
        "gates",
        [str(transit.id)],
    )
    assert client.get(f"/transits/{transit.id}/images/context?via=gate").status_code == 200
    assert site.audit()[0].event.action is AuditAction.IMAGE_VIEWED


def test_who_may_not_view_transits_gets_no_image(site: Site) -> None:
    make_gates(site)
    transit = site.pass_vehicle("AB123CD", gate_id="varco-1", camera_id="cam-1")
    for role in (Role.ADMINISTRATOR, Role.DPO):
        page = site.client(role).get("/gates/varco-1?picture=1").text
        assert str(transit.id) not in page
        assert "Immagine più recente" not in page
    assert site.client(Role.AUDITOR).get("/gates").status_code == 403


def test_an_image_of_yesterday_is_not_the_newest(site: Site) -> None:
    make_gates(site)
    site.pass_vehicle("AB123CD", gate_id="varco-1", camera_id="cam-1")
    site.clock.ahead += timedelta(hours=25)
    page = shown(site.client(Role.OPERATOR), "/gates/varco-1?picture=1")
    assert "Nessuna immagine di transiti nelle ultime 24 ore." in page


def test_what_another_organisation_has_not_opened_is_not_called_empty(site: Site) -> None:
    town = Organisation(id="pelago", name="Comune di Pelago", kind=OrganisationKind.MUNICIPALITY)
    with site.database.transaction() as conn:
        add_organisation(conn, town)
    make_gates(site, organisation="pelago")
    report(site, "varco-1", "cam-1", ("up", 48))
    transit = site.pass_vehicle("AB123CD", gate_id="varco-1", camera_id="cam-1")
    client = site.client(Role.OPERATOR)  # of the manager, which sees every gate and no transit of another's
    assert "i transiti non sono aperti al tuo ente" in shown(client, "/gates?q=pelago")
    page = shown(client, "/gates/varco-1?picture=1")
    assert "Comune di Pelago" in page
    assert "I transiti di questo varco non sono aperti al tuo ente" in page
    assert "Nessun transito" not in page
    assert str(transit.id) not in page


def test_a_gate_says_how_its_camera_is_tried(site: Site) -> None:
    cameras = (Camera(id="cam-1", url="x", lane="2"), Camera(id="scena", url="x", kind=CameraKind.CONTEXT))
    make_gates(site)
    with site.database.transaction() as conn:
        gate = Gate(id="varco-1", name="Varco 1", purpose="p", legal_basis="l", cameras=cameras)
        save_gates(conn, [gate])
    page = shown(site.client(Role.ADMINISTRATOR), "/gates/varco-1")
    assert "anpr camera probe --camera cam-1 --for 30 --picture prova.jpg" in page
    assert "riprende la scena, non legge targhe" in page


def test_a_gate_that_nobody_knows_is_not_found(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    assert client.get("/gates/nowhere").status_code == 404
    assert client.get("/gates/" + "x" * 65).status_code == 404
    assert client.get("/gates?page=0").status_code == 400
    assert client.get("/gates?q=a%00b").status_code == 400


def test_where_no_gate_is_configured_the_page_says_so(site: Site) -> None:
    with site.database.transaction() as conn:
        conn.execute("DELETE FROM gates")
    assert "Nessun varco configurato." in shown(site.client(Role.OPERATOR), "/gates")
