# SPDX-License-Identifier: AGPL-3.0-or-later
"""The console in a real browser, as an operator uses it."""

import re
from collections import Counter

import pytest
from playwright.sync_api import Page, Route, expect

from anpr.domain.access import Role
from anpr.domain.alarm import AlarmOutcome, AlarmState
from anpr.domain.transit import ImageRole
from anpr.store.alarms.handling import acknowledge
from anpr.store.alarms.raising import raise_alarms
from anpr.store.images.image_store import named_key
from anpr.store.transits.rows import insert_transits
from anpr.store.users.accounts import set_password_hash
from anpr.store.watchlists.matching import matching_entries
from tests.support.fixtures_browser import count_tones, log_in, show_cards
from tests.support.fixtures_console import PASSWORD, SEARCH_KIND, WANTED, Site, transit_of_track
from tests.support.waiting import eventually

PICTURE = r"/(thumbnails|images)/(plate|context)"


def test_an_operator_sees_a_live_alarm_opens_its_transit_and_takes_it(page: Page, site: Site) -> None:
    show_cards(page, site)
    log_in(page, site, Role.OPERATOR)
    expect(page).to_have_title("Allarmi in corso · Comune di Prova")
    expect(page.get_by_text("Nessun allarme in corso")).to_be_visible()
    expect(page.get_by_text("In diretta")).to_be_visible()

    # Metadata overtake pictures: the alarm is there before them, and shows them when they come.
    transit, pictures = transit_of_track(WANTED, site.clock.now())
    with site.database.transaction() as conn:
        insert_transits(conn, [transit], site.clock.now())
        raise_alarms(conn, matching_entries(conn, [transit]), site.clock.now())
    card = page.locator("article.alarm")
    expect(card).to_contain_text(WANTED)
    expect(card).to_contain_text("Priorità alta")
    expect(card).to_contain_text("Porta Nord")
    expect(page).to_have_title("(1) Allarmi in corso · Comune di Prova")
    expect(page.locator("#no-alarms")).to_be_hidden()
    expect(page.locator("#announcer")).to_contain_text(f"Nuovo allarme: Priorità alta, {WANTED}")
    expect(card.get_by_text("Immagine in arrivo").first).to_be_visible()
    site.deliver_pictures(transit, pictures)
    expect(card.locator("img").first).to_be_visible()
    expect(card.locator("img").nth(1)).to_be_visible()

    card.get_by_role("link", name="Apri il transito").click()
    expect(page.locator("svg.scene .scene-box")).to_be_visible()
    expect(page.get_by_role("heading", name="Letture possibili")).to_be_visible()
    expect(page.locator(".candidates li")).to_have_count(2)

    page.go_back()
    card.get_by_role("button", name="Prendi in carico").click()
    expect(card).to_contain_text("In carico a operator")
    expect(page).to_have_title("Allarmi in corso · Comune di Prova")
    assert site.alarm_of(transit).acknowledged_by == "operator"

    card.locator("details.closing > summary").click()
    card.get_by_label("Esito").select_option(AlarmOutcome.STOPPED.value)
    card.get_by_label("Nota").fill("fermato al ponte")
    card.get_by_role("button", name="Chiudi", exact=True).click()
    expect(card).to_have_attribute("data-state", AlarmState.CLOSED.value)
    expect(card).to_contain_text("Chiuso da operator")
    expect(card).to_contain_text("fermato al ponte")
    assert site.alarm_of(transit).state is AlarmState.CLOSED


def test_a_picture_that_arrives_while_it_is_asked_why_it_failed_is_shown(page: Page, site: Site) -> None:
    transit, pictures = transit_of_track(WANTED, site.clock.now())
    with site.database.transaction() as conn:
        insert_transits(conn, [transit], site.clock.now())
        raise_alarms(conn, matching_entries(conn, [transit]), site.clock.now())
    refused: set[str] = set()

    def arrive_after_the_first_try(route: Route) -> None:
        if route.request.resource_type != "image" or route.request.url in refused:
            route.continue_()
            return
        if not refused:
            site.deliver_pictures(transit, pictures)
        refused.add(route.request.url)
        route.fulfill(status=404, headers={"Cache-Control": "no-store"})

    page.route(re.compile(r"/thumbnails/[a-z]+$"), arrive_after_the_first_try)
    show_cards(page, site)
    log_in(page, site, Role.OPERATOR)
    card = page.locator("article.alarm")
    # Visible alone says nothing: an image is so until the script has looked at it.
    shown = "(images) => images.filter((image) => image.naturalWidth && !image.hidden).length"
    eventually(lambda: card.locator("img").evaluate_all(shown) == 2)
    assert refused, "the browser asked for no picture"


