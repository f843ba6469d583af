# SPDX-License-Identifier: AGPL-3.0-or-later
"""The alarm board in a real browser while alarms come and colleagues act: nothing moves, falls silent or is lost."""

from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Locator, Page, expect

from anpr.domain.access import Role
from anpr.domain.alarm import Alarm, AlarmOutcome, AlarmState
from anpr.domain.gate import Gate
from anpr.domain.transit import Transit
from anpr.store.alarms.handling import acknowledge, close_alarm
from anpr.store.gates import save_gates
from anpr.store.users.second_factors import begin_factor, confirm_factor
from anpr.store.watchlists.entries import NewEntry, add_entry
from scripts.reliability.board.hand import ALARMS_BEFORE, work_while_alarms_come
from tests.support.fixtures_browser import count_tones, fill_in_login, log_in, show_cards
from tests.support.fixtures_console import PASSWORD, WANTED, Site
from tests.support.waiting import eventually

NOTE_SILENCE = """
    class Watched extends AudioContext { constructor() { super(); window.audio = this; } }
    window.AudioContext = Watched;
    document.addEventListener("readystatechange", () => {
        const bar = document.getElementById("audio-off");
        const look = () => { if (!bar.hidden) window.wasSilent = true; };
        new MutationObserver(look).observe(bar, { attributes: true });
    }, { once: true });
"""
NOTE = "due persone a bordo, direzione centro"


def board(page: Page, site: Site) -> None:
    """An operator has the board of cards open, live."""
    show_cards(page, site)
    log_in(page, site, Role.OPERATOR)
    expect(page.get_by_text("In diretta")).to_be_visible()


def passes(site: Site) -> tuple[Transit, Alarm]:
    """Another vehicle that is looked for."""
    transit = site.pass_another()
    return transit, site.alarm_of(transit)


def card_of(page: Page, alarm: Alarm) -> Locator:
    return page.locator(f"#alarm-{alarm.id}")


def open_form(card: Locator) -> Locator:
    """Open the closing form of a card; its note."""
    card.locator("summary", has_text="Chiudi").click()
    return card.get_by_label("Nota")


def alarms_come(page: Page, site: Site, number: int) -> list[Alarm]:
    """So many alarms, all of which the page has heard of."""
    alarms = [passes(site)[1] for _ in range(number)]
    page.wait_for_function("count => document.getElementById('arrivals').textContent.includes(count)", arg=str(number))
    return alarms


def test_a_new_alarm_moves_nothing_under_an_open_form_and_sounds_at_once(page: Page, site: Site) -> None:
    count_tones(page)
    _, first = passes(site)
    board(page, site)
    page.get_by_role("button", name="Attiva l'avviso sonoro").click()
    expect(page.get_by_role("button", name="Avviso sonoro attivo")).to_be_visible()
    page.evaluate("window.tones = 0")
    note = open_form(card_of(page, first))
    note.type("due pers")
    page.mouse.move(1, 1)
    before = note.bounding_box()
    alarms = alarms_come(page, site, 2)
    expect(page.locator("#arrivals")).to_have_text("▲ 2 nuovi allarmi")
    expect(page.locator("#tally")).to_have_attribute("data-count", "3")
    assert page.evaluate("window.tones") == 10, "both were heard"
    assert note.bounding_box() == before
    note.type("one a bordo")
    expect(note).to_have_value("due persone a bordo")
    expect(page.locator("#alarms article.alarm")).to_have_count(1)
    page.locator("#arrivals").click()
    expect(page.locator("#alarms article.alarm").first).to_have_id(f"alarm-{alarms[1].id}")
    expect(page.locator("#alarms article.alarm")).to_have_count(3)
    expect(page.locator("#arrivals")).to_be_hidden()
    expect(note).to_have_value("due persone a bordo")


def test_a_new_alarm_does_not_come_under_a_resting_pointer(page: Page, site: Site) -> None:
    _, first = passes(site)
    board(page, site)
    button = card_of(page, first).get_by_role("button", name="Prendi in carico")
    button.hover()
    alarms_come(page, site, 3)
    page.mouse.down()
    page.mouse.up()
    expect(card_of(page, first)).to_contain_text("In carico a operator")
    page.mouse.move(1, 1)
    page.evaluate("document.activeElement.blur()")
    expect(page.locator("#alarms article.alarm")).to_have_count(4)


def test_a_new_alarm_waits_while_the_focus_is_in_the_cards(page: Page, site: Site) -> None:
    _, first = passes(site)
    board(page, site)
    page.keyboard.press("j")
    expect(card_of(page, first)).to_be_focused()
    alarms = alarms_come(page, site, 1)
    expect(page.locator("#alarms article.alarm")).to_have_count(1)
    page.keyboard.press("a")
    expect(card_of(page, alarms[0])).to_be_focused()
    expect(page.locator("#alarms article.alarm")).to_have_count(2)


