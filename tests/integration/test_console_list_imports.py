# SPDX-License-Identifier: AGPL-3.0-or-later
"""Imports of lists in the console: uploaded, shown as understood, applied as shown, undone; by those who may."""

import re
import socket
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from anpr.console.uploads import MAX_UPLOAD_BODY
from anpr.domain.access import Role
from anpr.store.audit import AuditAction
from anpr.store.watchlists.entries import list_entries
from anpr.store.watchlists.uploads import MAX_UPLOAD, MOST_WAITING, change_upload, forget_uploads, get_upload
from tests.support.fixtures_console import WANTED, Site, token_in
from tests.unit.listfiles.test_spreadsheet import xlsx

OFFICE = "Targa;Motivo;Dal;Al\nab 123-cd;rubata in città;21/11/2026;31.12.26\nZB12*;testimone;;\n".encode("cp1252")
WRONG = OFFICE + b"AB*;troppo aperta;;\n"


def manager(site: Site) -> httpx.Client:
    return site.client(Role.LIST_MANAGER)


def upload(client: httpx.Client, content: bytes = OFFICE, name: str = "rubati.csv", **fields: str) -> httpx.Response:
    """Send the file as the page's form does."""
    token = token_in(client.get("/watchlists/a1/import").text)
    sent = {"form_token": token, "mode": "add", "source": "", **fields}
    return client.post("/watchlists/a1/import", data=sent, files={"file": (name, content)})


