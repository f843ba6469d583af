# SPDX-License-Identifier: AGPL-3.0-or-later
"""The board of rows in a real browser: chosen and handled by keys, nothing lost, nothing silenced by a filter."""

from itertools import product

from playwright.sync_api import Page, expect

from anpr.domain.access import Role
from anpr.domain.alarm import AlarmOutcome, AlarmState
from anpr.store.alarms.handling import acknowledge
from anpr.store.watchlists.entries import NewEntry, import_entries
from tests.support.fixtures_browser import count_tones, log_in
from tests.support.fixtures_console import WANTED, Site

OTHERS = [f"CC{number:03}DD" for number in range(12)]
NOTE = "due persone a bordo"


def fill(site: Site) -> None:
    """Twelve more vehicles that are looked for."""
    with site.database.transaction() as conn:
        import_entries(conn, "a1", [NewEntry(plate=plate, reason="Rubata a Prato") for plate in OTHERS])


def open_rows(page: Page, site: Site, query: str = "") -> None:
    """An operator has the board of rows open in an office, live."""
    page.set_viewport_size({"width": 1366, "height": 768})
    log_in(page, site, Role.OPERATOR)
    if query:
        page.goto(f"{site.url}/alarms?{query}")
    expect(page.get_by_text("In diretta")).to_be_visible()


def test_nine_rows_and_the_chosen_alarm_are_on_the_first_screen(page: Page, site: Site) -> None:
    fill(site)
    for plate in OTHERS:
        site.pass_vehicle(plate, with_pictures=False)
    open_rows(page, site)
    shown = "rows => rows.filter((row) => row.getBoundingClientRect().bottom <= window.innerHeight).length"
    assert page.locator(".alarm-row").evaluate_all(shown) >= 9
    widths = page.locator(".toolbar-filter select").evaluate_all("all => all.map((one) => one.clientWidth)")
    assert min(widths) >= 90, "what a filter is set to can be read"
    expect(page.locator("#pane [data-detail]")).to_be_visible()


def test_the_name_of_each_filter_can_be_read(page: Page, site: Site) -> None:
    log_in(page, site, Role.OPERATOR)
    names = page.locator(".toolbar-filter label")
    expect(names).to_have_text(["Lista", "Priorità", "Tipo", "Varco", "Di chi"])
    for width, name in product((1366, 1280, 1024, 390, 320), names.all()):
        page.set_viewport_size({"width": width, "height": 768})
        expect(name).to_be_visible()
        cut = name.evaluate(
            """label => {
                const [box, select] = [label.getBoundingClientRect(), label.nextElementSibling.getBoundingClientRect()];
                return label.scrollWidth > label.clientWidth || box.right > select.right || box.bottom > select.bottom;
            }"""
        )
        assert not cut, (width, name.text_content())


def test_a_large_crop_of_the_plate_is_shown_whole(page: Page, site: Site) -> None:
    site.pass_vehicle(WANTED)
    open_rows(page, site)
    crop = page.locator(".detail-read .plate-image img")
    crop.evaluate(
        "(image, scene) => { image.src = scene; }",
        page.locator(".detail-scene img, .detail-scene image").first.evaluate("one => one.src || one.href.baseVal"),
    )
    expect(crop).to_have_js_property("naturalHeight", 270)
    inside = crop.evaluate(
        """image => {
            const [one, box] = [image.getBoundingClientRect(), image.closest(".plate-image").getBoundingClientRect()];
            return one.top >= box.top - 1 && one.bottom <= box.bottom + 1 && one.right <= box.right + 1;
        }"""
    )
    assert inside


def test_one_key_takes_the_chosen_alarm_and_two_close_it_and_it_can_be_opened_again(page: Page, site: Site) -> None:
    transit = site.pass_vehicle(WANTED)
    alarm = site.alarm_of(transit)
    open_rows(page, site)
    row, detail = page.locator(f"#alarm-{alarm.id}"), page.locator(f"#detail-{alarm.id}")
    page.keyboard.press("p")
    expect(detail).to_contain_text("In carico a operator")
    expect(row).to_contain_text("operator")
    page.keyboard.press("c")
    page.keyboard.press("2")
    expect(row).to_have_attribute("data-state", AlarmState.CLOSED.value)
    assert site.alarm_of(transit).outcome is AlarmOutcome.NOT_FOUND
    detail.get_by_role("button", name="Riapri").click()
    expect(row).to_have_attribute("data-state", AlarmState.ACKNOWLEDGED.value)
    expect(detail).to_contain_text("In carico a operator")


def test_rows_are_walked_through_and_a_note_stays_whatever_a_colleague_does(page: Page, site: Site) -> None:
    fill(site)
    alarms = [site.alarm_of(site.pass_vehicle(plate, with_pictures=False)) for plate in OTHERS[:3]]
    open_rows(page, site)
    expect(page.locator(f"#detail-{alarms[2].id}")).to_be_visible()
    page.keyboard.press("j")
    detail = page.locator(f"#detail-{alarms[1].id}")
    expect(detail).to_be_visible()
    page.keyboard.press("n")
    page.keyboard.type(NOTE)
    note = detail.locator("[data-note] textarea")
    with site.database.transaction() as conn:
        acknowledge(conn, alarms[1].id, "operatore2", site.clock.now())
    expect(detail).to_contain_text("In carico a operatore2")
    expect(note).to_have_value(NOTE)
    expect(note).to_be_focused()
    page.reload()
    expect(note).to_have_value(NOTE)
    detail.get_by_role("button", name="Aggiungi la nota").click()
    expect(detail.locator(".notes")).to_contain_text(NOTE)
    expect(note).to_have_value("")


