# SPDX-License-Identifier: AGPL-3.0-or-later
"""The search page without a plate: conditions, views, exports, marks, saved questions, and a browser that goes."""

import csv
import hashlib
import io
import json
import re
from datetime import timedelta
from html import unescape

import httpx
import pytest

from anpr.domain.access import Role
from anpr.domain.health import Change, HealthReport, SubjectKind
from anpr.store.audit import AuditAction
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.health.record import record_health
from anpr.store.investigations.gathered import list_marked, list_questions
from anpr.store.investigations.life import end_investigation, open_investigation
from tests.integration.test_console_delivery import text_of
from tests.support.fixtures_console import SEARCH_KIND, Site
from tests.support.waiting import eventually

WHY = {"reason": "furto in via Roma"}


def asked(site: Site, client: httpx.Client, **fields: object) -> httpx.Response:
    return site.search(client, **{**WHY, **fields})


def last(site: Site, action: AuditAction) -> dict[str, object]:
    return dict(next(row.event.detail for row in site.audit() if row.event.action is action))


def gate_of(site: Site) -> str:
    """Of every vehicle that passes here."""
    return site.pass_vehicle("AB123CD").gate_id


def open_case(site: Site, reference: str = "12/2026") -> int:
    by = Author(name="investigator", at=site.clock.now())
    with site.database.transaction() as conn:
        return open_investigation(conn, reference, "Furti", "", by).id


def test_what_passed_a_gate_within_an_hour_is_found_without_a_plate(site: Site) -> None:
    gate = gate_of(site)
    site.pass_vehicle("FX427KB")
    answer = asked(site, site.client(Role.INVESTIGATOR), gates=[gate])
    assert "2 transiti trovati" in answer.text
    detail = last(site, AuditAction.SEARCH)
    assert (detail["pattern"], detail["gates"], detail["reason_kind"]) == ("", [gate], SEARCH_KIND)
    assert detail["until"], "bounded by the moment of the search"


def test_conditions_are_chips_and_each_can_be_taken_away(site: Site) -> None:
    gate = gate_of(site)
    client = site.client(Role.INVESTIGATOR)
    fields = {
        "gates": [gate],
        "excluded": "ab123cd",
        "from_hour": "0",
        "to_hour": "24:00",
        "weekdays": ["1", "2", "3", "4", "5", "6", "7"],
    }
    answer = asked(site, client, **fields)
    assert "Nessun transito trovato" in answer.text
    assert 'aria-label="Togli: senza AB123CD"' in answer.text
    assert '<details class="field conditions" open>' in answer.text
    again = asked(site, client, **fields, without="excluded")
    assert "1 transito trovato" in again.text
    assert "excluded" not in last(site, AuditAction.SEARCH)


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({}, "plate", "oppure scegli almeno un varco"),
        ({"plate": "*", "gates": ["g"]}, "plate", "Servono almeno 2"),
        ({"plate": "A" * 40}, "plate", "Al massimo 16"),
        ({"gates": [f"g{n}" for n in range(700)]}, "gates", "Troppi varchi: al massimo 500"),
        ({"gates": ["g"], "from_hour": "25"}, "from_hour", "Ora non valida"),
        ({"gates": ["g"], "from_hour": "2"}, "to_hour", "Servono l&#39;ora iniziale"),
        ({"gates": ["g"], "confidence": "200"}, "confidence", "da 0 a 100"),
        ({"gates": ["g"], "country": "??"}, "country", "Paese non valido"),
        ({"gates": ["g"], "direction": "up"}, "direction", ""),
        ({"gates": ["g"], "excluded": "Ж1"}, "excluded", "Una di queste targhe"),
        ({"gates": ["g"], "excluded": "AA111AA " * 21}, "excluded", "Al massimo 20 targhe"),
        ({"gates": ["g"], "onward_gate": "h", "onward_minutes": "9999"}, "onward_minutes", "da 1 a 1440"),
        ({"plate": "AB123CD", "kind": "perché sì"}, "kind", "Scegli il tipo di motivo"),
        ({"gates": ["g"], "since": "01/01/2099"}, "since", "non è conservato nessun transito"),
    ],
    ids=[
        *["nothing", "a bare *", "forty signs", "gates without end", "hour 25", "no end", "200 %", "country"],
        *["direction", "Cyrillic", "many excluded", "minutes", "no kind", "the future"],
    ],
)
def test_bad_input_gets_one_plain_word_and_is_recorded(
    site: Site, fields: dict[str, object], field: str, said: str
) -> None:
    answer = site.post(site.client(Role.INVESTIGATOR), "/search", "/search", **{**WHY, **fields})
    assert answer.status_code == 400
    assert said in answer.text
    assert field in last(site, AuditAction.SEARCH_REFUSED)["refused"]  # type: ignore[operator]


def test_kind_reason_and_case_are_chosen_once_for_a_session(site: Site) -> None:
    client = site.client(Role.INVESTIGATOR)
    assert "Stai lavorando per" not in client.get("/search").text
    page = asked(site, client, plate="AB123CD", case="12/2026").text
    assert "Stai lavorando per" in page
    new = client.get("/search").text
    for text in (f"<option selected>{SEARCH_KIND}", f'value="{WHY["reason"]}"', 'value="12/2026"'):
        assert text in new, text
    assert WHY["reason"] not in site.client(Role.OPERATOR).get("/search").text


