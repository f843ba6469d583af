# SPDX-License-Identifier: AGPL-3.0-or-later
"""Archive of alarms in the console: filters, pages, one alarm, exports with a reason, and what the audit keeps."""

import csv
import io
import re
from datetime import datetime, timedelta

import httpx
import pytest

from anpr.domain.access import Role
from anpr.domain.alarm import Alarm, AlarmOutcome
from anpr.store.alarms.archive import ArchiveFilter, ArchivePlace, list_archive
from anpr.store.alarms.handling import acknowledge, close_alarm
from anpr.store.audit import AuditAction
from anpr.store.watchlists.entries import NewEntry, add_entry
from tests.support.fixtures_console import PASSWORD, WANTED, Site
from tests.support.organisations import share

_MANY = b"""
WITH made AS (
    INSERT INTO alarms (vehicle, organisation_id, kind, priority, state, raised_at, first_seen_at, last_seen_at,
        acknowledged_by, acknowledged_at, closed_by, closed_at, outcome)
    SELECT 'AA' || n || 'AA', 'manager', 'local', 'low', 'closed', %(at)s, %(at)s, %(at)s, 'operator', %(at)s,
        'operator', %(at)s + (n / 7) * interval '1 microsecond', 'other'
    FROM generate_series(100, 349) n RETURNING id
)
INSERT INTO sightings (alarm_id, transit_id, captured_at, raised_at, gate_id, camera_id, plate, entry_id, entry_plate,
    watchlist_id, reason, priority, probability)
SELECT id, gen_random_uuid(), %(at)s, %(at)s, 'porta-nord', 'nord-1', 'X', id, 'X', 'a1', 'r', 'low', 1 FROM made
"""
"""250 closed alarms, seven in each microsecond."""


def closed(site: Site, plate: str = WANTED, wait_s: float = 30, note: str = "", gate: str = "porta-nord") -> Alarm:
    """An alarm that the operator took after so many seconds and closed a minute later; the clock goes on."""
    if plate != WANTED:
        with site.database.transaction() as conn:
            add_entry(conn, "a1", NewEntry(plate=plate, reason="prova"))
    alarm = site.alarm_of(site.pass_vehicle(plate, gate_id=gate, with_pictures=False))
    taken = alarm.raised_at + timedelta(seconds=wait_s)
    with site.database.transaction() as conn:
        acknowledge(conn, alarm.id, "operator", taken)
        done = close_alarm(conn, alarm.id, "operator", taken + timedelta(minutes=1), AlarmOutcome.NOT_FOUND, note)
    site.clock.ahead += timedelta(seconds=wait_s + 61)
    return done


