# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists in the console: looked at, searched, edited, restored and deleted, by those who may, of one's own."""

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from anpr.domain.access import Role
from anpr.domain.organisation import Action, Organisation, OrganisationKind
from anpr.domain.watchlist import Priority, Watchlist
from anpr.listfiles.pickup import Pickup
from anpr.settings.watchlists import PickupSettings, WatchlistSettings
from anpr.store.audit import AuditAction, AuditEvent
from anpr.store.author import Author, act_as
from anpr.store.organisations.registry import add_organisation
from anpr.store.users.accounts import User, create_user
from anpr.store.watchlists.cards import get_card
from anpr.store.watchlists.entries import ImportMode, NewEntry, add_entry, import_entries, list_entries
from anpr.store.watchlists.lists import save_watchlist
from anpr.store.watchlists.matching import matching_entries
from anpr.store.watchlists.places import note_look
from tests.support.fixtures_console import PASSWORD, WANTED, Site

WHY = "segnalazione revocata"


def manager(site: Site) -> httpx.Client:
    return site.client(Role.LIST_MANAGER)


def put(site: Site, client: httpx.Client, **changes: Any) -> httpx.Response:
    """Send the form of a new entry on the list a1."""
    fields = {"plate": "AB123CD", "text": "furto, prot. 4711/2026", "since": "", "until": ""}
    return site.post(client, "/watchlists/a1/add", "/watchlists/a1/add", **{**fields, **changes})


def plates(site: Site, watchlist: str = "a1") -> list[str]:
    with site.database.transaction() as conn:
        return [entry.plate for entry in list_entries(conn, watchlist)]


def numbers(site: Site) -> dict[str, int]:
    with site.database.transaction() as conn:
        return {entry.plate: entry.id for entry in list_entries(conn, "a1")}


def newest(site: Site, action: AuditAction) -> AuditEvent:
    return next(row.event for row in site.audit() if row.event.action is action)


def find(site: Site, client: httpx.Client, **fields: str) -> str:
    """Send the search form of a1, and open the result."""
    sent = {"plate": "", "text": "", "when": "", **fields}
    answer = site.post(client, "/watchlists/a1/search", "/watchlists/a1", **sent)
    assert answer.status_code == 303, answer.text
    for value in (sent["plate"], sent["text"]):
        assert not value or value not in answer.headers["location"]
    return client.get(answer.headers["location"]).text.partition("</form>")[2]


def test_an_entry_is_added_and_the_page_says_who_put_it_in(site: Site) -> None:
    client = manager(site)
    answer = put(site, client, plate="ab 123-cd", since="21/11/2026", until="31/12/2026")
    assert answer.status_code == 303
    assert "AB123CD" not in answer.headers["location"]
    page = client.get(answer.headers["location"]).text
    assert "Segnalazione aggiunta" in page
    for words in ("AB123CD", "prot. 4711/2026", "21/11/2026", "31/12/2026", "list-manager"):
        assert words in page
    event = newest(site, AuditAction.ENTRY_ADDED)
    assert (event.actor, event.reason, event.detail["plate"]) == ("list-manager", "furto, prot. 4711/2026", "AB123CD")


def test_letters_of_other_alphabets_are_taken_for_ours_and_the_page_says_so(site: Site) -> None:
    client = manager(site)
    answer = put(site, client, plate="АВ１２３СD")
    page = client.get(answer.headers["location"]).text
    assert "lettere di un altro alfabeto" in page
    assert "AB123CD" in plates(site)
    assert "lettere di un altro alfabeto" not in client.get(put(site, client, plate="EF456GH").headers["location"]).text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"plate": ""}, "Scrivi la targa."),
        ({"plate": "AB1*"}, "almeno 4 lettere o cifre"),
        ({"plate": "AB*1*2*"}, "al più 2 volte *"),
        ({"plate": "AB1%*"}, "non sta in una targa"),
        ({"plate": "A" * 17}, "Al massimo 16"),
        ({"plate": WANTED}, "Questa targa è già nella lista"),
        ({"text": " "}, "Scrivi perché si cerca"),
        ({"text": "x" * 501}, "Troppo lungo"),
        ({"text": "a\x00b"}, "caratteri di controllo"),
        ({"since": "ieri"}, "Data e ora non valide"),
        ({"until": "31/12/26"}, "quattro cifre"),
        ({"since": "2/1/2027", "until": "1/1/2027"}, "deve venire dopo"),
    ],
)
def test_what_cannot_be_says_why_and_keeps_what_was_typed(site: Site, changes: dict[str, str], said: str) -> None:
    answer = put(site, manager(site), **changes)
    assert answer.status_code == 400
    assert said in answer.text.replace("&#39;", "'")
    if "text" not in changes:
        assert "furto, prot. 4711/2026" in answer.text
    assert plates(site) == [WANTED]


