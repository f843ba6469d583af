# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forms of new gates and cameras, suppressions with counts, and counts of erased alarms in a real browser: nothing too
wide with long names, and no fault for axe."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from anpr.domain.access import Role
from anpr.store.alarms.rows import list_alarms
from anpr.store.alarms.suppressions import suppress
from anpr.store.database.connection import Database
from tests.acceptance.test_console_accessibility import faults
from tests.support.centre_gates import centre_of, save_gate
from tests.support.fixtures_browser import NewPage, log_in
from tests.support.fixtures_console import WANTED, Site

EVERY_RULE = {"resultTypes": ["violations"]}
LONG = "Varco della circonvallazione di Borgo San Lorenzo, direzione Scarperia e San Piero, corsia di sorpasso"
PAGES = {
    Role.ADMINISTRATOR: ("/gates", "/gates/_new", "/gates/lungo", "/gates/lungo/_camera", "/statistics"),
    Role.OPERATOR: ("/alarms/suppressions", "/alarms/1"),
}


@pytest.fixture
def filled(site: Site, console_database: Database) -> Iterator[Site]:
    """A gate with a long name, a suppression that has kept sightings away, and counts of erased alarms."""
    site.pass_vehicle(WANTED, with_pictures=False)
    now = site.clock.now()
    with site.database.transaction() as conn:
        (alarm,) = list_alarms(conn)
        suppress(conn, alarm.id, "operator", now, now + timedelta(hours=8), f"{LONG}. " * 2, None)
        for what, item, count in (
            ("all", "", 1234), ("kind", "stolen", 1230), ("kind", "local", 4), ("gate", "porta-nord", 1234),
            ("outcome", "stopped", 1232), ("outcome", "false-read", 2), ("take", "60", 1200), ("take", "more", 34),
        ):  # fmt: skip
            conn.execute(
                "INSERT INTO alarm_counts (organisation_id, day, what, item, count)"
                " VALUES ('manager', %(day)s, %(what)s, %(item)s, %(count)s)",
                {"day": now.date(), "what": what, "item": item, "count": count},
            )
    for _ in range(3):
        site.clock.ahead += timedelta(minutes=1)
        site.pass_vehicle(WANTED, with_pictures=False)
    with centre_of(site, console_database) as made:
        gate = {"id": "lungo", "name": LONG, "purpose": LONG, "legal_basis": LONG}
        save_gate(made, {**gate, "cameras": [{"id": "lungo-1", "url": "rtsp://10.0.0.5/live"}]})
        yield made


def test_nothing_is_too_wide_and_axe_finds_no_fault(new_page: NewPage, filled: Site) -> None:
    for role, paths in PAGES.items():
        page = new_page()
        log_in(page, filled, role)
        page.get_by_role("button", name="Esci").wait_for()
        for path in paths:
            page.set_viewport_size({"width": 320, "height": 844})
            page.goto(f"{filled.url}{path}")
            for width in (320, 390, 1366):
                page.set_viewport_size({"width": width, "height": 844})
                assert page.evaluate("document.documentElement.scrollWidth") <= width, path
                assert faults(page, EVERY_RULE) == [], path