def test_a_note_stays_when_a_colleague_takes_the_alarm_and_when_the_connection_breaks(page: Page, site: Site) -> None:
    transit, alarm = passes(site)
    board(page, site)
    card = card_of(page, alarm)
    note = open_form(card)
    note.type(NOTE)
    with site.database.transaction() as conn:
        acknowledge(conn, alarm.id, "operatore2", site.clock.now())
    expect(card.locator(".news")).to_have_text("Preso in carico ora da operatore2")
    expect(card).to_contain_text("In carico a operatore2")
    expect(note).to_have_value(NOTE)
    expect(note).to_be_focused()
    site.console.live.end_pages()
    expect(page.get_by_text("Collegamento interrotto")).to_be_visible()
    expect(page.get_by_text("In diretta")).to_be_visible()
    expect(note).to_have_value(NOTE)
    card.get_by_label("Esito").select_option(AlarmOutcome.STOPPED.value)
    card.get_by_role("button", name="Chiudi", exact=True).click()
    expect(card).to_have_attribute("data-state", AlarmState.CLOSED.value)
    assert site.alarm_of(transit).note == NOTE


def test_a_note_can_be_read_after_a_colleague_closed_the_alarm(page: Page, site: Site) -> None:
    transit, alarm = passes(site)
    board(page, site)
    card = card_of(page, alarm)
    note = open_form(card)
    note.type(NOTE)
    with site.database.transaction() as conn:
        close_alarm(conn, alarm.id, "operatore2", site.clock.now(), AlarmOutcome.OTHER)
    expect(card.locator(".news")).to_have_text("Chiuso ora da operatore2: questa nota non è stata registrata.")
    expect(note).to_have_value(NOTE)
    expect(card.get_by_role("button", name="Chiudi", exact=True)).to_be_disabled()
    assert site.alarm_of(transit).closed_by == "operatore2"


def test_ones_own_taking_keeps_a_note_and_so_do_a_reload_and_the_other_language(page: Page, site: Site) -> None:
    _, alarm = passes(site)
    board(page, site)
    card = card_of(page, alarm)
    note = open_form(card)
    note.type(NOTE)
    card.get_by_role("button", name="Prendi in carico").click()
    expect(card).to_contain_text("In carico a operator")
    expect(note).to_have_value(NOTE)
    page.reload()
    expect(note).to_have_value(NOTE)
    page.get_by_role("button", name="English").click()
    expect(page).to_have_title("Open alarms · Comune di Prova")
    expect(card.get_by_label("Note")).to_have_value(NOTE)


def test_what_a_page_missed_is_fetched_without_loading_it_anew(page: Page, site: Site) -> None:
    alarms = [passes(site)[1] for _ in range(3)]
    board(page, site)
    page.evaluate("window.isTheSame = true")
    page.context.set_offline(True)
    site.console.live.end_pages()
    expect(page.get_by_text("Collegamento interrotto")).to_be_visible()
    with site.database.transaction() as conn:
        acknowledge(conn, alarms[0].id, "operatore2", site.clock.now())
    missed = passes(site)[1]
    page.context.set_offline(False)
    expect(card_of(page, missed)).to_be_visible()
    expect(card_of(page, alarms[0])).to_contain_text("In carico a operatore2")
    assert page.evaluate("window.isTheSame"), "a page that is loaded anew may be deaf"


def test_a_new_alarm_is_heard_and_told_on_every_page(page: Page, site: Site) -> None:
    count_tones(page)
    board(page, site)
    page.get_by_role("button", name="Attiva l'avviso sonoro").click()
    expect(page.get_by_role("button", name="Avviso sonoro attivo")).to_be_visible()
    transit, _ = passes(site)
    expect(page.locator("#badge")).to_have_text("1")
    number, strip = 1, page.locator("#new-alarm")
    for path in ("/search", "/transits", "/watchlists", "/status", f"/transits/{transit.id}?via=alarm"):
        page.goto(f"{site.url}{path}")
        expect(page.locator("#badge")).to_have_text(str(number))
        page.keyboard.press("Shift")
        page.wait_for_function("() => document.getElementById('audio-off').hidden")
        page.evaluate("window.tones = 0")
        _, alarm = passes(site)
        number += 1
        expect(strip).to_contain_text(f"Nuovo allarme: {alarm.vehicle} · Porta Nord")
        expect(page.locator("#badge")).to_have_text(str(number))
        assert page.title().startswith(f"({number}) "), path
        page.wait_for_function("() => window.tones === 5")
    newest = strip.get_attribute("data-alarm")
    strip.get_by_role("link", name="Apri").click()
    expect(page.locator(f"#alarm-{newest}")).to_be_visible()


