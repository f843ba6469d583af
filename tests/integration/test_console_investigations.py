# SPDX-License-Identifier: AGPL-3.0-or-later
"""Investigations in the console: opened, worked on by members alone, handed over once by a link."""

import re
import threading
from datetime import timedelta

import httpx
import pytest

from anpr.domain.access import Role
from anpr.domain.errors import InputError
from anpr.domain.transit import Transit
from anpr.evidence.verification import verify_package
from anpr.store.audit import AuditAction, list_audit
from anpr.store.audit_heads import ensure_key
from anpr.store.holds import count_held, list_holds
from anpr.store.investigations.gathered import list_marked
from anpr.store.investigations.life import get_investigation, list_investigations
from anpr.store.users.accounts import User, create_user, set_disabled
from tests.support.evidence import fill_investigation
from tests.support.fixtures_console import PASSWORD, WANTED, Site
from tests.support.waiting import eventually

ONE = "/investigations/1"
WHY = "chiesto dalla procura"


@pytest.fixture
def client(site: Site) -> httpx.Client:
    return site.client(Role.INVESTIGATOR)


@pytest.fixture
def transit(site: Site, client: httpx.Client) -> Transit:
    """Marked for an open investigation, by its page."""
    ensure_key(site.settings.audit_key_path)
    transit = site.pass_vehicle(WANTED)
    fields = {"reference": "12/2026", "title": "Furti in via Roma", "authority": "Procura di Prato"}
    assert site.post(client, "/investigations", "/investigations", **fields).headers["location"].startswith(ONE)
    marked = site.post(
        client, "/investigations/mark", f"/transits/{transit.id}", investigation=1, transit=transit.id, note="l'auto"
    )
    assert marked.status_code == 303
    return transit


def colleague(site: Site, password_hash: str) -> httpx.Client:
    with site.database.transaction() as conn:
        create_user(conn, User(name="bruno", role=Role.INVESTIGATOR, password_hash=password_hash))
    client = site.stranger()
    assert site.log_in(client, "bruno", PASSWORD).status_code == 303
    return client


def make_evidence(site: Site, client: httpx.Client) -> str:
    """Ask for a package and wait until it is ready; the page."""
    assert site.post(client, f"{ONE}/evidence", ONE, evidence_reason=WHY).status_code == 303
    eventually(lambda: "in preparazione" not in client.get(ONE).text)
    return client.get(ONE).text


def link_of(site: Site, client: httpx.Client, **fields: object) -> str:
    """The path of a new one-time link."""
    page = site.post(client, f"{ONE}/evidence/1/link", ONE, to="dott.ssa Neri, procura", **fields).text
    found = re.search(r"https?://[^/]+(/evidence/[\w-]{43})<", page)
    assert found, page
    return found[1]


def test_a_marked_transit_is_on_the_sheet_with_its_author_and_a_word_that_it_is_not_kept(
    client: httpx.Client, transit: Transit
) -> None:
    page = client.get(ONE).text
    assert f"/transits/{transit.id}/thumbnails/context" in page
    assert "l&#39;auto" in page
    assert "non lo conserva" in page
    assert "1 transito segnato non è conservato" in page


def test_the_transits_page_shows_the_hashes_from_the_gate(client: httpx.Client, transit: Transit) -> None:
    page = client.get(f"/transits/{transit.id}").text
    for image in transit.images:
        assert image.sha256 in page


def test_nobody_but_members_opens_it_and_an_added_colleague_does(
    site: Site, client: httpx.Client, transit: Transit, password_hash: str
) -> None:
    bruno = colleague(site, password_hash)
    assert bruno.get(ONE).status_code == 404
    assert "12/2026" not in bruno.get("/investigations").text
    for path in ("end", "notes", "evidence", "members", "hold", "unmark"):
        assert site.post(bruno, f"{ONE}/{path}", "/investigations", transit=transit.id).status_code == 404, path
    assert site.post(client, f"{ONE}/members", ONE, name="Bruno").status_code == 303
    assert "l&#39;auto" in bruno.get(ONE).text
    assert site.post(client, f"{ONE}/members/remove", ONE, name="investigator").headers["location"] == "/investigations"
    assert client.get(ONE).status_code == 404


@pytest.mark.parametrize("name", ["operator", "nobody", "dpo", ""])
@pytest.mark.usefixtures("transit")
def test_who_does_not_investigate_is_no_member(site: Site, client: httpx.Client, name: str) -> None:
    answer = site.post(client, f"{ONE}/members", ONE, name=name)
    assert answer.status_code == 400
    assert "Non è possibile" in answer.text


@pytest.mark.usefixtures("transit")
def test_a_reference_is_taken_once(site: Site, client: httpx.Client) -> None:
    again = site.post(client, "/investigations", "/investigations", reference="12/2026", title="altro")
    assert again.status_code == 400
    assert "Esiste già" in again.text
    assert site.post(client, "/investigations", "/investigations", reference="", title="").status_code == 400