def test_what_the_filter_hides_is_heard_and_counted(page: Page, site: Site) -> None:
    count_tones(page)
    site.pass_vehicle(WANTED, with_pictures=False)
    fill(site)
    open_rows(page, site, "kind=stolen")
    expect(page.locator("#hidden-by-filter")).to_contain_text("1 allarme in corso non mostrato")
    page.get_by_role("button", name="Attiva l'avviso sonoro").click()
    expect(page.get_by_role("button", name="Avviso sonoro attivo")).to_be_visible()
    page.evaluate("window.tones = 0")
    site.pass_vehicle(OTHERS[0], with_pictures=False)
    page.wait_for_function("() => window.tones === 5")
    expect(page.locator("#hidden-by-filter")).to_contain_text("2 allarmi in corso non mostrati")
    expect(page.locator(".alarm-row")).to_have_count(0)


def test_columns_of_a_row_without_a_picture_stand_below_those_of_the_others(page: Page, site: Site) -> None:
    site.pass_vehicle(WANTED)
    site.pass_another(images=())
    page.set_viewport_size({"width": 1366, "height": 768})
    log_in(page, site, Role.OPERATOR)
    page.goto(f"{site.url}/alarms?view=rows")
    expect(page.locator(".alarm-row .row-crop img")).to_have_count(1)
    for part in (".row-where", ".row-when", ".row-who"):
        boxes = [part.bounding_box() for part in page.locator(f".alarm-row {part}").all()]
        assert len({box["x"] for box in boxes if box}) == 1, part


def test_the_wall_shows_what_comes_by_itself_and_on_a_phone_a_row_leads_to_a_screen_of_its_own(
    page: Page, site: Site
) -> None:
    alarm = site.alarm_of(site.pass_vehicle(WANTED, with_pictures=False))
    fill(site)
    open_rows(page, site, "view=wall")
    expect(page.locator(".wall-alarm")).to_have_count(1)
    site.pass_vehicle(OTHERS[0], with_pictures=False)
    expect(page.locator(".wall-alarm")).to_have_count(2)
    expect(page.locator(".lamp").first).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site.url}/alarms")
    assert page.locator(f"#alarm-{alarm.id}").bounding_box()["height"] == 76  # type: ignore[index]
    page.locator(f"#alarm-{alarm.id} .row-open").click()
    expect(page).to_have_url(f"{site.url}/alarms/{alarm.id}")
    page.get_by_role("button", name="Prendi in carico").click()
    expect(page.locator(f"#detail-{alarm.id}")).to_contain_text("In carico a operator")


def test_what_is_half_written_outlives_another_form_and_a_refusal(page: Page, site: Site) -> None:
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    open_rows(page, site)
    detail = page.locator(f"#detail-{alarm.id}")
    page.keyboard.press("p")
    expect(detail).to_contain_text("In carico a operator")
    detail.locator("details.handling > summary").click()
    detail.get_by_label("Motivo della sospensione").fill("controllo della scuola")
    detail.get_by_label("A chi").fill("nessuno-con-questo-nome")
    detail.get_by_label("Perché").fill("fine turno")
    detail.get_by_role("button", name="Passa al collega").click()
    expect(detail.get_by_role("alert")).to_contain_text("Nessun collega con questo nome")
    detail.locator("[data-note] textarea").fill(NOTE)
    detail.get_by_role("button", name="Aggiungi la nota").click()
    expect(detail.locator(".notes")).to_contain_text(NOTE)
    expect(detail.get_by_label("Motivo della sospensione")).to_have_value("controllo della scuola")
    expect(detail.get_by_label("A chi")).to_have_value("nessuno-con-questo-nome")
    expect(detail.get_by_label("Perché")).to_have_value("fine turno")
    detail.get_by_role("button", name="Sospendi gli avvisi").click()
    expect(detail.locator(".notes")).to_contain_text("controllo della scuola")
    expect(detail.get_by_label("Motivo della sospensione")).to_have_value("")


def test_a_row_whose_detail_did_not_come_can_be_chosen_again(page: Page, site: Site) -> None:
    fill(site)
    first, last = (site.alarm_of(site.pass_vehicle(plate, with_pictures=False)) for plate in OTHERS[:2])
    open_rows(page, site)
    expect(page.locator(f"#detail-{last.id}")).to_be_visible()
    page.route("**/alarms/*?only=detail", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.locator(f"#alarm-{first.id} .row-plate").click()
    expect(page.locator(f"#alarm-{last.id}")).to_have_attribute("aria-current", "true")
    page.unroute("**/alarms/*?only=detail")
    page.locator(f"#alarm-{first.id} .row-plate").click()
    expect(page.locator(f"#detail-{first.id}")).to_be_visible()


def test_who_opens_an_alarm_sees_that_one_whatever_is_half_written(page: Page, site: Site) -> None:
    fill(site)
    first, last = (site.alarm_of(site.pass_vehicle(plate, with_pictures=False)) for plate in OTHERS[:2])
    open_rows(page, site)
    expect(page.locator(f"#detail-{last.id}")).to_be_visible()
    page.keyboard.press("n")
    page.keyboard.type(NOTE)
    page.goto(f"{site.url}/alarms?alarm={first.id}")
    expect(page.get_by_text("In diretta")).to_be_visible()
    page.wait_for_timeout(500)  # as long as the other detail would take to come
    expect(page.locator(f"#detail-{first.id}")).to_be_visible()
    page.goto(f"{site.url}/alarms")
    expect(page.locator(f"#detail-{last.id} [data-note] textarea")).to_have_value(NOTE)