def test_an_entry_is_changed_with_a_reason_and_the_audit_holds_what_it_was(site: Site) -> None:
    client, number = manager(site), numbers(site)[WANTED]
    path = f"/watchlists/a1/entries/{number}"
    assert "Rubata a Prato" in client.get(path).text
    fields = {"text": "Rubata a Pistoia", "since": "", "until": "31/12/2027"}
    assert site.post(client, path, path, **fields, reason="").status_code == 400
    assert site.post(client, path, path, **fields, reason=WHY).status_code == 303
    page = client.get(path).text
    assert "Rubata a Pistoia" in page
    assert "31/12/2027" in page
    event = newest(site, AuditAction.ENTRY_CHANGED)
    assert event.reason == WHY
    assert event.detail["was"] == {"entry_reason": "Rubata a Prato", "valid_from": None, "valid_to": None}


def test_a_change_that_would_double_another_entry_is_refused(site: Site) -> None:
    client = manager(site)
    put(site, client, until="31/12/2027")
    put(site, client)
    with site.database.transaction() as conn:
        last = list_entries(conn, "a1")[-1].id
    path = f"/watchlists/a1/entries/{last}"
    answer = site.post(client, path, path, text="furto", since="", until="31/12/2027", reason=WHY)
    assert (answer.status_code, "è già nella lista" in answer.text) == (400, True)


def test_an_ended_entry_stays_and_raises_no_alarm(site: Site) -> None:
    client, number = manager(site), numbers(site)[WANTED]
    path = f"/watchlists/a1/entries/{number}"
    assert site.post(client, f"{path}/off", path, what="end", why="").status_code == 400
    assert site.post(client, f"{path}/off", path, what="end", why=WHY).status_code == 303
    site.clock.ahead += timedelta(seconds=1)
    with pytest.raises(ValueError, match="not enough values"):
        site.alarm_of(site.pass_vehicle(WANTED))
    assert plates(site) == [WANTED]
    assert newest(site, AuditAction.ENTRY_ENDED).reason == WHY
    again = site.post(client, f"{path}/off", path, what="end", why=WHY)
    assert (again.status_code, "Non è in corso" in again.text) == (400, True)


def test_a_removed_entry_is_restored_as_it_was_by_whoever_removed_it(site: Site) -> None:
    client = manager(site)
    put(site, client, until="31/12/2027")
    path = f"/watchlists/a1/entries/{numbers(site)['AB123CD']}"
    removed = site.post(client, f"{path}/off", path, what="remove", why=WHY)
    assert plates(site) == [WANTED]
    page = client.get(removed.headers["location"]).text
    row = re.search(r'name="row" value="(\d+)"', page)
    assert row
    for number in ("1", "999999"):
        assert site.post(client, "/watchlists/a1/restore", "/watchlists", row=number).status_code == 404
    restored = site.post(client, "/watchlists/a1/restore", "/watchlists", row=row[1])
    page = client.get(restored.headers["location"]).text
    assert "Segnalazione ripristinata" in page
    assert plates(site) == [WANTED, "AB123CD"]
    assert "31/12/2027" in page
    assert newest(site, AuditAction.ENTRY_RESTORED).detail["removed_by_row"] == int(row[1])
    twice = site.post(client, "/watchlists/a1/restore", "/watchlists", row=row[1])
    assert twice.headers["location"].endswith("done=duplicate")
    gone = site.post(client, f"{path}/off", "/watchlists", what="remove", why=WHY)
    assert gone.headers["location"].endswith("done=gone")


