# SPDX-License-Identifier: AGPL-3.0-or-later
"""Gates and cameras made in the console, where the centre is their source: first version, history, audit, refusals."""

from collections.abc import Iterator

import httpx
import pytest

from anpr.domain.access import Role
from anpr.domain.gate import CameraKind
from anpr.store.audit import AuditAction
from anpr.store.database.connection import Database
from anpr.store.gates import list_gates
from tests.support.centre_gates import centre_of, newest_version, save_gate
from tests.support.fixtures_console import PASSWORD, Site, token_in
from tests.support.organisations import share

REASON = "nuovo impianto"
GATE = {
    "id": "ponte-nuovo", "name": "Ponte nuovo", "purpose": "sicurezza urbana", "legal_basis": "Patto 2026",
    "legal_basis_until": "2029-03-12", "latitude": "43,8", "longitude": "11.4", "reader": "r1", "new_reader": "true",
    "reason": REASON,
}  # fmt: skip
CAMERA = {
    "id": "ponte-nuovo-1", "kind": "plate", "url": "rtsp://10.0.0.9:554/live", "secret": "login", "lane": "1",
    "bearing": "90", "reason": REASON, "based_on": "1",
}  # fmt: skip


@pytest.fixture
def centre(site: Site, console_database: Database) -> Iterator[Site]:
    with centre_of(site, console_database) as made:
        yield made


@pytest.fixture
def admin(centre: Site) -> httpx.Client:
    return centre.client(Role.ADMINISTRATOR)


def make(centre: Site, admin: httpx.Client, **changes: str) -> httpx.Response:
    return centre.post(admin, "/gates/_new", "/gates/_new", **{**GATE, **changes})


def add(centre: Site, admin: httpx.Client, gate: str = "ponte-nuovo", **changes: str) -> httpx.Response:
    return centre.post(admin, f"/gates/{gate}/_camera", f"/gates/{gate}/_camera", **{**CAMERA, **changes})


def test_a_gate_and_its_cameras_are_made_with_history_and_audit(centre: Site, admin: httpx.Client) -> None:
    assert "Nuovo varco" in admin.get("/gates").text
    answer = make(centre, admin)
    assert answer.headers["location"] == "/gates/ponte-nuovo?saved=1", answer.text
    version = newest_version(centre, "ponte-nuovo")
    assert (version.version, version.author, version.reason, version.reader_id) == (1, "administrator", REASON, "r1")
    row = centre.audit()[0].event
    assert (row.action, row.reason, row.detail["gate"]) == (AuditAction.GATE_SAVED, REASON, "ponte-nuovo")
    page = admin.get("/gates/ponte-nuovo").text
    assert "Nuova telecamera" in page
    assert add(centre, admin).headers["location"] == "/gates/ponte-nuovo?saved=2"
    assert add(centre, admin, id="scena", kind="context", secret="", lane="", bearing="", based_on="2").is_redirect
    with centre.database.transaction() as conn:
        (gate,) = [each for each in list_gates(conn) if each.id == "ponte-nuovo"]
    assert (gate.name, gate.latitude, gate.organisation) == ("Ponte nuovo", 43.8, "manager")
    assert [(each.id, each.kind) for each in gate.cameras] == [
        ("ponte-nuovo-1", CameraKind.PLATE), ("scena", CameraKind.CONTEXT),
    ]  # fmt: skip
    history = admin.get("/gates/ponte-nuovo/versions").text
    for text in ("ponte-nuovo-1", "rtsp://10.0.0.9:554/live", REASON):
        assert text in history


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": "Ponte Nuovo"}, "lettere minuscole"),
        ({"id": ""}, "lettere minuscole"),
        ({"id": "porta-nord"}, "già usato"),
        ({"name": " "}, "non può restare vuoto"),
        ({"latitude": "95"}, "un numero di gradi"),
        ({"longitude": ""}, "tutte e due le coordinate"),
        ({"new_reader": ""}, "non ha mai comunicato nulla"),
        ({"reason": ""}, "motivo"),
    ],
)
def test_what_is_wrong_with_a_new_gate_is_told_and_nothing_typed_is_lost(
    centre: Site, admin: httpx.Client, changes: dict[str, str], said: str
) -> None:
    answer = make(centre, admin, **changes)
    assert answer.status_code == 400
    assert said in answer.text
    assert "Patto 2026" in answer.text
    with centre.database.transaction() as conn:
        assert "ponte-nuovo" not in {each.id for each in list_gates(conn)}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": "CAM 1"}, "lettere minuscole"),
        ({"id": "altrove-1"}, "già usato"),
        ({"url": ""}, "indirizzo non valido"),
        ({"url": "ftp://10.0.0.9/live"}, "indirizzo non valido"),
        ({"url": "rtsp://anna:segreto@10.0.0.9/live"}, "non deve contenere utente e password"),
        ({"bearing": "400"}, "gradi interi"),
        ({"secret": "LOGIN!"}, "lettere minuscole"),
        ({"reason": ""}, "motivo"),
    ],
)
def test_what_is_wrong_with_a_new_camera_is_told(
    centre: Site, admin: httpx.Client, changes: dict[str, str], said: str
) -> None:
    make(centre, admin)
    other = {"id": "altrove", "name": "Altrove", "purpose": "x", "legal_basis": "y"}
    save_gate(centre, {**other, "cameras": [{"id": "altrove-1", "url": "rtsp://10.0.0.7/live"}]})
    answer = add(centre, admin, **changes)
    assert answer.status_code == 400
    assert said in answer.text
    assert newest_version(centre, "ponte-nuovo").version == 1


def test_who_adds_a_camera_beside_a_change_of_somebody_else_is_asked_again(centre: Site, admin: httpx.Client) -> None:
    make(centre, admin)
    assert add(centre, admin).status_code == 303
    second = add(centre, admin, id="ponte-nuovo-2")
    assert second.status_code == 409
    assert "ponte-nuovo-2" in second.text
    assert 'name="based_on" value="2"' in second.text


def test_only_the_organisation_that_runs_the_system_makes_gates_and_only_where_the_centre_is_the_source(
    centre: Site, site: Site, password_hash: str
) -> None:
    share(centre.database, password_hash)
    theirs = centre.stranger()
    assert site.client(Role.ADMINISTRATOR).get("/gates/_new").status_code == 404
    assert "Nuovo varco" not in site.client(Role.ADMINISTRATOR).get("/gates").text
    centre.log_in(theirs, "administrator@empoli", PASSWORD)
    assert theirs.get("/gates/_new").status_code == 404
    assert theirs.post("/gates/_new", data={"form_token": token_in(theirs.get("/gates").text)}).status_code == 404
