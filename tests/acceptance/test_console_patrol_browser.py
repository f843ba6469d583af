# SPDX-License-Identifier: AGPL-3.0-or-later
"""The patrol's page in a real browser on a phone: the link comes and goes, and no answer is lost or given twice."""

from dataclasses import replace

from playwright.sync_api import Locator, Page, Route, expect

from anpr.domain.alarm import Alarm, AlarmOutcome, AlarmState
from anpr.store.alarms.handling import close_alarm, dispatch
from anpr.store.alarms.views import StoredAlarms
from anpr.store.author import Author
from anpr.store.gates import list_gates, save_gates
from anpr.store.patrol.people import set_area
from anpr.store.users.accounts import create_user, get_user
from tests.support.fixtures_browser import NewPage
from tests.support.fixtures_console import PASSWORD, WANTED, Site
from tests.support.waiting import eventually

PHONE = {"width": 390, "height": 844}


def patrol(page: Page, site: Site, user: str = "patrol") -> None:
    """A patrol has its page open, live."""
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto(f"{site.url}/login")
    page.get_by_label("Nome utente").fill(user)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Accedi").click()
    page.wait_for_url("**/patrol")
    expect(page.locator("#patrol[data-ready]")).to_be_attached()
    expect(page.get_by_text("Collegato", exact=True)).to_be_visible()


def card_of(page: Page, alarm: Alarm) -> Locator:
    return page.locator(f"#alarm-{alarm.id}")


def answer(card: Locator, name: str, *, note: str = "") -> None:
    if note:
        card.get_by_label("Nota (facoltativa)").fill(note)
    card.get_by_role("button", name=name, exact=True).click()
    if name in ("Fermato", "Non trovato"):
        card.get_by_role("button", name=f"Conferma: {name}").click()


def state_of(site: Site, alarm: Alarm) -> AlarmState:
    return site.alarm_of_id(alarm.id).state


def events_of(site: Site, alarm: Alarm) -> list[tuple[str | None, str, str | None]]:
    view = StoredAlarms(site.database.transaction).one(alarm.id)
    assert view is not None
    return [(each.author, str(each.kind), each.text) for each in view.events]


def second_patrol(site: Site, name: str = "patrol2") -> None:
    with site.database.transaction() as conn:
        first = get_user(conn, "patrol")
        assert first
        create_user(conn, replace(first, name=name))


def test_an_alarm_comes_by_itself_and_is_stopped(page: Page, site: Site) -> None:
    patrol(page, site)
    expect(page.get_by_text("Nessun allarme aperto nella zona")).to_be_visible()
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    card = card_of(page, alarm)
    expect(card).to_be_visible()
    expect(page.get_by_text("Nessun allarme aperto nella zona")).to_be_hidden()
    expect(card.get_by_role("heading")).to_contain_text(WANTED)
    expect(card).to_contain_text("Porta Nord")
    expect(card).to_contain_text("Rubata a Prato")
    expect(card.locator(".patrol-context img")).to_have_js_property("naturalWidth", 640)
    answer(card, "Ci sono")
    expect(card.get_by_text("Ci sono · inviato alle")).to_be_visible()
    expect(card).to_contain_text("In corso")
    assert state_of(site, alarm) is AlarmState.IN_PROGRESS
    answer(card, "Fermato", note="due persone a bordo")
    expect(card).to_contain_text("Chiuso da patrol")
    closed = site.alarm_of_id(alarm.id)
    assert (closed.outcome, closed.closed_by, closed.note) == (AlarmOutcome.STOPPED, "patrol", "due persone a bordo")