@pytest.mark.parametrize("view", ["list", "table", "sheet"])
@pytest.mark.parametrize("order", ["newest", "oldest", "plate"])
def test_views_and_orders_show_the_same_and_pages_are_led_to_by_keys(site: Site, view: str, order: str) -> None:
    plates = [f"AB{n:03}CD" for n in range(53)]
    gate = ""
    for plate in plates:
        gate = site.pass_vehicle(plate, with_pictures=False).gate_id
        site.clock.ahead += timedelta(seconds=1)
    client = site.client(Role.INVESTIGATOR)
    address = asked(site, client, gates=[gate]).url.path
    first = client.get(f"{address}?view={view}&order={order}").text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = client.get(unescape(following[1])).text
    shown = [re.findall(r'id="transit-([0-9a-f-]{36})"', page) for page in (first, second)]
    assert [len(ids) for ids in shown] == [50, 3]
    assert len({*shown[0], *shown[1]}) == 53
    assert "after=" in following[1], "whatever the order"
    assert not any(plate in following[1] for plate in plates)
    back = re.search(r'rel="prev" href="([^"]+)"', second)
    assert back
    assert "after=" not in back[1]
    assert shown[0] == re.findall(r'id="transit-([0-9a-f-]{36})"', client.get(unescape(back[1])).text)


@pytest.mark.parametrize("order", ["newest", "oldest", "plate"])
def test_pages_back_are_led_to_by_keys_too(site: Site, order: str) -> None:
    gate = ""
    for number in range(103):
        gate = site.pass_vehicle(f"AB{number:03}CD", with_pictures=False).gate_id
        site.clock.ahead += timedelta(seconds=1)
    client = site.client(Role.INVESTIGATOR)
    address = asked(site, client, gates=[gate]).url.path
    ids = re.compile(r'id="transit-([0-9a-f-]{36})"')
    on_third = client.get(f"{address}?view=table&order={order}&page=3").text
    back = re.search(r'rel="prev" href="([^"]+)"', on_third)
    assert back
    assert "before=" in back[1]
    second = client.get(unescape(back[1])).text
    assert ids.findall(second) == ids.findall(client.get(f"{address}?view=table&order={order}&page=2").text)
    as_sheet = re.search(r'href="([^"]+view=sheet[^"]*)"', second)
    assert as_sheet
    assert "before=" in as_sheet[1], "another view shows the same page"


def test_an_export_says_whose_it_is_and_the_audit_has_its_hash(site: Site) -> None:
    transit = site.pass_vehicle("AB123CD")
    client = site.client(Role.INVESTIGATOR)
    address = asked(site, client, plate="AB123CD", reason="=furto in via Roma", case="12/2026").url.path
    for form in ("csv", "geojson", "pdf"):
        answer = site.post(client, f"{address}/export", address, form=form)
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].endswith(f'.{form}"')
        detail = last(site, AuditAction.EXPORTED)
        assert detail["sha256"] == hashlib.sha256(answer.content).hexdigest()
        assert (detail["form"], detail["found"], detail["transits"]) == (form, 1, [str(transit.id)])
        assert detail["reason_kind"] == SEARCH_KIND
        event = site.audit()[0].event
        assert (event.actor, event.case_reference) == ("investigator", "12/2026")
        assert "AB123CD" not in answer.headers["content-disposition"]
        if form == "csv":
            rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
            assert rows[1][2] == "AB123CD"
            assert ["Autore", "investigator"] in rows
            assert any(row[1].startswith(f"{SEARCH_KIND}: =furto") for row in rows if row[:1] == ["Motivo"])
        if form == "geojson":
            (feature,) = json.loads(answer.content)["features"]
            assert feature["id"] == str(transit.id)
            assert feature["properties"]["plate"] == "AB123CD"
        if form == "pdf":
            assert answer.content.startswith(b"%PDF")


@pytest.mark.parametrize("form", ["csv", "geojson", "pdf"])
def test_an_export_of_nothing_says_that_nobody_looked(site: Site, form: str) -> None:
    """It goes to a prosecutor without the page around it."""
    now = site.clock.now()
    change = Change(state="unreachable", since=now - timedelta(hours=2))
    report = HealthReport(
        kind=SubjectKind.CAMERA, id="nord-1", reader_id="reader-1", gate_ids=("porta-nord",), at=now, changes=(change,)
    )
    with site.database.transaction() as conn:
        record_health(conn, [report], now)
    client = site.client(Role.INVESTIGATOR)
    address = asked(site, client, gates=["porta-nord"]).url.path
    data = site.post(client, f"{address}/export", address, form=form).content
    text = text_of(data) if form == "pdf" else data.decode()
    assert re.search(r"nord-1 \(Porta Nord\) non è in funzione dal", text), text