def test_a_removal_is_not_undone_after_an_hour(site: Site) -> None:
    client = manager(site)
    path = f"/watchlists/a1/entries/{numbers(site)[WANTED]}"
    removed = site.post(client, f"{path}/off", path, what="remove", why=WHY)
    site.clock.ahead += timedelta(minutes=61)
    assert "Ripristina" not in client.get(removed.headers["location"]).text
    row = removed.headers["location"].rpartition("=")[2]
    assert site.post(client, "/watchlists/a1/restore", "/watchlists", row=row).status_code == 404


def test_entries_are_found_by_plate_pattern_reason_and_validity(site: Site) -> None:
    client = manager(site)
    put(site, client)
    put(site, client, plate="AB999ZZ", text="100% sicuro", until="31/12/2025")
    put(site, client, plate="EF456GH", text="da gennaio", since="01/01/2199")
    for fields, expected in (
        ({"plate": "ab 123 cd"}, {"AB123CD"}),
        ({"plate": "AB*"}, {"AB123CD", "AB999ZZ"}),
        ({"plate": "?F45*"}, {"EF456GH"}),
        ({"plate": "*427*"}, {WANTED}),
        ({"text": "PROT. 4711"}, {"AB123CD"}),
        ({"text": "sic 100"}, {"AB999ZZ"}),
        ({"text": "d'a & !gen | 'x"}, set()),
        ({"text": "GEN da"}, {"EF456GH"}),
        ({"text": "711"}, set()),
        ({"when": "now"}, {"AB123CD", WANTED}),
        ({"when": "coming"}, {"EF456GH"}),
        ({"when": "ended"}, {"AB999ZZ"}),
        ({"plate": "AB*", "when": "now"}, {"AB123CD"}),
        ({"plate": "ZZ000ZZ"}, set()),
    ):
        found = set(re.findall(r'entries/\d+">(\w+)<', find(site, client, **fields)))
        assert found == expected, fields
    event = newest(site, AuditAction.WATCHLIST_SEARCHED)
    assert event.detail == {"watchlist": "a1", "plate": "ZZ000ZZ"}
    for field, typed in (("plate", "***"), ("text", "...")):
        bad = site.post(client, "/watchlists/a1/search", "/watchlists/a1", **{"plate": "", "text": "", field: typed})
        assert bad.status_code == 400
        assert f'value="{typed}"' in bad.text


def test_somebody_elses_search_is_not_opened(site: Site) -> None:
    with site.database.transaction() as conn:
        create_user(conn, User(name="altra", role=Role.LIST_MANAGER, password_hash=_hash(site)))
    answer = site.post(manager(site), "/watchlists/a1/search", "/watchlists/a1", plate=WANTED, text="", when="")
    other = site.stranger()
    assert site.log_in(other, "altra", PASSWORD).status_code == 303
    assert other.get(answer.headers["location"]).status_code == 404


def _hash(site: Site) -> str:
    with site.database.transaction() as conn:
        row = conn.execute("SELECT password_hash FROM users WHERE name = 'operator'").fetchone()
    assert row
    return str(row["password_hash"])


