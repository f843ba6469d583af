# SPDX-License-Identifier: AGPL-3.0-or-later
"""Requests of data subjects in the console: registered, looked up, exported, erased, answered, refused by the DPO."""

import hashlib
import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from anpr.console.app import create_app
from anpr.console.pages.requests import export
from anpr.domain.access import Role
from anpr.domain.alarm import AlarmOutcome
from anpr.domain.errors import PoisonReason
from anpr.domain.hold import Hold
from anpr.domain.subject_request import RequestKind, RequestOutcome, SubjectRequest
from anpr.domain.transit import Transit
from anpr.settings import RetentionSettings
from anpr.store.alarms.handling import close_alarm
from anpr.store.audit import AuditAction
from anpr.store.dead_letters import DeadLetter, list_dead_letters, record_dead_letters
from anpr.store.holds import add_hold
from anpr.store.requests.register import forget_requests, get_request
from anpr.store.transits.discarded import discarded_among
from anpr.store.transits.rows import get_transit, insert_transits
from tests.support.fixtures_console import PASSWORD, WANTED, Site, serving, transit_of_track
from tests.support.organisations import GATE, share

PLATE = "AB123CD"
EVERYTHING = ["transits", "forwarded", "alarms", "entries", "holds"]


def register(site: Site, client: httpx.Client, **changes: Any) -> httpx.Response:
    """Send the form of a new request: access, received today."""
    today = site.clock.now().astimezone(site.settings.zone).date()
    fields = {"kind": "access", "plate": PLATE, "reference": "4711/2026", "received_on": today.isoformat()}
    return site.post(client, "/requests/new", "/requests", **{**fields, **changes})


def request_of(site: Site, number: int = 1) -> SubjectRequest:
    with site.database.transaction() as conn:
        request = get_request(conn, number)
    assert request is not None
    return request


def is_stored(site: Site, transit: Transit) -> bool:
    with site.database.transaction() as conn:
        return get_transit(conn, transit.id) is not None


def hold(site: Site, transit: Transit) -> None:
    now = site.clock.now()
    with site.database.transaction() as conn:
        add_hold(
            conn,
            Hold(
                case_reference="12/2026", reason="furto", author="anna", made_at=now, transit_id=transit.id,
                since=transit.captured_at, until=transit.captured_at + timedelta(microseconds=1),
                ends_on=now.astimezone(UTC).date() + timedelta(days=30),
            ),
        )  # fmt: skip


def details(site: Site, action: AuditAction) -> list[dict[str, Any]]:
    return [dict(row.event.detail) for row in site.audit() if row.event.action is action]


def files(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*.jpg"))


def test_a_request_is_registered_and_shows_its_term(site: Site) -> None:
    client = site.client(Role.DPO)
    received = site.clock.now().astimezone(site.settings.zone).date() - timedelta(days=3)
    answer = register(site, client, plate="ab 123 cd", received_on=received.isoformat())
    assert answer.headers["location"] == "/requests/1?done=registered"
    request = request_of(site)
    assert (request.plate, request.kind, request.reference) == (PLATE, RequestKind.ACCESS, "4711/2026")
    for path in ("/requests", "/requests/1"):
        page = client.get(path).text
        assert request.due_on.strftime("%d/%m/%Y") in page
        assert "restano " in page
    site.clock.ahead += timedelta(days=40)
    client = site.client(Role.DPO)
    assert "Termine superato" in client.get("/requests").text
    (detail,) = details(site, AuditAction.REQUEST_REGISTERED)
    assert detail == {"request": 1, "kind": "access", "received_on": received.isoformat()}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"plate": ""}, "Scrivi la targa."),
        ({"plate": "AB*"}, "non sta in una targa"),
        ({"reference": " "}, "Scrivi il numero di protocollo."),
        ({"received_on": ""}, "Il giorno manca"),
        ({"received_on": "2199-01-01"}, "Il giorno deve essere fra"),
        ({"kind": "oblivion"}, "Scegli che cosa chiede."),
        ({"reference": "1" * 101}, "Troppo lungo"),
    ],
)
def test_what_cannot_be_registered_says_why(site: Site, changes: dict[str, str], said: str) -> None:
    client = site.client(Role.DPO)
    answer = register(site, client, **changes)
    assert (answer.status_code, said in answer.text) == (400, True)
    assert "Nessuna richiesta aperta." in client.get("/requests").text