def test_a_double_click_says_it_once_and_confirms_nothing(page: Page, site: Site) -> None:
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    patrol(page, site)
    card = card_of(page, alarm)
    card.get_by_role("button", name="Ci sono", exact=True).dblclick()
    expect(card.get_by_text("Ci sono · inviato alle")).to_be_visible()
    card.get_by_role("button", name="Fermato", exact=True).dblclick()
    expect(card.get_by_role("button", name="Conferma: Fermato")).to_be_visible()
    answer(card, "Solo nota", note="dopo")
    expect(card.get_by_text("Solo nota · inviato alle")).to_be_visible()
    assert events_of(site, alarm) == [("patrol", "on-scene", None), ("patrol", "noted", "dopo")]
    card.get_by_role("button", name="Conferma: Fermato").click()
    expect(card).to_contain_text("Chiuso da patrol")
    closing = card.get_by_role("button", name="Fermato", exact=True)
    expect(closing).to_be_disabled()


def test_an_answer_after_the_session_ended_leads_to_the_login(page: Page, site: Site) -> None:
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    patrol(page, site)
    page.route("**/patrol/cards**", lambda route: route.abort())  # the page's own look at its session is far away
    page.context.clear_cookies()
    card_of(page, alarm).get_by_role("button", name="Ci sono", exact=True).click()
    page.wait_for_url("**/login**")
    assert state_of(site, alarm) is AlarmState.RAISED


def test_without_a_link_answers_wait_in_their_order_and_go_once(page: Page, site: Site) -> None:
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    patrol(page, site)
    card = card_of(page, alarm)
    page.context.set_offline(True)
    expect(page.get_by_text("Senza rete: le risposte")).to_be_visible()
    answer(card, "Ci sono")
    answer(card, "Solo nota", note="via Roma, verso il ponte")
    answer(card, "Non trovato", note="perso di vista")
    expect(card.locator(".is-waiting")).to_have_count(3)
    expect(page.get_by_text("3 risposte in attesa")).to_be_visible()
    assert state_of(site, alarm) is AlarmState.RAISED
    page.context.set_offline(False)
    expect(card).to_contain_text("Chiuso da patrol")
    expect(page.locator(".is-waiting")).to_have_count(0)
    assert events_of(site, alarm) == [
        ("patrol", "on-scene", None),
        ("patrol", "noted", "via Roma, verso il ponte"),
        ("patrol", "closed", "perso di vista"),
    ]


def test_a_reply_that_is_lost_on_the_way_is_asked_for_again_and_nothing_is_done_twice(page: Page, site: Site) -> None:
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    patrol(page, site)
    lost: list[int] = []

    def lose(route: Route) -> None:
        if len(lost) == 2:
            route.continue_()
            return
        lost.append(1)
        route.fetch()  # the server does it
        route.abort("connectionreset")

    page.route("**/patrol/answers", lose)
    card = card_of(page, alarm)
    answer(card, "Solo nota", note="una volta")
    expect(card.get_by_text("Solo nota · inviato alle")).to_be_visible(timeout=60_000)
    assert len(lost) == 2
    assert events_of(site, alarm) == [("patrol", "noted", "una volta")]


def test_the_page_is_closed_without_a_link_and_what_waited_goes_after_the_next_login(page: Page, site: Site) -> None:
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    patrol(page, site)
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    page.context.set_offline(True)
    card = card_of(page, alarm)
    answer(card, "Ci sono")
    card.get_by_label("Nota (facoltativa)").fill("non ancora mandata")
    expect(card.locator(".is-waiting")).to_have_count(1)
    eventually(lambda: page.evaluate(DRAFTS) == 1)
    page.reload()
    expect(page.get_by_role("heading", name="Senza rete")).to_be_visible()
    expect(page.get_by_text("1 risposta in attesa")).to_be_visible()
    assert WANTED not in page.content()
    page.context.clear_cookies()  # the shift is over meanwhile
    page.context.set_offline(False)
    page.wait_for_url("**/login**")
    page.get_by_label("Nome utente").fill("patrol")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Accedi").click()
    expect(card.get_by_text("Ci sono · inviato alle")).to_be_visible()
    expect(card.get_by_label("Nota (facoltativa)")).to_have_value("non ancora mandata")
    assert events_of(site, alarm) == [("patrol", "on-scene", None)]