def waits(client: httpx.Client, content: bytes = OFFICE, **fields: str) -> str:
    """The address of the preview."""
    answer = upload(client, content, **fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def hidden(page: str) -> dict[str, str]:
    return {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("seen", "counts")}  # type: ignore[index]


def press(site: Site, client: httpx.Client, address: str, **fields: object) -> httpx.Response:
    """Press the preview's button, with what the page holds."""
    return site.post(client, f"{address}/apply", address, **hidden(client.get(address).text), **fields)


def plates(site: Site) -> list[str]:
    with site.database.transaction() as conn:
        return [entry.plate for entry in list_entries(conn, "a1")]


def test_a_file_of_an_office_is_shown_as_understood_and_changes_nothing(site: Site) -> None:
    client = manager(site)
    page = client.get(waits(client)).text
    for words in (
        "AB123CD",
        "rubata in città",
        "21/11/2026",
        "31/12/2026",
        "cp1252",
        "targhe parziali",
        "riconosciuta: Targa",
    ):
        assert words in page, words
    assert hidden(page)["counts"] == "2-0-0-0"
    assert plates(site) == [WANTED]


def test_it_is_applied_once_recorded_and_undone(site: Site) -> None:
    client = manager(site)
    address = waits(client, source="Questura")
    answer = press(site, client, address)
    assert "done=applied" in answer.headers["location"]
    assert plates(site) == [WANTED, "AB123CD", "ZB12*"]
    page = client.get(answer.headers["location"]).text
    assert "File applicato alla lista" in page
    event = next(row.event for row in site.audit() if row.event.action is AuditAction.WATCHLIST_IMPORTED)
    assert (event.actor, event.detail["added"], event.detail["source"]) == ("list-manager", 2, "Questura")
    assert "done=gone" in client.get(address).headers["location"], "the file is gone with its import"
    made = re.search(r"/watchlists/a1/imports/(\d+)/undo", page)
    assert made
    changes = client.get(f"/watchlists/a1/imports/{made[1]}").text
    assert "AB123CD" in changes
    assert "nuova" in changes
    undone = site.post(client, made[0], "/watchlists/a1/import")
    assert "annullata" in client.get(undone.headers["location"]).text
    assert plates(site) == [WANTED]
    again = site.post(client, made[0], "/watchlists/a1/import")
    assert "non si può annullare" in client.get(again.headers["location"]).text


def test_wrong_rows_block_the_import_until_it_is_said_to_leave_them_out(site: Site) -> None:
    client = manager(site)
    address = waits(client, WRONG)
    page = client.get(address).text
    assert "1 riga scartata" in page
    assert "Applica alla lista" not in page
    rejects = client.get(f"{address}/rejects")
    assert "attachment" in rejects.headers["content-disposition"]
    assert "at least 4 letters or digits" in rejects.content.decode("utf-8-sig")
    site.post(client, f"{address}/how", address, skip="true", mode="add")
    assert "done=applied" in press(site, client, address).headers["location"]
    assert plates(site) == [WANTED, "AB123CD", "ZB12*"]


def test_columns_are_chosen_and_remembered_of_the_sender(site: Site) -> None:
    client = manager(site)
    content = b"uno;due;tre\nfurto;x;AB123CD\nfurto;x;EF456GH\n"
    address = waits(client, content, source="Questura")
    page = client.get(address).text
    assert "non si può leggere così" in page
    assert f'action="{address}/discard"' in page, "a file that nobody can read must not block the others for a day"
    site.post(client, f"{address}/how", address, plate="3", reason_column="1", mode="add")
    page = client.get(address).text
    assert "EF456GH" in page
    assert "done=applied" in press(site, client, address).headers["location"]
    later = waits(client, b"uno;due;tre\nfurto;x;GH789IJ\n", source="Questura")
    assert "GH789IJ" in client.get(later).text


def test_a_column_of_the_header_is_left_out(site: Site) -> None:
    client = manager(site)
    address = waits(client, b"Targa;Motivo;Scadenza\nAB123CD;furto;domani\n")
    assert "la data non si capisce" in client.get(address).text
    site.post(client, f"{address}/how", address, valid_to="-", mode="add")
    assert "Applica alla lista" in client.get(address).text


def test_the_encoding_is_changed(site: Site) -> None:
    client = manager(site)
    address = waits(client, "Targa;Motivo\nAB123CD;città\n".encode("mac-roman"))
    assert "città" not in client.get(address).text
    site.post(client, f"{address}/how", address, encoding="mac-roman", mode="add")
    assert "città" in client.get(address).text


def test_a_spreadsheet_is_read(site: Site) -> None:
    client = manager(site)
    book = xlsx({"Veicoli": [["Targa", "Motivo"], ["AB123CD", "furto"]], "Altro": [["Targa"], ["EF456GH"]]})
    address = waits(client, book, name="rubati.xlsx")
    assert "AB123CD" in client.get(address).text
    site.post(client, f"{address}/how", address, sheet="Altro", reason="furto", mode="add")
    assert "EF456GH" in client.get(address).text


def test_what_was_not_seen_is_not_applied(site: Site) -> None:
    client = manager(site)
    address = waits(client)
    shown = hidden(client.get(address).text)
    site.post(client, f"{address}/how", address, mode="replace")
    answer = site.post(client, f"{address}/apply", address, **shown)
    assert "again=changed" in answer.headers["location"], "another way to read it"
    shown = hidden(client.get(address).text)
    put = {"plate": "AB123CD", "text": "furto", "since": "21/11/2026", "until": "31/12/2026"}
    assert site.post(client, "/watchlists/a1/add", "/watchlists/a1/add", **put).status_code == 303
    answer = site.post(client, f"{address}/apply", address, **shown, sure="true")
    assert "again=changed" in answer.headers["location"], "another list"
    assert "è cambiata nel frattempo" in client.get(answer.headers["location"]).text
    assert plates(site) == [WANTED, "AB123CD"]


def test_taking_much_off_is_confirmed(site: Site) -> None:
    client = manager(site)
    address = waits(client, mode="replace")
    assert "Sì, tolgo 1 segnalazioni su 1." in client.get(address).text
    answer = press(site, client, address)
    assert "again=unsure" in answer.headers["location"]
    assert plates(site) == [WANTED]
    assert "done=applied" in press(site, client, address, sure="true").headers["location"]
    assert plates(site) == ["AB123CD", "ZB12*"]


def test_a_file_is_deleted_and_goes_by_itself(site: Site) -> None:
    client = manager(site)
    address = waits(client)
    answer = site.post(client, f"{address}/discard", address)
    assert "non è cambiato nulla" in client.get(answer.headers["location"]).text
    address = waits(client)
    site.clock.ahead += timedelta(days=1, minutes=1)
    with site.database.transaction() as conn:
        assert forget_uploads(conn, site.clock.now()) == 1


def test_files_are_limited_in_number_and_size(site: Site) -> None:
    client = manager(site)
    for _ in range(MOST_WAITING):
        waits(client)
    answer = upload(client)
    assert (answer.status_code, "sono già in attesa" in answer.text) == (400, True)
    assert upload(client, b"").status_code == 400
    large = upload(client, b"x" * (MAX_UPLOAD + 1))
    assert (large.status_code, "troppo grande" in large.text) == (400, True)


def test_a_request_beyond_the_limit_is_refused_before_it_is_read(site: Site) -> None:
    client = manager(site)
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=30) as line:
        head = (
            f"POST /watchlists/a1/import HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {MAX_UPLOAD_BODY + 1}\r\n\r\n"
        )
        line.sendall(head.encode())
        answer = b"".join(iter(lambda: line.recv(4096), b"")).decode()
    assert answer.startswith("HTTP/1.1 413")
    assert "al massimo 16 MiB" in answer
    other = client.post("/watchlists/a1/add", data={"text": "x" * 70_000})
    assert other.status_code == 413


