# SPDX-License-Identifier: AGPL-3.0-or-later
"""Proposals in the console: what is sent to a list that demands a second person waits, and another person decides."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest

from anpr.domain.access import Role
from anpr.domain.watchlist import Watchlist
from anpr.store.audit import AuditAction
from anpr.store.author import Author
from anpr.store.users.accounts import User, create_user, set_disabled
from anpr.store.watchlists.cards import change_list
from anpr.store.watchlists.entries import list_entries
from anpr.store.watchlists.entry_edits import change_entry
from anpr.store.watchlists.lists import get_watchlist
from anpr.store.watchlists.places import note_look
from anpr.store.watchlists.proposals import MAX_PROPOSED_FILE, MOST_OPEN, ProposalState, list_proposals
from anpr.store.watchlists.versions import entry_of, entry_values
from tests.support.fixtures_console import PASSWORD, WANTED, Site, token_in
from tests.support.waiting import eventually

WHY = "furto di stanotte"
NEW = {"plate": "AB123CD", "text": "furto, prot. 4711", "since": "", "until": ""}


def demand(site: Site, **settings: int) -> None:
    """The list a1 demands a second person, and there is one."""
    with site.database.transaction() as conn:
        hash_ = next(user for user in _users(site) if user.role is Role.LIST_MANAGER).password_hash
        create_user(conn, User(name="bruno", role=Role.LIST_MANAGER, password_hash=hash_))
        wanted = replace(get_watchlist(conn, "a1"), second_person=True, **settings)  # type: ignore[arg-type]
        change_list(conn, wanted, Author(name="list-manager", at=site.clock.now()), "due persone")


def _users(site: Site) -> list[User]:
    from anpr.store.users.accounts import list_users

    with site.database.transaction() as conn:
        return list_users(conn)


def anna(site: Site) -> httpx.Client:
    return site.client(Role.LIST_MANAGER)


def bruno(site: Site) -> httpx.Client:
    client = site.stranger()
    assert site.log_in(client, "bruno", PASSWORD).status_code == 303
    return client


def plates(site: Site) -> list[str]:
    with site.database.transaction() as conn:
        return [entry.plate for entry in list_entries(conn, "a1")]


def propose(site: Site, client: httpx.Client, **fields: str) -> str:
    """Send the form of a new entry; the address of the proposal."""
    answer = site.post(client, "/watchlists/a1/add", "/watchlists/a1/add", **{**NEW, **fields})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


def decide(site: Site, client: httpx.Client, address: str, deed: str, **fields: str) -> str:
    """Press a button of the proposal's page; the page that answers."""
    answer = site.post(client, f"{address}/{deed}", address, **fields)
    return client.get(answer.headers["location"]).text if answer.status_code == 303 else answer.text


def test_a_new_entry_waits_until_another_person_approves_it(site: Site) -> None:
    demand(site)
    first, second = anna(site), bruno(site)
    assert "chiede una seconda persona" in first.get("/watchlists/a1/add").text
    address = propose(site, first)
    assert plates(site) == [WANTED]
    page = first.get(address).text
    for words in ("AB123CD", "furto, prot. 4711", "L&#39;hai proposta tu", "Ritira la proposta"):
        assert words in page or words.replace("&#39;", "'") in page, words
    assert "/approve" not in page
    assert "approva o rifiuta un'altra persona" in decide(site, first, address, "approve").replace("&#39;", "'")
    for where in ("/watchlists", "/watchlists/a1"):
        assert "1 proposta" in second.get(where).text
    assert "Approvata: la lista è cambiata" in decide(site, second, address, "approve")
    assert plates(site) == [WANTED, "AB123CD"]
    assert "1 proposta" not in second.get("/watchlists/a1").text
    assert "qualcuno l'ha già decisa" in decide(site, second, address, "approve").replace("&#39;", "'")
    assert "approvata" in second.get("/watchlists/a1/proposals").text
    closed = next(row.event for row in site.audit() if row.event.action is AuditAction.WATCHLIST_PROPOSAL_CLOSED)
    assert (closed.actor, closed.detail["proposed_by"], closed.detail["outcome"]) == (
        "bruno",
        "list-manager",
        "approved",
    )


def test_it_is_refused_with_a_reason_that_its_author_reads(site: Site) -> None:
    demand(site)
    address = propose(site, anna(site))
    second = bruno(site)
    assert "Scrivi" in decide(site, second, address, "refuse", why="")
    assert "Rifiutata" in decide(site, second, address, "refuse", why="manca l'atto")
    assert "manca l'atto" in anna(site).get(address).text.replace("&#39;", "'")
    assert plates(site) == [WANTED]


