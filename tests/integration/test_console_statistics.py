# SPDX-License-Identifier: AGPL-3.0-or-later
"""Statistics of outcomes: by list, kind, gate, camera and day, who cries wolf, and the same on the status page."""

import csv
import io
from datetime import timedelta

import pytest

from anpr.domain.access import Role
from anpr.domain.alarm import AlarmOutcome
from anpr.ingest.agreement_ends import note_ends
from anpr.runtime.metrics import REGISTRY
from anpr.store.alarms.erased_counts import erased_counts, forget_counts_before
from anpr.store.alarms.handling import acknowledge, close_alarm, take_over
from anpr.store.alarms.rows import list_alarms
from anpr.store.alarms.statistics import RETENTION, Statistics, statistics, wolves
from anpr.store.audit import AuditAction
from anpr.store.retention import run_retention
from anpr.store.watchlists.lists import watchlist_names
from tests.support.fixtures_console import PASSWORD, WANTED, Site
from tests.support.organisations import share

S = timedelta(seconds=1)
STOPPED, FALSE = AlarmOutcome.STOPPED, AlarmOutcome.FALSE_READ


def closed(
    site: Site, outcome: AlarmOutcome, take_s: float = 10, by: str = "operator", gate: str = "porta-nord"
) -> None:
    """One more alarm of the wanted plate, taken after so many seconds and closed a minute after that."""
    site.clock.ahead += timedelta(minutes=30)  # no passage joins the alarm before
    alarm = site.alarm_of(site.pass_vehicle(WANTED, gate_id=gate, with_pictures=False))
    with site.database.transaction() as conn:
        if by != RETENTION:
            acknowledge(conn, alarm.id, by, alarm.raised_at + take_s * S)
        close_alarm(conn, alarm.id, by, alarm.raised_at + (take_s + 60) * S, outcome)


def counted(site: Site) -> Statistics:
    now = site.clock.now()
    with site.database.transaction() as conn:
        return statistics(conn, now - timedelta(days=30), now + timedelta(days=1), site.settings.zone)


def test_times_and_outcomes_are_counted_by_list_kind_gate_camera_and_day(site: Site) -> None:
    for seconds in (10, 20, 300):
        closed(site, STOPPED, seconds)
    closed(site, FALSE, 40, gate="ponte")
    found = counted(site)
    assert found.total is not None
    assert (found.total.count, found.total.outcomes[STOPPED], found.total.outcomes[FALSE]) == (4, 3, 1)
    assert found.total.take_s[0] == pytest.approx(30)
    assert found.total.close_s[0] == pytest.approx(90)
    assert found.total.take_s[1] == pytest.approx(261)
    assert [(each.id, each.count) for each in found.gates] == [("porta-nord", 3), ("ponte", 1)]
    assert [(each.gate_id, each.false_reads.part) for each in found.cameras] == [("porta-nord", 0), ("ponte", 1)]
    assert [(each.id, each.count) for each in found.lists] == [("a1", 4)]
    assert sum(each.count for each in found.days) == 4


def test_who_takes_an_alarm_over_does_not_make_the_wait_longer_and_retentions_are_not_counted(site: Site) -> None:
    site.clock.ahead += timedelta(minutes=30)
    alarm = site.alarm_of(site.pass_vehicle(WANTED, with_pictures=False))
    with site.database.transaction() as conn:
        acknowledge(conn, alarm.id, "operator", alarm.raised_at + 5 * S)
        take_over(conn, alarm.id, "bruna", alarm.raised_at + 500 * S, "operator", "fine turno")
        close_alarm(conn, alarm.id, "bruna", alarm.raised_at + 600 * S, STOPPED)
    closed(site, AlarmOutcome.OTHER, by=RETENTION)
    total = counted(site).total
    assert total is not None
    assert total.count == 1
    assert total.take_s[0] == pytest.approx(5)
    assert total.close_s[0] == pytest.approx(600)


