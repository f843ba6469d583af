# SPDX-License-Identifier: AGPL-3.0-or-later
"""One's own account: a first password that must be changed, a new one, and an end of all sessions."""

from datetime import timedelta
from pathlib import Path

import pytest

from anpr.console.app import create_app
from anpr.domain.access import Role
from anpr.settings import ConsoleSettings
from anpr.store.audit import AuditAction
from anpr.store.users.accounts import set_disabled, set_password_hash
from anpr.store.users.first_logins import Login, read_logins, write_logins
from anpr.store.users.sessions import MOST_OPEN, end_sessions_of, start_session
from tests.support.fixtures_console import PASSWORD, Site, serving, token_in

NEW = "la bici blu di Anna"


@pytest.mark.parametrize("role", list(Role))
def test_everybody_changes_their_own_password(site: Site, role: Role) -> None:
    client, elsewhere = site.client(role), site.client(role)
    answer = site.post(client, "/account/password", "/account", current=PASSWORD, wanted=NEW, again=NEW)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?changed=1")
    assert "Password cambiata" in client.get("/account?changed=1").text
    assert elsewhere.get("/account").status_code == 303, "other sessions have ended"
    assert site.log_in(site.stranger(), role.value, PASSWORD).status_code == 401
    assert site.log_in(site.stranger(), role.value, NEW).status_code == 303
    changed = [row.event for row in site.audit() if row.event.action is AuditAction.USER_CHANGED]
    assert [(event.actor, event.detail) for event in changed] == [
        (role.value, {"user": role.value, "changed": "password"})
    ]


@pytest.mark.parametrize(
    ("current", "wanted", "again", "said"),
    [
        ("wrong password", NEW, NEW, "La password attuale non è valida"),
        (PASSWORD, "corta", "corta", "almeno 12 caratteri"),
        (PASSWORD, NEW, NEW + "!", "non sono uguali"),
        (PASSWORD, PASSWORD, PASSWORD, "è uguale a quella attuale"),
        (PASSWORD, "Password2026!", "Password2026!", "fra le prime"),
    ],
)
def test_what_is_wrong_with_a_new_password_is_said(
    site: Site, current: str, wanted: str, again: str, said: str
) -> None:
    client = site.client(Role.OPERATOR)
    answer = site.post(client, "/account/password", "/account", current=current, wanted=wanted, again=again)
    assert answer.status_code == 400
    assert said in answer.text
    assert client.get("/alarms").status_code == 200, "nothing has changed"


def test_a_first_password_is_good_for_choosing_ones_own_only(site: Site, password_hash: str, tmp_path: Path) -> None:
    with site.database.transaction() as conn:
        set_password_hash(conn, "operator", password_hash, must_change=True)
    left = Login(name="auditor", role="auditor", password="x")
    write_logins(tmp_path, [Login(name="operator", role="operator", password=PASSWORD), left])
    client = site.client(Role.OPERATOR)
    for path in ("/", "/alarms", "/transits", "/search", "/status"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/account"), path
    assert client.get("/alarms/stream", headers={"Accept": "text/event-stream"}).status_code == 403
    script = client.get("/transits/rows", headers={"HX-Request": "true"})
    assert (script.status_code, script.headers["hx-redirect"]) == (403, "/account")
    page = client.get("/account").text
    assert "provvisoria" in page
    assert 'href="/alarms"' not in page
    assert (
        site.post(client, "/account/password", "/account", current=PASSWORD, wanted=NEW, again=NEW).status_code == 303
    )
    assert client.get("/alarms").status_code == 200
    assert read_logins(tmp_path) == [left], "the password that was shown is kept no more"


def test_all_ones_sessions_can_be_ended_and_nobody_elses(site: Site) -> None:
    here, there, other = site.client(Role.OPERATOR), site.client(Role.OPERATOR), site.client(Role.AUDITOR)
    assert here.get("/account").text.count("Accesso del") == 2
    assert site.post(here, "/account/sessions", "/account").headers["location"] == "/login"
    assert here.get("/alarms").status_code == there.get("/alarms").status_code == 303
    assert other.get("/audit").status_code == 200
    event = next(row.event for row in site.audit() if row.event.action is AuditAction.LOGOUT)
    assert (event.actor, event.detail) == ("operator", {"sessions": 2})


def test_a_session_that_nobody_uses_ends(site: Site) -> None:
    strict = site.settings.model_copy(update={"console": ConsoleSettings()})
    with serving(create_app(strict, site.console.database, site.images, site.clock)) as url:
        site.url = url
        client = site.client(Role.OPERATOR)
        page = {"Accept": "text/html"}
        for _ in range(3):
            site.clock.ahead += timedelta(minutes=29)
            assert client.get("/alarms", headers=page).status_code == 200, "opening a page is use"
        site.clock.ahead += timedelta(minutes=29)
        state = client.post("/session/extend", data={"form_token": token_in(client.get("/alarms").text)}).json()
        assert 29 * 60 < state["remaining_s"] <= 30 * 60, "so is what the script of a watched board says"
        assert state["extensible"]
        script = {"HX-Request": "true"}
        site.clock.ahead += timedelta(minutes=16)
        assert client.get("/transits/rows", headers=script).status_code in (200, 204)
        site.clock.ahead += timedelta(minutes=16)
        assert client.get("/transits/rows", headers=script).status_code == 401, "what a page asks for by itself is none"
        assert client.get("/alarms", headers=page).headers["location"] == "/login?again=1&back=/alarms"


def test_who_is_let_in_again_has_no_old_sessions(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    for disabled in (True, False):
        with site.database.transaction() as conn:
            set_disabled(conn, "operator", disabled)
    assert client.get("/alarms").status_code == 303


def test_a_user_has_so_many_sessions_and_the_oldest_ends(site: Site) -> None:
    first = site.client(Role.OPERATOR)
    for _ in range(MOST_OPEN):
        site.clock.ahead += timedelta(seconds=1)
        session = site.console.sessions.start("operator", "x")
        with site.database.transaction() as conn:
            start_session(conn, session.key, "operator", site.clock.now())
    assert first.get("/alarms").status_code == 303
    with site.database.transaction() as conn:
        assert end_sessions_of(conn, "operator") == MOST_OPEN