def test_pages_of_entries_show_each_once_and_stand_while_others_come(site: Site) -> None:
    client = manager(site)
    with site.database.transaction() as conn:
        import_entries(conn, "a1", [NewEntry(plate=f"AA{n:03}AA", reason="r") for n in range(120)])
    seen: list[str] = []
    path = "/watchlists/a1"
    while path:
        page = client.get(path).text
        seen += re.findall(r'entries/\d+">(\w+)<', page)
        put(site, client, plate=f"ZZ{len(seen):03}ZZ")
        older = re.search(r'href="(/watchlists/a1\?before=\d+)"', page)
        path = older[1] if older else ""
    assert len(seen) == len(set(seen)) == 121


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.INVESTIGATOR])
def test_who_only_looks_sees_the_list_and_neither_plates_nor_reasons(site: Site, role: Role) -> None:
    client = site.client(role)
    page = client.get("/watchlists/a1").text
    assert "A1 Veicoli rubati" in page
    assert "sicurezza urbana" in page
    for hidden in (WANTED, "Rubata a Prato", "/watchlists/a1/add", "/settings"):
        assert hidden not in page
    number = numbers(site)[WANTED]
    for path in (f"/watchlists/a1/entries/{number}", "/watchlists/a1/add", "/watchlists/a1/settings",
                 "/watchlists/a1/delete", "/watchlists/_new"):  # fmt: skip
        assert client.get(path).status_code == 403
    for path in ("search", "add", f"entries/{number}", f"entries/{number}/off", "restore", "settings", "delete"):
        answer = site.post(client, f"/watchlists/a1/{path}", "/account", what="remove", why=WHY, typed="a1", row="1")
        assert answer.status_code == 403, path
    assert site.post(client, "/watchlists/_new", "/account", id="x").status_code == 403
    assert plates(site) == [WANTED]


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR, Role.DPO])
def test_who_may_not_see_lists_gets_no_page_and_changes_nothing(site: Site, role: Role) -> None:
    client = site.client(role)
    assert client.get("/watchlists/a1").status_code == 403
    for path in ("_check", "_new", "a1/search", "a1/add", "a1/entries/1", "a1/entries/1/off", "a1/restore",
                 "a1/settings", "a1/delete"):  # fmt: skip
        answer = site.post(client, f"/watchlists/{path}", "/account", plate=WANTED, what="remove")
        assert answer.status_code == 403, path


