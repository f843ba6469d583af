# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pages: what they show, what they record, and how they fail."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

import pytest

import anpr
from anpr.console.app import create_app
from anpr.console.rendering.filters import field_moment, local_moment
from anpr.contract.parsing import sha256_of
from anpr.domain.access import Role
from anpr.domain.alarm import Alarm, AlarmOutcome, AlarmState
from anpr.domain.delivery import RunKind, RunOutcome
from anpr.domain.health import Change, HealthReport, SubjectKind
from anpr.domain.transit import ImageRole, Transit
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.forwarding.runs import ForwardRun, finish_run, start_run
from anpr.store.health import record_clock, record_health
from anpr.store.images.image_store import ImageStore
from anpr.store.transits.rows import get_transit, insert_transits
from tests.support.fixtures_console import WANTED, MovableClock, Site, serving, token_in, transit_of_track


def test_an_alarm_is_shown_taken_and_closed(site: Site) -> None:
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    client = site.client(Role.OPERATOR)
    page = client.get("/alarms").text
    for text in (WANTED, "Rubata a Prato", "A1 Veicoli rubati", "Porta Nord", "Priorità alta", "97 %"):
        assert text in page, text
    htmx = {"HX-Request": "true"}
    client.headers.update(htmx)
    card = site.post(client, f"/alarms/{alarm.id}/acknowledge", "/alarms")
    assert card.status_code == 200
    assert "In carico a operator" in card.text
    assert "<html" not in card.text
    closed = site.post(client, f"/alarms/{alarm.id}/close", "/alarms", outcome="stopped", note="fermato in via Roma")
    assert "Veicolo fermato" in closed.text
    stored = site.alarm_of(transit_of(site, alarm))
    assert (stored.state, stored.outcome, stored.closed_by, stored.note) == (
        AlarmState.CLOSED,
        AlarmOutcome.STOPPED,
        "operator",
        "fermato in via Roma",
    )
    actions = [row.event.action for row in site.audit()]
    assert actions[:3] == [AuditAction.ALARM_CLOSED, AuditAction.ALARM_ACKNOWLEDGED, AuditAction.TRANSIT_VIEWED]
    assert "fermato in via Roma" in client.get("/alarms/closed").text
    assert WANTED not in client.get("/alarms").text


def test_alarms_from_the_past_are_shown_apart_and_marked(site: Site) -> None:
    now = site.alarm_of(site.pass_vehicle(WANTED))
    past = site.pass_before_it_is_listed("ZZ999ZZ")
    page = site.client(Role.OPERATOR).get("/alarms").text
    live, _, apart = page.partition('id="past-alarms"')
    assert f'id="alarm-{now.id}"' in live
    assert f'id="alarm-{past.id}"' in apart
    assert "Dal passato" in apart
    assert "Dal passato" not in live
    assert 'data-count="1"' in live, "what is to be taken now is counted without it"
    english = site.client(Role.OPERATOR)
    english.post("/language", data={"form_token": token_in(english.get("/alarms").text), "language": "en", "back": "/"})
    assert "From the past" in english.get("/alarms").text


def transit_of(site: Site, alarm: Alarm) -> Transit:
    with site.database.transaction() as conn:
        stored = get_transit(conn, alarm.transit_id)
    assert stored
    return stored.transit


def test_without_scripts_taking_an_alarm_leads_back_to_the_page(site: Site) -> None:
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    answer = site.post(site.client(Role.OPERATOR), f"/alarms/{alarm.id}/acknowledge", "/alarms")
    assert (answer.status_code, answer.headers["location"]) == (303, "/alarms")


def test_who_comes_second_is_told(site: Site) -> None:
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    first, second = site.client(Role.OPERATOR), site.client(Role.OPERATOR)
    site.post(first, f"/alarms/{alarm.id}/close", "/alarms", outcome="other")
    second.headers["HX-Request"] = "true"
    answer = site.post(second, f"/alarms/{alarm.id}/close", "/alarms", outcome="stopped")
    assert "Un altro operatore" in answer.text
    assert site.alarm_of(transit_of(site, alarm)).outcome is AlarmOutcome.OTHER


