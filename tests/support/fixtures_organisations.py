# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two organisations on one console: a site that is shared, and browsers of the other organisation's users."""

import httpx
import pytest

from anpr.domain.access import Role
from tests.support.fixtures_console import PASSWORD, WANTED, Site
from tests.support.organisations import GATE, THEIR_PLATE, share


@pytest.fixture
def shared(site: Site, password_hash: str) -> Site:
    """Vehicles have passed at a gate of each."""
    share(site.database, password_hash)
    site.pass_vehicle("AB123CD")
    site.pass_vehicle(WANTED)
    site.pass_vehicle(THEIR_PLATE, gate_id=GATE.id)
    return site


def guest(site: Site, role: Role) -> httpx.Client:
    """A browser in which Empoli's user of this role is logged in."""
    client = site.stranger()
    assert site.log_in(client, f"{role.value}@empoli", PASSWORD).status_code == 303
    return client