def test_an_ended_one_is_read_and_takes_nothing_until_it_is_opened_again(
    site: Site, client: httpx.Client, transit: Transit
) -> None:
    assert site.post(client, f"{ONE}/end", ONE, life_reason="x").status_code == 400
    assert site.post(client, f"{ONE}/end", ONE, life_reason=WHY).status_code == 303
    for path, fields in (("notes", {"text": "tardi"}), ("unmark", {"transit": transit.id})):
        refused = site.post(client, f"{ONE}/{path}", ONE, **fields)
        assert refused.status_code == 400
        assert "è chiuso" in refused.text
    assert site.post(client, f"{ONE}/reopen", ONE, life_reason=WHY).status_code == 303
    assert site.post(client, f"{ONE}/notes", ONE, text="riga uno\nriga due").status_code == 303
    assert "riga uno\nriga due" in client.get(ONE).text


def test_one_hold_is_made_for_all_marked_ones_once(site: Site, client: httpx.Client, transit: Transit) -> None:
    other = site.pass_vehicle("AB123CD")
    path, marked = f"/transits/{other.id}", {"investigation": 1, "transit": other.id, "note": ""}
    assert site.post(client, "/investigations/mark", path, **marked).status_code == 303
    last = (site.clock.now() + timedelta(days=30)).date().isoformat()
    for _ in range(2):
        assert site.post(client, f"{ONE}/hold", ONE, hold_reason=WHY, ends_on=last).status_code == 303
    with site.database.transaction() as conn:
        (hold,) = list_holds(conn)
        (made,) = [row.event for row in list_audit(conn) if row.event.action is AuditAction.HOLD_MADE]
        assert count_held(conn, hold.id) == 2
    assert (hold.is_listed, hold.case_reference) == (True, "12/2026")
    assert set(made.detail["transits"]) == {str(transit.id), str(other.id)}, "who asks the audit for a plate finds it"
    page = client.get(f"/holds/{hold.id}").text
    assert "i transiti segnati in un fascicolo" in page
    assert "<dt>Transiti</dt><dd>2</dd>" in page
    assert client.get(f"/holds/new?again={hold.id}").status_code == 404
    assert "non è conservato oltre" not in client.get(ONE).text
    assert site.post(client, f"{ONE}/hold", ONE, hold_reason=WHY, ends_on="ieri l'altro").status_code == 400


@pytest.mark.usefixtures("transit")
def test_a_package_is_made_in_the_background_downloaded_and_verified(site: Site, client: httpx.Client) -> None:
    assert "pronto" in make_evidence(site, client)
    answer = site.post(client, f"{ONE}/evidence/1/download", ONE)
    assert answer.headers["content-type"] == "application/zip"
    path = site.settings.data_dir / "downloaded.zip"
    path.write_bytes(answer.content)
    found = verify_package(path)
    assert (found.faults, found.reference, found.made_by) == ((), "12/2026", "investigator")
    actions = [row.event.action for row in site.audit()]
    for action in (AuditAction.EVIDENCE_ASKED, AuditAction.EVIDENCE_MADE, AuditAction.EVIDENCE_DELIVERED):
        assert action in actions


@pytest.mark.usefixtures("transit")
def test_a_link_is_good_once_and_says_so_afterwards(site: Site, client: httpx.Client) -> None:
    make_evidence(site, client)
    path, stranger = link_of(site, client), site.stranger()
    assert WANTED not in path
    assert stranger.get(path).status_code == 200
    assert stranger.get(path).status_code == 200, "looking at it does not use it up"
    assert site.post(stranger, path, path).headers["content-type"] == "application/zip"
    assert site.post(stranger, path, "/login").status_code == 410
    assert stranger.get(path).status_code == 410
    refused, delivered = site.audit()[:2]
    assert (refused.event.action, delivered.event.action) == (
        AuditAction.EVIDENCE_REFUSED,
        AuditAction.EVIDENCE_DELIVERED,
    )
    assert delivered.event.case_reference == "12/2026"
    assert delivered.event.detail["way"] == "link"
    assert "Consegnato a" in client.get(ONE).text