def listed(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<th scope="row"><a href="/alarms/(\d+)"', page)]


def table(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


def send(site: Site, client: httpx.Client, **fields: object) -> httpx.Response:
    sent = {"reason": "relazione mensile", "form": "csv", **fields}
    return site.post(client, "/archive/export", "/archive", **sent)


def test_the_archive_tells_of_each_alarm_who_took_it_when_and_what_came_of_it(site: Site) -> None:
    alarm = closed(site, wait_s=90, note="cercato in centro")
    client = site.client(Role.OPERATOR)
    page = client.get("/archive").text
    for words in (WANTED, "Porta Nord", "operator", "dopo 1 min", "Veicolo non trovato", "cercato in centro"):
        assert words in page
    assert listed(page) == [alarm.id]
    one = client.get(f"/alarms/{alarm.id}").text
    assert f'data-alarm="{alarm.id}"' in one
    assert client.get("/alarms/999").status_code == 404
    shown = next(row.event for row in site.audit() if row.event.detail.get("page") == "archive")
    assert shown.detail["transits"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("list=a1", 2), ("list=none", 0), ("priority=high", 2), ("priority=low", 0),
        ("kind=local", 2), ("kind=stolen", 0), ("gate=ponte", 1),
        ("gate=porta-nord", 1),
        ("outcome=not-found", 2), ("outcome=stopped", 0), ("person=Operator", 2), ("person=nobody", 0),
        ("longer=300", 1),
        ("longer=60&gate=porta-nord", 0), ("since=2020-01-01&until=2020-01-31", 0),
    ],
)  # fmt: skip
def test_each_filter_narrows(site: Site, query: str, found: int) -> None:
    with site.database.transaction() as conn:
        conn.execute(b"UPDATE watchlists SET kind = 'local'")
    closed(site, wait_s=30)
    closed(site, "AB123CD", wait_s=400, gate="ponte")
    assert len(listed(site.client(Role.OPERATOR).get(f"/archive?{query}").text)) == found


@pytest.mark.parametrize(
    "query", ["kind=x", "outcome=x", "longer=7", "since=ieri", "since=2020-01-01&until=2026-01-01", "gate=%00"]
)
def test_what_is_wrong_with_a_filter_is_told(site: Site, query: str) -> None:
    answer = site.client(Role.OPERATOR).get(f"/archive?{query}")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_pages_follow_one_another_without_gap_or_repetition(site: Site) -> None:
    with site.database.transaction() as conn:
        at = site.clock.now() - timedelta(hours=1)
        conn.execute(_MANY, {"at": at})
    client, seen, address = site.client(Role.OPERATOR), list[int](), "/archive?list=a1"
    while address:
        page = client.get(address).text
        seen += listed(page)
        more = re.search(r'href="(/archive\?list=a1&amp;after=[^"]+)"', page)
        address = more[1].replace("&amp;", "&") if more else ""
    assert len(seen) == len(set(seen)) == 250
    assert client.get("/archive?after=99999999999999999-1").status_code in {200, 404}


def test_the_table_is_safe_for_spreadsheets_and_its_export_is_in_the_audit_with_the_reason(site: Site) -> None:
    alarm = closed(site, note='=HYPERLINK("http://evil")')
    client = site.client(Role.OPERATOR)
    answer = send(site, client, gate="porta-nord")
    (row,) = table(answer)
    assert (row["Veicolo"], row["Attesa"], row["Varco"]) == (WANTED, "0:00:30", "Porta Nord")
    assert row["Nota"].startswith("'=")
    event = next(row.event for row in site.audit() if row.event.action is AuditAction.EXPORTED)
    assert (event.actor, event.reason, event.detail["alarm_rows"]) == ("operator", "relazione mensile", 1)
    assert event.detail["filter"]["gate"] == "porta-nord"
    with site.database.transaction() as conn:
        (sighting,) = conn.execute(b"SELECT transit_id FROM sightings WHERE alarm_id = %s", (alarm.id,))
    assert event.detail["transits"] == [str(sighting["transit_id"])]
    assert "allarmi 1" in site.client(Role.AUDITOR).get("/audit/people/operator").text


def test_the_pdf_has_the_alarms_and_an_export_without_reason_gives_nothing(site: Site) -> None:
    closed(site)
    client = site.client(Role.OPERATOR)
    file = send(site, client, form="pdf")
    assert file.content.startswith(b"%PDF-")
    assert 'filename="alarms-' in file.headers["content-disposition"]
    for reason in ("", "1234", "x" * 300):
        refused = send(site, client, reason=reason)
        assert refused.status_code == 400
        assert 'role="alert"' in refused.text
    assert len([row for row in site.audit() if row.event.action is AuditAction.EXPORTED]) == 1


def test_another_organisations_alarms_are_not_in_it(site: Site, password_hash: str) -> None:
    share(site.database, password_hash)
    closed(site)
    guest = site.stranger()
    assert site.log_in(guest, "operator@empoli", PASSWORD).status_code == 303
    assert listed(guest.get("/archive").text) == []
    assert guest.get("/alarms/1").status_code == 404
    assert table(send(site, guest)) == []


def test_a_page_takes_the_index_of_closing_times(site: Site) -> None:
    which = ArchiveFilter(since=datetime.min.replace(tzinfo=site.settings.zone), until=site.clock.now())
    with site.database.transaction() as conn:
        assert list_archive(conn, which, 10, ArchivePlace(closed_at=site.clock.now(), id=1)) == []
        conn.execute(b"SET LOCAL enable_seqscan = off")
        conn.execute(b"SET LOCAL enable_sort = off")
        plan = conn.execute(
            b"EXPLAIN SELECT * FROM alarms a WHERE a.state = 'closed' AND (a.closed_at, a.id) < (now(), 5)"
            b" ORDER BY a.closed_at DESC, a.id DESC LIMIT 100"
        ).fetchall()
    assert "alarms_closed " in str(plan)
