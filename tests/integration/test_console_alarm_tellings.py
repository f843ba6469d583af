# SPDX-License-Identifier: AGPL-3.0-or-later
"""Alarms told to the owners of their lists, in the console: on the alarm, in Inoltro, on Stato; and the way back."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from anpr.domain.access import Role
from anpr.store.audit import AuditAction
from anpr.store.database.connection import Database
from tests.support.fixtures_console import WANTED, Site
from tests.support.forwarding_console import ForwardingSite, forwarding_site, tell_alarm

PAGE = "/forwarding/titolare/alarms"
REASON = "no answer within 60 s"


@pytest.fixture
def telling(site: Site, console_database: Database, tmp_path: Path) -> Iterator[ForwardingSite]:
    with forwarding_site(site, console_database, tmp_path, alarms_to=["titolare"]) as made:
        yield made


def raised(telling: ForwardingSite) -> int:
    return telling.site.alarm_of(telling.site.pass_vehicle(WANTED)).id


def state(telling: ForwardingSite, message: str = "raised") -> str:
    with telling.site.database.transaction() as conn:
        row = conn.execute(b"SELECT state FROM alarm_messages WHERE message = %(m)s", {"m": message}).fetchone()
    assert row is not None
    return str(row["state"])


def test_an_alarm_shows_to_whom_it_was_told_and_what_was_answered(telling: ForwardingSite) -> None:
    number = raised(telling)
    client = telling.site.client(Role.OPERATOR)
    assert "Comunicato all&#39;ente" not in client.get(f"/alarms/{number}").text
    tell_alarm(telling, number)
    tell_alarm(telling, number, message="outcome", outcome="stopped", state="superseded", reason="opened again")
    tell_alarm(telling, number, message="outcome", outcome="false-read", version=2, state="rejected", reason="E42")
    for address in (f"/alarms/{number}", f"/alarms/{number}?only=detail"):
        page = client.get(address).text
        for text in ("Comunicato all&#39;ente", "titolare", ">accettato<", "esito: Veicolo fermato", ">superato<",
                     "esito: Lettura errata", "(versione 2)", ">respinto<", "E42"):  # fmt: skip
            assert text in page, (address, text)


def test_a_destination_shows_its_counts_and_what_was_not_taken_without_a_plate(telling: ForwardingSite) -> None:
    number = raised(telling)
    tell_alarm(telling, number, state="dead", reason=REASON)
    client = telling.site.client(Role.ADMINISTRATOR)
    listed = client.get("/forwarding").text
    assert f'href="{PAGE}"' in listed
    page = client.get(PAGE).text
    for text in ("Convenzione n. 3 del 2026", "articolo 4", ">abbandonato<", REASON, f"n. {number}"):
        assert text in page, text
    assert f"/alarms/{number}" not in page, "an administrator sees no alarms"
    assert WANTED not in listed + page
    for shown in (listed, page, client.get("/status").text):
        assert "1 messaggio su un allarme non è stato accettato da titolare" in shown


def test_one_that_waits_too_long_is_late_on_the_page_of_health(telling: ForwardingSite) -> None:
    number, now = raised(telling), telling.site.clock.now()
    tell_alarm(telling, number, state="queued", queued_at=now - timedelta(minutes=4), settled_at=None, sent_at=None)
    client = telling.site.client(Role.OPERATOR)
    assert "attende di essere inviato" not in client.get("/status").text
    with telling.site.database.transaction() as conn:
        conn.execute(b"UPDATE alarm_messages SET queued_at = queued_at - interval '2 minutes'")
    assert "1 messaggio su un allarme attende di essere inviato a titolare" in client.get("/status/now").text


def test_what_was_not_taken_is_queued_again_under_a_reason(telling: ForwardingSite) -> None:
    number = raised(telling)
    tell_alarm(telling, number, state="rejected", reason=REASON)
    client = telling.site.client(Role.ADMINISTRATOR)
    refused = telling.site.post(client, f"{PAGE}/requeue", PAGE, reason=" ")
    assert (refused.status_code, state(telling)) == (400, "rejected")
    assert "Scrivi perché" in refused.text
    made = telling.site.post(client, f"{PAGE}/requeue", PAGE, reason="codici corretti")
    assert state(telling) == "queued"
    assert "Rimessi in coda: 1" in client.get(made.headers["location"]).text
    (event,) = [row.event for row in telling.site.audit() if row.event.action is AuditAction.FORWARDED]
    assert (event.actor, event.reason) == ("administrator", "codici corretti")
    assert event.detail == {"phase": "requeued", "destination": "titolare", "counts": {"alarms": 1}}


def test_who_only_looks_may_not_queue_again(telling: ForwardingSite) -> None:
    tell_alarm(telling, raised(telling), state="rejected", reason=REASON)
    client = telling.site.client(Role.AUDITOR)
    assert "/requeue" not in client.get(PAGE).text
    assert telling.site.post(client, f"{PAGE}/requeue", PAGE, reason="x").status_code == 403
    assert client.get("/forwarding/questura/alarms").status_code == 404
    assert state(telling) == "rejected"


def test_another_organisations_messages_are_shown_to_nobody_else(telling: ForwardingSite) -> None:
    number = raised(telling)
    tell_alarm(telling, number, organisation_id="empoli", state="dead", reason=REASON)
    assert "titolare" not in telling.site.client(Role.OPERATOR).get(f"/alarms/{number}").text
    client = telling.site.client(Role.ADMINISTRATOR)
    assert "non è stato accettato" not in client.get("/status").text
    telling.site.post(client, f"{PAGE}/requeue", PAGE, reason="prova")
    assert state(telling) == "dead"
