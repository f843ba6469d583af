# SPDX-License-Identifier: AGPL-3.0-or-later
"""Gates changed in the console, where the centre is their source: saved, compared, restored, and refused."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from anpr.domain.access import Role
from anpr.domain.gate_plan import PlanOrigin, PlanState
from anpr.domain.health import Change, HealthReport, SubjectKind
from anpr.store.audit import AuditAction
from anpr.store.database.connection import Database
from anpr.store.gate_plans import record_plan_reports
from anpr.store.gate_versions import GateVersion
from anpr.store.gates import list_gates
from anpr.store.organisations.registry import own
from tests.integration.test_console_cameras import send
from tests.integration.test_console_gates import shown
from tests.support.centre_gates import centre_of, newest_version, save_gate
from tests.support.fixtures_console import Site
from tests.support.organisations import share

GATE = "/gates/varco-1"
CAMERA = f"{GATE}/cameras/cam-1"
REGION = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]
REASON = "la corsia si è spostata"


def definition(**changes: Any) -> dict[str, Any]:
    camera = {"id": "cam-1", "url": "rtsp://10.0.0.5/live", "secret": "login", **changes.pop("camera", {})}
    gate = {"id": "varco-1", "name": "Varco 1", "purpose": "sicurezza urbana", "legal_basis": "Patto", "reader": "r1"}
    return {**gate, **changes, "cameras": [camera]}


def save(site: Site, **changes: Any) -> GateVersion:
    """Bruno, or the command line, saves the next version."""
    return save_gate(site, definition(**changes))


def newest(site: Site) -> GateVersion:
    return newest_version(site, "varco-1")


@pytest.fixture
def centre(site: Site, console_database: Database) -> Iterator[Site]:
    """The site with the centre as the source of gates, and one gate with one camera."""
    with centre_of(site, console_database) as made:
        save(made)
        yield made


def draw(site: Site, client: httpx.Client, based_on: int = 1, reason: str = REASON, **fields: Any) -> httpx.Response:
    values = {"regions": [REGION], "masks": [], **fields}
    form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}
    return site.post(client, f"{CAMERA}/polygons", CAMERA, based_on=based_on, reason=reason, **form)


def test_what_is_drawn_is_saved_as_a_version_and_recorded(centre: Site) -> None:
    send(centre)
    client = centre.client(Role.ADMINISTRATOR)
    answer = draw(centre, client)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == f"{CAMERA}?saved=2#draw"
    version = newest(centre)
    assert (version.version, version.author, version.reason) == (2, "administrator", REASON)
    assert version.definition == definition(camera={"regions": [REGION]})
    page = client.get(f"{CAMERA}?saved=2").text
    assert "Salvato come versione 2." in page
    assert "[[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]" in page, "it is drawn again, before the reader has taken it"
    row = centre.audit()[0]
    assert (row.event.action, row.event.actor, row.event.reason) == (AuditAction.GATE_SAVED, "administrator", REASON)
    assert row.event.detail == {"gate": "varco-1", "version": 2, "changed": ["cam-1.regions"]}
    assert "?saved=0" in draw(centre, client, based_on=2).headers["location"]
    assert newest(centre).version == 2, "the same again is no version"


def test_the_second_of_two_gets_their_drawing_back_and_saves_it_when_asked_again(centre: Site) -> None:
    send(centre)
    client = centre.client(Role.ADMINISTRATOR)
    save(centre, name="Nome di Bruno")
    conflict = draw(centre, client)
    assert conflict.status_code == 409
    for text in ("bruno ha salvato la versione 2", "Il tuo disegno è qui sotto", "Nome di Bruno", REASON):
        assert text in conflict.text, text
    assert "[[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]" in conflict.text
    assert 'name="based_on" value="2"' in conflict.text
    assert newest(centre).version == 2
    assert draw(centre, client, based_on=2).status_code == 303
    assert newest(centre).definition == definition(name="Nome di Bruno", camera={"regions": [REGION]})


def test_a_drawing_outlives_its_image(centre: Site) -> None:
    client = centre.client(Role.ADMINISTRATOR)
    answer = draw(centre, client, reason="")
    assert answer.status_code == 400
    assert "il tuo disegno è conservato" in answer.text
    assert "[[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]" in answer.text


@pytest.mark.parametrize(
    ("regions", "status"),
    [
        ([[[0.1, 0.1], [1.9, 0.1], [0.9, 0.9]]], 400),
        ([[[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]], 400),
        ("no JSON", 400),
        ("", 400),
        ("[1]", 400),
        ("[[[NaN, 0], [0, 1], [1, 1]]]", 400),
        ('{"a": 1}', 400),
    ],
)
def test_what_is_no_drawing_is_refused(centre: Site, regions: Any, status: int) -> None:
    answer = draw(centre, centre.client(Role.ADMINISTRATOR), regions=regions)
    assert answer.status_code == status
    assert "outside the picture" not in answer.text
    assert "lies outside" not in answer.text
    assert newest(centre).version == 1


def form(**changes: Any) -> dict[str, Any]:
    fields = {
        "name": "Varco 1", "purpose": "sicurezza urbana", "legal_basis": "Patto", "legal_basis_until": "",
        "latitude": "", "longitude": "", "retention_purpose": "", "reader": "r1", "camera": "cam-1", "url": "rtsp://10.0.0.5/live",
        "secret": "login", "lane": "", "bearing": "", "reason": REASON, "based_on": 1,
    }  # fmt: skip
    return fields | changes


def test_a_gate_is_changed_with_its_place_and_its_cameras(centre: Site) -> None:
    client = centre.client(Role.ADMINISTRATOR)
    page = client.get(f"{GATE}/edit").text
    for text in ('value="Varco 1"', 'value="rtsp://10.0.0.5/live"', 'value="login"', "senza utente e password"):
        assert text in page, text
    changed = form(
        name="Varco Tosco", latitude="43,7", longitude="10.95", legal_basis_until="2027-12-31",
        url="rtsp://10.0.0.9/live", secret="", lane="nord", bearing="270",
    )  # fmt: skip
    answer = centre.post(client, f"{GATE}/edit", f"{GATE}/edit", **changed)
    assert answer.status_code == 303, answer.text
    version = newest(centre)
    camera = {"id": "cam-1", "url": "rtsp://10.0.0.9/live", "lane": "nord", "bearing_deg": 270}
    expected = definition(name="Varco Tosco", latitude=43.7, longitude=10.95, legal_basis_until="2027-12-31")
    assert version.definition == expected | {"cameras": [camera]}
    with centre.database.transaction() as conn:
        gate = next(each for each in list_gates(conn) if each.id == "varco-1")
    assert (gate.name, gate.latitude, gate.cameras[0].bearing_deg) == ("Varco Tosco", 43.7, 270)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": " "}, "non può restare vuoto"),
        ({"latitude": "91", "longitude": "1"}, "tra -90 e 90"),
        ({"latitude": "43.7"}, "servono tutte e due le coordinate"),
        ({"longitude": "x", "latitude": "1"}, "tra -180 e 180"),
        ({"legal_basis_until": "mai"}, "una data"),
        ({"url": "rtsp://anna:segreto@10.0.0.5/live"}, "non deve contenere utente e password"),
        ({"url": "rtsp://10.0.0.5/live?password=segreto"}, "non deve contenere utente e password"),
        ({"url": ""}, "indirizzo non valido"),
        ({"url": "10.0.0.5"}, "indirizzo non valido"),
        ({"secret": "Con Spazi"}, "lettere minuscole"),
        ({"bearing": "360"}, "gradi interi"),
        ({"bearing": "-1"}, "gradi interi"),
        ({"reader": "Il Lettore"}, "lettere minuscole"),
        ({"retention_purpose": "nobody"}, "Il centro rifiuta la modifica"),
        ({"camera": "other"}, "Le telecamere del varco sono cambiate"),
        ({"reason": "x"}, "Scrivi il motivo: "),
        ({"name": "Varco \u202eamoR"}, "che non si accettano"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_lost(centre: Site, changes: Any, said: str) -> None:
    client = centre.client(Role.ADMINISTRATOR)
    answer = centre.post(client, f"{GATE}/edit", f"{GATE}/edit", **form(lane="corsia scritta", **changes))
    assert answer.status_code == 400, answer.text
    assert said in answer.text
    assert 'value="corsia scritta"' in answer.text or "camera" in changes
    assert newest(centre).version == 1


def test_the_second_of_two_gets_their_form_back(centre: Site) -> None:
    client = centre.client(Role.ADMINISTRATOR)
    save(centre, name="Nome di Bruno")
    answer = centre.post(client, f"{GATE}/edit", f"{GATE}/edit", **form(name="Nome di Anna"))
    assert answer.status_code == 409
    for text in (
        "bruno ha salvato la versione 2",
        "Nome di Bruno",
        'value="Nome di Anna"',
        'name="based_on" value="2"',
    ):
        assert text in answer.text, text
    assert newest(centre).definition["name"] == "Nome di Bruno"


def test_history_shows_what_changed_and_goes_back(centre: Site) -> None:
    save(centre, name="Sbagliato", camera={"regions": [REGION]})
    client = centre.client(Role.ADMINISTRATOR)
    page = shown(client, f"{GATE}/versions")
    assert "Varco 1 → diventa Sbagliato" in page
    assert "bruno" in page
    answer = centre.post(
        client, f"{GATE}/versions/1/restore", f"{GATE}/versions", based_on=2, reason="torna come prima"
    )
    assert answer.status_code == 303, answer.text
    version = newest(centre)
    assert (version.version, version.restored, version.definition) == (3, 1, definition())
    assert "uguale alla versione 1" in shown(client, f"{GATE}/versions")
    stale = centre.post(client, f"{GATE}/versions/2/restore", f"{GATE}/versions", based_on=2, reason="ancora una volta")
    assert stale.status_code == 409
    assert "administrator ha salvato la versione 3" in stale.text
    none = centre.post(client, f"{GATE}/versions/9/restore", f"{GATE}/versions", based_on=3, reason="ancora una volta")
    assert none.status_code == 400
    assert "Il varco non ha una versione 9." in none.text
    without = centre.post(client, f"{GATE}/versions/1/restore", f"{GATE}/versions", based_on=3, reason="")
    assert without.status_code == 400
    assert newest(centre).version == 3


def told(site: Site, state: PlanState) -> None:
    now = site.clock.now()
    report = HealthReport(
        kind=SubjectKind.READER, id="r1", reader_id="r1", gate_ids=("varco-1",), at=now,
        changes=(Change(state="up", since=now),), plan=state,
    )  # fmt: skip
    with site.database.transaction() as conn:
        record_plan_reports(conn, [report])


def test_the_gates_page_says_what_its_reader_runs_on(centre: Site) -> None:
    client = centre.client(Role.ADMINISTRATOR)
    assert "Il lettore r1 non ha ancora detto" in shown(client, GATE)
    number = newest(centre).number
    told(centre, PlanState(origin=PlanOrigin.COPY, number=number))
    assert "in uso" in shown(client, GATE)
    assert "usa la copia sul proprio disco" in shown(client, GATE)
    save(centre, name="Nuovo")
    assert "non ancora in uso" in shown(client, GATE)
    told(
        centre, PlanState(origin=PlanOrigin.CENTRE, number=number, refused=number + 1, refusal="gate varco-1: camera x")
    )
    page = shown(client, GATE)
    assert "e continua con quella di prima: dettaglio tecnico: gate varco-1: camera x" in page


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_administrators_change_gates(centre: Site, role: Role) -> None:
    client = centre.client(role)
    for path in (f"{GATE}/edit", f"{GATE}/versions"):
        assert client.get(path).status_code == 403
    for path in (f"{GATE}/edit", f"{GATE}/versions/1/restore", f"{CAMERA}/polygons"):
        assert centre.post(client, path, "/account", reason=REASON, based_on=1).status_code == 403
    if client.get(GATE).status_code == 200:
        assert "Modifica il varco" not in client.get(GATE).text
    assert newest(centre).version == 1


def test_an_organisation_changes_its_own_gates_only(centre: Site, password_hash: str) -> None:
    share(centre.database, password_hash)
    theirs = centre.stranger()
    centre.log_in(theirs, "administrator@empoli", "una parola lunga")
    assert theirs.get(f"{GATE}/edit").status_code == 404
    assert draw_at(centre, theirs).status_code == 404
    with centre.database.transaction() as conn:
        own(conn, "empoli", ["varco-1"], [])
    assert theirs.get(f"{GATE}/edit").status_code == 200
    assert draw_at(centre, theirs).status_code == 303
    assert newest(centre).author == "administrator@empoli"
    manager = centre.client(Role.ADMINISTRATOR)
    assert manager.get(f"{GATE}/versions").status_code == 200


def draw_at(site: Site, client: httpx.Client) -> httpx.Response:
    return site.post(
        client, f"{CAMERA}/polygons", "/account", based_on=1, reason=REASON, regions=json.dumps([REGION]), masks="[]"
    )


def test_where_a_file_is_the_source_nothing_is_saved_and_the_page_says_so(site: Site) -> None:
    save(site)
    send(site)
    client = site.client(Role.ADMINISTRATOR)
    for path in (f"{GATE}/edit", f"{GATE}/versions"):
        assert client.get(path).status_code == 404
    assert draw_at(site, client).status_code == 404
    page = client.get(CAMERA).text
    assert "I varchi vengono dal file delle impostazioni del lettore" in page
    assert "save-drawing" not in page


def test_who_may_not_save_is_told_why(centre: Site) -> None:
    send(centre)
    page = centre.client(Role.OPERATOR).get(CAMERA).text
    assert "qui li modifica l'amministratore" in page.replace("&#39;", "'")
    assert "save-drawing" not in page


def test_the_status_page_names_readers_that_do_not_run_on_the_last_plan(centre: Site) -> None:
    client = centre.client(Role.OPERATOR)
    told(centre, PlanState(origin=PlanOrigin.CENTRE, number=1))
    assert "Lettori che non usano" not in shown(client, "/status")
    told(centre, PlanState(origin=PlanOrigin.CENTRE, number=1, refused=2, refusal="gate varco-1: camera cam-1: secret"))
    page = shown(client, "/status")
    assert (
        "r1 : rifiuta l'ultima configurazione e continua con quella di prima: dettaglio tecnico: gate varco-1" in page
    )
    told(centre, PlanState(origin=PlanOrigin.COPY, number=1))
    assert "usa la copia sul proprio disco" in shown(client, "/status")
    told(centre, PlanState(origin=PlanOrigin.NONE, refused=2, refusal="firma"))
    for page in (shown(client, "/status"), shown(centre.client(Role.ADMINISTRATOR), GATE)):
        assert "un'altra e non legge nessuna telecamera: dettaglio tecnico: firma" in page.replace("&#39;", "'")
        assert "continua con quella di prima" not in page
        assert "non ha ancora nessuna configurazione" not in page


def test_a_reader_that_nobody_has_heard_of_is_confirmed_first(centre: Site) -> None:
    client = centre.client(Role.ADMINISTRATOR)
    answer = centre.post(client, f"{GATE}/edit", f"{GATE}/edit", **form(reader="r-1"))
    assert answer.status_code == 400
    assert "«r-1» non ha mai comunicato nulla" in answer.text
    assert 'name="new_reader"' in answer.text
    assert newest(centre).version == 1
    answer = centre.post(client, f"{GATE}/edit", f"{GATE}/edit", **form(reader="r-1", new_reader="true"))
    assert answer.status_code == 303, answer.text
    assert newest(centre).reader_id == "r-1"


def test_another_host_with_the_same_secret_is_told(centre: Site) -> None:
    client = centre.client(Role.ADMINISTRATOR)
    answer = centre.post(client, f"{GATE}/edit", f"{GATE}/edit", **form(url="rtsp://10.0.0.9/live"))
    assert answer.status_code == 303, answer.text
    assert "il lettore rifiuterà" in shown(client, answer.headers["location"])


def test_an_organisation_may_not_name_a_reader_or_a_secret_of_others(centre: Site, password_hash: str) -> None:
    other = {"id": "cam-2", "url": "rtsp://10.0.0.7/live", "secret": "altrui"}
    save_gate(centre, {**definition(reader="r2"), "id": "varco-2", "cameras": [other]})
    share(centre.database, password_hash)
    with centre.database.transaction() as conn:
        own(conn, "empoli", ["varco-1"], [])
    theirs = centre.stranger()
    centre.log_in(theirs, "administrator@empoli", "una parola lunga")
    manager = centre.client(Role.ADMINISTRATOR)
    taken = centre.post(theirs, f"{GATE}/edit", f"{GATE}/edit", **form(reader="r2", new_reader="true"))
    assert taken.status_code == 400
    assert "«r2» è usato solo da varchi di altri enti" in taken.text
    assert newest(centre).version == 1
    assert centre.post(manager, f"{GATE}/edit", f"{GATE}/edit", **form(reader="r2")).status_code == 303
    taken = centre.post(theirs, f"{GATE}/edit", f"{GATE}/edit", **form(reader="r2", secret="altrui", based_on=2))
    assert taken.status_code == 400
    assert "«altrui» è usato solo da varchi di altri enti" in taken.text
    same = centre.post(theirs, f"{GATE}/edit", f"{GATE}/edit", **form(reader="r2", name="Nuovo", based_on=2))
    assert same.status_code == 303, same.text
