# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who gets in, who is kept out, and what is written down about it."""

import re
from collections.abc import Sequence
from datetime import date, timedelta

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute

from anpr.console.app import PAGES, create_app
from anpr.domain.access import Permission, Role, may
from anpr.runtime.metrics import REGISTRY
from anpr.settings import ConsoleSettings
from anpr.store.audit import AuditAction
from anpr.store.users.accounts import set_disabled, set_ends_on, set_password_hash
from anpr.store.users.sessions import end_sessions_of
from tests.support.fixtures_console import PASSWORD, Site, serving, token_in

OPEN_TO_ALL = {"/login", "/language", "/healthz", "/readyz"}
IDS = {
    "alarm_id": "1",
    "number": "1",
    "transit_id": "01a20618-729e-7790-84c3-387f00c813b0",
    "role": "plate",
    "name": "operator",
    "gate_id": "porta-nord",
    "camera_id": "nord-1",
    "document": "registro",
    "watchlist_id": "a1",
    "seal": "1",
    "package": "1",
    "row": "1",
    "question": "1",
    "token": "A" * 43,
    "destination": "questura",
    "day": "2026-11-21",
}


MORE = {
    "/alarms/suppressions": Permission.HANDLE_ALARMS,
    "/alarms/1/patrols": Permission.HANDLE_ALARMS,
    "/holds/new": Permission.HOLD_TRANSITS,
    "/holds/1/end": Permission.HOLD_TRANSITS,
    "/organisations/agreements/1/end": Permission.MANAGE_AGREEMENTS,
    "/gates/_new": Permission.MANAGE_GATES,
    "/gates/porta-nord/_camera": Permission.MANAGE_GATES,
    "/gates/porta-nord/edit": Permission.MANAGE_GATES,
    "/gates/porta-nord/versions": Permission.MANAGE_GATES,
    "/watchlists/_new": Permission.EDIT_WATCHLISTS,
    "/watchlists/a1/add": Permission.EDIT_WATCHLISTS,
    "/watchlists/a1/delete": Permission.EDIT_WATCHLISTS,
    "/watchlists/a1/entries/1": Permission.EDIT_WATCHLISTS,
    "/watchlists/a1/cost": Permission.EDIT_WATCHLISTS,
    "/watchlists/a1/cost/day": Permission.EDIT_WATCHLISTS,
    "/watchlists/a1/cost/pictures/1/1": Permission.EDIT_WATCHLISTS,
    "/watchlists/a1/export": Permission.EDIT_WATCHLISTS,
    "/watchlists/a1/import": Permission.EDIT_WATCHLISTS,
    "/watchlists/a1/import/1": Permission.EDIT_WATCHLISTS,
    "/watchlists/a1/import/1/rejects": Permission.EDIT_WATCHLISTS,
    "/watchlists/a1/imports/1": Permission.EDIT_WATCHLISTS,
    "/watchlists/a1/settings": Permission.EDIT_WATCHLISTS,
    "/watchlists/a1/proposals": Permission.EDIT_WATCHLISTS,
    "/watchlists/a1/proposals/1": Permission.EDIT_WATCHLISTS,
}
"""Addresses that ask for more than their page does."""


def addresses(routes: Sequence[BaseRoute], method: str) -> list[str]:
    """The addresses among these routes that answer this method, with ids filled in."""
    contexts = [context for context in iter_route_contexts(routes) if isinstance(context.route, APIRoute)]
    paths = {context.path or "" for context in contexts if method in (context.methods or ())}
    return sorted(re.sub(r"{(\w+)(?::\w+)?}", lambda found: IDS[found[1]], path) for path in paths)


def test_nothing_but_login_and_health_answers_without_a_login(site: Site) -> None:
    client = site.stranger()
    for path in addresses(site.app.routes, "GET"):
        answer = client.get(path)
        if path.startswith("/evidence/"):
            assert answer.status_code == 404, "a link is its own key, and this is none"
        elif path in OPEN_TO_ALL:
            assert answer.status_code == 200, path
        else:
            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/login"), path


def test_every_form_needs_its_token(site: Site) -> None:
    logged_in, stranger = site.client(Role.OPERATOR), site.stranger()
    for path in addresses(site.app.routes, "POST"):
        for client in (logged_in, stranger):
            assert client.post(path, data={"form_token": "0" * 64}).status_code == 403, path
            assert client.post(path, data={"outcome": "other", "language": "en"}).status_code == 403, path


