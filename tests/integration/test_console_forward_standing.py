# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stato and completeness reports say how far a profile has come, what is not sent, and how live forwarding stands."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from anpr.domain.access import Role
from anpr.domain.delivery import LiveState
from anpr.store.forwarding.standing import destination_standings, note_live
from tests.support.completeness import archive_report, tell_standing
from tests.support.fixtures_console import Site


def test_the_stage_and_what_is_refused_stand_on_both_pages(site: Site) -> None:
    report = archive_report(site)
    client = site.client(Role.ADMINISTRATOR)
    for address in ("/status", f"/completeness/{report}"):
        page = client.get(address).text
        for text in ("fornito dall&#39;ufficio, non ancora provato", "Questura di Prova", "Non si invia nulla"):
            assert text in page, (address, text)
    page = client.get("/status").text
    assert "L&#39;invio in diretta non riesce" in page
    assert "no answer within 60 s" in page
    assert "Prossimo tentativo" in page
    assert "Non si invia nulla" in client.get("/status/now").text


def note(site: Site, **changes: Any) -> str:
    """The page after the forwarder told this of live forwarding."""
    with site.database.transaction() as conn:
        live = destination_standings(conn)["questura"].live
        assert live is not None
        note_live(conn, "questura", replace(live, error=None, next_at=None, **changes))
    return str(site.client(Role.ADMINISTRATOR).get("/status").text)


def test_live_says_how_long_it_takes_and_when_nobody_is_heard(site: Site) -> None:
    tell_standing(site)
    now = site.clock.now()
    page = note(site, state=LiveState.LIVE, seen_at=now, delivered=600, p50_s=0.87, p95_s=1.58)
    assert "0,9 s (mediana), 1,6 s (95 %)" in page
    assert "in attesa<" in note(site, state=LiveState.BUSY, seen_at=now)
    page = note(site, state=LiveState.LIVE, seen_at=now - timedelta(minutes=3))
    assert "nessuna notizia<" in page


def test_another_organisations_destination_is_not_told(site: Site) -> None:
    tell_standing(site, organisation="empoli")
    assert "Non si invia nulla" not in site.client(Role.ADMINISTRATOR).get("/status").text