def test_columns_that_are_not_read_are_named(site: Site) -> None:
    client = manager(site)
    page = client.get(waits(client, b"Nr.;Targa;Motivo;Scadenze\n1;AB123CD;rubata;oggi\n")).text
    assert "Colonne che non si leggono: Nr., Scadenze." in page


def test_what_is_no_list_says_so(site: Site) -> None:
    client = manager(site)
    for content, why in (
        (b"\x00\x01\x02", "Non è un elenco"),
        (b"PK\x03\x04broken", "danneggiato"),
        (b"solo parole\n", "Nessuna colonna è riconosciuta come targa"),
        (b"AB123CD;rubata\nAB124CD;rubata\n", "Nessuna colonna è riconosciuta come targa"),
        (b'Targa;Motivo\nAB123CD;"aperta\n', "virgoletta"),
    ):
        page = client.get(waits(client, content)).text
        assert "non si può leggere così" in page
        assert why in page
        assert "--column" not in page, "words for the command line help nobody here"
        assert "Applica alla lista" not in page


@pytest.mark.parametrize(
    ("how", "why"),
    [({"profile": "che-non-esiste"}, "Il profilo scelto manca"), ({"sheet": "Foglio1"}, "non ha fogli")],
    ids=["profile", "sheet"],
)
def test_a_wrong_profile_and_a_sheet_of_a_text_are_told_in_italian(site: Site, how: dict[str, str], why: str) -> None:
    client = manager(site)
    address = waits(client)
    number = int(address.rpartition("/")[2])
    with site.database.transaction() as conn:
        kept = get_upload(conn, "a1", number)
        assert kept
        change_upload(conn, replace(kept, how=how))
    page = client.get(address).text
    assert why in page
    assert ("Dettaglio tecnico" in page) == ("profile" in how)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.INVESTIGATOR, Role.ADMINISTRATOR])
def test_who_does_not_edit_lists_uploads_nothing(site: Site, role: Role) -> None:
    client = site.client(role)
    token = token_in(client.get("/account").text)
    answer = client.post("/watchlists/a1/import", data={"form_token": token}, files={"file": ("a.csv", OFFICE)})
    assert answer.status_code == 403
    assert plates(site) == [WANTED]


def test_a_stranger_sends_no_file(site: Site) -> None:
    client = site.stranger()
    token = token_in(client.get("/login").text)
    answer = client.post("/watchlists/a1/import", data={"form_token": token}, files={"file": ("a.csv", OFFICE)})
    assert answer.status_code == 403
