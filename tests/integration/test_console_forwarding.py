# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forwarding in the console: destinations, days, files, ways, profiles; correction, sending again and undo."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from anpr.domain.access import Role
from anpr.domain.delivery import RunKind
from anpr.store.audit import AuditAction
from anpr.store.database.connection import Database
from anpr.store.forwarding.counts import fold_counts
from anpr.store.forwarding.retention import drop_deliveries
from anpr.store.forwarding.runs import ForwardRun, start_run
from tests.support.fixtures_console import Site
from tests.support.fixtures_organisations import guest
from tests.support.forwarding_console import ForwardingSite, forwarding_site
from tests.support.organisations import share

REASON = "gate: N characters, at most N"


@pytest.fixture
def forwarding(site: Site, console_database: Database, tmp_path: Path) -> Iterator[ForwardingSite]:
    with forwarding_site(site, console_database, tmp_path) as made:
        yield made


def address(forwarding: ForwardingSite, rest: str = "") -> str:
    return f"/forwarding/questura/days/{forwarding.yesterday.isoformat()}{rest}"


def send_again(forwarding: ForwardingSite, client: httpx.Client, **fields: object) -> httpx.Response:
    values = {"reason": "profilo corretto", "kind": REASON, "what": "all", **fields}
    return forwarding.site.post(client, address(forwarding, "/requeue"), address(forwarding, "/rejected"), **values)


def test_a_destination_is_shown_at_one_glance(forwarding: ForwardingSite) -> None:
    client = forwarding.site.client(Role.ADMINISTRATOR)
    page = client.get("/forwarding").text
    assert "non ancora inoltrato" in page
    assert "nessun ufficio lo ha visto né accettato" in page
    forwarding.store(4)
    forwarding.run()
    page = client.get("/forwarding/questura").text
    for text in (
        "Comune di Prova",
        "articolo 4",
        "01/01/2030",
        "directory:",
        "esempio del programma, nessun ufficio lo ha visto",
        ">sì<",
    ):
        assert text in page, text
    assert f'href="{address(forwarding)}"' in page
    assert "sì" in client.get("/status").text
    assert 'href="/forwarding/questura"' in client.get("/status").text


def test_a_day_leads_to_its_files_and_to_a_transits_way_without_a_plate(forwarding: ForwardingSite) -> None:
    transits = forwarding.store(4)
    forwarding.run()
    client = forwarding.site.client(Role.AUDITOR)
    day = client.get(address(forwarding)).text
    assert re.findall(r">(T_questura_\d+_\d+\.csv)<", day) == [
        f"T_questura_{forwarding.yesterday:%Y%m%d}_{n:03}.csv" for n in (1, 2)
    ]
    file = client.get(address(forwarding, "/files/1")).text
    assert all(str(each.id) in file for each in transits[:3])
    assert "Porta Nord" in file
    way = client.get(f"/forwarding/questura/transits/{transits[0].id}").text
    for text in ("letto", "conservato", "messo in coda", "messo in un file", "inviato", "T_questura_"):
        assert text in way, text
    assert not any(each.plate in day + file + way for each in transits)
    shown = [row.event for row in forwarding.site.audit() if row.event.action is AuditAction.TRANSIT_VIEWED]
    assert shown[0].detail == {"transit": str(transits[0].id), "via": "forwarding"}
    assert shown[1].detail["page"] == "forwarding"
    assert len(shown[1].detail["transits"]) == 3


def test_the_transits_own_page_tells_its_way_and_links_only_who_may_see_forwarding(forwarding: ForwardingSite) -> None:
    (transit,) = forwarding.store(1)
    forwarding.run()
    page = forwarding.site.client(Role.OPERATOR).get(f"/transits/{transit.id}").text
    assert "messo in un file" in page
    assert "T_questura_" in page
    assert "/forwarding/" not in page