def test_is_it_listed_needs_a_reason_and_tells_operators_no_entrys_reason(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    sent = {"plate": WANTED.lower(), "reason": "controllo su strada"}
    missing = site.post(client, "/watchlists/_check", "/watchlists", **{**sent, "reason": "."})
    assert (missing.status_code, f'value="{sent["plate"]}"' in missing.text) == (400, True)
    answer = site.post(client, "/watchlists/_check", "/watchlists", **sent)
    assert answer.status_code == 303
    page = client.get(answer.headers["location"]).text
    assert "È in una segnalazione" in page
    assert "A1 Veicoli rubati" in page
    assert "Rubata a Prato" not in page
    event = newest(site, AuditAction.WATCHLIST_SEARCHED)
    assert (event.actor, event.reason, event.detail) == ("operator", "controllo su strada", {"plate": WANTED})
    assert site.client(Role.INVESTIGATOR).get(answer.headers["location"]).status_code == 404, "somebody else's question"
    none = site.post(client, "/watchlists/_check", "/watchlists", plate="ZZ000ZZ", reason="controllo su strada")
    assert "Non è in nessuna" in client.get(none.headers["location"]).text


def test_a_partial_plate_is_added_found_and_answers_for_the_plates_it_stands_for(site: Site) -> None:
    client = manager(site)
    answer = put(site, client, plate="zb 12*", text="visto da un testimone")
    assert answer.status_code == 303
    assert plates(site) == [WANTED, "ZB12*"]
    assert "ZB12*" in find(site, client, plate="ZB12*")
    operator = site.client(Role.OPERATOR)
    asked = site.post(operator, "/watchlists/_check", "/watchlists", plate="ZB129XY", reason="controllo su strada")
    page = operator.get(asked.headers["location"]).text
    assert "È in una segnalazione" in page
    assert "con una targa parziale" in page
    assert "ZB12*" not in page, "what the witness saw is for those who edit lists"
    other = site.post(operator, "/watchlists/_check", "/watchlists", plate="ZB139XY", reason="controllo su strada")
    assert "Non è in nessuna" in operator.get(other.headers["location"]).text
    transit = site.pass_vehicle("ZB129XY")
    assert site.alarm_of(transit).vehicle == "ZB129XY"


def test_what_to_do_stands_on_the_entry_or_else_on_its_list(site: Site) -> None:
    client = manager(site)
    answer = put(site, client, instructions="chiamare il 112")
    page = client.get(answer.headers["location"]).text
    number = numbers(site)["AB123CD"]
    path = f"/watchlists/a1/entries/{number}"
    assert "chiamare il 112" in client.get(path).text
    fields = {"text": "furto", "since": "", "until": "", "instructions": "", "reason": WHY}
    assert site.post(client, path, path, **fields).status_code == 303
    assert "chiamare il 112" not in client.get(path).text
    settings = "/watchlists/a1/settings"
    shown = client.get(settings).text
    names = ("name", "purpose", "legal_basis")
    kept = {name: re.search(rf'name="{name}" value="([^"]*)"', shown)[1] for name in names}  # type: ignore[index]
    sent = {**kept, "priority": "high", "match": "exact", "share": "50", "instructions": "avvisare la centrale"}
    assert site.post(client, settings, settings, **sent, reason=WHY).status_code == 303
    assert "avvisare la centrale" in client.get(path).text
    transit = site.pass_vehicle("AB123CD")
    with site.database.transaction() as conn:
        [(_, match, watchlist)] = matching_entries(conn, [transit])
    assert (match.entry.instructions, watchlist.instructions) == (None, "avvisare la centrale")
    assert page


def test_a_list_is_exported_with_a_reason_and_nothing_of_it_is_calculated(site: Site) -> None:
    client = manager(site)
    put(site, client, text="=1+1", until="31/12/2027")
    assert site.post(client, "/watchlists/a1/export", "/watchlists/a1/export", reason=".").status_code == 400
    answer = site.post(client, "/watchlists/a1/export", "/watchlists/a1/export", reason=WHY)
    assert "attachment" in answer.headers["content-disposition"]
    header, wanted, ours = answer.content.decode("utf-8-sig").splitlines()
    assert header == "targa;motivo;dal;al;che cosa fare"
    assert wanted.startswith(f"{WANTED};Rubata a Prato")
    assert ours == "AB123CD;'=1+1;;31/12/2027;"
    event = newest(site, AuditAction.EXPORTED)
    assert (event.reason, event.detail["watchlist"], event.detail["entries"]) == (WHY, "a1", 2)


def test_entries_that_end_soon_are_told_and_shown(site: Site) -> None:
    client = manager(site)
    assert "entro 14 giorni" not in client.get("/watchlists/a1").text
    soon = site.clock.now() + timedelta(days=5)
    put(site, client, plate="AB123CD", until=f"{soon:%d/%m/%Y}")
    put(site, client, plate="EF456GH", until=f"{soon + timedelta(days=30):%d/%m/%Y}")
    page = client.get("/watchlists/a1").text
    assert "1 segnalazione termina entro 14 giorni" in page
    shown = client.get("/watchlists/a1?when=ending").text.partition("</form>")[2]
    assert ("AB123CD" in shown, "EF456GH" in shown) == (True, False)


LIST = {
    "id": "locale", "name": "Lista locale", "priority": "low", "purpose": "ordinanza", "legal_basis": "ord. 3/2026",
    "match": "look-alike", "share": "50", "until": "31/12/2027", "hours": "26", "reason": "nuova ordinanza",
}  # fmt: skip


def test_a_list_is_made_changed_and_deleted_after_its_id_was_written(site: Site) -> None:
    client = manager(site)
    answer = site.post(client, "/watchlists/_new", "/watchlists/_new", **LIST)
    assert answer.headers["location"] == "/watchlists/locale?done=made"
    page = client.get(answer.headers["location"]).text
    for words in ("Lista locale", "ord. 3/2026", "anche targhe simili", "31/12/2027", "<dd>Comune di Prova</dd>"):
        assert words in page
    made = newest(site, AuditAction.WATCHLIST_SAVED)
    assert (made.actor, made.reason) == ("list-manager", "nuova ordinanza")
    taken = site.post(client, "/watchlists/_new", "/watchlists/_new", **LIST)
    assert (taken.status_code, "già in uso" in taken.text) == (400, True)
    settings = {**LIST, "match": "probability", "share": "72,5", "hours": "", "reason": "altro confronto"}
    path = "/watchlists/locale/settings"
    assert site.post(client, path, path, **settings).status_code == 303
    with site.database.transaction() as conn:
        saved = get_card(conn, "locale").watchlist
    assert (saved.min_probability, saved.stale_after_hours) == (0.725, None)
    assert newest(site, AuditAction.WATCHLIST_SAVED).detail["was"]["match"] == "look-alike"
    site.post(client, "/watchlists/locale/add", "/watchlists/locale/add", plate="AB123CD", text="furto")
    delete = "/watchlists/locale/delete"
    assert site.post(client, delete, delete, typed="", why=WHY).status_code == 400
    assert site.post(client, delete, delete, typed="locale", why=WHY).headers["location"] == "/watchlists?done=deleted"
    assert newest(site, AuditAction.WATCHLIST_DELETED).detail["entries"] == 1
    assert client.get("/watchlists/locale").status_code == 404


def test_an_empty_list_is_deleted_without_writing_its_id(site: Site) -> None:
    client = manager(site)
    site.post(client, "/watchlists/_new", "/watchlists/_new", **LIST)
    delete = "/watchlists/locale/delete"
    assert site.post(client, delete, delete, why=WHY).status_code == 303


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": "Con Spazi"}, "lettere minuscole"),
        ({"id": "_x"}, "lettere minuscole"),
        ({"name": " "}, "Scrivi il nome"),
        ({"purpose": ""}, "Scrivi per quale finalità"),
        ({"legal_basis": ""}, "Scrivi l'atto"),
        ({"match": "guess"}, "Scegli una delle voci"),
        ({"match": "probability", "share": "0"}, "Una percentuale"),
        ({"match": "probability", "share": "nan"}, "Una percentuale"),
        ({"hours": "-3"}, "Ore intere"),
        ({"hours": "9999999"}, "Ore intere"),
        ({"until": "mai"}, "Data e ora non valide"),
        ({"reason": "x"}, "Scrivi il motivo"),
    ],
)
def test_settings_that_cannot_be_say_why_and_make_no_list(site: Site, changes: dict[str, str], said: str) -> None:
    answer = site.post(manager(site), "/watchlists/_new", "/watchlists/_new", **{**LIST, **changes})
    assert answer.status_code == 400
    assert said in answer.text.replace("&#39;", "'")
    assert site.client(Role.LIST_MANAGER).get("/watchlists/locale").status_code == 404


