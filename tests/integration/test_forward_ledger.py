# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ledger beside the forwarder: what retention and the console ask of it."""

from datetime import timedelta
from pathlib import Path

import pytest

from anpr.domain.delivery import DeliveryState, RunKind
from anpr.domain.kept_from import KeptFrom
from anpr.forward.runs import run_day, run_days
from anpr.forward.schedule import day_scope
from anpr.store.database.connection import Database
from anpr.store.forwarding.batches import open_batches
from anpr.store.forwarding.deliveries import counts_by_day, deliveries_of_transit, queue_transits, rejections
from anpr.store.forwarding.retention import drop_deliveries, expire_deliveries
from anpr.store.retention import run_retention
from scripts.lab.transits import make_transit
from tests.support.forwarding import DAY, NIGHT, Site, transits


@pytest.fixture
def site(database: Database, forward_database: Database, tmp_path: Path) -> Site:
    return Site(database, tmp_path, ours=forward_database)


def queue(site: Site) -> None:
    job = site.job()
    with site.database.transaction() as conn:
        queue_transits(conn, day_scope(job.id, DAY, job.centre.settings.zone), job.kept, site.clock.now())


def test_one_transit_tells_where_it_went(site: Site) -> None:
    sent = make_transit(1)
    site.store([sent])
    run_day(site.job(), DAY)
    with site.database.transaction() as conn:
        (delivery,) = deliveries_of_transit(conn, sent.id, sent.captured_at)
        assert deliveries_of_transit(conn, make_transit(2).id, sent.captured_at) == []
    assert (delivery.destination, delivery.state, delivery.day) == ("questura", DeliveryState.SENT, DAY)
    assert (delivery.batch, delivery.sent_at, delivery.reason) == (1, site.clock.now(), None)


def test_queueing_twice_gives_one_row_each(site: Site) -> None:
    site.store(transits(5))
    queue(site)
    queue(site)
    assert site.states() == {"queued": 5}


def test_what_waits_when_its_transit_is_dropped_expires(site: Site) -> None:
    site.store(transits(3))
    queue(site)
    with site.database.transaction() as conn:
        assert expire_deliveries(conn, KeptFrom(rest=NIGHT - timedelta(days=1), purposes={}), NIGHT) == {}
        assert expire_deliveries(conn, KeptFrom(rest=NIGHT, purposes={}), NIGHT) == {"questura": 3}
    assert site.states() == {"expired": 3}
    assert {row["reason"] for row in site.ledger_rows()} == {"no longer stored"}


def test_a_transit_dropped_while_its_batch_is_open_is_expired_and_the_rest_sent(site: Site) -> None:
    site.store(transits(2))
    site.arrived.write_text("not a folder")
    run_day(site.job(), DAY)
    with site.database.transaction() as conn:
        assert len(open_batches(conn, day_scope("questura", DAY, site.job().centre.settings.zone))) == 1
        conn.execute("DELETE FROM transits WHERE id = %s", (make_transit(0).id,))
    site.arrived.unlink()
    report = run_day(site.job(), DAY).days[0]
    assert (report.sent, report.expired) == (1, 1)
    assert site.states() == {"sent": 1, "expired": 1}


def test_retention_drops_old_days_of_the_ledger_and_counts_them(site: Site) -> None:
    old = transits(2, since=NIGHT - timedelta(days=3), first=50)
    site.store([*old, *transits(3)])
    run_day(site.job(), DAY - timedelta(days=2))
    run_day(site.job(), DAY)
    with site.database.transaction() as conn:
        assert list(counts_by_day(conn, "questura")) == [DAY - timedelta(days=2), DAY]
    assert drop_deliveries(site.database, NIGHT - timedelta(days=1)) == 2
    with site.database.transaction() as conn:
        assert counts_by_day(conn, "questura") == {DAY: {DeliveryState.SENT: 3}}
    assert drop_deliveries(site.database, NIGHT - timedelta(days=1)) == 0


def test_retention_leaves_the_ledger_when_it_drops_the_transits(site: Site) -> None:
    site.store(transits(3))
    run_day(site.job(), DAY)
    site.clock.advance(20 * 86_400)
    # Whatever day it really is: the database's clock is the test's, and a person says that twenty days have passed.
    run_retention(
        site.database, site.images, site.settings().retention, site.clock, really_by="os:anna",
        database_clock=lambda _: site.clock.now(),
    )  # fmt: skip
    with site.database.transaction() as conn:
        assert conn.execute("SELECT FROM transits LIMIT 1").fetchone() is None
    assert site.states() == {"sent": 3}


def test_reasons_are_counted_by_day(site: Site) -> None:
    site.profile = {"fields": [{"name": "lane", "source": "lane", "length": 2}]}
    site.store([make_transit(n, lane="middle") for n in range(3)])
    run_day(site.job(), DAY)
    with site.database.transaction() as conn:
        assert rejections(conn, "questura") == [(DAY, "lane: 6 characters, at most 2", 3)]


def test_what_goes_past_retention_while_its_batch_is_open_is_not_sent(site: Site) -> None:
    stored = transits(2)
    site.store(stored)
    site.arrived.write_text("not a folder")
    run_day(site.job(), DAY)
    site.arrived.unlink()
    # A week later, between the two.
    site.clock.advance((stored[0].captured_at + timedelta(days=7, milliseconds=500) - site.clock.now()).total_seconds())
    # Without the sweep that a nightly run begins with: the batch itself must refuse.
    report = run_days(site.job(), [DAY], RunKind.MANUAL, expire=False).days[0]
    assert (report.sent, report.expired) == (1, 1)
    assert [row["reason"] for row in site.ledger_rows()] == ["past retention", None]
    assert site.sent_ids() == [str(stored[1].id)]
