# SPDX-License-Identifier: AGPL-3.0-or-later
"""Layout of the pages in a real browser: nothing too wide, nothing covered, nothing off the screen. Sizes in CSS px."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import FloatRect, Locator, Page, ViewportSize, expect

from anpr.domain.access import Role
from anpr.domain.gate import Camera, Gate
from anpr.domain.hold import Hold
from anpr.domain.organisation import MANAGER
from anpr.domain.subject_request import RequestKind, SubjectRequest
from anpr.domain.watchlist import Priority, Watchlist
from anpr.store.author import Author, act_as
from anpr.store.gates import save_gates
from anpr.store.handovers.shift import facts_of_shift
from anpr.store.handovers.signing import sign_out
from anpr.store.holds import add_hold
from anpr.store.investigations.life import open_investigation
from anpr.store.requests.register import add_request
from anpr.store.transits.rows import get_transit
from anpr.store.users.accounts import User, create_user
from anpr.store.users.passwords import hash_password
from anpr.store.watchlists.entries import NewEntry, import_entries
from anpr.store.watchlists.lists import save_watchlist
from anpr.store.watchlists.proposing import propose_entry
from tests.support.completeness import archive_report
from tests.support.evidence import fill_investigation
from tests.support.fixtures_browser import NewPage, log_in, show_cards
from tests.support.fixtures_console import PASSWORD, WANTED, Site
from tests.support.received_site import receive_list

PHONE = ViewportSize(width=390, height=844)
TABLET = ViewportSize(width=768, height=1024)
OFFICE = ViewportSize(width=1366, height=768)

LONG = "Varco 12 – Strada provinciale della Val di Sieve, rotatoria con via da Verrazzano, in uscita verso Pontassieve"
UNBROKEN = "Varco_" + "lunghissimo_nome_senza_spazi_" * 3
LONG_USER = "mariachiara.dellagherardesca-buonconsigliodisanminiato.operatrice"[:64]


@pytest.fixture
def crowded(site: Site) -> Site:
    """The site with long names of gates, watchlists and people, and alarms in each state."""
    why: dict[str, Any] = {
        "purpose": "controllo dei veicoli rubati o segnalati secondo il patto sottoscritto con la Prefettura",
        "legal_basis": "Patto per la sicurezza urbana n. 12/2025, articolo 7, comma 2, lettera b",
    }
    gates = [
        Gate(id="porta-nord", name=LONG, cameras=(Camera(id="nord-1", url="file:x"),), **why),
        Gate(id="ponte", name=UNBROKEN, legal_basis_until=date(2026, 1, 1), **why),
    ]
    name = "Veicoli rubati o segnalati dalla Questura con ordine di rintraccio immediato"
    with site.database.transaction() as conn:
        save_gates(conn, gates)
        save_watchlist(conn, Watchlist(id="a1", name=name, priority=Priority.HIGH, **why))
        save_watchlist(conn, Watchlist(id="a2", name=UNBROKEN, priority=Priority.LOW, **why))
        user = User(name=LONG_USER, role=Role.OPERATOR, password_hash=hash_password(PASSWORD))
        create_user(conn, user)
        act_as(conn, Author(name=LONG_USER, at=site.clock.now()))
        import_entries(conn, "a2", [NewEntry(plate=f"AA{n:03}AAAAAAAAAAA", reason="motivo_" * 70) for n in range(60)])
        proposed = NewEntry(plate="AA000AAAAAAAAAAA", reason="motivo_" * 70, instructions="fermare_" * 60)
        propose_entry(conn, "a1", proposed, Author(name=LONG_USER, at=site.clock.now()))
    site.pass_vehicle("CC333CC", gate_id="ponte", country=None)
    taken, closed = (site.alarm_of(site.pass_vehicle(WANTED)) for _ in range(2))
    site.pass_vehicle(WANTED, country=None)
    client = site.stranger()
    site.log_in(client, LONG_USER, PASSWORD)
    assert site.post(client, f"/alarms/{taken.id}/acknowledge").status_code == 303
    assert site.post(client, f"/alarms/{closed.id}/close", outcome="other", note="nota_" * 60).status_code == 303
    return site


def keep_and_ask(site: Site, plate: str) -> None:
    """A hold with long words and without end, and a request for erasure."""
    now = site.clock.now()
    hold = Hold(
        case_reference="R.G.N.R._4711/2026_Procura_della_Repubblica_presso_il_Tribunale_di_Prato_mod._21_bis",
        reason="richiesta_" * 19, author=LONG_USER, made_at=now, since=now - timedelta(days=9), gate_id="ponte",
        until=now + timedelta(days=9), ends_on=now.date() + timedelta(days=30), plate=plate,
    )  # fmt: skip
    request = SubjectRequest(
        kind=RequestKind.ERASURE, plate=plate, reference="protocollo_" * 9, received_on=now.date(),
        registered_by=LONG_USER, registered_at=now,
    )  # fmt: skip
    with site.database.transaction() as conn:
        add_hold(conn, hold)
        add_hold(conn, replace(hold, gate_id=None))
        add_request(conn, request)


def leave(site: Site) -> None:
    """A handover that its operator has signed, with long words."""
    with site.database.transaction() as conn:
        facts = facts_of_shift(conn, MANAGER, site.clock.now(), [])
        sign_out(conn, facts, LONG_USER, "consegna_" * 100, gives_alarms=True)


def investigation_pages(site: Site, transit: UUID) -> list[str]:
    """An investigation with long words everywhere, a package and a link."""
    with site.database.transaction() as conn:
        stored = get_transit(conn, transit)
    assert stored
    number, _, token = fill_investigation(site, stored.transit, reference="R.G.N.R._" * 11, text="parola_" * 26)
    return ["/investigations", f"/investigations/{number}", f"/evidence/{token}", f"/transits/{transit}"]


def log_in_as(page: Page, site: Site, user: str) -> None:
    page.goto(f"{site.url}/login")
    page.get_by_label("Nome utente").fill(user)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Accedi").click()
    expect(page.get_by_role("button", name="Esci")).to_be_visible()


def box_of(locator: Locator) -> FloatRect:
    box = locator.bounding_box()
    assert box is not None, f"not on the page: {locator}"
    return box


def bottom(box: FloatRect) -> float:
    return box["y"] + box["height"]


def overlap(one: FloatRect, other: FloatRect) -> bool:
    return (
        one["x"] < other["x"] + other["width"]
        and other["x"] < one["x"] + one["width"]
        and one["y"] < bottom(other)
        and other["y"] < bottom(one)
    )


def searched(site: Site) -> list[str]:
    """Results of a search of the investigator's in each of their forms, with an investigation to mark for."""
    with site.database.transaction() as conn:
        by = Author(name=Role.INVESTIGATOR.value, at=site.clock.now())
        open_investigation(conn, "12/2026-RGNR-4711", "Furti in via Roma", "Procura di Prato", by)
    fields = {"excluded": "ZZ999ZZ AB1*", "from_hour": "0:00", "to_hour": "23:59", "weekdays": list("123456")}
    answer = site.search(
        site.client(Role.INVESTIGATOR), gates=["porta-nord"], reason="furto in via Roma " * 9, case="12/2026", **fields
    )
    assert answer.status_code == 200
    return [answer.url.path + form for form in ("", "?view=table", "?view=sheet", "/timeline", "/timeline?by=plate")]