def test_what_is_stored_about_the_plate_is_found_and_the_look_recorded_without_it(site: Site) -> None:
    transit = site.pass_vehicle(WANTED, gate_id="ponte")
    site.pass_vehicle("ZZ999ZZ")
    hold(site, transit)
    client = site.client(Role.DPO)
    register(site, client, plate=WANTED)
    page = client.get("/requests/1/data").text
    for words in (
        "1 transito",
        "Ponte vecchio",
        "1 transito segnalato",
        "Rubata a Prato",
        "A1 Veicoli rubati",
        "12/2026",
    ):
        assert words in page
    assert "ZZ999ZZ" not in page
    client.get("/requests/1/data")
    assert details(site, AuditAction.REQUEST_FOUND) == [{"request": 1, "counts": {"transits": 1, "alarms": 1}}]
    assert WANTED not in json.dumps([dict(row.event.detail) for row in site.audit()])


def test_the_file_holds_what_was_chosen_and_its_digest_is_in_the_audit(site: Site) -> None:
    transit = site.pass_vehicle(WANTED)
    client = site.client(Role.DPO)
    register(site, client, plate=WANTED)
    answer = site.post(client, "/requests/1/export", "/requests/1/data", parts=["transits"])
    assert answer.headers["content-disposition"] == 'attachment; filename="request-1.json"'
    content = json.loads(answer.content)
    (told,) = content["transits"]
    assert (told["id"], told["gate"], told["plate"]) == (str(transit.id), "porta-nord", WANTED)
    assert content["gates"][0]["legal_basis"] == "patto 2025"
    assert not {"alarms", "entries", "holds", "forwarded"} & set(content), "and nothing says that they were left out"
    assert "immagini" in content["left_out"][0]
    (detail,) = details(site, AuditAction.REQUEST_EXPORTED)
    assert detail["sha256"] == hashlib.sha256(answer.content).hexdigest()
    assert (detail["parts"], detail["form"]) == (["transits"], "json")
    everything = json.loads(site.post(client, "/requests/1/export", "/requests/1/data", parts=EVERYTHING).content)
    assert everything["alarms"][0]["watchlist"] == "a1"
    assert everything["entries"][0]["reason"] == "Rubata a Prato"


def test_a_partial_plate_of_a_list_that_stands_for_the_plate_is_found_and_told_as_such(site: Site) -> None:
    with site.database.transaction() as conn:
        conn.execute(
            "INSERT INTO entries (watchlist_id, plate, look_alike, reason, author, added_at) SELECT 'a1', each, each,"
            " 'Fuga da ' || each, 'anna', %(at)s FROM unnest(%(plates)s::text[]) each",
            {"plates": [f"{WANTED[:4]}*", f"*{WANTED[-4:]}", "ZZ99*"], "at": site.clock.now()},
        )
    client = site.client(Role.DPO)
    register(site, client, plate=WANTED)
    page = client.get("/requests/1/data").text
    assert page.count("targa parziale") == 2
    assert "ZZ99" not in page
    answer = site.post(client, "/requests/1/export", "/requests/1/data", parts=["entries"])
    listed = [each["listed_plate"] for each in json.loads(answer.content)["entries"]]
    assert sorted(listed) == sorted([WANTED, f"{WANTED[:4]}*", f"*{WANTED[-4:]}"])


