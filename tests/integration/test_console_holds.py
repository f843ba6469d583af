# SPDX-License-Identifier: AGPL-3.0-or-later
"""Holds in the console: made, changed and ended by investigators, seen by auditor and DPO, marked beside transits."""

import re
from datetime import UTC, date, timedelta
from typing import Any

import httpx
import pytest

from anpr.domain.access import Role
from anpr.domain.hold import Hold
from anpr.store.audit import AuditAction
from anpr.store.holds import add_hold, get_hold, list_holds
from anpr.store.retention_report import retention_report
from tests.support.fixtures_console import Site, transit_of_track

REASON = "richiesta della procura"


def day_in(site: Site, days: int) -> str:
    """The UTC day so many days from now, as the browser sends it."""
    return (site.clock.now().astimezone(UTC).date() + timedelta(days=days)).isoformat()


def send(site: Site, client: httpx.Client, **changes: Any) -> httpx.Response:
    """Send the form of a new hold: a plate, yesterday to tomorrow, for 90 days."""
    now = site.clock.now().astimezone(site.settings.zone)
    fields = {
        "plate": "AB123CD",
        "gate": "",
        "since": (now - timedelta(days=1)).strftime("%d/%m/%Y"),
        "until": (now + timedelta(days=1)).strftime("%d/%m/%Y"),
        "case": "12/2026",
        "reason": REASON,
        "ends_on": day_in(site, 90),
    }
    return site.post(client, "/holds/new", "/holds/new", **{**fields, **changes})


def hold_of(site: Site, number: int = 1) -> Hold:
    with site.database.transaction() as conn:
        return get_hold(conn, number)


def count_holds(site: Site) -> int:
    with site.database.transaction() as conn:
        return len(list_holds(conn, ended=True))


def test_a_hold_is_made_by_the_form_and_its_page_tells_what_it_covers(site: Site) -> None:
    first = site.pass_vehicle("AB123CD")
    last = site.pass_vehicle("AB123CD", gate_id="ponte")
    site.pass_vehicle("ZZ999ZZ")
    client = site.client(Role.INVESTIGATOR)
    answer = send(site, client, plate="ab 123 cd")
    assert (answer.status_code, answer.headers["location"]) == (303, "/holds/1?done=made")
    page = client.get(answer.headers["location"]).text
    for words in ("Conservazione registrata", "12/2026", REASON, "investigator", "Porta Nord", "Ponte vecchio"):
        assert words in page
    assert re.search(r"<dt>Transiti</dt><dd>2</dd>", page)
    zone = site.settings.zone
    for transit in (first, last):
        assert f"{transit.captured_at.astimezone(zone):%d/%m/%Y %H:%M:%S}" in page
    assert re.search(r"trattenuti solo da questa</dt><dd>0</dd>", page), "nothing is past its day yet"
    assert "AB123CD" in client.get("/holds").text
    made = next(row.event for row in site.audit() if row.event.action is AuditAction.HOLD_MADE)
    assert (made.actor, made.reason, made.case_reference) == ("investigator", REASON, "12/2026")


def test_one_transit_is_held_from_its_page(site: Site) -> None:
    transit = site.pass_vehicle("AB123CD")
    site.pass_vehicle("AB123CD")
    client = site.client(Role.INVESTIGATOR)
    page = client.get(f"/transits/{transit.id}").text
    assert f'href="/holds/new?transit={transit.id}"' in page
    answer = site.post(
        client, "/holds/new", f"/holds/new?transit={transit.id}", transit=str(transit.id), case="7/2026", reason=REASON,
        ends_on=day_in(site, 30),
    )  # fmt: skip
    assert answer.headers["location"] == "/holds/1?done=made"
    assert (hold_of(site).transit_id, hold_of(site).plate) == (transit.id, None)
    assert re.search(r"<dt>Transiti</dt><dd>1</dd>", client.get("/holds/1").text)
    assert '<a href="/holds/1">per il procedimento 7/2026' in client.get(f"/transits/{transit.id}").text


def test_the_plate_of_a_transit_and_what_a_search_asked_fill_in_the_form(site: Site) -> None:
    transit = site.pass_vehicle("AB123CD")
    client = site.client(Role.INVESTIGATOR)
    assert 'value="AB123CD"' in client.get(f"/holds/new?plate_of={transit.id}").text
    results = site.search(client, plate="ab123cd", reason="furto in via Roma", case="9/2026", gates=["porta-nord"])
    link = re.search(r'href="(/holds/new\?search=\d+)"', results.text)
    assert link, "the results lead to a hold"
    form = client.get(link[1]).text
    for value in ("AB123CD", "furto in via Roma", "9/2026"):
        assert f'value="{value}"' in form
    assert 'value="porta-nord" selected' in form
    assert "vale per una targa per intero" not in form
    vague = site.search(client, plate="AB12*", reason="furto in via Roma")
    link = re.search(r'href="(/holds/new\?search=\d+)"', vague.text)
    assert link
    assert "vale per una targa per intero" in client.get(link[1]).text
    other = site.stranger()
    site.log_in(other, "operator", "una parola lunga")
    assert other.get(link[1]).status_code == 403