def too_wide(page: Page) -> list[str]:
    """By how many px the page that is open is too wide, in each window in which it is."""
    found = []
    for width in (320, 390, 768, 1000, 1366):
        page.set_viewport_size({"width": width, "height": 844})
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            found.append(f"{page.url} is {over} px too wide at {width}")
    return found


def test_no_page_scrolls_sideways_whatever_the_names_are(new_page: NewPage, crowded: Site) -> None:
    transit = crowded.pass_vehicle(WANTED).id
    keep_and_ask(crowded, WANTED)
    leave(crowded)
    report = archive_report(crowded)
    receive_list(crowded, name=UNBROKEN, sender=LONG)
    paths = {
        LONG_USER: [
            "/map", "/alarms?view=rows", "/alarms?view=wall", "/alarms/1", "/alarms?view=cards",
            "/alarms/suppressions", "/archive",
            "/handover", "/handover/1", "/transits", f"/transits/{transit}", "/search",
            "/watchlists", "/status",
            "/gates", "/gates/porta-nord?picture=1", "/gates/porta-nord/cameras/nord-1", "/gates/ponte", "/nothing",
        ],
        Role.PATROL: ["/patrol", "/patrol/offline"],
        Role.AUDITOR: ["/statistics", "/audit", f"/audit/people/{LONG_USER}", "/audit/hints"],
        Role.INVESTIGATOR: [
            *searched(crowded), *investigation_pages(crowded, transit),
            "/holds", "/holds/1", "/holds/1/end", f"/holds/new?plate_of={transit}", "/vehicle", "/vehicle/cross",
        ],
        Role.LIST_MANAGER: [
            "/watchlists", "/watchlists/a2", "/watchlists/a1", "/watchlists/a1/entries/1", "/watchlists/a1/add",
            "/watchlists/a2/settings", "/watchlists/a1/delete", "/watchlists/_new", "/watchlists/a1/import",
            "/watchlists/a1/import/1", "/watchlists/a1/export", "/watchlists/a1/cost?match=look-alike",
            "/watchlists/a1/proposals", "/watchlists/a1/proposals/1",
            "/received-lists", "/received-lists/centro", "/watchlists/centro",
        ],
        Role.DPO: ["/requests", "/requests/1", "/requests/1/data", "/requests/1/erase"],
        Role.ADMINISTRATOR: [
            "/status", "/forwarding", "/forwarding/questura", "/forwarding/questura/profile", "/completeness",
            f"/completeness/{report}",
            "/users", f"/users/{LONG_USER}", f"/users/{LONG_USER}/password", "/users/patrol", "/account/second-factor",
            "/documents", "/documents/ending", "/documents/registro", "/documents/dossier-comitato",
        ],
    }  # fmt: skip
    for user, addresses in paths.items():
        # A profile each: an answer to what the former user's pages still ask for would end the new session.
        page = new_page()
        log_in_as(page, crowded, user)
        for path in addresses:
            page.set_viewport_size({"width": 320, "height": 844})
            page.goto(f"{crowded.url}{path}")
            assert too_wide(page) == []