def test_a_list_and_a_camera_that_cry_wolf_are_told_on_both_pages_and_by_the_metric(site: Site) -> None:
    for _ in range(20):
        closed(site, FALSE)
    site.clock.ahead += timedelta(minutes=5)
    note_ends(site.database, site.settings, site.clock)
    assert REGISTRY.get_sample_value("anpr_false_read_warnings", {"what": "list"}) == 1
    assert REGISTRY.get_sample_value("anpr_false_read_warnings", {"what": "camera"}) == 1
    with site.database.transaction() as conn:
        name = watchlist_names(conn)["a1"]
    for role, path in ((Role.AUDITOR, "/statistics"), (Role.OPERATOR, "/status")):
        page = site.client(role).get(path).text
        told = page.partition("Troppe letture errate")[2]
        assert "nord-1" in told
        assert "20 letture errate su 20" in told
        assert name in told


def test_few_alarms_warn_of_nothing(site: Site) -> None:
    for _ in range(3):
        closed(site, FALSE)
    assert not wolves(counted(site), 20, 0.3)
    page = site.client(Role.ADMINISTRATOR).get("/statistics").text
    assert "Troppe letture errate" not in page
    assert "tra 44 e 100 %" in page
    assert WANTED not in page


def test_the_table_for_spreadsheets_has_every_group_and_is_in_the_audit(site: Site) -> None:
    closed(site, FALSE)
    client = site.client(Role.ADMINISTRATOR)
    answer = client.get("/statistics/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert [row["Per"] for row in rows] == ["Lista", "Tipo", "Varco", "Telecamera", "Giorno"]
    assert {row["Lettura errata"] for row in rows} == {"1"}
    assert rows[2]["Nome"] == rows[3]["Nome"] == "Porta Nord"
    assert rows[0]["Presa in carico, mediana (s)"] == "10"
    assert WANTED not in answer.text
    event = next(row.event for row in site.audit() if row.event.action is AuditAction.EXPORTED)
    assert (event.actor, event.detail["made"]) == ("administrator", "statistics")


@pytest.mark.parametrize(
    "query", ["since=ieri", "since=2026-02-01&until=2026-01-01", "since=2020-01-01&until=2026-01-01"]
)
def test_a_period_that_cannot_be_is_told(site: Site, query: str) -> None:
    client = site.client(Role.AUDITOR)
    for path in ("/statistics", "/statistics/csv"):
        answer = client.get(f"{path}?{query}")
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text


def test_another_organisation_counts_its_own(site: Site, password_hash: str) -> None:
    share(site.database, password_hash)
    closed(site, FALSE)
    guest = site.stranger()
    assert site.log_in(guest, "auditor@empoli", PASSWORD).status_code == 303
    assert "Nessun allarme chiuso" in guest.get("/statistics").text
    assert "Per lista" in site.client(Role.AUDITOR).get("/statistics").text


def test_retention_leaves_counts_without_plates_and_few_are_not_told_as_numbers(site: Site) -> None:
    closed(site, FALSE, 10, gate="ponte")
    for seconds in (10, 20, 30, 200, 200, 4000):
        closed(site, STOPPED, seconds)
    day = site.clock.now().date()
    site.clock.ahead += timedelta(days=site.settings.retention.alarm_days + 2)
    for _ in range(2):  # a second run counts nothing twice
        run_retention(site.database, site.images, site.settings.retention, site.clock, really_by="anna",
                      database_clock=lambda _: site.clock.now())  # fmt: skip
    with site.database.transaction() as conn:
        assert list_alarms(conn) == []
        found = erased_counts(conn, day - timedelta(days=1), day + timedelta(days=1))
        rows = conn.execute("SELECT * FROM alarm_counts").fetchall()
    assert found is not None
    assert (found.total, found.kinds, found.gates) == (7, {"local": 7}, {"porta-nord": 6, "ponte": None})
    assert found.outcomes == {"stopped": 6, "false-read": None}
    assert found.waits == {"60": None, "300": None, "more": None}, "each of them is fewer than five"
    assert all(WANTED not in str(row) for row in rows)
    page = site.client(Role.AUDITOR).get(f"/statistics?since={day - timedelta(days=1)}&until={day}").text
    assert "Allarmi già cancellati" in page
    assert "meno di 5" in page
    with site.database.transaction() as conn:
        assert forget_counts_before(conn, day + timedelta(days=2)) == len(rows)
        assert erased_counts(conn, day - timedelta(days=1), day + timedelta(days=1)) is None