def test_rejected_ones_are_corrected_sent_again_and_that_is_undone_while_they_are_queued(
    forwarding: ForwardingSite,
) -> None:
    forwarding.reject()
    transits = forwarding.store(5)
    forwarding.run()
    client = forwarding.site.client(Role.ADMINISTRATOR)
    assert "concluso, non tutti accettati" in client.get("/forwarding").text
    assert REASON in client.get("/forwarding/questura").text
    rejected = address(forwarding, f"/rejected?kind={REASON}")
    assert "0 sarebbero scritti" in client.get(f"{rejected}&trial=1").text
    forwarding.write_profile()
    trial = client.get(f"{rejected}&trial=1").text
    assert "Provati 5: 5 sarebbero scritti" in trial
    assert f"{transits[0].id};AB123CD" in trial
    assert not any(each.plate in trial for each in transits)

    done = client.get(send_again(forwarding, client).headers["location"]).text
    assert "Rimessi in coda: 5" in done
    assert forwarding.states() == forwarding.counted() == {"queued": 5}
    (number,) = re.findall(r"/requeues/(\d+)/undo", done)
    undo = f"/forwarding/questura/requeues/{number}/undo"
    undone = forwarding.site.post(client, undo, address(forwarding))
    assert "5 sono tornati tra i respinti" in client.get(undone.headers["location"]).text
    assert forwarding.states() == forwarding.counted() == {"rejected": 5}
    again = forwarding.site.post(client, undo, address(forwarding))
    assert "Era già annullato" in client.get(again.headers["location"]).text

    send_again(forwarding, client)
    forwarding.run()
    assert forwarding.states() == forwarding.counted() == {"sent": 5}
    assert "non si può più annullare" in client.get(address(forwarding)).text
    events = [row.event for row in forwarding.site.audit()]
    made = next(event for event in events if event.action is AuditAction.DELIVERIES_REQUEUED)
    assert (made.actor, made.reason) == ("administrator", "profilo corretto")
    assert made.detail == {
        "destination": "questura", "day": forwarding.yesterday.isoformat(), "transits": 5,
        "requeue": int(number) + 1, "rejected_for": REASON,
    }  # fmt: skip
    back = next(event for event in events if event.action is AuditAction.REQUEUE_UNDONE)
    assert (back.detail["transits"], back.detail["requeue"]) == (5, int(number))


def test_marked_ones_alone_are_sent_again_and_what_is_in_a_file_stays_out_of_the_undo(
    forwarding: ForwardingSite,
) -> None:
    forwarding.reject()
    transits = forwarding.store(4)
    forwarding.run()
    forwarding.write_profile()
    client = forwarding.site.client(Role.ADMINISTRATOR)
    send_again(forwarding, client, what="marked", ids=[str(each.id) for each in transits[:2]])
    assert forwarding.states() == {"queued": 2, "rejected": 2}
    with forwarding.site.database.transaction() as conn:
        conn.execute(b"UPDATE deliveries SET batch = 9 WHERE transit_id = %(id)s", {"id": transits[0].id})
    forwarding.site.post(client, "/forwarding/questura/requeues/1/undo", address(forwarding))
    assert forwarding.states() == forwarding.counted() == {"queued": 1, "rejected": 3}


@pytest.mark.parametrize("again", [True, False], ids=["queued again since", "sent and released since"])
def test_an_undo_takes_back_its_own_requeue_alone(forwarding: ForwardingSite, again: bool) -> None:
    forwarding.reject()
    forwarding.store(2)
    forwarding.run()
    client = forwarding.site.client(Role.ADMINISTRATOR)
    send_again(forwarding, client)
    forwarding.site.clock.ahead += timedelta(minutes=1)
    if again:
        forwarding.run()  # rejected once more, and once more queued
        send_again(forwarding, client)
    else:
        with forwarding.site.database.transaction() as conn:
            conn.execute(
                b"UPDATE deliveries SET state = 'queued', queued_at = %(now)s", {"now": forwarding.site.clock.now()}
            )
    assert "requeues/1/undo" not in client.get(address(forwarding)).text
    forwarding.site.post(client, "/forwarding/questura/requeues/1/undo", address(forwarding))
    assert forwarding.states() == forwarding.counted() == {"queued": 2}
    if again:
        forwarding.site.post(client, "/forwarding/questura/requeues/2/undo", address(forwarding))
        assert forwarding.states() == forwarding.counted() == {"rejected": 2}