def test_the_open_form_that_exports_the_audit_fits_and_its_buttons_are_in_sight(page: Page, crowded: Site) -> None:
    page.set_viewport_size({"width": 320, "height": 844})
    log_in_as(page, crowded, Role.AUDITOR)
    page.goto(f"{crowded.url}/audit")
    page.get_by_text("Esporta", exact=True).click()
    for width in (320, 390, 1366):
        page.set_viewport_size({"width": width, "height": 844})
        for name in ("Tabella CSV", "File firmato", "Registro intero firmato"):
            box = box_of(page.get_by_role("button", name=name))
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
    assert too_wide(page) == []


def test_the_image_of_a_transit_covers_none_of_its_words(page: Page, crowded: Site) -> None:
    log_in(page, crowded, Role.OPERATOR)
    page.get_by_role("link", name="Ultimi transiti").click()
    rows = page.locator("li.transit")
    expect(rows).to_have_count(4)
    for size, row in product((PHONE, TABLET, OFFICE), rows.all()):
        page.set_viewport_size(size)
        image = box_of(row.locator(".wide-image"))
        for part in (".plate", ".transit-where b", ".transit-when .clock"):
            assert not overlap(image, box_of(row.locator(part).first)), f"{row.inner_text()}: {part}"


def test_on_a_phone_the_header_is_one_row_and_the_menu_shows_where_one_is(page: Page, site: Site) -> None:
    page.set_viewport_size(PHONE)
    log_in(page, site, Role.OPERATOR)
    links = page.locator("nav a")
    addresses = [link.get_attribute("href") for link in links.all()]
    assert len(addresses) == 6
    for address in addresses:
        page.goto(f"{site.url}{address}")
        assert box_of(page.locator("header"))["height"] == 48
        assert box_of(page.locator("main"))["y"] == 48
        for link in links.all():
            box = box_of(link)
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE["width"]
            assert bottom(box) <= PHONE["height"]
            assert box["height"] >= 44
        current = page.locator("nav [aria-current]")
        assert current.get_attribute("href") == address
        expect(current).to_be_in_viewport(ratio=1)


def test_a_menu_that_does_not_fit_begins_at_the_present_page_and_shows_that_it_scrolls(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 250, "height": 600})
    log_in(page, site, Role.OPERATOR)
    page.goto(f"{site.url}/status")
    menu = page.locator("nav")
    assert menu.evaluate("menu => menu.scrollWidth > menu.clientWidth")
    box = box_of(page.locator("nav [aria-current]"))
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 250
    shadows = menu.evaluate("menu => getComputedStyle(menu).backgroundImage.match(/gradient/g)?.length")
    assert shadows == 4, "two shadows at the ends, and two covers that scroll with what they cover"


def test_what_has_the_focus_is_not_behind_the_bar_of_pages(page: Page, site: Site) -> None:
    page.set_viewport_size(PHONE)
    log_in(page, site, Role.OPERATOR)
    page.goto(f"{site.url}/search")
    bar = box_of(page.locator("nav"))["y"]
    fields = page.locator("main :is(input:not([type=hidden]), button, a, summary)")
    for field in fields.all():
        if not field.is_visible():
            continue
        field.focus()
        assert bottom(box_of(field)) <= bar, field.evaluate("field => field.outerHTML")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    assert bottom(box_of(page.locator("footer"))) <= bar, "the end of the page can be read"