def test_a_link_that_comes_back_unnoticed_is_found(page: Page, site: Site) -> None:
    """Browsers were seen to say "online" before there was a way to the centre, and never again."""
    patrol(page, site)
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    page.add_init_script("window.addEventListener('online', (event) => event.stopImmediatePropagation(), true)")
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", name="Senza rete")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_role("heading", name="Senza rete")).to_have_count(0)
    expect(page.get_by_role("button", name="Esci")).to_be_visible()


DRAFTS = """async () => {
    const opened = await new Promise((done) => {
        const request = indexedDB.open("anpr-patrol");
        request.onsuccess = () => done(request.result);
    });
    const request = opened.transaction("drafts").objectStore("drafts").count();
    const number = await new Promise((done) => { request.onsuccess = () => done(request.result); });
    opened.close();
    return number;
}"""
KEPT = """async () => {
    const opened = await new Promise((done) => {
        const request = indexedDB.open("anpr-patrol");
        request.onsuccess = () => done(request.result);
    });
    const rows = [];
    for (const name of opened.objectStoreNames) {
        const request = opened.transaction(name).objectStore(name).getAll();
        rows.push(...await new Promise((done) => { request.onsuccess = () => done(request.result); }));
    }
    opened.close();
    const text = (row) => Object.values(row).map((value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value)
        ? new TextDecoder().decode(value) : String(value)).join(" ");
    const pages = [];
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) {
            pages.push(new URL(request.url).pathname);
            rows.push({ cached: await (await cache.match(request)).text() });
        }
    }
    return { rows: rows.map(text), pages };
}"""


def test_what_the_phone_keeps_is_encrypted_and_is_no_alarm(page: Page, site: Site) -> None:
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    patrol(page, site)
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    page.context.set_offline(True)
    answer(card_of(page, alarm), "Fermato", note="targa controllata")
    expect(page.get_by_text("1 risposta in attesa")).to_be_visible()
    kept = page.evaluate(KEPT)
    text = " ".join(kept["rows"])
    assert kept["rows"]
    for word in (WANTED, "targa controllata", '"stopped"', '"alarm":', "form_token", "Rubata"):
        assert word not in text, word
    assert all(path == "/patrol/offline" or path.startswith("/static/") for path in kept["pages"])
    page.context.set_offline(False)
    expect(card_of(page, alarm)).to_contain_text("Chiuso da patrol")
    page.get_by_role("button", name="Esci").click()
    page.wait_for_url("**/login**")
    page.goto(f"{site.url}/static/icon.svg")
    rows = [row for row in page.evaluate(KEPT)["rows"] if "DOCTYPE" not in row.upper() and "SPDX" not in row]
    assert [row for row in rows if "waiting" in row or "told" in row] == []


def test_somebody_closed_it_meanwhile_the_patrol_is_told_and_its_words_are_kept(page: Page, site: Site) -> None:
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    patrol(page, site)
    card = card_of(page, alarm)
    page.context.set_offline(True)
    answer(card, "Fermato", note="fermato in via Roma")
    card.get_by_label("Nota (facoltativa)").fill("e altro ancora")
    with site.database.transaction() as conn:
        close_alarm(conn, alarm.id, "operator", site.clock.now(), AlarmOutcome.FALSE_READ)
    page.context.set_offline(False)
    told = page.locator("#told")
    expect(told).to_contain_text("L'allarme era già stato chiuso da operator")
    expect(told).to_contain_text("fermato in via Roma")
    expect(card).to_contain_text("Chiuso da operator")
    expect(card.get_by_label("Nota (facoltativa)")).to_have_value("e altro ancora")
    expect(card.get_by_role("button", name="Fermato")).to_be_disabled()
    assert site.alarm_of_id(alarm.id).outcome is AlarmOutcome.FALSE_READ
    assert events_of(site, alarm)[-1] == ("patrol", "noted", "fermato in via Roma")
    page.reload()
    expect(told).to_contain_text("fermato in via Roma")
    told.get_by_role("button", name="Ho letto").click()
    expect(told.locator("li")).to_have_count(0)
    page.reload()
    expect(page.locator("#patrol[data-ready]")).to_be_attached()
    expect(told.locator("li")).to_have_count(0)