def test_changes_ends_removals_and_the_list_itself_wait_too(site: Site) -> None:
    demand(site)
    client, path = anna(site), "/watchlists/a1/entries/1"
    sent = [
        site.post(client, path, path, text="Rubata a Pistoia", since="", until="", reason=WHY),
        site.post(client, f"{path}/off", path, what="end", why=WHY),
        site.post(client, f"{path}/off", path, what="remove", why=WHY),
        site.post(client, "/watchlists/a1/delete", "/watchlists/a1/delete", typed="a1", why=WHY),
        site.post(client, "/watchlists/a1/settings", "/watchlists/a1/settings", name="Altra", purpose="p",
                  legal_basis="l", reason=WHY),
    ]  # fmt: skip
    addresses = [answer.headers["location"].partition("?")[0] for answer in sent]
    assert all("/proposals/" in address for address in addresses)
    assert plates(site) == [WANTED]
    second = bruno(site)
    overview = second.get("/watchlists/a1/proposals")
    assert (overview.status_code, overview.text.count("list-manager")) == (200, 5)
    pages = [second.get(address).text for address in addresses]
    for page, words in zip(pages, ("Rubata a Pistoia", WANTED, WANTED, "1 segnalazione", "Altra"), strict=True):
        assert words in page
    assert "<b>no</b>" in pages[4], "that the demand would go is shown"
    assert "Approvata" in decide(site, second, addresses[2], "approve")
    assert "cambiato dopo la proposta" in decide(site, second, addresses[0], "approve")
    assert "Lista cancellata" in decide(site, second, addresses[3], "approve")


def test_an_urgent_entry_counts_at_once_and_ends_by_itself(site: Site) -> None:
    demand(site, urgent_hours=6)
    client = anna(site)
    assert "Vale subito, per 6 ore al più" in client.get("/watchlists/a1/add").text
    address = propose(site, client, urgent="true")
    assert "È urgente: vale già" in client.get(address).text
    with site.database.transaction() as conn:
        urgent = list_entries(conn, "a1")[1]
    assert urgent.valid_to is not None
    assert "Approvata" in decide(site, bruno(site), address, "approve")
    with site.database.transaction() as conn:
        assert list_entries(conn, "a1")[1].valid_to is None
    late = site.post(client, "/watchlists/a1/add", "/watchlists/a1/add", **{**NEW, "since": "1/1/2030"}, urgent="true")
    assert "lascia vuoto l'inizio" in late.text.replace("&#39;", "'")


def test_a_list_without_urgency_lets_nothing_count_before(site: Site) -> None:
    demand(site)
    propose(site, anna(site), urgent="true")
    assert plates(site) == [WANTED]


def test_a_file_waits_with_its_counts_and_examples(site: Site) -> None:
    demand(site)
    client = anna(site)
    token = token_in(client.get("/watchlists/a1/import").text)
    sent = {"form_token": token, "mode": "replace", "source": "Questura"}
    content = b"Targa;Motivo\nAB123CD;furto\n"
    address = client.post("/watchlists/a1/import", data=sent, files={"file": ("f.csv", content)}).headers["location"]
    page = client.get(address).text
    hidden = {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("seen", "counts")}  # type: ignore[index]
    again = site.post(client, f"{address}/apply", address, **hidden, sure="true", why="")
    assert "scrivi il motivo" in client.get(again.headers["location"]).text
    made = site.post(client, f"{address}/apply", address, **hidden, sure="true", why="elenco del giorno")
    proposal = made.headers["location"].partition("?")[0]
    second = bruno(site)
    page = second.get(proposal).text
    for words in ("f.csv", "elenco del giorno", "Questura", "AB123CD", WANTED):
        assert words in page, words
    assert plates(site) == [WANTED]
    assert "Approvata" in decide(site, second, proposal, "approve")
    assert plates(site) == ["AB123CD"]
    undo = site.post(client, "/watchlists/a1/imports/1/undo", "/watchlists/a1/import")
    assert "annullare un" in second.get(undo.headers["location"].partition("?")[0]).text
    assert "Approvata" in decide(site, second, undo.headers["location"].partition("?")[0], "approve")
    assert plates(site) == [WANTED]


def test_a_list_does_not_demand_what_nobody_could_give(site: Site) -> None:
    client = anna(site)
    fields = {"name": "A1", "purpose": "p", "legal_basis": "l", "second_person": "true", "reason": WHY}
    answer = site.post(client, "/watchlists/a1/settings", "/watchlists/a1/settings", **fields)
    assert answer.status_code == 400
    assert "nessun altro può approvare" in answer.text
    with site.database.transaction() as conn:
        assert not get_watchlist(conn, "a1").second_person


def test_who_was_shut_out_since_approves_nothing(site: Site) -> None:
    demand(site)
    address = propose(site, anna(site))
    second = bruno(site)
    with site.database.transaction() as conn:
        set_disabled(conn, "bruno", True)
    assert second.post(f"{address}/approve", data={}).status_code in {303, 403}
    with site.database.transaction() as conn:
        assert [each.state for each in list_proposals(conn, "a1")] == [ProposalState.OPEN]