def test_on_a_phone_the_first_alarm_can_be_taken_without_scrolling(page: Page, site: Site) -> None:
    site.pass_vehicle(WANTED)
    page.set_viewport_size(PHONE)
    show_cards(page, site)
    log_in(page, site, Role.OPERATOR)
    expect(page.get_by_text("In diretta")).to_be_visible()
    take = page.get_by_role("button", name="Prendi in carico").first
    expect(page.locator("article.alarm img").first).to_be_visible()
    assert bottom(box_of(take)) <= box_of(page.locator("nav"))["y"]


@pytest.mark.parametrize(
    ("path", "role"),
    [("/watchlists", Role.OPERATOR), ("/status", Role.ADMINISTRATOR), ("/audit", Role.AUDITOR)],
)
def test_on_a_phone_tables_are_cards_that_name_each_value(page: Page, crowded: Site, path: str, role: Role) -> None:
    page.set_viewport_size(PHONE)
    log_in(page, crowded, role)
    page.goto(f"{crowded.url}{path}")
    tables = page.locator("table")
    assert tables.count() >= 1
    for table in tables.all():
        panel = box_of(table.locator("xpath=ancestor::*[contains(@class, 'panel')]"))
        names = table.locator("thead th").all_text_contents()
        for cell in table.locator("tbody :is(th, td)").all():
            if not cell.is_visible():
                continue
            box = box_of(cell)
            assert box["x"] >= panel["x"]
            assert box["x"] + box["width"] <= panel["x"] + panel["width"], cell.inner_text()
            shown, column, is_heading = cell.evaluate(
                "cell => [getComputedStyle(cell, '::before').content, cell.cellIndex, cell.matches('th')]"
            )
            assert shown == f'"{names[column]}"' or (is_heading and column == 0), cell.inner_text()
        assert table.evaluate("table => table.parentElement.scrollWidth <= table.parentElement.clientWidth")


def test_a_table_is_still_one_for_screen_readers_when_it_is_shown_as_cards(page: Page, site: Site) -> None:
    page.set_viewport_size(PHONE)
    log_in(page, site, Role.OPERATOR)
    page.goto(f"{site.url}/watchlists")
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")
    roles = [node["role"]["value"] for node in tree["nodes"] if not node["ignored"]]
    assert roles.count("columnheader") == 8
    assert roles.count("rowheader") == 1
    assert roles.count("cell") + roles.count("gridcell") == 7


@pytest.mark.parametrize("size", [PHONE, OFFICE], ids=lambda size: str(size["width"]))
def test_the_crop_of_a_plate_has_no_dark_bars(page: Page, site: Site, size: ViewportSize) -> None:
    transit = site.pass_vehicle(WANTED)
    page.set_viewport_size(size)
    log_in(page, site, Role.OPERATOR)
    for path in ("/alarms?view=cards", "/transits", f"/transits/{transit.id}"):
        page.goto(f"{site.url}{path}")
        crop = page.locator(".plate-image")
        if path == "/transits" and size is PHONE:
            expect(crop).to_be_hidden()
            continue
        expect(crop.locator("img")).to_have_js_property("complete", True)
        for part in (crop, crop.locator("img")):
            assert part.evaluate("part => getComputedStyle(part).backgroundColor") == "rgba(0, 0, 0, 0)", path


def test_a_plate_whose_country_is_unknown_says_so_everywhere_and_has_an_empty_band(page: Page, site: Site) -> None:
    known, unknown = site.pass_another(country="IT"), site.pass_another(country=None)
    log_in(page, site, Role.OPERATOR)
    for path, name in (("/alarms?view=cards", "article.alarm"), ("/transits", "li.transit")):
        page.goto(f"{site.url}{path}")
        rows = page.locator(name)
        expect(rows).to_have_count(2)
        expect(rows.nth(0)).to_contain_text("paese sconosciuto")
        expect(rows.nth(0).locator(".plate-stars")).to_have_count(0)
        expect(rows.nth(1)).not_to_contain_text("paese sconosciuto")
        expect(rows.nth(1).locator(".plate-stars")).to_have_count(1)
        bands = [rows.nth(n).locator(".plate-band").first.text_content() for n in range(2)]
        assert [(band or "").strip() for band in bands] == ["", "I"]
    page.goto(f"{site.url}/transits/{unknown.id}")
    expect(page.locator(".heading")).to_contain_text("paese sconosciuto")
    page.goto(f"{site.url}/transits/{known.id}")
    expect(page.locator(".heading")).not_to_contain_text("paese sconosciuto")
    expect(page.get_by_text("Italia", exact=True)).to_be_visible()