@pytest.mark.parametrize(("role", "path", "card"), [
    (Role.OPERATOR, "/alarms", "#alarms [data-alarm]"), (Role.PATROL, "/patrol", ".patrol-card"),
])  # fmt: skip
def test_a_picture_that_does_not_come_is_asked_for_twice_at_most(
    page: Page, site: Site, role: Role, path: str, card: str
) -> None:
    asked: Counter[str] = Counter()
    page.on("request", lambda request: asked.update([request.url] if re.search(PICTURE, request.url) else []))
    log_in(page, site, role)
    page.wait_for_url(f"**{path}")
    expect(page.get_by_text({"/alarms": "In diretta", "/patrol": "Collegato"}[path], exact=True)).to_be_visible()
    site.pass_vehicle(WANTED, with_pictures=False)
    picture = page.locator(f"{card} img[data-await]").first
    expect(picture).to_be_attached()
    expect(picture).to_have_attribute("data-tried", "")
    told = page.locator(f"{card} .image-wait").first
    expect(told).to_have_text("Immagine in arrivo…")
    # Asking the page anything lets the browser's events in.
    eventually(lambda: bool(page.title()) and max(asked.values(), default=0) == 2)


def test_new_alarms_go_on_top_and_changes_by_others_show_in_place(page: Page, site: Site) -> None:
    first = site.alarm_of(site.pass_vehicle(WANTED))
    show_cards(page, site)
    log_in(page, site, Role.OPERATOR)
    expect(page.get_by_text("In diretta")).to_be_visible()
    second = site.alarm_of(site.pass_another())
    cards = page.locator("article.alarm")
    expect(cards).to_have_count(2)
    expect(cards.nth(0)).to_have_id(f"alarm-{second.id}")
    with site.database.transaction() as conn:
        acknowledge(conn, first.id, "collega", site.clock.now())
    expect(cards.nth(1)).to_contain_text("In carico a collega")
    expect(cards).to_have_count(2)
    expect(page.locator("#tally")).to_contain_text("1")


def test_the_sound_is_switched_on_by_hand(page: Page, site: Site) -> None:
    count_tones(page)
    show_cards(page, site)
    log_in(page, site, Role.OPERATOR)
    switch = page.get_by_role("button", name="Attiva l'avviso sonoro")
    expect(switch).to_have_attribute("aria-pressed", "false")
    switch.click()
    expect(page.get_by_role("button", name="Avviso sonoro attivo")).to_have_attribute("aria-pressed", "true")
    page.evaluate("window.tones = 0")
    site.pass_vehicle(WANTED)
    expect(page.locator("article.alarm")).to_have_count(1)
    page.wait_for_function("() => window.tones === 5")
    past = site.pass_before_it_is_listed("ZZ999ZZ")
    apart = page.locator("#past-alarms article.alarm")
    expect(apart).to_have_id(f"alarm-{past.id}")
    expect(apart).to_contain_text("Dal passato")
    expect(page.locator("#alarms article.alarm")).to_have_count(1)
    expect(page.locator("#tally")).to_contain_text("1")
    assert page.evaluate("window.tones") == 5, "an alarm from the past makes no sound"


def test_a_lost_connection_is_said_and_mended(page: Page, site: Site) -> None:
    show_cards(page, site)
    log_in(page, site, Role.OPERATOR)
    expect(page.get_by_text("In diretta")).to_be_visible()
    page.context.set_offline(True)
    site.console.live.end_pages()
    banner = page.get_by_role("alert").filter(has_text="Collegamento interrotto")
    expect(banner).to_be_visible()
    expect(page.get_by_text("In diretta")).to_be_hidden()
    missed = site.alarm_of(site.pass_vehicle(WANTED))
    page.context.set_offline(False)
    expect(page.locator(f"#alarm-{missed.id}")).to_be_visible()
    expect(banner).to_be_hidden()
    expect(page.locator("article.alarm")).to_have_count(1)


def test_the_latest_transits_refresh_and_keep_the_pictures_they_have(page: Page, site: Site) -> None:
    site.pass_vehicle("AA111AA")
    show_cards(page, site)
    log_in(page, site, Role.OPERATOR)
    page.get_by_role("link", name="Ultimi transiti").click()
    row = page.locator("li.transit", has_text="AA111AA")
    expect(row.locator("img").first).to_be_visible()
    eventually(lambda: row.locator("img").first.evaluate("image => image.naturalWidth") == 480)
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    old = site.pass_vehicle("BB222BB")
    expect(page.locator("li.transit").first).to_contain_text("BB222BB")
    expect(page.locator("li.transit")).to_have_count(2)

    def pictures() -> list[str]:
        return [url for url in fetched if "/thumbnails/" in url]

    eventually(lambda: bool(pictures()))
    assert all(str(old.id) in url for url in pictures()), "a picture that was there was fetched again"
    page.get_by_label("Aggiornamento automatico").uncheck()