def test_marks_and_questions_go_into_an_investigation(site: Site) -> None:
    transit = site.pass_vehicle("AB123CD")
    case = open_case(site)
    client = site.client(Role.INVESTIGATOR)
    page = asked(site, client, gates=[transit.gate_id], case="12/2026")
    address = page.url.path
    sheet = client.get(f"{address}?view=sheet").text
    assert f'name="transit" value="{transit.id}"' in sheet
    answer = site.post(client, f"{address}/marks", address, investigation=case, transit=str(transit.id), view="sheet")
    assert answer.headers["location"] == f"{address}?view=sheet&told=marked"
    assert "sono nel fascicolo" in client.get(answer.headers["location"]).text
    saved = site.post(client, f"{address}/question", address, investigation=case, text="Chi al varco?")
    assert saved.headers["location"].endswith("told=saved")
    place = {"order": "plate", "view": "table"}
    kept = site.post(client, f"{address}/question", address, investigation=case, text="E prima?", **place)
    assert kept.headers["location"] == f"{address}?order=plate&view=table&told=saved", "where one was"
    assert '<input type="hidden" name="view" value="sheet">' in sheet.partition("/question")[2]
    with site.database.transaction() as conn:
        (mark,) = list_marked(conn, case)
        assert (mark.transit_id, mark.note) == (transit.id, f"dalla ricerca n. {address.rpartition('/')[2]}")
        question = next(each for each in list_questions(conn, case) if each.text == "Chi al varco?")
    link = f"/search?investigation={case}&question={question.id}"
    assert unescape(client.get("/search").text).count(f'{link}"') == 1
    again = client.get(link).text
    assert f'value="{transit.gate_id}" checked' in again
    assert 'value="12/2026"' in again
    assert WHY["reason"] not in again, "the reason is a new one"
    assert client.get(f"/search?investigation={case}&question=4711").status_code == 404
    placed_at = re.compile(r'id="since" name="since" value="([^"]+)"')
    site.advance_days(2)
    client = site.client(Role.INVESTIGATOR)
    own, newest = (placed_at.search(client.get(f"{link}{more}").text) for more in ("", "&newest=1"))
    assert own
    assert newest
    assert own[1] != newest[1], "as many of the newest days"


def test_a_transit_leads_back_to_the_same_page_view_and_order_and_offers_the_case(site: Site) -> None:
    transit = site.pass_vehicle("AB123CD")
    open_case(site, "11/2026")
    open_case(site)
    client = site.client(Role.INVESTIGATOR)
    address = asked(site, client, gates=[transit.gate_id], case="12/2026").url.path
    results = unescape(client.get(f"{address}?order=plate&view=sheet").text)
    link = next(each for each in re.findall(r'href="(/transits/[^"]+)"', results) if str(transit.id) in each)
    opened = unescape(client.get(link).text)
    assert f'href="{address}?order=plate&view=sheet#transit-{transit.id}"' in opened
    assert re.search(r"<option value=\"\d+\" selected>12/2026</option>", opened)
    assert 'href="/search" aria-current' in opened, "the menu says where one is"


def test_who_works_on_no_investigation_marks_nothing_and_an_ended_one_is_not_searched_for(site: Site) -> None:
    transit = site.pass_vehicle("AB123CD")
    case = open_case(site)
    operator = site.client(Role.OPERATOR)
    address = asked(site, operator, plate="AB123CD").url.path
    assert (
        site.post(operator, f"{address}/marks", address, investigation=case, transit=str(transit.id)).status_code == 403
    )
    client = site.client(Role.INVESTIGATOR)
    own = asked(site, client, plate="AB123CD").url.path
    nothing = site.post(client, f"{own}/marks", own, investigation=4711, transit=str(transit.id))
    assert nothing.headers["location"].endswith("told=not_marked")
    assert site.post(client, f"{address}/export", own, form="csv").status_code == 404, "another's search"
    with site.database.transaction() as conn:
        end_investigation(conn, case, Author(name="investigator", at=site.clock.now()), "archiviato")
    refused = site.post(client, "/search", "/search", **WHY, plate="AB123CD", case="12/2026")
    assert refused.status_code == 400
    assert "fascicolo è concluso" in refused.text


def test_a_browser_that_goes_away_ends_the_statement_in_the_database(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(conn: Connection, _query: object) -> int:
        conn.execute("SELECT pg_sleep(60)")
        return 0

    def sleeping() -> int:
        with site.database.transaction() as conn:
            found = conn.execute(
                "SELECT count(*) AS n FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'"
            ).fetchone()
        return int(found["n"]) if found else 0

    monkeypatch.setattr("anpr.store.transits.audited_search.count_found", slowly)
    client = site.client(Role.INVESTIGATOR)
    client.timeout = httpx.Timeout(5.0)
    with pytest.raises(httpx.ReadTimeout):
        site.post(client, "/search", "/search", plate="AB1*", **WHY)
    eventually(lambda: site.audit()[0].event.action is AuditAction.SEARCH_REFUSED)
    assert sleeping() == 0
    assert "whoever asked" in str(site.audit()[0].event.detail["refused"])
    assert not site.console.search_seats._taken