def test_a_list_that_has_not_changed_for_its_hours_warns_until_an_import_confirms_it(site: Site) -> None:
    client = manager(site)
    settings = {**LIST, "name": "A1 Veicoli rubati", "until": "", "hours": "2", "reason": "arriva ogni ora"}
    site.post(client, "/watchlists/a1/settings", "/watchlists/a1/settings", **settings)
    put(site, client)
    assert "vecchia" not in client.get("/watchlists").text
    site.clock.ahead += timedelta(hours=2, seconds=1)
    for path in ("/watchlists", "/watchlists/a1"):
        assert "vecchia: non cambia da oltre 2 ore" in client.get(path).text
    assert "A1 Veicoli rubati" in site.client(Role.OPERATOR).get("/status").text
    settings["name"] = "A1 Rubati"
    site.post(client, "/watchlists/a1/settings", "/watchlists/a1/settings", **settings)
    assert "vecchia" in client.get("/watchlists").text, "another name makes it no younger"
    with site.database.transaction() as conn:
        act_as(conn, Author(name="os:root", at=site.clock.now()))
        import_entries(conn, "a1", [NewEntry(plate="AB123CD", reason="furto, prot. 4711/2026")], ImportMode.ADD)
    page = client.get("/watchlists/a1").text
    assert "vecchia" not in page
    assert "da os:root" in page
    assert "A1 Rubati" not in site.client(Role.OPERATOR).get("/status").text


