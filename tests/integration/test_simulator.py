# SPDX-License-Identifier: AGPL-3.0-or-later
"""Our own transports against the simulated office, protocol by protocol: whatever it does, the ledger is right."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from anpr.domain.transit import ImageRole
from anpr.forward.runs import run_day
from anpr.simulator.arrivals import OfficeArrival
from anpr.simulator.centre import SimulatedCentre
from anpr.store.database.connection import Database
from scripts.lab.transits import make_transit, picture, with_images
from tests.support.forwarding import DAY, Site, transits
from tests.support.simulation import behave, forget, running_centre

PROFILES = {"soap": "simulator-soap"}
ANSWERING = ("https", "soap", "sftp", "ftps")
"""Mail has no way back: its transits stay sent."""
ALL = (*ANSWERING, "mail")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedCentre]:
    with running_centre(tmp_path_factory.mktemp("centre")) as centre:
        yield centre


@pytest.fixture
def centre(running: SimulatedCentre) -> SimulatedCentre:
    forget(running)
    return running


@pytest.fixture
def site(database: Database, tmp_path: Path, centre: SimulatedCentre, protocol: str) -> Site:
    site = Site(database, tmp_path)
    site.destination = {"profile": PROFILES.get(protocol, "simulator"), "target": dict(centre.targets[protocol])}
    return site


def came(centre: SimulatedCentre) -> list[OfficeArrival]:
    """What came, oldest first."""
    return centre.office.journal.newest()[::-1]


@pytest.mark.parametrize("protocol", ALL)
def test_what_is_sent_is_read_by_the_profile_and_accepted(site: Site, centre: SimulatedCentre, protocol: str) -> None:
    site.store(transits(2))
    run_day(site.job(), DAY)
    assert site.states() == ({"sent": 2} if protocol == "mail" else {"accepted": 2})
    arrivals = came(centre)
    assert {each.protocol for each in arrivals} == {protocol}
    assert [record.plate for each in arrivals for record in each.shown] == ["AA000AA", "AA001AA"]
    assert [each.problem for each in arrivals if each.problem] == []
    assert arrivals[0].sender != ""


@pytest.mark.parametrize("protocol", ANSWERING)
def test_each_transit_gets_the_answer_of_its_rule(site: Site, centre: SimulatedCentre) -> None:
    rules = [{"plate": "*001*", "code": "E3"}, {"plate": "AA002AA", "answer": "transient"}]
    behave(centre, rules=rules)
    site.store(transits(3))
    report = run_day(site.job(), DAY).days[0]
    assert report.error is None
    assert site.states() == {"accepted": 1, "rejected": 1, "queued": 1}
    assert [row["reason"] for row in site.ledger_rows()] == [None, "answered 'E3'", None]
    behave(centre)
    run_day(site.job(), DAY)
    assert site.states() == {"accepted": 2, "rejected": 1}


@pytest.mark.parametrize("protocol", ALL)
def test_a_connection_that_is_cut_loses_and_doubles_nothing(site: Site, centre: SimulatedCentre, protocol: str) -> None:
    for number, cut in enumerate(("before", "after")):
        centre.office.journal.clear()
        behave(centre, 1, cut=cut)
        site.store(transits(1, first=number))
        report = run_day(site.job(), DAY).days[0]
        assert report.error is None
        assert site.states() == ({"sent": number + 1} if protocol == "mail" else {"accepted": number + 1})
        first, second = came(centre)
        assert first.faults == (f"cut-{cut}",)
        assert (first.path is not None) == (cut == "after")
        assert second.is_repeat == (cut == "after"), "the same name and bytes, so that the office knows them"


@pytest.mark.parametrize("protocol", ALL)
def test_a_full_disk_is_tried_again(site: Site, centre: SimulatedCentre, protocol: str) -> None:
    behave(centre, 2, disk_full=True)
    site.store(transits(1))
    run_day(site.job(), DAY)
    assert site.states() == ({"sent": 1} if protocol == "mail" else {"accepted": 1})
    assert [each.faults for each in centre.office.journal.newest()[:3]] == [(), ("disk",), ("disk",)]


@pytest.mark.parametrize("protocol", ANSWERING)
def test_only_a_receipt_that_agrees_with_itself_accepts(site: Site, centre: SimulatedCentre) -> None:
    behave(centre, receipts="twice")
    site.store(transits(1))
    assert run_day(site.job(), DAY).days[0].error is None
    assert site.states() == {"accepted": 1}
    behave(centre, receipts="none")
    site.store(transits(1, first=1))
    run_day(site.job(), DAY)
    assert site.states() == {"accepted": 1, "sent": 1}
    behave(centre, receipts="contradictory")
    site.store(transits(1, first=2))
    assert "differently" in str(run_day(site.job(), DAY).days[0].error)
    assert site.states() == {"accepted": 1, "sent": 2}


@pytest.mark.parametrize("protocol", ["sftp", "ftps"])
def test_a_receipt_that_is_late_is_read_by_a_later_run(site: Site, centre: SimulatedCentre) -> None:
    behave(centre, receipt_after_s=3600)
    site.store(transits(1))
    run_day(site.job(), DAY)
    assert site.states() == {"sent": 1}
    centre.office.hurry()
    run_day(site.job(), DAY)
    assert site.states() == {"accepted": 1}


@pytest.mark.parametrize("protocol", ["https"])
def test_pictures_come_with_the_transits(site: Site, centre: SimulatedCentre) -> None:
    images = {ImageRole.PLATE: picture(1, 4000), ImageRole.CONTEXT: picture(2, 8000)}
    transit, data = with_images(make_transit(1), images)
    site.store([transit])
    for role, each in data.items():
        site.store_picture(transit, role, each)
    run_day(site.job(), DAY)
    arrived, records = came(centre)
    assert arrived.is_picture
    assert arrived.path is not None
    assert arrived.path.read_bytes() == images[ImageRole.CONTEXT]
    assert (records.records, records.is_picture) == (1, False)


@pytest.mark.parametrize("protocol", ["https"])
def test_a_service_that_is_not_there_for_a_while_is_asked_again(site: Site, centre: SimulatedCentre) -> None:
    behave(centre, 2, status=503)
    site.store(transits(1))
    run_day(site.job(), DAY)
    assert site.states() == {"accepted": 1}


@pytest.mark.parametrize("protocol", ["soap"])
def test_a_fault_accepts_nothing_and_is_tried_again(site: Site, centre: SimulatedCentre) -> None:
    behave(centre, status=500)
    site.store(transits(1))
    assert "answered 500" in str(run_day(site.job(), DAY).days[0].error)
    assert site.states() == {"queued": 1}


@pytest.mark.parametrize("protocol", ["https"])
def test_a_share_of_transits_gets_the_same_answer_each_time(site: Site, centre: SimulatedCentre) -> None:
    behave(centre, rules=[{"share": 0.5, "answer": "transient"}])
    site.store(transits(40))
    run_day(site.job(), DAY)
    first = site.states()
    assert 8 < first["queued"] < 32
    run_day(site.job(), DAY)
    assert site.states() == first


BAD_CERTIFICATES = {
    "expired": "certificate has expired",
    "wrong-host": "mismatch",
    "wrong-authority": "unable to get local issuer",
    "self-signed": "self-signed certificate",
}


def refused(site: Site, centre: SimulatedCentre, **ordered: Any) -> str:
    """Why nothing was sent, in one line."""
    behave(centre, **ordered)
    told = str(run_day(site.job(), DAY).days[0].error)
    assert len(told.splitlines()) == 1
    assert site.states() == {"queued": 1}
    assert [each for each in came(centre) if each.path is not None] == []
    return told


@pytest.mark.parametrize("protocol", ["https", "soap", "ftps", "mail"])
def test_an_office_with_a_wrong_certificate_gets_nothing(site: Site, centre: SimulatedCentre, protocol: str) -> None:
    site.store(transits(1))
    for fault, why in BAD_CERTIFICATES.items():
        told = refused(site, centre, certificate=fault)
        assert "its certificate is refused" in told
        assert why in told
    behave(centre)
    run_day(site.job(), DAY)
    assert site.states() == ({"sent": 1} if protocol == "mail" else {"accepted": 1})


@pytest.mark.parametrize("protocol", ["sftp"])
def test_an_office_with_a_wrong_host_key_gets_nothing(site: Site, centre: SimulatedCentre) -> None:
    site.store(transits(1))
    assert "host key" in refused(site, centre, wrong_host_key=True).lower()
    behave(centre)
    run_day(site.job(), DAY)
    assert site.states() == {"accepted": 1}


@pytest.mark.parametrize("protocol", ["https", "soap"])
def test_an_office_that_sends_us_elsewhere_gets_nothing(site: Site, centre: SimulatedCentre) -> None:
    site.store(transits(1))
    assert "a redirect to 'altro-ufficio.example.it': not followed" in refused(site, centre, redirect=True)
    assert [each.faults for each in came(centre)] == [("redirect",)]
    behave(centre)
    run_day(site.job(), DAY)
    assert site.states() == {"accepted": 1}