def test_what_is_missing_is_told_and_nothing_changes(forwarding: ForwardingSite) -> None:
    forwarding.reject()
    forwarding.store(2)
    forwarding.run()
    client = forwarding.site.client(Role.ADMINISTRATOR)
    for fields, told in (
        ({"reason": " "}, "Scrivi perché"),
        ({"reason": "x" * 501}, "troppo lungo"),
        ({"what": "marked"}, "Non hai segnato"),
        ({"kind": "another reason"}, "Nulla da rimettere"),
    ):
        answer = send_again(forwarding, client, **fields)
        assert answer.status_code == 400
        assert told in answer.text
        assert forwarding.states() == {"rejected": 2}


def test_who_only_sees_forwarding_sends_nothing_again(forwarding: ForwardingSite) -> None:
    forwarding.reject()
    forwarding.store(2)
    forwarding.run()
    for role in (Role.AUDITOR, Role.DPO):
        client = forwarding.site.client(role)
        assert "Rimetti in coda tutti" not in client.get(address(forwarding, "/rejected")).text
        page = forwarding.site.post(client, address(forwarding, "/requeue"), "/account", reason="x", what="all")
        assert page.status_code == 403
    assert forwarding.states() == {"rejected": 2}


def test_another_organisation_sees_no_destination_of_ours(forwarding: ForwardingSite, password_hash: str) -> None:
    forwarding.reject()
    forwarding.store(2)
    forwarding.run()
    share(forwarding.site.database, password_hash)
    client = guest(forwarding.site, Role.ADMINISTRATOR)
    assert "questura" not in client.get("/forwarding").text
    assert client.get("/forwarding/questura").status_code == 404
    answer = forwarding.site.post(client, address(forwarding, "/requeue"), "/account", reason="x", what="all")
    assert answer.status_code == 404
    assert forwarding.states() == {"rejected": 2}


def test_the_profile_is_explained_with_a_sample_and_handed_out(forwarding: ForwardingSite) -> None:
    client = forwarding.site.client(Role.ADMINISTRATOR)
    page = client.get("/forwarding/questura/profile").text
    for text in ("AB123CD", "id;plate", "Il profilo è valido: csv, 2 campi", "la targa", "il transito è respinto"):
        assert text in page, text
    file = client.get("/forwarding/questura/profile/file")
    assert file.content == (forwarding.folder / "profile.yaml").read_bytes()
    (forwarding.folder / "profile.yaml").write_text("schema: 1\nname: x\n", encoding="utf-8")
    assert "revision" in client.get("/forwarding/questura/profile").text
    (forwarding.folder / "profile.yaml").unlink()
    assert "stadio non è noto" in client.get("/forwarding/questura").text
    assert client.get("/forwarding/questura/profile/file").status_code == 404


def test_the_shipped_example_writes_its_sample(site: Site) -> None:
    page = site.client(Role.ADMINISTRATOR).get("/forwarding/questura/profile").text
    assert "&lt;Targa&gt;AB123CD&lt;/Targa&gt;" in page
    assert "_contesto.jpg" in page


def test_reports_of_runs_are_a_page_and_a_table(forwarding: ForwardingSite) -> None:
    forwarding.store(2)
    forwarding.run()
    forwarding.reject()
    forwarding.store(1, first=10)
    forwarding.run()
    client = forwarding.site.client(Role.AUDITOR)
    assert client.get("/forwarding/questura/runs").text.count("run-complete") == 2
    text = client.get("/forwarding/questura/runs/csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert [(row["run_sent"], row["run_rejected"], row["outcome"]) for row in rows] == [
        ("0", "1", "complete"), ("2", "0", "complete"),
    ]  # fmt: skip


def test_without_a_destination_the_page_says_what_to_do(site: Site, console_database: Database, tmp_path: Path) -> None:
    with forwarding_site(site, console_database, tmp_path, destinations=False) as made:
        client = made.site.client(Role.ADMINISTRATOR)
        assert "Nessuna destinazione configurata" in client.get("/forwarding").text
        assert 'href="/forwarding"' in client.get("/status").text