def test_a_token_of_another_session_is_not_taken(site: Site) -> None:
    mine, other = site.client(Role.OPERATOR), site.client(Role.OPERATOR)
    token = re.search(r'form_token" value="(\w+)', other.get("/search").text)
    assert token
    answer = mine.post("/search", data={"form_token": token[1], "plate": "AB123CD", "reason": "prova"})
    assert answer.status_code == 403
    assert "scaduta" in answer.text


@pytest.mark.parametrize("role", list(Role))
def test_each_role_gets_every_address_of_its_pages_and_none_of_others(site: Site, role: Role) -> None:
    client = site.client(role)
    for page in (page for page in PAGES if page.permissions):  # others are open to everybody
        paths = addresses(page.router.routes, "GET")
        assert page.path in paths, "where the menu leads"
        for path in paths:
            with client.stream("GET", path) as answer:  # one of them never ends
                is_allowed = page.is_for(role) and (path not in MORE or may(role, MORE[path]))
                expected = {200, 204, 303, 308, 400, 404} if is_allowed else {403}
                assert answer.status_code in expected, path


@pytest.mark.parametrize("role", list(Role))
def test_the_menu_offers_what_the_role_may_open_and_a_login_leads_to_the_first(site: Site, role: Role) -> None:
    home = site.client(role).get("/", follow_redirects=True)
    assert home.status_code == 200
    menu = home.text.partition("</nav>")[0]
    offered = [page.path for page in PAGES if f'href="{page.path}"' in menu]
    assert offered == [page.path for page in PAGES if page.is_listed_for(role)]
    assert home.url.path == offered[0]


def test_an_administrator_gets_no_image(site: Site) -> None:
    transit = site.pass_vehicle("AB123CD")
    path = f"/transits/{transit.id}/images/context"
    assert site.client(Role.ADMINISTRATOR).get(path).status_code == 403
    assert site.client(Role.OPERATOR).get(path).status_code == 200


def test_only_operators_take_alarms(site: Site) -> None:
    alarm = site.alarm_of(site.pass_vehicle("FX427KB"))
    client = site.client(Role.INVESTIGATOR)
    assert "Prendi in carico" not in client.get("/alarms?view=cards").text
    assert site.post(client, f"/alarms/{alarm.id}/acknowledge").status_code == 403


def test_a_refusal_is_written_down(site: Site) -> None:
    site.client(Role.ADMINISTRATOR).get("/search")
    row = site.audit()[0]
    assert (row.event.actor, row.event.action) == ("administrator", AuditAction.ACCESS_REFUSED)
    assert row.event.detail == {"path": "/search", "permission": "search-transits"}