def test_of_another_organisations_lists_those_opened_are_seen_and_none_is_edited(site: Site) -> None:
    with site.database.transaction() as conn:
        add_organisation(conn, Organisation(id="empoli", name="Empoli", kind=OrganisationKind.MUNICIPALITY))
        theirs: dict[str, Any] = {"priority": Priority.LOW, "purpose": "p", "legal_basis": "l"}
        for name in ("aperta", "chiusa"):
            save_watchlist(conn, Watchlist(id=name, name=f"Lista {name}", **theirs))
            add_entry(conn, name, NewEntry(plate="EM111PO", reason="segreto loro"))
            conn.execute("UPDATE watchlists SET organisation_id = 'empoli' WHERE id = %s", [name])
        day = site.clock.now().date()
        conn.execute(
            "INSERT INTO agreements (grantor_id, grantee_id, gate_ids, watchlist_ids, actions, purpose, document,"
            " starts_on, ends_on, made_at, made_by) VALUES ('empoli', 'manager', '{}', '{aperta}', %s, 'p', 'd',"
            " %s, %s, now(), 'x')",
            [[Action.SEARCH.value], day - timedelta(days=9), day + timedelta(days=9)],
        )
    client = manager(site)
    page = client.get("/watchlists").text
    assert "Lista aperta" in page
    assert "Lista chiusa" not in page
    opened = client.get("/watchlists/aperta").text
    assert "EM111PO" in opened
    assert "/watchlists/aperta/add" not in opened
    with site.database.transaction() as conn:
        number = list_entries(conn, "aperta")[0].id
    forms = {"plate": "AB123CD", "text": "furto", "what": "remove", "why": WHY, "typed": "aperta", "row": "1", **LIST}
    for path in ("add", f"entries/{number}", f"entries/{number}/off", "restore", "settings", "delete"):
        assert site.post(client, f"/watchlists/aperta/{path}", "/account", **forms).status_code == 403, path
        assert site.post(client, f"/watchlists/chiusa/{path}", "/account", **forms).status_code == 404, path
    assert client.get("/watchlists/chiusa").status_code == 404
    assert plates(site, "aperta") == plates(site, "chiusa") == ["EM111PO"]
    asked = site.post(client, "/watchlists/_check", "/watchlists", plate="EM111PO", reason="controllo su strada")
    page = client.get(asked.headers["location"]).text
    assert "È in una segnalazione" in page
    with site.database.transaction() as conn:
        conn.execute("DELETE FROM watchlists WHERE id = 'chiusa'")
    again = site.post(client, "/watchlists/_new", "/watchlists/_new", **{**LIST, "id": "chiusa"})
    assert again.status_code == 400, "their alarms go by the id of the list that was"


def _arrive(path: Path, content: bytes) -> None:
    """Written a while ago: it is whole."""
    path.write_bytes(content)
    os.utime(path, (0, 0))


def test_who_keeps_a_list_is_told_of_a_file_that_was_refused_until_another_one_is_taken(
    site: Site, tmp_path: Path
) -> None:
    """They read neither the folder of failed files nor the audit, and such a list misses what is new."""
    folder = tmp_path / "in"
    folder.mkdir()
    settings = WatchlistSettings(pickup=(PickupSettings(folder=folder, watchlist="a1"),))
    pickup = Pickup(database=site.database, settings=settings, zone=site.settings.zone, clock=site.clock)
    client = manager(site)
    for content, told in ((b"Targa;Motivo\nA*;furto\n", "Una riga è errata"), (b"\x00\x01\x02", "Non si riesce")):
        _arrive(folder / "notte.csv", content)
        assert pickup.look() == 1
        page = client.get("/watchlists/a1").text
        assert "Il file «notte.csv»" in page
        assert told in page
        assert "i file non arrivano" in client.get("/watchlists").text
    asked = site.post(client, "/watchlists/_check", "/watchlists", plate="ZZ999ZZ", reason="fermato in via Roma")
    answer = client.get(asked.headers["location"]).text
    assert "su cui può mancare ciò che è nuovo: A1 Veicoli rubati" in answer, "on no list, and one is out of date"
    _arrive(folder / "notte.csv", b"Targa;Motivo\nAB123CD;furto\n")
    assert pickup.look() == 0
    assert "notte.csv" not in client.get("/watchlists/a1").text
    assert "i file non arrivano" not in client.get("/watchlists").text


def test_who_keeps_a_list_is_told_of_a_place_that_fails(site: Site) -> None:
    client, now = manager(site), site.clock.now()
    with site.database.transaction() as conn:
        note_look(conn, "a1", "sftp://liste.example", now - timedelta(days=1), "connection refused", 600.0)
    page = client.get("/watchlists/a1").text
    assert "Da qui non arriva nulla dal" in page
    assert "sftp://liste.example" in page
    with site.database.transaction() as conn:
        note_look(conn, "a1", "sftp://liste.example", now - timedelta(hours=5), "", 600.0)
    assert "Nessuno cerca più nuovi file" in client.get("/watchlists/a1").text
    with site.database.transaction() as conn:
        note_look(conn, "a1", "sftp://liste.example", now, "", 600.0)
    assert "sftp://liste.example" not in client.get("/watchlists/a1").text