def test_alarms_and_transits_that_do_not_exist_are_not_found(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    assert site.post(client, "/alarms/4711/acknowledge", "/alarms").status_code == 404
    for path in ("/transits/01a20618-729e-7790-84c3-387f00c813b0", "/transits/not-an-id", "/nothing"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "Pagina non trovata" in answer.text


def test_the_latest_transits_are_shown_newest_first_and_by_gate(site: Site) -> None:
    site.pass_vehicle("AA111AA")
    site.pass_vehicle("BB222BB", gate_id="ponte")
    site.pass_vehicle("CC333CC")
    client = site.client(Role.OPERATOR)
    page = client.get("/transits").text
    assert page.index("CC333CC") < page.index("BB222BB") < page.index("AA111AA")
    only = client.get("/transits/rows", params={"gate": "ponte"}).text
    assert "BB222BB" in only
    assert "AA111AA" not in only
    assert "<html" not in only
    assert "Nessun transito" in client.get("/transits", params={"gate": "no-such"}).text
    client.get("/transits/rows", params={"gate": "ponte"})
    shown = [row.event.detail.get("gate") for row in site.audit() if row.event.detail.get("page") == "latest"]
    assert shown == ["no-such", "ponte", None], "each gate is one consultation, its refresh is the same one"
    site.clock.ahead += timedelta(minutes=15)
    client.get("/transits/rows", params={"gate": "ponte"})
    assert site.audit()[0].event.detail == {"page": "latest", "gate": "ponte"}


def test_a_transit_is_shown_with_its_plate_framed_and_the_look_is_recorded(site: Site) -> None:
    transit = site.pass_vehicle(WANTED)
    client = site.client(Role.OPERATOR)
    page = client.get(f"/transits/{transit.id}", params={"via": "alarm"}).text
    assert 'viewBox="0 0 640 360"' in page
    assert page.count('x="260.0" y="220.0" width="120.0" height="28.0"') == 2
    local = transit.captured_at.astimezone(site.settings.zone)
    assert f"{local:%d/%m/%Y %H:%M:%S}" in page
    assert f"{transit.captured_at:%Y-%m-%d %H:%M:%S}" in page
    assert "FX427KX" in page, "the other candidate"
    row = site.audit()[0].event
    assert (row.actor, row.action) == ("operator", AuditAction.TRANSIT_VIEWED)
    assert row.detail == {"transit": str(transit.id), "via": "alarm"}


def test_a_transit_whose_pictures_have_not_arrived_is_shown_without(site: Site) -> None:
    transit = site.pass_vehicle(WANTED, with_pictures=False)
    client = site.client(Role.OPERATOR)
    page = client.get(f"/transits/{transit.id}").text
    assert '<svg class="scene"' not in page
    assert client.get(f"/transits/{transit.id}/images/plate").status_code == 404


def test_pictures_come_as_stored_and_are_kept_by_nobody(site: Site) -> None:
    transit = site.pass_vehicle("AB123CD")
    client = site.client(Role.INVESTIGATOR)
    for image in transit.images:
        answer = client.get(f"/transits/{transit.id}/images/{image.role}")
        assert sha256_of(answer.content) == image.sha256
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.get(f"/transits/{transit.id}/images/video").status_code == 404


def test_a_search_is_recorded_with_its_reason_before_it_answers(site: Site) -> None:
    site.pass_vehicle("AB123CD")
    site.pass_vehicle("AB999ZZ")
    client = site.client(Role.INVESTIGATOR)
    page = site.post(client, "/search", "/search", plate="ab?23*", reason="furto in via Roma", case="1182/26").text
    assert "1 transito trovato" in page
    assert "AB123CD" in page
    assert "AB999ZZ" not in page
    event = site.audit()[0].event
    assert (event.action, event.actor) == (AuditAction.SEARCH, "investigator")
    assert (event.reason, event.case_reference) == ("furto in via Roma", "1182/26")
    assert event.detail["found"] == 1


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"plate": "AB123CD", "reason": " "}, "Scrivi il motivo"),
        ({"plate": "*", "reason": "furto"}, "La targa non si può cercare"),
        ({"plate": "", "reason": "furto"}, "La targa non si può cercare"),
        ({"plate": "AB123CD", "reason": "furto", "since": "ieri"}, "Data e ora non valide"),
        ({"plate": "AB123CD", "reason": "furto", "since": "2026-11-02T10:00", "until": "2026-11-01T10:00"}, "La fine"),
    ],
)
def test_a_search_that_cannot_be_made_says_why_and_finds_nothing(
    site: Site, fields: dict[str, str], fault: str
) -> None:
    site.pass_vehicle("AB123CD")
    client = site.client(Role.INVESTIGATOR)
    answer = site.post(client, "/search", "/search", **fields)
    assert answer.status_code == 400
    assert fault in answer.text
    assert "/images/" not in answer.text
    assert AuditAction.SEARCH not in [row.event.action for row in site.audit()]