def test_a_second_tab_hears_by_the_same_stream_and_sounds_once(page: Page, site: Site) -> None:
    log_in(page, site, Role.OPERATOR)
    tabs = [page, *(page.context.new_page() for _ in range(7))]
    for tab in tabs:
        tab.goto(f"{site.url}/search")
    eventually(lambda: site.console.live.pages == 1)
    passes(site)
    for tab in tabs:
        expect(tab.locator("#new-alarm")).to_contain_text(WANTED)


def test_a_room_that_wanted_sound_and_has_none_is_told_so(page: Page, site: Site) -> None:
    board(page, site)
    page.get_by_role("button", name="Attiva l'avviso sonoro").click()
    expect(page.get_by_role("button", name="Avviso sonoro attivo")).to_be_visible()
    # The same workstation in the morning: nobody has touched this window yet. Whatever the test asks the page counts as
    # a gesture, so the page itself notes that the bar was there.
    fresh = page.context.new_page()
    fresh.add_init_script(NOTE_SILENCE)
    fresh.goto(f"{site.url}/alarms")
    fresh.wait_for_function("() => window.wasSilent")
    bar = fresh.get_by_role("alert").filter(has_text="AUDIO SPENTO: premi un tasto")
    fresh.evaluate("window.audio.suspend()")
    expect(bar).to_be_visible()
    fresh.keyboard.press("Shift")
    expect(bar).to_be_hidden()
    expect(fresh.get_by_role("button", name="Avviso sonoro attivo")).to_be_visible()


def test_the_session_is_confirmed_in_place_before_it_ends(page: Page, site: Site) -> None:
    transit, alarm = passes(site)
    board(page, site)
    site.clock.ahead += timedelta(hours=7)
    page.goto(f"{site.url}/alarms")  # used: it lasts longer, up to the absolute limit
    expect(page.get_by_text("In diretta")).to_be_visible()  # what the page asks at its start is answered at this hour
    site.clock.ahead += timedelta(hours=4, minutes=51)
    page.goto(f"{site.url}/alarms")
    strip = page.get_by_role("alert").filter(has_text="La sessione termina alle")
    expect(strip).to_be_visible()
    expect(strip.get_by_label("Codice")).to_be_hidden()
    note = open_form(card_of(page, alarm))
    note.type(NOTE)
    strip.get_by_role("button", name="Continua").click()
    strip.get_by_label("Password").fill("sbagliata")
    strip.get_by_role("button", name="Conferma").click()
    expect(strip).to_contain_text("Password non valida.")
    strip.get_by_label("Password").fill(PASSWORD)
    strip.get_by_role("button", name="Conferma").click()
    expect(strip).to_be_hidden()
    site.clock.ahead += timedelta(hours=1)
    expect(note).to_have_value(NOTE)
    card_of(page, alarm).get_by_label("Esito").select_option(AlarmOutcome.OTHER.value)
    card_of(page, alarm).get_by_role("button", name="Chiudi", exact=True).click()
    expect(card_of(page, alarm)).to_have_attribute("data-state", AlarmState.CLOSED.value)
    assert site.alarm_of(transit).note == NOTE


def test_who_has_a_second_factor_proves_it_too_to_go_on_in_place(page: Page, site: Site) -> None:
    board(page, site)
    factor = site.console.second_factor
    secret = factor.make_secret()
    with site.database.transaction() as conn:
        begin_factor(conn, "operator", factor.seal("operator", secret), site.clock.now())
        confirm_factor(conn, "operator", 0, site.clock.now())
    site.clock.ahead += timedelta(hours=7)
    page.goto(f"{site.url}/alarms")
    expect(page.get_by_text("In diretta")).to_be_visible()
    site.clock.ahead += timedelta(hours=4, minutes=51)
    page.goto(f"{site.url}/alarms")
    strip = page.get_by_role("alert").filter(has_text="La sessione termina alle")
    strip.get_by_role("button", name="Continua").click()
    strip.get_by_label("Password").fill(PASSWORD)
    strip.get_by_label("Codice del secondo fattore").fill("000000")
    strip.get_by_role("button", name="Conferma").click()
    expect(strip).to_contain_text("Il codice non è valido")
    expect(strip.get_by_label("Password")).to_have_value(PASSWORD)
    strip.get_by_label("Codice del secondo fattore").fill(pyotp.TOTP(secret).at(site.clock.now()))
    strip.get_by_role("button", name="Conferma").click()
    expect(strip).to_be_hidden()


