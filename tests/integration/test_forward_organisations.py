# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forwarding between organisations: what a destination's organisation may forward is sent, and nothing else."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from anpr.domain.errors import ForwardError
from anpr.domain.gate import Gate, Keep
from anpr.domain.organisation import MANAGER, Action
from anpr.forward.runs import run_day, run_nightly
from anpr.store.database.connection import Database
from anpr.store.gates import save_gates
from anpr.store.organisations.agreements import end_agreement
from anpr.store.organisations.registry import add_organisation
from tests.support import forwarding
from tests.support.organisations import EMPOLI, GATE, agree


@pytest.fixture
def site(database: Database, forward_database: Database, tmp_path: Path) -> forwarding.Site:
    """Two transits at the manager's gate, three at Empoli's, one at a gate that nobody has configured."""
    site = forwarding.Site(database, tmp_path, ours=forward_database)
    with database.transaction() as conn:
        add_organisation(conn, EMPOLI)
        save_gates(conn, [GATE, Gate(id="gate-1", name="Nord", purpose="p", legal_basis="l")])
    made = forwarding.transits(6)
    gates = ["gate-1"] * 2 + [GATE.id] * 3 + ["nobodys"]
    site.store([replace(transit, gate_id=gate) for transit, gate in zip(made, gates, strict=True)])
    return site


@pytest.mark.parametrize(("organisation", "sent"), [(MANAGER, 3), ("empoli", 3)])
def test_a_destination_gets_what_passed_its_organisations_own_gates(
    site: forwarding.Site, organisation: str, sent: int
) -> None:
    site.destination["organisation"] = organisation
    run_nightly(site.job())
    assert site.states() == {"sent": sent}


@pytest.mark.parametrize(("action", "sent"), [(Action.SEARCH, 3), (Action.FORWARD, 6)])
def test_others_are_forwarded_where_an_agreement_says_so(site: forwarding.Site, action: Action, sent: int) -> None:
    with site.database.transaction() as conn:
        agree(conn, site.job().today, action, gates={GATE.id}, grantor="empoli", grantee=MANAGER)
    run_nightly(site.job())
    assert site.states() == {"sent": sent}


def test_what_is_queued_when_an_agreement_ends_is_not_sent(site: forwarding.Site) -> None:
    with site.database.transaction() as conn:
        made = agree(conn, site.job().today, Action.FORWARD, gates={GATE.id}, grantor="empoli", grantee=MANAGER)
    site.arrived.write_text("in the way: nothing can be sent")
    run_day(site.job(), forwarding.DAY)
    site.arrived.unlink()
    with site.database.transaction() as conn:
        end_agreement(conn, made.id, "carla", site.clock.now(), site.job().today)
    run_nightly(site.job())
    assert site.states() == {"sent": 3, "expired": 3}
    assert {row["reason"] for row in site.ledger_rows() if row["state"] == "expired"} == {
        "no longer stored, or its gate is no longer open for forwarding"
    }


def test_an_agreement_that_is_over_forwards_nothing(site: forwarding.Site) -> None:
    with site.database.transaction() as conn:
        agree(conn, site.job().today - timedelta(days=0), Action.FORWARD, gates={GATE.id}, grantor="empoli",
              grantee=MANAGER, days=0)  # fmt: skip
    site.clock.advance(timedelta(days=1).total_seconds())
    run_nightly(site.job())
    assert site.states() == {"sent": 3}


def test_a_destination_of_nobody_is_refused(site: forwarding.Site) -> None:
    site.destination["organisation"] = "empolli"
    with pytest.raises(ForwardError, match=r"questura\.organisation: no organisation has the id 'empolli'.*empoli"):
        run_nightly(site.job())
    assert site.states() == {}


def test_the_report_tells_by_purpose_what_was_never_stored_at_gates_that_it_may_forward(site: forwarding.Site) -> None:
    with site.database.transaction() as conn:
        for gate, purpose in (
            (GATE, "controlli"),
            (Gate(id="gate-1", name="N", purpose="p", legal_basis="l"), "altro"),
        ):
            save_gates(conn, [replace(gate, retention_purpose=purpose, keep=Keep.HITS)])
        hour = forwarding.transits(1)[0].captured_at.replace(minute=0, second=0, microsecond=0)
        for gate_id, number in ((GATE.id, 7), ("gate-1", 5)):
            conn.execute("INSERT INTO discarded_counts VALUES (%s, %s, %s, %s)", (gate_id, hour, number, hour))
    site.destination["organisation"] = "empoli"
    (day,) = [each for each in run_nightly(site.job()).days if each.day == forwarding.DAY]
    assert (day.stored, day.discarded, day.counts()["discarded"]) == (3, {"controlli": 7}, 7)
    assert "; counted and never stored: 7 for purpose controlli; this run 3 transits" in str(day)