def test_somebody_elses_search_fills_in_nothing(site: Site) -> None:
    site.pass_vehicle("AB123CD")
    results = site.search(site.client(Role.OPERATOR), plate="AB123CD", reason="furto in via Roma")
    number = results.url.path.rpartition("/")[2]
    assert site.client(Role.INVESTIGATOR).get(f"/holds/new?search={number}").status_code == 404


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"plate": "", "gate": ""}, "Indica una targa, un varco, o tutti e due."),
        ({"plate": "AB*"}, "non sta in una targa"),
        ({"plate": "АВ123CD"}, "lettera cirillica"),
        ({"gate": "nowhere"}, "Questo varco non esiste."),
        ({"since": ""}, "Scrivi il giorno, con o senza ora."),
        ({"since": "ieri"}, "Data e ora non valide"),
        ({"since": "21/11/2026", "until": "20/11/2026"}, "La fine dell&#39;intervallo deve venire dopo"),
        ({"case": "  "}, "Scrivi il numero del procedimento"),
        ({"reason": "..."}, "Scrivi il motivo"),
        ({"ends_on": ""}, "manca o non è una data"),
        ({"ends_on": "2020-01-01"}, "è già passato"),
        ({"ends_on": "2199-01-01"}, "Al massimo fra cinque anni"),
        ({"case": "12\x00"}, "caratteri di controllo"),
        ({"case": "1" * 101}, "Troppo lungo: al massimo 100"),
    ],
)
def test_what_cannot_be_says_why_and_holds_nothing(site: Site, changes: dict[str, str], said: str) -> None:
    answer = send(site, site.client(Role.INVESTIGATOR), **changes)
    assert answer.status_code == 400
    assert said in answer.text
    assert count_holds(site) == 0


def test_the_last_day_is_changed_with_a_reason_and_the_history_tells_it(site: Site) -> None:
    client = site.client(Role.INVESTIGATOR)
    send(site, client)
    later = day_in(site, 200)
    for fields in ({"ends_on": later, "reason": ""}, {"ends_on": "2020-01-01", "reason": REASON}):
        assert site.post(client, "/holds/1/ends-on", "/holds/1", **fields).status_code == 400
    answer = site.post(client, "/holds/1/ends-on", "/holds/1", ends_on=later, reason="proroga del giudice")
    assert answer.headers["location"] == "/holds/1?done=changed"
    assert hold_of(site).ends_on == date.fromisoformat(later)
    history = client.get("/holds/1").text.partition("Cronologia")[2]
    assert "proroga del giudice" in history
    before, after = (date.fromisoformat(day_in(site, days)).strftime("%d/%m/%Y") for days in (90, 200))
    assert f"{before} → {after}" in history
    assert "conservazione per un procedimento" in history


def test_a_hold_ends_after_a_question_and_is_made_again(site: Site) -> None:
    long_ago = site.clock.now() - timedelta(days=9)
    transit, _ = transit_of_track("AB123CD", long_ago)
    site.pass_vehicle("AB123CD", id=transit.id, captured_at=long_ago, first_seen=long_ago, last_seen=long_ago)
    client = site.client(Role.INVESTIGATOR)
    send(site, client, since="01/01/2026")
    assert "si cancella 1 transito su 1" in client.get("/holds/1/end").text
    assert site.post(client, "/holds/1/end", "/holds/1/end", reason="").status_code == 400
    answer = site.post(client, "/holds/1/end", "/holds/1/end", reason="procedimento archiviato")
    assert answer.headers["location"] == "/holds/1?done=ended"
    ended = hold_of(site)
    assert (ended.ended_by, ended.ended_at is not None) == ("investigator", True)
    page = client.get("/holds/1?done=ended").text
    assert "Se è stato un errore" in page
    assert 'href="/holds/new?again=1"' in page
    form = client.get("/holds/new?again=1").text
    for value in ("AB123CD", "12/2026", day_in(site, 90)):
        assert f'value="{value}"' in form
    for path, fields in (("ends-on", {"ends_on": day_in(site, 9)}), ("end", {})):
        again = site.post(client, f"/holds/1/{path}", "/holds/1", reason=REASON, **fields)
        assert again.headers["location"] == "/holds/1?done=over"
    assert client.get("/holds/1/end").headers["location"] == "/holds/1?done=over"
    assert sum(row.event.action is AuditAction.HOLD_ENDED for row in site.audit()) == 1