def test_two_patrols_at_one_alarm_see_each_other(page: Page, new_page: NewPage, site: Site) -> None:
    second_patrol(site)
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    other = new_page()
    patrol(page, site)
    patrol(other, site, "patrol2")
    answer(card_of(page, alarm), "Ci sono")
    expect(card_of(other, alarm)).to_contain_text("In carico apatrol")
    answer(card_of(other, alarm), "Ci sono")
    expect(card_of(page, alarm)).to_contain_text("patrol, patrol2")
    assert site.alarm_of_id(alarm.id).acknowledged_by == "patrol", "the first one has it"
    answer(card_of(other, alarm), "Fermato")
    expect(card_of(page, alarm)).to_contain_text("Chiuso da patrol2")


def test_an_alarm_of_another_area_is_not_there_until_it_is_sent(page: Page, site: Site) -> None:
    with site.database.transaction() as conn:
        set_area(conn, "patrol", ["ponte"], Author(name="administrator", at=site.clock.now()))
    patrol(page, site)
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    there = site.alarm_of(site.pass_vehicle(WANTED, gate_id="ponte", with_pictures=False))
    assert alarm.id == there.id, "one case"
    expect(card_of(page, alarm)).to_be_visible()
    with site.database.transaction() as conn:
        close_alarm(conn, alarm.id, "operator", site.clock.now(), AlarmOutcome.NOT_FOUND)
        set_area(conn, "patrol", ["nowhere"], Author(name="administrator", at=site.clock.now()))
    next_one = site.alarm_of(site.pass_vehicle(WANTED))
    page.reload()
    expect(page.locator("#patrol[data-ready]")).to_be_attached()
    expect(card_of(page, next_one)).to_have_count(0)
    with site.database.transaction() as conn:
        dispatch(conn, next_one.id, "operator", site.clock.now(), "patrol")
    expect(card_of(page, next_one)).to_contain_text("Inviato a te")


def test_a_gate_says_how_far_it_is_where_the_phone_shows_its_position(page: Page, site: Site) -> None:
    settings = site.settings.model_copy(update={"patrol": site.settings.patrol.model_copy(update={"position": True})})
    object.__setattr__(site.console, "settings", settings)
    with site.database.transaction() as conn:
        gates = [replace(gate, latitude=43.88, longitude=11.10) for gate in list_gates(conn)]
        save_gates(conn, gates)
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 43.89, "longitude": 11.10, "accuracy": 12})
    patrol(page, site)
    expect(card_of(page, alarm).locator("[data-distance]")).to_have_text("")
    assert positions(site) == []
    page.locator("#settings summary").click()
    page.get_by_role("button", name="Mostra la mia posizione").click()
    expect(card_of(page, alarm).locator("[data-distance]")).to_have_text("a 1,1 km")
    eventually(lambda: positions(site) == [(43.89, 11.10, 12.0)])
    page.locator("#settings summary").click()
    page.get_by_role("button", name="Non mostrarla più").click()
    expect(page.locator("#position button")).to_have_text("Mostra la mia posizione")
    assert positions(site) == []


def positions(site: Site) -> list[tuple[float, float, float]]:
    with site.database.transaction() as conn:
        rows = conn.execute("SELECT latitude, longitude, accuracy_m FROM patrols WHERE located_at IS NOT NULL")
        return [(row["latitude"], row["longitude"], row["accuracy_m"]) for row in rows]