def test_when_the_session_has_ended_the_login_says_so_and_leads_back_to_the_note(page: Page, site: Site) -> None:
    _, alarm = passes(site)
    board(page, site)
    page.goto(f"{site.url}/alarms?priority=high")
    expect(page.get_by_text("In diretta")).to_be_visible()
    open_form(card_of(page, alarm)).type(NOTE)
    site.clock.ahead += timedelta(hours=25)
    site.console.live.end_pages()
    expect(page.get_by_text("La sessione è terminata: accedi di nuovo.")).to_be_visible()
    fill_in_login(page, Role.OPERATOR)
    expect(card_of(page, alarm).get_by_label("Nota")).to_have_value(NOTE)
    assert page.url.endswith("/alarms?priority=high")


def test_notes_are_nobody_elses_after_logging_out(page: Page, site: Site) -> None:
    _, alarm = passes(site)
    board(page, site)
    open_form(card_of(page, alarm)).type(NOTE)
    page.get_by_role("button", name="Esci").click()
    expect(page.get_by_label("Nome utente")).to_be_visible()
    assert page.evaluate("Object.keys(sessionStorage).filter((key) => key.includes('draft')).length") == 0


def test_an_alarm_is_taken_and_closed_with_a_few_keys(page: Page, site: Site) -> None:
    transit, alarm = passes(site)
    board(page, site)
    page.keyboard.press("p")
    expect(card_of(page, alarm)).to_be_focused()
    assert site.alarm_of(transit).state is AlarmState.RAISED, "the first key chooses, nothing more"
    page.keyboard.press("p")
    expect(card_of(page, alarm)).to_contain_text("In carico a operator")
    expect(card_of(page, alarm)).to_be_focused()
    page.keyboard.press("c")
    page.keyboard.press("2")
    expect(card_of(page, alarm)).to_have_attribute("data-state", AlarmState.CLOSED.value)
    expect(card_of(page, alarm)).to_be_focused()
    assert site.alarm_of(transit).outcome is AlarmOutcome.NOT_FOUND
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("prendi in carico")
    page.get_by_role("dialog").get_by_role("checkbox").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_an_alarm_is_handled_on_its_transits_page(page: Page, site: Site) -> None:
    transit, alarm = passes(site)
    board(page, site)
    page.keyboard.press("j")
    page.keyboard.press("t")
    expect(page.locator(".alarm-line")).to_be_visible()
    address = page.url
    line = card_of(page, alarm)
    with site.database.transaction() as conn:
        acknowledge(conn, alarm.id, "operatore2", site.clock.now())
    expect(line).to_contain_text("In carico a operatore2")
    open_form(line).type(NOTE)
    line.get_by_label("Esito").select_option(AlarmOutcome.STOPPED.value)
    line.get_by_role("button", name="Chiudi", exact=True).click()
    expect(line).to_have_attribute("data-state", AlarmState.CLOSED.value)
    expect(line).to_contain_text("Veicolo fermato")
    assert page.url == address
    assert site.alarm_of(transit).note == NOTE
    page.get_by_role("link", name="Torna agli allarmi").click()
    expect(page).to_have_title("Allarmi in corso · Comune di Prova")


def test_a_hundred_alarms_spoil_no_click_and_no_letter(page: Page, site: Site) -> None:
    """The short form of scripts/reliability/board/run.py."""
    for _ in range(ALARMS_BEFORE):
        passes(site)
    board(page, site)
    page.set_viewport_size({"width": 1366, "height": 768})

    def arrive(number: int) -> None:
        for _ in range(number):
            passes(site)

    figures = work_while_alarms_come(page, arrive, 100)
    assert (figures.lost_letters, figures.wrong_clicks, figures.moved_px) == (0, 0, 0.0)
    assert (figures.letters, figures.clicks) == (50, 3)
    expect(page.locator("#tally")).to_have_attribute("data-count", str(ALARMS_BEFORE + 100 - figures.clicks))


@pytest.mark.parametrize("width", [390, 1366])
def test_long_names_and_reasons_leave_the_board_in_its_page(page: Page, site: Site, width: int) -> None:
    with site.database.transaction() as conn:
        save_gates(
            conn, [Gate(id="lungo", name="Strada statale 325 di Val di Setta, " * 3, purpose="p", legal_basis="l")]
        )
        add_entry(conn, "a1", NewEntry(plate="LU000NG", reason="denuncia presso la stazione, non avvicinarsi; " * 10))
    page.set_viewport_size({"width": width, "height": 844})
    alarm = site.alarm_of(site.pass_vehicle("LU000NG", gate_id="lungo"))
    board(page, site)
    reason = card_of(page, alarm).locator(".clamped")
    short = reason.bounding_box()
    reason.click()
    whole = reason.bounding_box()
    assert short
    assert whole
    assert short["height"] < 80 < whole["height"]
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    outside = page.evaluate(
        """() => [...document.querySelectorAll("main button, main select, main a")]
            .map((element) => element.getBoundingClientRect()).filter((box) => box.width && box.left < 0).length"""
    )
    assert outside == 0