def test_what_another_hold_or_an_open_alarm_keeps_does_not_go_with_this_one(site: Site) -> None:
    long_ago = site.clock.now() - timedelta(days=9)
    for plate in ("AB123CD", "FX427KB"):
        transit, _ = transit_of_track(plate, long_ago)
        site.pass_vehicle(plate, id=transit.id, captured_at=long_ago, first_seen=long_ago, last_seen=long_ago)
    client = site.client(Role.INVESTIGATOR)
    send(site, client, plate="", gate="porta-nord", since="01/01/2026")
    assert "si cancella 1 transito su 2" in client.get("/holds/1/end").text, "the alarm of the other one is open"
    send(site, client, since="01/01/2026")
    assert "nessuno dei transiti compresi (2)" in client.get("/holds/1/end").text


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.DPO])
def test_who_watches_sees_holds_and_changes_none(site: Site, role: Role) -> None:
    send(site, site.client(Role.INVESTIGATOR))
    client = site.client(role)
    page = client.get("/holds/1").text
    assert "12/2026" in page
    assert "/holds/1/end" not in page
    assert "/holds/new" not in client.get("/holds").text
    for path in ("/holds/new", "/holds/1/end", "/holds/1/ends-on"):
        assert site.post(client, path, "/account", reason=REASON, ends_on=day_in(site, 9)).status_code == 403
    assert hold_of(site).ended_at is None
    viewed = [row.event.detail for row in site.audit() if row.event.action is AuditAction.TRANSIT_VIEWED]
    assert {"page": "holds", "hold": 1} in viewed


def test_held_transits_are_marked_for_those_who_may_see_holds(site: Site) -> None:
    transit = site.pass_vehicle("AB123CD")
    site.pass_vehicle("ZZ999ZZ")
    client, operator = site.client(Role.INVESTIGATOR), site.client(Role.OPERATOR)
    assert "conservato per" not in client.get("/transits").text
    send(site, client)
    results = site.search(client, plate="AB*", reason="furto in via Roma").text
    assert results.count("conservato per 12/2026") == 1
    assert client.get("/transits").text.count("conservato per 12/2026") == 1
    assert "conservato per 12/2026" in client.get("/transits/rows").text
    for path in ("/transits", f"/transits/{transit.id}"):
        assert "12/2026" not in operator.get(path).text
    site.post(client, "/holds/1/end", "/holds/1", reason="procedimento archiviato")
    assert "conservato per" not in client.get("/transits").text


def test_a_hold_that_is_not_there(site: Site) -> None:
    client = site.client(Role.INVESTIGATOR)
    for path in ("/holds/7", "/holds/7/end", "/holds/new?again=7", "/holds/new?transit=" + "0" * 32):
        assert client.get(path).status_code == 404
    assert site.post(client, "/holds/7/end", "/holds", reason=REASON).status_code == 404


def test_a_hold_of_the_command_line_is_shown_too(site: Site) -> None:
    now = site.clock.now()
    with site.database.transaction() as conn:
        number = add_hold(
            conn,
            Hold(
                case_reference="3/2026", reason="furto", author="os:root", made_at=now, since=now, gate_id="gone",
                until=now + timedelta(hours=1), ends_on=now.date() + timedelta(days=1),
            ),
        )  # fmt: skip
    page = site.client(Role.DPO).get(f"/holds/{number}").text
    assert "os:root" in page
    assert "gone" in page
    assert "non c&#39;è nessun transito" in page


def test_the_retention_report_counts_what_the_pages_show(site: Site) -> None:
    for plate, gate in (("AB123CD", "porta-nord"), ("AB123CD", "ponte"), ("ZZ999ZZ", "ponte")):
        site.pass_vehicle(plate, gate_id=gate)
    client = site.client(Role.INVESTIGATOR)
    send(site, client)
    send(site, client, plate="", gate="ponte")
    send(site, client, plate="ZZ999ZZ")
    site.post(client, "/holds/3/end", "/holds/3", reason="procedimento archiviato")
    with site.database.transaction() as conn:
        rows = {table.name: table.rows for table in retention_report(conn, site.clock.now()).tables}
    assert (rows["holds"], rows["held transits"]) == (2, 3), "one of them is held twice"
    assert "2 in corso" in client.get("/holds").text
    covered = [re.search(r"<dt>Transiti</dt><dd>(\d+)</dd>", client.get(f"/holds/{n}").text) for n in (1, 2)]
    assert [found and found[1] for found in covered] == ["2", "2"]
