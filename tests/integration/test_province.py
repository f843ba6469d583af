# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo of several organisations: what each sees of the others' gates, until an agreement ends."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from anpr.domain.organisation import MANAGER, OrganisationKind
from anpr.domain.transit import Transit
from anpr.runtime.clock import ManualClock
from anpr.settings import load_settings
from anpr.settings.resources import resource_path
from anpr.store.database.connection import Database
from anpr.store.database.scope import Scope
from anpr.store.organisations.registry import change_organisation, get_organisation
from anpr.store.transits.rows import insert_transits, latest_transits
from anpr.up.demo import WATCHLIST, import_demo_watchlist
from anpr.up.province import prepare_province
from scripts.lab.transits import START, make_transit

GATES = ("gate-1", "gate-2", "gate-3")
TODAY = START.date()


@pytest.fixture
def province(database: Database) -> Database:
    """The owner's, after the first start of the demo; a vehicle has passed at each gate."""
    prepare(database)
    with database.transaction() as conn:
        passed: list[Transit] = [replace(make_transit(number), gate_id=gate) for number, gate in enumerate(GATES)]
        insert_transits(conn, passed, START)
    return database


def prepare(database: Database) -> None:
    settings = load_settings(resource_path("config", "demo-province.yaml"), {}).settings
    clock = ManualClock(START)
    with database.transaction() as conn:
        import_demo_watchlist(conn, clock)
        prepare_province(conn, settings, WATCHLIST.id, clock)


def seen_by(console: Database, organisation: str, day: date) -> set[str]:
    """The gates whose transits the organisation sees on this day."""
    with console.limited_to(Scope(organisation_id=organisation, day=day)).transaction() as conn:
        return {each.transit.gate_id for each in latest_transits(conn, 10)}


@pytest.mark.usefixtures("province")
def test_each_sees_its_own_and_what_is_open_to_it_until_the_last_day(console_database: Database) -> None:
    last = TODAY + timedelta(days=7)
    for day in (TODAY, last):
        assert seen_by(console_database, "sopra", day) == {"gate-2", "gate-3"}
    assert seen_by(console_database, "sopra", last + timedelta(days=1)) == {"gate-2"}
    assert seen_by(console_database, "sotto", TODAY) == {"gate-3"}
    assert seen_by(console_database, MANAGER, TODAY) == {"gate-1"}, (
        "at Sopra's gate it handles alarms, and searches not"
    )


def test_the_union_is_one_and_keeps_what_people_change(province: Database) -> None:
    with province.transaction() as conn:
        manager = get_organisation(conn, MANAGER)
        assert (manager.kind, manager.name) == (OrganisationKind.UNION, "Unione di Esempio (dimostrazione)")
        change_organisation(conn, replace(manager, kind=OrganisationKind.FORCE, name="Nome nuovo"))
    prepare(province)
    with province.transaction() as conn:
        manager = get_organisation(conn, MANAGER)
        assert (manager.kind, manager.name) == (OrganisationKind.FORCE, "Nome nuovo")
