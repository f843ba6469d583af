# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lamps of the wall, and the handover: only a gate that is known to look is said to look."""

import re
from datetime import timedelta

import httpx
import pytest

from anpr.domain.access import Role
from anpr.domain.health import Change, HealthReport, SubjectKind
from anpr.store.health.record import record_health
from tests.support.fixtures_console import Site


def report(site: Site, state: str, since: timedelta) -> None:
    """The camera of porta-nord has been in this state so long."""
    now = site.clock.now()
    told = HealthReport(
        kind=SubjectKind.CAMERA, id="nord-1", reader_id="reader-1", gate_ids=("porta-nord",), at=now,
        changes=(Change(state=state, since=now - since),),
    )  # fmt: skip
    with site.database.transaction() as conn:
        record_health(conn, [told], now)


def lamps(client: httpx.Client) -> dict[str, str]:
    """The class of each gate's lamp."""
    page = client.get("/alarms/wall/lamps").text
    found = re.findall(r'<li class="lamp is-(\w+)"><i[^>]*></i><span class="lamp-name">([^<]+)<', page)
    return {name: look for look, name in found}


def test_a_gate_of_which_nothing_is_known_has_no_green_lamp(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    assert lamps(client) == {"Porta Nord": "unknown", "Ponte vecchio": "unknown"}
    report(site, "up", timedelta(hours=1))
    assert lamps(client)["Porta Nord"] == "looked"


@pytest.mark.parametrize("days", [1, 40])
def test_a_gate_that_has_not_looked_for_long_is_on_the_wall_and_in_the_handover(site: Site, days: int) -> None:
    client = site.client(Role.OPERATOR)
    report(site, "unreachable", timedelta(days=days))
    assert lamps(client)["Porta Nord"] == "blind"
    facts = client.get("/handover").text
    assert "<b>Porta Nord</b>" in facts
    assert "tutti i varchi guardano" not in facts