def archive_of(answer: httpx.Response) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The data of an archive, and its other files by name."""
    assert answer.headers["content-disposition"] == 'attachment; filename="request-1.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    text = files.pop("data.json")
    return json.loads(text) | {"digest": hashlib.sha256(text).hexdigest()}, files


@pytest.mark.parametrize(("choice", "shown"), [("plate", {"plate"}), ("all", {"plate", "context"})])
def test_the_archive_holds_the_pictures_that_were_chosen_as_they_are_stored(
    site: Site, choice: str, shown: set[str]
) -> None:
    transit = site.pass_vehicle(PLATE)
    site.pass_vehicle("ZZ999ZZ")
    client = site.client(Role.DPO)
    register(site, client)
    form = {"parts": ["transits"], "pictures": choice}
    data, files = archive_of(site.post(client, "/requests/1/export", "/requests/1/data", **form))
    digests = {str(image.role): image.sha256 for image in transit.images if image.role in shown}
    assert {picture["shows"]: picture["sha256"] for picture in data["pictures"]} == digests
    assert {hashlib.sha256(files[picture["file"]]).hexdigest() for picture in data["pictures"]} == set(digests.values())
    assert len(files) == len(shown)
    assert any("scena" in said for said in data["left_out"]) == (choice == "plate")
    (detail,) = details(site, AuditAction.REQUEST_EXPORTED)
    assert (detail["sha256"], detail["form"], detail["pictures"]) == (data["digest"], "zip", choice)


def test_an_archive_says_which_pictures_are_missing_and_which_were_changed(site: Site) -> None:
    never_came = site.pass_vehicle(PLATE, with_pictures=False)
    changed = site.pass_vehicle(PLATE)
    for path in site.console.settings.images_dir.rglob("*-plate-*.jpg"):
        path.write_bytes(b"something else")
    client = site.client(Role.DPO)
    register(site, client)
    form = {"parts": ["transits"], "pictures": "plate"}
    data, files = archive_of(site.post(client, "/requests/1/export", "/requests/1/data", **form))
    assert {picture["transit"]: picture["state"] for picture in data["pictures"]} == {
        str(never_came.id): "missing", str(changed.id): "altered",
    }  # fmt: skip
    assert files == {}


def test_more_pictures_than_an_archive_takes_are_refused_with_a_way_out(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.pass_vehicle(PLATE)
    client = site.client(Role.DPO)
    register(site, client)
    monkeypatch.setattr(export, "MOST_BYTES", 100)
    form = {"parts": ["transits"], "pictures": "all"}
    answer = site.post(client, "/requests/1/export", "/requests/1/data", **form)
    assert "scegli solo quelle della targa" in client.get(answer.headers["location"]).text
    assert details(site, AuditAction.REQUEST_EXPORTED) == []


def test_each_transit_tells_the_days_of_the_purpose_that_it_was_stored_with(site: Site) -> None:
    """The gate of both has none today."""
    purposes = [{"id": "assicurazioni", "name": "Assicurazioni", "keep": "all", "days": 3}]
    longer = {"id": "mai-usato", "name": "Mai usato", "keep": "all", "days": 20}
    kept = RetentionSettings.model_validate({"transit_days": 7, "purposes": [*purposes, longer]})
    settings = site.settings.model_copy(update={"retention": kept})
    now = site.clock.now()
    with site.database.transaction() as conn:
        for moment, of_purpose in ((now - timedelta(hours=1), "assicurazioni"), (now, "")):
            transit, _ = transit_of_track(WANTED, moment)
            insert_transits(conn, [transit], now, purposes={transit.gate_id: of_purpose})
    with serving(create_app(settings, site.console.database, site.images, site.clock)) as url:
        there = replace(site, url=url)
        client = there.client(Role.DPO)
        register(there, client, plate=WANTED)
        content = there.post(client, "/requests/1/export", "/requests/1/data", parts=["transits"]).json()
        sheet = there.post(client, "/requests/1/sheet", "/requests/1/data", parts=["transits"]).text
        others = there.post(client, "/requests/1/export", "/requests/1/data", parts=["alarms"]).json()
    told = [(each["retention_purpose"], each["retention_days"]) for each in content["transits"]]
    assert told == [("assicurazioni", 3), (None, 7)]
    assert content["retention_days"] == {"least": 3, "most": 7}, "20 is of a purpose that none of them has"
    assert "retention_days" not in content["gates"][0]
    assert "da 3 a 7 giorni" in sheet
    assert (sheet.count(">3 giorni<"), sheet.count(">7 giorni<")) == (1, 1)
    assert others["retention_days"] is None


def test_the_sheet_to_print_names_digest_row_and_remedies(site: Site) -> None:
    site.pass_vehicle(WANTED)
    client = site.client(Role.DPO)
    register(site, client, plate=WANTED)
    sheet = site.post(client, "/requests/1/sheet", "/requests/1/data", parts=["transits", "forwarded"]).text
    (detail,) = details(site, AuditAction.REQUEST_EXPORTED)
    assert detail["sha256"] in sheet
    for words in ("Comune di Prova", "Porta Nord", "patto 2025", "reclamo al Garante", "Le immagini non sono comprese"):
        assert words in sheet
    assert "Rubata a Prato" not in sheet
    assert "allarme" not in sheet.partition("<main")[2].partition("</main>")[0]


def test_erasing_spares_what_a_case_or_an_open_alarm_needs_and_forgets_the_plate(site: Site, tmp_path: Path) -> None:
    gone, held, other = site.pass_vehicle(PLATE), site.pass_vehicle(PLATE), site.pass_vehicle("ZZ999ZZ")
    hold(site, held)
    client = site.client(Role.DPO)
    register(site, client, kind="erasure")
    ask = client.get("/requests/1/erase").text
    assert "Si cancella 1 transito," in ask
    assert "1 transito resta" in ask
    before = files(tmp_path)
    answer = site.post(client, "/requests/1/erase", "/requests/1/erase")
    assert answer.headers["location"] == "/requests/1?done=erased"
    assert [is_stored(site, each) for each in (gone, held, other)] == [False, True, True]
    assert files(tmp_path) == before - 2, "its two images"
    request = request_of(site)
    assert (request.plate, request.outcome, request.closed_by) == (None, RequestOutcome.ERASED, "dpo")
    (detail,) = details(site, AuditAction.REQUEST_ERASED)
    counts = {"transits": 1, "images": 2, "alarms": 0, "kept transits": 1, "dead letters": 0, "withdrawn": 0}
    assert (detail["request"], detail["counts"]) == (1, counts)
    with site.database.transaction() as conn:
        assert discarded_among(conn, [(gone.captured_at, gone.id), (held.captured_at, held.id)]) == {0}
    page = client.get("/requests/1?done=erased").text
    assert "Dati cancellati" in page
    assert PLATE not in page
    assert client.get("/requests/1/data").headers["location"] == "/requests/1?done=closed"
    again = site.post(client, "/requests/1/erase", "/requests")
    assert again.headers["location"] == "/requests/1?done=closed"


def test_an_open_alarm_keeps_its_transit_and_a_closed_one_goes_with_it(site: Site) -> None:
    first = site.pass_vehicle(WANTED)
    with site.database.transaction() as conn:
        close_alarm(conn, site.alarm_of(first).id, "operator", site.clock.now(), AlarmOutcome.OTHER)
    second = site.pass_vehicle(WANTED)
    client = site.client(Role.DPO)
    register(site, client, kind="erasure", plate=WANTED)
    site.post(client, "/requests/1/erase", "/requests/1/erase")
    assert [is_stored(site, each) for each in (first, second)] == [False, True]
    assert site.alarm_of(second).vehicle == WANTED
    (detail,) = details(site, AuditAction.REQUEST_ERASED)
    counts = {"transits": 1, "images": 2, "alarms": 1, "kept transits": 1, "dead letters": 0, "withdrawn": 0}
    assert detail["counts"] == counts


def test_nothing_is_erased_for_a_request_that_asks_for_something_else(site: Site) -> None:
    transit = site.pass_vehicle(PLATE)
    client = site.client(Role.DPO)
    register(site, client, kind="access")
    assert "/requests/1/erase" not in client.get("/requests/1").text
    for answer in (client.get("/requests/1/erase"), site.post(client, "/requests/1/erase", "/requests/1")):
        assert answer.headers["location"] == "/requests/1?done=closed"
    assert is_stored(site, transit)
    assert request_of(site).outcome is None


def test_a_refusal_names_its_article_and_the_remedies(site: Site) -> None:
    client = site.client(Role.DPO)
    register(site, client)
    wrong = site.post(client, "/requests/1/refuse", "/requests/1", grounds="", refusal="no")
    assert (wrong.status_code, "Scegli il fondamento" in wrong.text) == (400, True)
    answer = site.post(
        client, "/requests/1/refuse", "/requests/1", grounds="investigation", refusal="Fino alla fine delle indagini."
    )
    assert answer.headers["location"] == "/requests/1?done=refused"
    request = request_of(site)
    assert request.outcome is RequestOutcome.REFUSED
    assert request.answer is not None
    for words in ("art. 14, comma 2, lettera a", "Fino alla fine delle indagini.", "reclamo al Garante"):
        assert words in request.answer
    assert "Fino alla fine delle indagini." in client.get("/requests/1").text
    assert details(site, AuditAction.REQUEST_REFUSED) == [{"request": 1, "grounds": "investigation"}]
    late = site.post(client, "/requests/1/answer", "/requests", answer="ecco")
    assert late.headers["location"] == "/requests/1?done=closed"


def test_a_request_is_granted_with_what_was_answered(site: Site) -> None:
    client = site.client(Role.DPO)
    register(site, client, kind="rectification")
    assert site.post(client, "/requests/1/answer", "/requests/1", answer=" ").status_code == 400
    answer = site.post(client, "/requests/1/answer", "/requests/1", answer="Lettura corretta sul fascicolo.")
    assert answer.headers["location"] == "/requests/1?done=answered"
    page = client.get("/requests/1").text
    assert "Lettura corretta sul fascicolo." in page
    assert "richiesta dell&#39;interessato accolta" in page, "the history"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.DPO])
def test_nobody_else_handles_requests(site: Site, role: Role) -> None:
    register(site, site.client(Role.DPO), kind="erasure")
    client = site.client(role)
    for path in ("/requests", "/requests/1", "/requests/1/data", "/requests/1/erase"):
        assert client.get(path).status_code == 403
    for path in ("new", "1/export", "1/sheet", "1/erase", "1/answer", "1/refuse"):
        assert site.post(client, f"/requests/{path}", "/account").status_code == 403
    assert request_of(site).outcome is None


def test_a_request_that_is_not_there(site: Site) -> None:
    client = site.client(Role.DPO)
    for path in ("/requests/7", "/requests/7/data", "/requests/7/erase"):
        assert client.get(path).status_code == 404
    for path in ("export", "sheet", "erase", "answer", "refuse"):
        assert site.post(client, f"/requests/7/{path}", "/requests", answer="x").status_code == 404


def test_closed_requests_are_forgotten_later(site: Site) -> None:
    client = site.client(Role.DPO)
    register(site, client)
    register(site, client)
    site.post(client, "/requests/1/answer", "/requests/1", answer="Nessun dato.")
    with site.database.transaction() as conn:
        assert forget_requests(conn, site.clock.now() + timedelta(days=1)) == 1
        assert get_request(conn, 1) is None
        assert get_request(conn, 2) is not None, "an open one waits"


def test_each_organisation_handles_its_own_requests_holds_and_gates(site: Site, password_hash: str) -> None:
    share(site.database, password_hash)
    ours, theirs = site.pass_vehicle(PLATE), site.pass_vehicle(PLATE, gate_id=GATE.id)
    shown, last = site.pass_vehicle(PLATE), site.pass_vehicle(PLATE)
    hold(site, shown)
    client = site.client(Role.DPO)
    other = site.stranger()
    assert site.log_in(other, "dpo@empoli", PASSWORD).status_code == 303
    register(site, client, kind="erasure")
    for path in ("/requests/1", "/requests/1/data", "/requests/1/erase", "/holds/1"):
        assert (other.get(path).status_code, client.get(path).status_code) == (404, 200), path
    assert "4711/2026" not in other.get("/requests").text
    page = client.get("/requests/1/data").text
    assert ("3 transiti" in page, "Via Tosco" in page) == (True, False)
    assert site.post(other, "/requests/1/erase", "/requests").status_code == 404
    assert "1 transito resta" in client.get("/requests/1/erase").text
    site.post(client, "/requests/1/erase", "/requests/1/erase")
    assert [is_stored(site, each) for each in (ours, theirs, shown, last)] == [False, True, True, False]
    history = client.get("/requests/1").text.partition("Cronologia")[2]
    assert "dati cancellati" in history


def test_a_hold_of_one_organisation_is_made_and_told_within_it(site: Site, password_hash: str) -> None:
    share(site.database, password_hash)
    site.pass_vehicle(PLATE, gate_id=GATE.id)
    other = site.stranger()
    site.log_in(other, "investigator@empoli", PASSWORD)
    now = site.clock.now().astimezone(site.settings.zone)
    fields = {"since": f"{now - timedelta(days=1):%d/%m/%Y}", "until": f"{now:%d/%m/%Y}", "case": "1/2026",
              "reason": "furto in via Roma", "ends_on": f"{now + timedelta(days=9):%Y-%m-%d}"}  # fmt: skip
    refused = site.post(other, "/holds/new", "/holds/new", gate="porta-nord", **fields)
    assert (refused.status_code, "Questo varco non esiste." in refused.text) == (400, True)
    assert (
        site.post(other, "/holds/new", "/holds/new", gate=GATE.id, **fields).headers["location"].startswith("/holds/1")
    )
    page = other.get("/holds/1").text
    assert "furto in via Roma" in page.partition("Cronologia")[2]
    assert other.get("/transits").text.count("conservato per 1/2026") == 1
    ours = site.client(Role.INVESTIGATOR)
    assert ours.get("/holds/1").status_code == 404
    assert "1/2026" not in ours.get("/holds").text


def refused(site: Site, offset: int, text: str) -> DeadLetter:
    return DeadLetter(
        received_at=site.clock.now(), topic="anpr.transits", partition=0, offset=offset, detail="box: wrong",
        reason=PoisonReason.WRONG_SHAPE, size=len(text), value=text.encode(),
    )  # fmt: skip


def deliver(site: Site, transit: Transit, destination: str, state: str, batch: int | None) -> None:
    at = transit.captured_at
    with site.database.transaction() as conn:
        conn.execute("SELECT ensure_partition('deliveries', %s)", (at.astimezone(UTC).date(),))
        conn.execute(
            "INSERT INTO deliveries (destination, captured_at, transit_id, state, day, batch, queued_at, sent_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (destination, at, transit.id, state, at.date(), batch, at, at if state == "sent" else None),
        )


def deliveries_of(site: Site, transit: Transit) -> dict[str, str]:
    with site.database.transaction() as conn:
        rows = conn.execute("SELECT destination, state FROM deliveries WHERE transit_id = %s", (transit.id,))
        return {row["destination"]: row["state"] for row in rows}


def test_erasure_reaches_refused_messages_and_what_waits_to_be_forwarded_and_says_what_it_does_not(
    site: Site, password_hash: str
) -> None:
    share(site.database, password_hash)
    transit = site.pass_vehicle(PLATE)
    deliver(site, transit, "prefettura", "queued", None)
    deliver(site, transit, "questura", "sent", 1)
    letters = [
        refused(site, 1, f'{{"id": "{transit.id}", "gate_id": "porta-nord", "plate": "{PLATE.lower()}"}}'),
        refused(site, 2, f'{{"gate_id": "{GATE.id}", "plate": "{PLATE}"}}'),
        refused(site, 3, f'{{"gate_id": "porta-nord", "plate": "X{PLATE}9"}}'),
        refused(site, 4, f"no JSON, {PLATE} and no gate"),
    ]
    with site.database.transaction() as conn:
        record_dead_letters(conn, letters)
    client = site.client(Role.DPO)
    register(site, client, kind="erasure")
    assert "messaggi scartati" in client.get("/requests/1/erase").text
    site.post(client, "/requests/1/erase", "/requests/1/erase")
    with site.database.transaction() as conn:
        assert {letter.offset for letter in list_dead_letters(conn)} == {2, 3}, "of another's gate, of another plate"
    assert deliveries_of(site, transit) == {"prefettura": "expired", "questura": "sent"}
    (detail,) = details(site, AuditAction.REQUEST_ERASED)
    gone_by = site.clock.now().astimezone(UTC).date() + timedelta(days=8)
    assert (detail["recipients"], detail["gone_by"]) == ({"questura": 1}, gone_by.isoformat())
    assert (detail["counts"]["dead letters"], detail["counts"]["withdrawn"]) == (2, 1)
    page = client.get("/requests/1").text
    assert "Messaggi scartati cancellati: 2. Transiti ritirati prima dell&#39;inoltro: 1." in page
    assert "questura ha ricevuto, o sta ricevendo, 1 transiti" in page
    assert f"entro il {gone_by:%d/%m/%Y}" in page


def test_images_that_came_before_a_refused_transit_are_erased_with_it(site: Site, tmp_path: Path) -> None:
    transit, pictures = transit_of_track(PLATE, site.clock.now())
    with site.database.transaction() as conn:
        for table in ("transits", "images"):
            conn.execute("SELECT ensure_partition(%s, %s)", (table, transit.captured_at.astimezone(UTC).date()))
    site.deliver_pictures(transit, pictures)
    with site.database.transaction() as conn:
        text = f'{{"id": "{transit.id}", "gate_id": "porta-nord", "plate": "{PLATE}"}}'
        record_dead_letters(conn, [refused(site, 1, text)])
    assert files(tmp_path) == len(pictures)
    client = site.client(Role.DPO)
    register(site, client, kind="erasure")
    site.post(client, "/requests/1/erase", "/requests/1/erase")
    assert files(tmp_path) == 0