def test_look_alikes_and_gates_narrow_a_search(site: Site) -> None:
    site.pass_vehicle("A8123CD")
    site.pass_vehicle("AB123CD", gate_id="ponte")
    client = site.client(Role.OPERATOR)
    query = {"plate": "AB123CD", "reason": "furto"}
    assert "A8123CD" not in site.post(client, "/search", "/search", **query).text
    both = site.post(client, "/search", "/search", **query, look_alike="true").text
    assert "2 transiti trovati" in both
    one = site.post(client, "/search", "/search", **query, look_alike="true", gates="porta-nord").text
    assert "A8123CD" in one
    assert "1 transito trovato" in one


def test_many_results_come_in_pages_and_none_is_lost_between_them(site: Site) -> None:
    at = site.clock.now()
    # Most of them captured at one moment: each page's border falls among them.
    transits = [transit_of_track("AB123CD", at - timedelta(seconds=max(0, 10 - n)))[0] for n in range(120)]
    with site.database.transaction() as conn:
        insert_transits(conn, transits, at)
    ids = {str(transit.id) for transit in transits}
    client = site.client(Role.INVESTIGATOR)
    page = site.post(client, "/search", "/search", plate="AB123CD", reason="furto").text
    seen: list[str] = []
    for _ in range(3):
        seen += re.findall(r'id="transit-([0-9a-f-]+)"', page)
        form = page[page.find('class="more"') :] if 'class="more"' in page else ""
        if not form:
            break
        names_values = re.findall(r'name="(\w+)" value="([^"]*)"', form)
        page = client.post("/search", data=collect(names_values)).text
    assert len(seen) == len(set(seen)) == 120
    assert set(seen) == ids