def seen_in(page: str) -> str:
    return re.search(r'name="seen" value="([^"]+)"', page)[1]  # type: ignore[index]


def test_a_form_of_an_entry_that_somebody_changed_meanwhile_says_who_and_keeps_what_was_typed(site: Site) -> None:
    client, path = anna(site), "/watchlists/a1/entries/1"
    seen = seen_in(client.get(path).text)
    with site.database.transaction() as conn:
        entry = entry_of({**entry_values(list_entries(conn, "a1")[0]), "reason": "Rubata a Lucca"})
        change_entry(conn, "a1", 1, entry, Author(name="carla", at=site.clock.now()), "r")
    fields = {"text": "Rubata a Pistoia", "since": "", "until": "", "reason": WHY}
    answer = site.post(client, path, path, **fields, seen=seen)
    assert answer.status_code == 409
    for words in ("carla", "Rubata a Lucca", "Rubata a Pistoia", WHY):
        assert words in answer.text
    off = site.post(client, f"{path}/off", path, what="remove", why=WHY, seen=seen)
    assert (off.status_code, plates(site)) == (409, [WANTED])
    assert site.post(client, path, path, **fields, seen=seen_in(answer.text)).status_code == 303


def test_a_form_of_settings_that_somebody_changed_meanwhile_says_who_and_keeps_what_was_typed(site: Site) -> None:
    client, path = anna(site), "/watchlists/a1/settings"
    seen = seen_in(client.get(path).text)
    with site.database.transaction() as conn:
        wanted: Watchlist = replace(get_watchlist(conn, "a1"), purpose="finalità di Carla")
        change_list(conn, wanted, Author(name="carla", at=site.clock.now()), "r")
    fields = {"name": "A1", "purpose": "finalità mia", "legal_basis": "l", "reason": WHY}
    answer = site.post(client, path, path, **fields, seen=seen)
    assert answer.status_code == 409
    for words in ("carla", "finalità di Carla", "finalità mia"):
        assert words in answer.text
    assert site.post(client, path, path, **fields, seen=seen_in(answer.text)).status_code == 303


def test_who_may_not_edit_lists_sees_no_proposal(site: Site) -> None:
    demand(site)
    address = propose(site, anna(site))
    for role in (Role.OPERATOR, Role.INVESTIGATOR, Role.ADMINISTRATOR):
        assert site.client(role).get(address).status_code == 403


def test_a_place_whose_files_do_not_arrive_is_on_the_status_page(site: Site) -> None:
    with site.database.transaction() as conn:
        note_look(conn, "a1", "sftp://anna@questura.example:22/in", site.clock.now(), "Connection refused")
    page = site.client(Role.ADMINISTRATOR).get("/status").text
    for words in ("Liste i cui file non arrivano", "sftp://anna@questura.example:22/in", "Connection refused"):
        assert words in page


def test_a_pattern_with_open_ends_is_found_and_one_that_reads_the_whole_list_is_not_asked(site: Site) -> None:
    client = anna(site)
    sent = {"plate": f"*{WANTED[2:5]}*", "text": "", "when": ""}
    found = site.post(client, "/watchlists/a1/search", "/watchlists/a1", **sent)
    assert WANTED in client.get(found.headers["location"]).text.partition("</form>")[2]
    open_ends = site.post(client, "/watchlists/a1/search", "/watchlists/a1", **{**sent, "plate": f"*{WANTED[2:4]}*"})
    assert "almeno tre lettere o cifre di seguito" in open_ends.text


@pytest.mark.parametrize("deed", ["approve", "refuse", "withdraw"])
def test_what_is_not_there_is_not_found(site: Site, deed: str) -> None:
    answer = site.post(anna(site), f"/watchlists/a1/proposals/99/{deed}", "/watchlists/a1", why=WHY)
    assert answer.status_code == 404


def sent_while_demanded(site: Site, send: Callable[[], httpx.Response]) -> httpx.Response:
    """What answers a form that is sent while somebody else is just switching the demand on."""

    def waits() -> bool:
        with site.database.transaction() as other:
            query = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            return bool(other.execute(query).fetchall())

    with ThreadPoolExecutor(1) as pool:
        with site.database.transaction() as conn:
            wanted = replace(get_watchlist(conn, "a1"), second_person=True)
            change_list(conn, wanted, Author(name="bruno", at=site.clock.now()), "due persone")
            answer = pool.submit(send)
            eventually(waits)
        return answer.result(timeout=60)