def test_login_and_logout_are_written_down(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    assert site.post(client, "/logout").status_code == 303
    actions = [(row.event.actor, row.event.action) for row in site.audit()]
    assert actions[0] == ("operator", AuditAction.LOGOUT)
    assert ("operator", AuditAction.LOGIN) in actions


def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(site: Site) -> None:
    wrong = site.log_in(site.stranger(), "operator", "not the password")
    unknown = site.log_in(site.stranger(), "nobody", "not the password")
    assert wrong.status_code == unknown.status_code == 401
    hide = re.compile(r'form_token" value="\w+"|value="(operator|nobody)"')
    assert hide.sub("", wrong.text) == hide.sub("", unknown.text)
    refused = [row.event for row in site.audit() if row.event.action is AuditAction.LOGIN_REFUSED]
    assert [event.actor for event in refused] == ["unknown", "operator"], "a name nobody has may be a password"


def test_guessing_is_slowed_down_and_ends_with_the_right_password(site: Site) -> None:
    client = site.stranger()
    site.clock.stop()  # on a slow machine the waits would be over before the next try
    assert [site.log_in(client, "operator", f"guess {n}").status_code for n in range(5)] == [401, 401, 401, 429, 429]
    blocked = site.log_in(client, "operator", PASSWORD)
    assert blocked.status_code == 429
    assert int(blocked.headers["retry-after"]) <= 2
    site.clock.ahead += timedelta(seconds=3)
    assert site.log_in(client, "operator", PASSWORD).status_code == 303


def test_a_disabled_user_is_out_at_once(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    with site.database.transaction() as conn:
        set_disabled(conn, "operator", True)
    assert client.get("/alarms").status_code == 303
    assert site.log_in(site.stranger(), "operator", PASSWORD).status_code == 401


def test_a_new_password_ends_older_sessions(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    with site.database.transaction() as conn:
        set_password_hash(conn, "operator", "another hash")
    assert client.get("/alarms").status_code == 303


def test_a_session_ends_after_its_hours_whatever_the_browser_keeps(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    site.clock.ahead += timedelta(hours=site.settings.console.session_hours, seconds=-60)
    assert client.get("/alarms").status_code == 200
    site.clock.ahead += timedelta(seconds=61)
    assert client.get("/alarms").status_code == 303


def test_a_session_in_use_goes_on_up_to_the_absolute_limit_and_then_needs_the_password(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    site.clock.ahead += timedelta(hours=7)
    state = site.post(client, "/session/extend", "/alarms").json()
    assert 5 * 3600 - 60 <= state["remaining_s"] <= 5 * 3600
    assert not state["extensible"], "12 h after the login"
    site.clock.ahead += timedelta(hours=4, minutes=55)
    page = client.get("/alarms").text
    token = token_in(page)
    wrong = client.post("/session/confirm", data={"form_token": token, "password": "not the password"})
    assert wrong.status_code == 403
    assert client.post("/session/confirm", data={"form_token": token, "password": PASSWORD}).json()["extensible"]
    site.clock.ahead += timedelta(hours=2)
    alarm = site.alarm_of(site.pass_vehicle("FX427KB"))
    taken = client.post(f"/alarms/{alarm.id}/acknowledge", data={"form_token": token})
    assert taken.status_code == 303, "a form opened before is still good"
    actions = [row.event.action for row in site.audit()]
    assert AuditAction.LOGIN_REFUSED in actions
    assert actions.count(AuditAction.LOGIN) == 2


def test_confirming_the_password_is_slowed_down_like_a_login(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    site.clock.stop()
    token = token_in(client.get("/alarms").text)
    form = {"form_token": token, "password": "guess"}
    answers = [client.post("/session/confirm", data=form).status_code for _ in range(4)]
    assert answers == [403, 403, 403, 429]


def test_refused_logins_are_counted_by_why(site: Site) -> None:
    def counted() -> list[float]:
        labels = ({"why": why} for why in ("wrong", "delayed", "busy"))
        return [REGISTRY.get_sample_value("anpr_logins_refused_total", each) or 0.0 for each in labels]

    site.clock.stop()
    client, before = site.stranger(), counted()
    for _ in range(4):
        token = token_in(client.get("/login").text)
        client.post("/login", data={"user": "operator", "password": "guess", "form_token": token})
    assert [now - then for now, then in zip(counted(), before, strict=True)] == [3, 1, 0]


def test_the_login_page_says_that_a_session_has_ended_and_leads_back(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    site.clock.ahead += timedelta(hours=25)
    sent = client.get("/alarms?priority=high")
    assert sent.headers["location"] == "/login?again=1&back=/alarms%3Fpriority%3Dhigh"
    assert "La sessione è terminata: accedi di nuovo." in client.get(sent.headers["location"]).text
    script = client.get("/session", headers={"HX-Request": "true", "HX-Current-URL": f"{site.url}/transits?gate=ponte"})
    assert (script.status_code, script.headers["hx-redirect"]) == (401, "/login?again=1&back=/transits%3Fgate%3Dponte")
    elsewhere = client.get("/session", headers={"HX-Request": "true", "HX-Current-URL": "https://evil.example//x"})
    assert elsewhere.headers["hx-redirect"] == "/login?again=1"
    assert site.stranger().get("/alarms").headers["location"] == "/login?back=/alarms", "who had none is told nothing"


@pytest.mark.parametrize("ended", ["sessions", "password", "day", "disabled", "idle"])
def test_whoever_has_been_put_out_logs_in_again_in_the_same_browser(site: Site, password_hash: str, ended: str) -> None:
    client = site.client(Role.OPERATOR)
    with site.database.transaction() as conn:
        match ended:
            case "sessions":
                end_sessions_of(conn, "operator")
            case "password":
                set_password_hash(conn, "operator", "another hash")
            case "day":
                set_ends_on(conn, "operator", date(2020, 12, 31))
            case "disabled":
                set_disabled(conn, "operator", True)
            case _:
                conn.execute("UPDATE sessions SET seen_at = seen_at - interval '2 days'")
    sent = client.get("/alarms")
    assert sent.headers["location"] == "/login?again=1&back=/alarms"
    with site.database.transaction() as conn:  # and let in again
        set_password_hash(conn, "operator", password_hash)
        set_ends_on(conn, "operator", None)
        set_disabled(conn, "operator", False)
        end_sessions_of(conn, "operator")
    form = client.get(sent.headers["location"])
    token = token_in(form.text)
    assert client.post("/language", data={"form_token": token, "language": "en"}).status_code == 303
    answer = client.post("/login", data={"form_token": token, "user": "operator", "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    assert client.get("/alarms").status_code == 200


def test_a_visits_form_is_not_taken_in_a_session(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    stranger = site.stranger()
    token = token_in(stranger.get("/login").text)
    client.cookies.set("anpr_visit", stranger.cookies["anpr_visit"])
    assert client.post("/language", data={"form_token": token, "language": "en"}).status_code == 403


@pytest.mark.parametrize(
    ("sent_from", "back"),
    [
        ("{url}/watchlists/a1?n=1", "/watchlists/a1%3Fn%3D1"),
        ("{url}/watchlists/a1/restore", "/watchlists"),  # for POST alone
        ("https://evil.example/alarms", "/watchlists"),
        ("", "/watchlists"),
    ],
)
def test_a_form_that_comes_after_the_end_leads_back_to_its_page(site: Site, sent_from: str, back: str) -> None:
    client = site.client(Role.OPERATOR)
    token = token_in(client.get("/alarms").text)
    with site.database.transaction() as conn:
        end_sessions_of(conn, "operator")
    headers = {"Referer": sent_from.format(url=site.url)} if sent_from else {}
    answer = client.post("/watchlists/a1/delete", data={"form_token": token}, headers=headers)
    assert answer.headers["location"] == f"/login?again=1&back={back}"


def test_a_copied_cookie_is_refused_after_logout(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    copied = client.cookies["anpr_session"]
    site.post(client, "/logout")
    thief = httpx.Client(base_url=site.url, cookies={"anpr_session": copied})
    with thief:
        assert thief.get("/alarms").status_code == 303


def test_a_changed_cookie_is_refused(site: Site) -> None:
    client = site.client(Role.AUDITOR)
    cookie = client.cookies["anpr_session"]
    client.cookies.set("anpr_session", ("A" if cookie[0] != "A" else "B") + cookie[1:], domain="127.0.0.1", path="/")
    client.cookies.delete("anpr_session", domain="127.0.0.1", path="/")
    with httpx.Client(base_url=site.url, cookies={"anpr_session": cookie[:-3] + "abc"}) as forger:
        assert forger.get("/audit").status_code == 303


def test_the_session_cookie_is_out_of_scripts_reach(site: Site) -> None:
    answer = site.log_in(site.stranger(), "operator", PASSWORD)
    cookie = next(text for text in answer.headers.get_list("set-cookie") if text.startswith("anpr_session="))
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert "Path=/" in cookie


def test_behind_https_cookies_travel_over_https_only(site: Site) -> None:
    https = site.settings.model_copy(update={"console": ConsoleSettings(secure_cookies=True)})
    with serving(create_app(https, site.console.database, site.images, site.clock)) as url:
        site.url = url
        answer = site.stranger().get("/login")
    assert all("Secure" in text for text in answer.headers.get_list("set-cookie"))
    assert answer.headers.get_list("set-cookie")


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/login?x"])
def test_a_login_leads_to_no_other_site(site: Site, back: str) -> None:
    answer = site.log_in(site.stranger(), "operator", PASSWORD, back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_after_the_login_one_is_where_one_wanted_to_be(site: Site) -> None:
    client = site.stranger()
    sent = client.get("/transits")
    assert sent.headers["location"] == "/login?back=/transits"
    answer = site.log_in(client, "operator", PASSWORD, "/transits")
    assert answer.headers["location"] == "/transits"


def test_a_page_that_refreshes_itself_is_led_to_the_login(site: Site) -> None:
    answer = site.stranger().get("/transits/rows", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/login?again=1")