def collect(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Form fields with all their values."""
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def test_other_transits_of_a_plate_still_need_a_reason(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    page = site.post(client, "/search/new", "/search", plate="AB123CD").text
    assert 'value="AB123CD"' in page
    assert AuditAction.SEARCH not in [row.event.action for row in site.audit()]


def test_watchlists_are_listed_without_their_plates(site: Site) -> None:
    page = site.client(Role.LIST_MANAGER).get("/watchlists").text
    assert "A1 Veicoli rubati" in page
    assert WANTED not in page


def report_health(site: Site, *changes: tuple[str, timedelta]) -> datetime:
    """Camera nord-1 of the gate nord was in these states, each so long before now, which is returned."""
    now = site.clock.now()
    report = HealthReport(
        kind=SubjectKind.CAMERA, id="nord-1", reader_id="reader-1", gate_ids=("nord",), at=now,
        changes=tuple(Change(state=state, since=now - ago) for state, ago in changes),
    )  # fmt: skip
    with site.database.transaction() as conn:
        record_health(conn, [report], now)
    return now


def test_a_search_says_when_nobody_was_looking(site: Site) -> None:
    hour = timedelta(hours=1)
    now = report_health(site, ("up", 9 * hour), ("unreachable", 3 * hour), ("up", 2 * hour))
    client = site.client(Role.INVESTIGATOR)

    def answer(**fields: object) -> str:
        page: str = site.post(client, "/search", "/search", plate="AB123CD", reason="furto", **fields).text
        return page

    zone = site.console.settings.zone
    page = answer()
    assert "Nessun transito trovato" in page
    gap = re.search(r"La telecamera nord-1 non era in funzione dal (\S+ \S+) al (\S+ \S+): non raggiungibile", page)
    assert gap is not None
    assert gap.groups() == tuple(local_moment(now - ago, zone) for ago in (3 * hour, 2 * hour))
    since = field_moment(site.clock.now() - hour, zone)
    assert "Interruzioni e visibilità ridotta" not in answer(since=since), "it looked all this time"
    assert "Interruzioni e visibilità ridotta" not in answer(gates="ponte"), "another gate"


@pytest.mark.parametrize(
    ("state", "past", "present"),
    [
        (
            "blurred",
            "La telecamera nord-1 aveva visibilità ridotta dal {} al {}: immagine sfocata.",
            "ha visibilità ridotta dal {}: imm",
        ),
        (
            "dark",
            "La telecamera nord-1 aveva visibilità ridotta dal {} al {}: immagine troppo",
            "ha visibilità ridotta dal {}: immagin",
        ),
        (
            "frozen",
            "La telecamera nord-1 non era in funzione dal {} al {}: immagine bloccata.",
            "non è in funzione dal {}: immagine",
        ),
        (
            "looking-away",
            "La telecamera nord-1 non era in funzione dal {} al {}: looking-away.",
            "non è in funzione dal {}: looking",
        ),
    ],
)
def test_a_search_and_the_status_say_how_little_could_be_seen(site: Site, state: str, past: str, present: str) -> None:
    hour = timedelta(hours=1)
    zone = site.console.settings.zone
    now = report_health(site, ("up", 9 * hour), (state, 3 * hour), ("up", 2 * hour), (state, hour))
    client = site.client(Role.INVESTIGATOR)
    page = site.post(client, "/search", "/search", plate="AB123CD", reason="furto").text
    assert past.format(*(local_moment(now - ago, zone) for ago in (3 * hour, 2 * hour))) in page
    assert present.format(local_moment(now - hour, zone)) in page
    status = site.client(Role.ADMINISTRATOR).get("/status").text
    assert present.format(local_moment(now - hour, zone)) in status


def test_a_reader_with_the_wrong_time_is_told_with_by_how_much(site: Site) -> None:
    now = site.clock.now()
    report = HealthReport(
        kind=SubjectKind.READER, id="reader-1", reader_id="reader-1", gate_ids=("nord",), at=now,
        changes=(Change(state="up", since=now),),
    )  # fmt: skip
    with site.database.transaction() as conn:
        for minutes in (3, 2, 1):
            arrived_at = now - timedelta(minutes=minutes)
            record_clock(conn, replace(report, at=arrived_at - timedelta(seconds=42)), arrived_at, 5)
    status = unescape(site.client(Role.ADMINISTRATOR).get("/status").text)
    for text in ("L'orologio del lettore reader-1 indica un'ora sbagliata dal ", "ora sbagliata", "indietro di 42 s"):
        assert text in status, text
    page = site.post(site.client(Role.INVESTIGATOR), "/search", "/search", plate="AB123CD", reason="furto").text
    assert "gli orari dei transiti sono da verificare" in page


def test_status_tells_who_looks_now(site: Site) -> None:
    client = site.client(Role.ADMINISTRATOR)
    assert "Nessun lettore ha ancora comunicato" in client.get("/status").text
    report_health(site, ("up", timedelta(hours=2)), ("frozen", timedelta(minutes=5)))
    page = client.get("/status").text
    assert "immagine bloccata" in page
    assert "La telecamera nord-1 non è in funzione dal" in page
    assert "La telecamera" not in site.client(Role.AUDITOR).get("/status").text, "who may see forwarding only"


def test_status_tells_gates_and_forwarding_without_plates(site: Site) -> None:
    site.pass_vehicle("AB123CD")
    now = site.clock.now()
    with site.database.transaction() as conn:
        run = ForwardRun(
            id=0, destination="questura", day=now.date(), kind=RunKind.NIGHTLY, profile="scntt-example 1",
            protocol="7/2025", started_at=now, finished_at=now, outcome=RunOutcome.FAILED, counts={"rejected": 3},
            error="the disk is full",
        )  # fmt: skip
        finish_run(conn, replace(run, id=start_run(conn, run)))
    page = site.client(Role.ADMINISTRATOR).get("/status").text
    for text in ("Porta Nord", "attivo", "mai attivo", "scaduta", "questura", "the disk is full", "non riuscita"):
        assert text in page, text
    assert "AB123CD" not in page


def test_the_audit_is_shown_and_verified(site: Site) -> None:
    client = site.client(Role.DPO)
    answer = site.post(client, "/audit/verify", "/audit")
    assert "Registro integro" in answer.text
    with site.database.transaction() as conn:
        conn.execute("ALTER TABLE audit DISABLE TRIGGER ALL")
        conn.execute("UPDATE audit SET actor = 'somebody' WHERE seq = 1")
    answer = site.post(client, "/audit/verify", "/audit")
    assert "Registro alterato alla riga 1" in answer.text


def test_the_audit_goes_back_page_by_page(site: Site) -> None:
    client = site.client(Role.AUDITOR)
    with site.database.transaction() as conn:
        for number in range(105):
            append(conn, AuditEvent(actor=f"user-{number}", action=AuditAction.LOGOUT, at=site.clock.now()))
    page = client.get("/audit").text
    older = re.search(r'href="/audit\?before=(\d+)"', page)
    assert older
    assert f">{int(older[1]) - 1}</td>" in client.get(f"/audit?before={older[1]}").text


def test_after_a_form_the_language_switch_leads_to_a_page_that_exists(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    for page in (site.post(client, "/search/new", "/search", plate="AB123CD"), site.post(client, "/search", "/search")):
        assert 'name="back" value="/search"' in page.text


def test_the_language_is_switched_and_kept(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    assert "Ultimi transiti" in client.get("/transits").text
    answer = site.post(client, "/language", "/transits", language="en", back="/transits")
    assert answer.headers["location"] == "/transits"
    page = client.get("/transits").text
    assert '<html lang="en">' in page
    assert "Latest transits" in page
    assert site.post(client, "/language", "/transits", language="xx").status_code == 400


def test_every_answer_carries_the_security_headers(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    for path in ("/login", "/alarms", "/nothing", "/static/console.js", "/healthz", "/audit"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "no-store" in headers["cache-control"] or path.startswith("/static/")


def test_no_page_holds_inline_scripts_or_styles(site: Site) -> None:
    site.pass_vehicle(WANTED)
    client = site.client(Role.OPERATOR)
    for path in ("/alarms", "/transits", "/search", "/watchlists", "/status"):
        page = client.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", page), path


def test_a_body_larger_than_any_form_is_refused(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    assert client.post("/search", data={"plate": "A" * 70_000}).status_code == 413
    endless = client.post("/search", content=iter([b"plate=AB123CD"]))
    assert endless.status_code == 413


def test_health_is_told_to_strangers_and_nothing_else(site: Site) -> None:
    client = site.stranger()
    assert client.get("/healthz").text == "ok"
    assert client.get("/readyz").json() == {"database": "up", "live-alarms": "up"}
    for path in ("/docs", "/redoc", "/openapi.json", "/metrics"):
        assert client.get(path).status_code == 404


def test_a_database_that_is_away_is_said_so(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    site.database.close()
    answer = client.get("/alarms")
    assert answer.status_code == 503
    assert "Banca dati non raggiungibile" in answer.text
    assert site.stranger().get("/readyz").status_code == 503
    assert site.stranger().get("/healthz").status_code == 200


class BrokenImages(ImageStore):
    """A picture store that fails as nothing of ours should."""

    def find(self, *_: object, **__: object) -> bytes | None:
        raise RuntimeError("secret detail AB123CD")


def test_a_fault_of_ours_shows_no_traceback(site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    transit = site.pass_vehicle("AB123CD")
    app = create_app(site.settings, site.database, BrokenImages(tmp_path), MovableClock())
    with serving(app) as url:
        site.url = url
        client = site.client(Role.OPERATOR)
        answer = client.get(f"/transits/{transit.id}/images/{ImageRole.PLATE}")
    assert answer.status_code == 500
    assert "Errore del sistema" in answer.text
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text
    assert any("RuntimeError" in record.getMessage() for record in caplog.records)


def test_every_page_says_at_its_foot_which_version_runs_and_where_its_source_is(site: Site) -> None:
    stranger = site.stranger()
    operator, auditor = site.client(Role.OPERATOR), site.client(Role.AUDITOR)
    pages = [(stranger, "/login"), (operator, "/alarms"), (operator, "/search"), (auditor, "/audit"), (operator, "/no")]
    for client, path in pages:
        foot = client.get(path).text.partition('<footer class="foot">')[2]
        assert f"anpr {anpr.__version__}" in foot, path
        assert "codice sorgente di questa versione" in foot, path