def test_a_picture_that_is_lost_or_damaged_is_not_said_to_be_on_its_way(page: Page, site: Site) -> None:
    site.pass_vehicle("AA111AA", with_pictures=False)
    lost, damaged = site.pass_vehicle("BB222BB"), site.pass_vehicle("CC333CC")
    place = site.settings.images_dir / named_key(damaged, ImageRole.CONTEXT)
    place.write_bytes(b"no picture any more")
    site.images.shelf.remove(named_key(lost, ImageRole.CONTEXT))
    show_cards(page, site)
    log_in(page, site, Role.OPERATOR)
    page.get_by_role("link", name="Ultimi transiti").click()
    for plate, text in (
        ("AA111AA", "Immagine in arrivo…"),
        ("BB222BB", "Immagine perduta"),
        ("CC333CC", "Non è l'immagine annunciata"),
    ):
        first = page.locator("li.transit", has_text=plate).locator(".image").first
        expect(first.locator(".image-wait")).to_have_text(text)
        expect(first.locator(".image-wait")).to_be_visible()
        expect(first.locator("img")).to_be_hidden()
    page.locator("li.transit", has_text="BB222BB").click()
    expect(page.locator(".wide-image")).to_have_text("Immagine perduta")


def test_an_investigator_searches_with_a_reason(page: Page, site: Site) -> None:
    site.pass_vehicle("AB123CD")
    show_cards(page, site)
    log_in(page, site, Role.INVESTIGATOR)
    page.get_by_role("link", name="Ricerca").click()
    page.get_by_label("Targa", exact=True).fill("ab*cd")
    page.get_by_role("button", name="Cerca").click()
    assert page.get_by_label("Motivo della ricerca").evaluate("field => field.validity.valueMissing")
    page.get_by_label("Tipo di motivo").select_option(SEARCH_KIND)
    page.get_by_label("Motivo della ricerca").fill("furto in via Roma")
    page.get_by_role("button", name="Cerca").click()
    expect(page.get_by_text("1 transito trovato")).to_be_visible()
    assert "AB123CD" not in page.url.upper()


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_runs_out_of_the_page(page: Page, site: Site, width: int) -> None:
    transit = site.pass_vehicle(WANTED)
    page.set_viewport_size({"width": width, "height": 844})
    show_cards(page, site)
    log_in(page, site, Role.OPERATOR)
    expect(page.locator("article.alarm")).to_be_visible()
    for path in ("/alarms", "/transits", f"/transits/{transit.id}", "/search", "/watchlists", "/status", "/nothing"):
        page.goto(f"{site.url}{path}")
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{path} is {over} px too wide"


def test_the_page_is_worked_with_the_keyboard(page: Page, site: Site) -> None:
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    show_cards(page, site)
    log_in(page, site, Role.OPERATOR)
    expect(page.get_by_text("In diretta")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_text("Vai al contenuto")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_text("Vai al primo allarme")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("article.alarm")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Prendi in carico")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(f"#alarm-{alarm.id}")).to_contain_text("In carico a operator")
    expect(page.locator(f"#alarm-{alarm.id}")).to_be_focused()


def test_a_page_that_gave_way_to_newer_ones_says_so_and_does_not_come_back(page: Page, site: Site) -> None:
    show_cards(page, site)
    log_in(page, site, Role.OPERATOR)
    expect(page.locator("#live")).to_be_visible()
    page.evaluate("window.others = Array.from({ length: 5 }, () => new EventSource('/alarms/stream'))")
    expect(page.get_by_text("Questa pagina non si aggiorna più")).to_be_visible()
    expect(page.locator("#lost")).to_be_hidden()
    expect(page.locator("#live")).to_be_hidden()
    assert site.console.live.pages == 5


def test_a_first_password_is_changed_on_the_way_in(page: Page, site: Site, password_hash: str) -> None:
    with site.database.transaction() as conn:
        set_password_hash(conn, "operator", password_hash, must_change=True)
    show_cards(page, site)
    log_in(page, site, Role.OPERATOR)
    expect(page.get_by_text("La tua password è provvisoria")).to_be_visible()
    expect(page.get_by_label("Password attuale")).to_be_focused()
    page.get_by_label("Password attuale").fill(PASSWORD)
    page.get_by_label("Nuova password", exact=True).fill("la bici blu di Anna")
    page.get_by_label("Ripeti la nuova password").fill("la bici blu di Anna")
    page.get_by_role("button", name="Cambia la password").click()
    expect(page.get_by_text("Password cambiata.")).to_be_visible()
    page.get_by_role("link", name="Allarmi").click()
    expect(page.locator("#live")).to_be_visible()


def test_a_password_can_be_looked_at_before_it_is_sent(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/login")
    field, show = page.get_by_label("Password", exact=True), page.get_by_role("button", name="Mostra")
    expect(page.get_by_label("Nome utente")).to_be_focused()
    page.get_by_label("Nome utente").fill("operator")
    field.fill("la bici blu di Anna")
    expect(field).to_have_attribute("type", "password")
    show.click()
    expect(field).to_have_attribute("type", "text")
    expect(show).to_have_attribute("aria-pressed", "true")
    page.locator('form[action="/login"]').evaluate("form => form.addEventListener('submit', e => e.preventDefault())")
    page.get_by_role("button", name="Accedi").click()
    expect(field).to_have_attribute("type", "password")