def test_what_is_not_there_is_not_found(forwarding: ForwardingSite) -> None:
    client = forwarding.site.client(Role.ADMINISTRATOR)
    day = forwarding.yesterday.isoformat()
    for path in (
        "nowhere", "questura/days/2026-13-01", "questura/days/1999-01-01", "questura/days/2999-01-01",
        f"questura/days/{day}/files/7", f"questura/days/{day}/files/99999999999", "nowhere/profile",
        "questura/transits/01a20618-729e-7790-84c3-387f00c813b0", "questura/transits/x",
    ):  # fmt: skip
        assert client.get(f"/forwarding/{path}").status_code in {400, 404}, path
    assert forwarding.site.post(client, "/forwarding/questura/requeues/7/undo", "/account").status_code == 404


def test_counters_follow_the_ledger_are_folded_and_go_with_it(
    forwarding: ForwardingSite, ingest_database: Database
) -> None:
    forwarding.store(60)
    forwarding.run()  # 20 files of three
    forwarding.reject()
    forwarding.store(2, first=100)
    forwarding.run()
    assert forwarding.counted() == forwarding.states() == {"sent": 60, "rejected": 2}
    with forwarding.site.database.transaction() as conn:
        for _ in range(30):
            conn.execute(b"UPDATE deliveries SET state = 'accepted' WHERE state = 'sent'")
            conn.execute(b"UPDATE deliveries SET state = 'sent' WHERE state = 'accepted'")
        fold_counts(conn, "questura")
        (row,) = conn.execute(b"SELECT count(*) AS number FROM delivery_counts").fetchall()
    assert row["number"] == 2, "one row for each count again"
    assert forwarding.counted() == forwarding.states()
    send_again(forwarding, forwarding.site.client(Role.ADMINISTRATOR))
    drop_deliveries(ingest_database, forwarding.site.clock.now() + timedelta(days=3))
    assert forwarding.counted() == {}
    with forwarding.site.database.transaction() as conn:
        assert conn.execute(b"SELECT FROM forward_requeues").fetchall() == []


def test_enter_never_sends_all_again_where_some_are_marked(forwarding: ForwardingSite) -> None:
    """A browser presses the first button of a form."""
    forwarding.reject()
    forwarding.store(2)
    forwarding.run()
    text = forwarding.site.client(Role.ADMINISTRATOR).get(address(forwarding, "/rejected")).text
    assert re.findall(r'name="what" value="([a-z]+)"', text) == ["marked", "all"]
    assert 'href="#again"' in text


@pytest.mark.parametrize("kind", RunKind)
def test_a_run_of_each_kind_is_shown(forwarding: ForwardingSite, kind: RunKind) -> None:
    now, day = forwarding.site.clock.now(), forwarding.yesterday
    run = ForwardRun(
        id=0, destination="questura", day=day, kind=kind, profile="test 1", protocol="n. 12", started_at=now,
        finished_at=None, outcome=None, counts={}, error=None,
    )  # fmt: skip
    with forwarding.site.database.transaction() as conn:
        start_run(conn, run)
    client = forwarding.site.client(Role.ADMINISTRATOR)
    for path in ("/forwarding/questura", "/forwarding/questura/runs", address(forwarding), "/status"):
        assert client.get(path).status_code == 200, path


def test_limits_of_images_are_told_in_words(forwarding: ForwardingSite) -> None:
    rule = {"role": "context", "how": "file", "file_name": "{transit_id}.jpg", "max_bytes": 90000, "max_width_px": 1280,
            "too_large": "recompress", "quality": {"least": 40, "most": 80}}  # fmt: skip
    forwarding.write_profile(images=[rule])
    text = forwarding.site.client(Role.ADMINISTRATOR).get("/forwarding/questura/profile").text
    for words in ("Larghezza massima (px)", "rimpicciolita e compressa", "40–80"):
        assert words in text, words
    assert "least" not in text


def test_a_trial_takes_ten_and_a_seat_of_the_searches(forwarding: ForwardingSite) -> None:
    forwarding.reject()
    forwarding.store(12)
    forwarding.run()
    forwarding.write_profile()
    client = forwarding.site.client(Role.ADMINISTRATOR)
    page = address(forwarding, f"/rejected?kind={REASON}&trial=1")
    assert "Provati 10: 10 sarebbero scritti" in client.get(page).text
    seat = forwarding.site.console.search_seats.seat
    with seat("administrator"), seat("administrator"):
        answer = client.get(page)
        assert (answer.status_code, "sono ancora in corso" in answer.text) == (503, True)
    assert client.get(page).status_code == 200