ENTRY = "/watchlists/a1/entries/1"
FORMS: dict[str, tuple[str, str, dict[str, str], str]] = {
    "add": ("/watchlists/a1/add", "/watchlists/a1/add", NEW, "furto, prot. 4711"),
    "change": (ENTRY, ENTRY, {"text": "Rubata a Lucca", "since": "", "until": "", "reason": WHY}, "Rubata a Lucca"),
    "off": (f"{ENTRY}/off", ENTRY, {"what": "remove", "why": "vista a Massa"}, "vista a Massa"),
    "settings": ("/watchlists/a1/settings", "/watchlists/a1/settings",
                 {"name": "Altro nome", "purpose": "p", "legal_basis": "l", "reason": WHY}, "Altro nome"),
    "delete": ("/watchlists/a1/delete", "/watchlists/a1/delete", {"typed": "a1", "why": "non serve"}, "non serve"),
}  # fmt: skip


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_form_sent_while_a_second_person_is_demanded_is_shown_again_and_can_be_proposed(
    site: Site, form: str
) -> None:
    path, page, fields, typed = FORMS[form]
    client = anna(site)
    token = token_in(client.get(page).text)
    answer = sent_while_demanded(site, lambda: client.post(path, data={"form_token": token, **fields}))
    assert answer.status_code == 409
    assert "è stata chiesta una seconda persona" in answer.text
    assert typed in answer.text
    assert "Propon" in answer.text
    assert plates(site) == [WANTED]


def test_a_file_applied_while_a_second_person_is_demanded_waits_to_be_proposed(site: Site) -> None:
    client = anna(site)
    token = token_in(client.get("/watchlists/a1/import").text)
    sent = {"form_token": token, "mode": "add", "source": ""}
    file = {"file": ("f.csv", b"Targa;Motivo\nAB123CD;furto\n")}
    address = client.post("/watchlists/a1/import", data=sent, files=file).headers["location"]
    page = client.get(address).text
    hidden = {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("seen", "counts")}  # type: ignore[index]
    form = {"form_token": token_in(page), **hidden}
    answer = sent_while_demanded(site, lambda: client.post(f"{address}/apply", data=form))
    shown = client.get(answer.headers["location"]).text
    assert "intanto per questa lista è stata chiesta una seconda persona" in shown
    assert 'name="why"' in shown
    assert plates(site) == [WANTED]


def test_too_many_proposals_are_told_beside_what_was_typed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_OPEN > 1
    monkeypatch.setattr("anpr.store.watchlists.proposals.MOST_OPEN", 1)
    demand(site)
    client = anna(site)
    propose(site, client)
    answer = site.post(client, "/watchlists/a1/add", "/watchlists/a1/add", plate="ZA999ZZ", text="altra", since="",
                       until="")  # fmt: skip
    assert answer.status_code == 409
    assert "troppe proposte di questa lista aspettano già" in answer.text
    assert "ZA999ZZ" in answer.text


def test_a_file_that_is_too_large_to_wait_is_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_PROPOSED_FILE > 1000
    monkeypatch.setattr("anpr.console.pages.watchlists.imports.MAX_PROPOSED_FILE", 10)
    demand(site)
    client = anna(site)
    token = token_in(client.get("/watchlists/a1/import").text)
    sent = {"form_token": token, "mode": "add", "source": ""}
    file = {"file": ("f.csv", b"Targa;Motivo\nAB123CD;furto\n")}
    address = client.post("/watchlists/a1/import", data=sent, files=file).headers["location"]
    page = client.get(address).text
    hidden = {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("seen", "counts")}  # type: ignore[index]
    answer = site.post(client, f"{address}/apply", address, **hidden, why="elenco del giorno")
    assert "ha al più 16 MiB" in client.get(answer.headers["location"]).text


def test_settings_changed_meanwhile_tell_of_the_demand_and_of_urgent_hours(site: Site) -> None:
    client = anna(site)
    fields = {"name": "A1", "purpose": "p", "legal_basis": "l", "reason": WHY}
    seen = re.search(r'name="seen" value="([^"]*)"', client.get("/watchlists/a1/settings").text)
    assert seen
    demand(site, urgent_hours=6)
    answer = site.post(client, "/watchlists/a1/settings", "/watchlists/a1/settings", **fields, seen=seen[1])
    assert answer.status_code == 409
    told = re.findall(r'<p class="fine">([^<]*)</p>', answer.text)
    assert "Seconda persona: sì" in told
    assert any(line.endswith(": 6") for line in told), told


def test_the_menu_counts_what_others_have_proposed(site: Site) -> None:
    demand(site)
    first, second = anna(site), bruno(site)
    propose(site, first)
    assert "1 proposta di altri da decidere" in second.get("/account").text
    assert "di altri da decidere" not in first.get("/account").text
    assert "di altri da decidere" not in site.client(Role.OPERATOR).get("/account").text