@pytest.mark.usefixtures("transit")
def test_of_two_at_the_same_time_one_gets_it(site: Site, client: httpx.Client) -> None:
    make_evidence(site, client)
    path, told = link_of(site, client), []
    people = [site.stranger() for _ in range(4)]
    threads = [
        threading.Thread(target=lambda who=who: told.append(site.post(who, path, path).status_code)) for who in people
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count(200) == 1


@pytest.mark.usefixtures("transit")
def test_a_link_ends_by_its_time_by_a_new_one_and_by_hand(site: Site, client: httpx.Client) -> None:
    make_evidence(site, client)
    first, stranger = link_of(site, client), site.stranger()
    second = link_of(site, client, hours=24)
    assert stranger.get(first).status_code == 404
    assert site.post(client, f"{ONE}/evidence/1/link/end", ONE).status_code == 303
    assert stranger.get(second).status_code == 404
    third = link_of(site, client, hours=24)
    site.clock.ahead += timedelta(hours=25)
    assert stranger.get(third).status_code == 410
    assert site.post(stranger, third, "/login").status_code == 410


@pytest.mark.usefixtures("transit")
def test_the_database_keeps_no_token(site: Site, client: httpx.Client) -> None:
    make_evidence(site, client)
    token = link_of(site, client).rpartition("/")[2]
    with site.database.transaction() as conn:
        rows = str(conn.execute("SELECT * FROM evidence_packages").fetchall()) + str(site.audit())
    assert token not in rows


@pytest.mark.usefixtures("transit")
def test_a_link_is_worth_nothing_while_its_maker_may_not_come_in(site: Site, client: httpx.Client) -> None:
    make_evidence(site, client)
    path, stranger = link_of(site, client), site.stranger()
    for is_disabled, status in ((True, 404), (False, 200)):
        with site.database.transaction() as conn:
            set_disabled(conn, "investigator", is_disabled)
        assert stranger.get(path).status_code == status


@pytest.mark.usefixtures("transit")
def test_a_link_is_worth_nothing_once_its_maker_is_no_member(
    site: Site, client: httpx.Client, password_hash: str
) -> None:
    bruno = colleague(site, password_hash)
    make_evidence(site, client)
    path = link_of(site, client)
    site.post(client, f"{ONE}/members", ONE, name="bruno")
    site.post(bruno, f"{ONE}/members/remove", ONE, name="investigator")
    assert site.stranger().get(path).status_code == 404


@pytest.mark.usefixtures("transit")
def test_packages_go_after_their_days_and_files_that_nobody_knows_with_them(site: Site, client: httpx.Client) -> None:
    make_evidence(site, client)
    folder, shelf = site.settings.evidence_dir, site.settings.images_dir / "evidence"
    (folder / "left.zip.part").write_bytes(b"x")
    (shelf / "left.zip").write_bytes(b"x")
    assert (len(list(folder.iterdir())), len(list(shelf.iterdir()))) == (1, 2)
    site.clock.ahead += timedelta(days=8)
    site.console.evidence.tidy(site.console.database)
    assert (list(folder.iterdir()), list(shelf.iterdir())) == ([], [])
    assert "scaduto" in site.client(Role.INVESTIGATOR).get(ONE).text


@pytest.mark.usefixtures("transit")
def test_without_the_sites_key_none_is_made_and_the_page_says_so(site: Site, client: httpx.Client) -> None:
    site.settings.audit_key_path.unlink()
    answer = site.post(client, f"{ONE}/evidence", ONE, evidence_reason=WHY)
    assert answer.status_code == 400
    assert not site.settings.audit_key_path.exists()


def test_room_for_packages_is_bounded_and_only_one_of_an_investigation_is_made_at_a_time(
    site: Site, client: httpx.Client, transit: Transit
) -> None:
    number, _, _ = fill_investigation(site, transit, reference="13/2026")
    busy = site.post(client, f"/investigations/{number}/evidence", ONE, evidence_reason=WHY)
    assert "già in preparazione" in busy.text
    big = site.settings.images_dir / "evidence" / "big.zip"
    with big.open("wb") as file:
        file.truncate(site.settings.console.evidence_max_mb * 1_000_001)
    with pytest.raises(InputError, match="MB"):
        site.console.evidence.demand_room()
    assert "spazio" in site.post(client, f"{ONE}/evidence", ONE, evidence_reason=WHY).text


def test_what_is_shown_is_recorded_under_the_reference(site: Site, client: httpx.Client, transit: Transit) -> None:
    client.get(ONE)
    row = site.audit()[0]
    assert (row.event.action, row.event.case_reference) == (AuditAction.TRANSIT_VIEWED, "12/2026")
    assert row.event.detail["transits"] == [str(transit.id)]


def test_odd_input_is_refused_and_changes_nothing(site: Site, client: httpx.Client, transit: Transit) -> None:
    for path, fields in (
        ("mark", {"investigation": 2**70, "transit": transit.id}),
        ("mark", {"investigation": 1, "transit": "no id"}),
        ("1/unmark", {"transit": "no id"}),
        ("1/notes", {"text": "\0"}),
        ("1/members", {"name": "a\u202eb"}),
        ("1/describe", {"title": "x" * 500}),
        ("1/evidence/1/link", {"to": "a", "hours": 10**9}),
    ):
        assert site.post(client, f"/investigations/{path}", ONE, **fields).status_code in {400, 404}, path
    with site.database.transaction() as conn:
        assert get_investigation(conn, 1).title == "Furti in via Roma"
        assert len(list_marked(conn, 1)) == 1
        assert len(list_investigations(conn)) == 1
