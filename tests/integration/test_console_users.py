# SPDX-License-Identifier: AGPL-3.0-or-later
"""Administrators make, change, shut out and let in users in the console; each change is in the audit."""

import re
import threading
from datetime import UTC, timedelta

import httpx
import pytest

from anpr.console.pages.users.first_password import FirstPassword, make_first_password
from anpr.domain.access import Role
from anpr.store.audit import AuditAction
from anpr.store.users.accounts import User, create_user, get_user, set_disabled, set_ends_on
from tests.support.fixtures_console import PASSWORD, Site, token_in

NEW = "la bici blu di Anna"


@pytest.fixture
def admin(site: Site) -> httpx.Client:
    return site.client(Role.ADMINISTRATOR)


def changes(site: Site, actor: str = "administrator") -> list[dict[str, object]]:
    """What the audit says that this actor changed about users, oldest first."""
    wanted = (AuditAction.USER_CREATED, AuditAction.USER_CHANGED)
    rows = [row.event for row in site.audit() if row.event.action in wanted and row.event.actor == actor]
    return [dict(event.detail) for event in reversed(rows)]


def one_time_password(html: str) -> str:
    found = re.search(r'class="one-time mono">([\w-]+)<', html)
    assert found, html
    return found[1]


def add_administrator(site: Site, name: str, password_hash: str) -> None:
    with site.database.transaction() as conn:
        create_user(conn, User(name=name, role=Role.ADMINISTRATOR, password_hash=password_hash))


def test_the_list_tells_role_state_last_day_last_login_and_open_sessions(site: Site, admin: httpx.Client) -> None:
    site.client(Role.OPERATOR)
    with site.database.transaction() as conn:
        set_disabled(conn, "auditor", True)
        set_ends_on(conn, "dpo", site.clock.now().astimezone(UTC).date())
    page = admin.get("/users").text
    row = {str(name): page[page.index(f'href="/users/{name}"') :].partition("</tr>")[0] for name in Role}
    assert "operatore" in row["operator"]
    assert ">1</td>" in row["operator"]
    assert "mai" in row["dpo"]
    assert site.clock.now().astimezone(UTC).strftime("%d/%m/%Y") in row["dpo"]
    assert "disattivato" in row["auditor"]


def test_a_new_user_gets_a_password_that_is_shown_once_and_must_be_changed(site: Site, admin: httpx.Client) -> None:
    day = (site.clock.now() + timedelta(days=30)).astimezone(UTC).date()
    shown = site.post(admin, "/users", "/users", name=" Anna.Rossi ", role="operator", ends_on=day.isoformat())
    assert shown.status_code == 200
    password = one_time_password(shown.text)
    assert password not in admin.get("/users/anna.rossi").text
    client = site.stranger()
    assert site.log_in(client, "anna.rossi", password).status_code == 303
    assert client.get("/alarms").headers["location"] == "/account"
    site.post(client, "/account/password", "/account", current=password, wanted=NEW, again=NEW)
    assert client.get("/alarms").status_code == 200
    assert changes(site)[0] == {"user": "anna.rossi", "role": "operator", "ends_on": day.isoformat()}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "Anna Rossi"}, "Questo nome non va bene"),
        ({"name": ""}, "Questo nome non va bene"),
        ({"name": "operator"}, "Esiste già"),
        ({"name": "anna", "ends_on": "31/13/2099"}, "non è una data"),
        ({"name": "anna", "ends_on": "31/12/99"}, "non è una data"),
        ({"name": "retention"}, "indica il sistema stesso"),
        ({"name": "Unknown"}, "indica il sistema stesso"),
        ({"name": "anna", "ends_on": "2020-01-01"}, "è già passato"),
    ],
)
def test_what_is_wrong_with_a_new_user_is_said(
    site: Site, admin: httpx.Client, fields: dict[str, str], said: str
) -> None:
    answer = site.post(admin, "/users", "/users", role="dpo", **fields)
    assert answer.status_code == 400
    assert said in answer.text
    assert changes(site) == []


def test_a_role_that_is_none_is_refused(site: Site, admin: httpx.Client) -> None:
    assert site.post(admin, "/users", "/users", name="anna", role="emperor").status_code == 400
    assert site.post(admin, "/users/operator/role", "/users", role="emperor").status_code == 400


def test_another_role_counts_from_the_next_request(site: Site, admin: httpx.Client) -> None:
    client = site.client(Role.OPERATOR)
    answer = site.post(admin, "/users/operator/role", "/users/operator", role="auditor")
    assert (answer.status_code, answer.headers["location"]) == (303, "/users/operator?done=role")
    assert "Ruolo cambiato" in admin.get("/users/operator?done=role").text
    assert (client.get("/audit").status_code, client.get("/alarms").status_code) == (200, 403)
    assert changes(site) == [{"user": "operator", "changed": "role", "previous": "operator", "role": "auditor"}]


def test_a_disabled_user_is_out_at_once_and_one_click_undoes_it(site: Site, admin: httpx.Client) -> None:
    client = site.client(Role.OPERATOR)
    answer = site.post(admin, "/users/operator/disable", "/users/operator")
    page = admin.get(answer.headers["location"])
    assert 'action="/users/operator/enable"' in page.text.partition('class="user-forms"')[0], "beside what was done"
    assert client.get("/alarms").status_code == 303
    assert site.log_in(site.stranger(), "operator", PASSWORD).status_code == 401
    site.post(admin, "/users/operator/enable", "/users/operator")
    assert client.get("/alarms").status_code == 303, "old sessions stay ended"
    assert site.log_in(site.stranger(), "operator", PASSWORD).status_code == 303
    assert changes(site) == [
        {"user": "operator", "changed": "disabled", "previous": False, "disabled": True},
        {"user": "operator", "changed": "disabled", "previous": True, "disabled": False},
    ]


def test_after_the_last_day_sessions_end_and_a_login_is_refused_in_the_words_of_a_wrong_one(
    site: Site, admin: httpx.Client
) -> None:
    midnight = site.clock.now().astimezone(UTC).replace(hour=23, minute=59, second=50, microsecond=0)
    site.clock.ahead += midnight - site.clock.now()
    admin, client = site.client(Role.ADMINISTRATOR), site.client(Role.OPERATOR)
    today = midnight.date().isoformat()
    site.post(admin, "/users/operator/ends-on", "/users/operator", ends_on=today)
    assert client.get("/alarms").status_code == 200, "the last day is whole"
    assert site.log_in(site.stranger(), "operator", PASSWORD).status_code == 303
    site.clock.ahead += timedelta(minutes=1)
    assert client.get("/alarms").status_code == 303
    ended = site.log_in(site.stranger(), "operator", PASSWORD)
    wrong = site.log_in(site.stranger(), "operator", "not the password")
    hide = re.compile(r'form_token" value="\w+')
    assert (ended.status_code, hide.sub("", ended.text)) == (401, hide.sub("", wrong.text))
    assert "scaduto" in admin.get("/users/operator").text
    site.post(admin, "/users/operator/ends-on", "/users/operator", ends_on="")
    assert site.log_in(site.stranger(), "operator", PASSWORD).status_code == 303
    assert changes(site) == [
        {"user": "operator", "changed": "ends-on", "previous": "none", "ends_on": today},
        {"user": "operator", "changed": "ends-on", "previous": today, "ends_on": "none"},
    ]


def test_a_new_password_asks_first_and_ends_the_sessions(site: Site, admin: httpx.Client) -> None:
    client = site.client(Role.OPERATOR)
    asked = admin.get("/users/operator/password")
    assert "non potrà più accedere" in asked.text
    assert client.get("/alarms").status_code == 200, "asking changes nothing"
    shown = site.post(admin, "/users/operator/password", "/users/operator/password")
    assert client.get("/alarms").status_code == 303
    assert site.log_in(site.stranger(), "operator", PASSWORD).status_code == 401
    again = site.stranger()
    site.log_in(again, "operator", one_time_password(shown.text))
    assert again.get("/alarms").headers["location"] == "/account"
    assert changes(site) == [{"user": "operator", "changed": "password"}]


def test_a_password_change_can_be_demanded(site: Site, admin: httpx.Client) -> None:
    client = site.client(Role.OPERATOR)
    site.post(admin, "/users/operator/must-change", "/users/operator")
    assert client.get("/alarms").headers["location"] == "/account"
    site.post(client, "/account/password", "/account", current=PASSWORD, wanted=NEW, again=NEW)
    assert client.get("/alarms").status_code == 200
    assert changes(site) == [{"user": "operator", "changed": "must-change", "previous": False, "must_change": True}]


def test_all_sessions_of_a_user_are_ended_at_once(site: Site, admin: httpx.Client) -> None:
    here, there, other = site.client(Role.OPERATOR), site.client(Role.OPERATOR), site.client(Role.AUDITOR)
    site.post(admin, "/users/operator/sessions", "/users/operator")
    assert here.get("/alarms").status_code == there.get("/alarms").status_code == 303
    assert other.get("/audit").status_code == 200
    assert changes(site) == [{"user": "operator", "changed": "sessions", "sessions": 2}]


@pytest.mark.parametrize(
    ("path", "fields"),
    [("disable", {}), ("role", {"role": "operator"}), ("ends-on", {"ends_on": "2099-01-01"})],
)
def test_the_last_administrator_stays_one(
    site: Site, admin: httpx.Client, password_hash: str, path: str, fields: dict[str, str]
) -> None:
    add_administrator(site, "vice", password_hash)
    with site.database.transaction() as conn:
        set_disabled(conn, "vice", True)
    answer = site.post(admin, f"/users/administrator/{path}", "/users/administrator", **fields)
    assert answer.status_code == 400
    assert "nessun amministratore" in answer.text
    assert changes(site) == []
    with site.database.transaction() as conn:
        set_disabled(conn, "vice", False)
    assert site.post(admin, f"/users/administrator/{path}", "/users/administrator", **fields).status_code == 303


def test_two_administrators_do_not_shut_each_other_out_at_once(site: Site, password_hash: str) -> None:
    add_administrator(site, "vice", password_hash)
    first, second = site.client(Role.ADMINISTRATOR), site.stranger()
    site.log_in(second, "vice", PASSWORD)
    tokens = [token_in(client.get("/users").text) for client in (first, second)]
    answers: list[int] = []

    def shut_out(client: httpx.Client, token: str, other: str) -> None:
        answers.append(client.post(f"/users/{other}/disable", data={"form_token": token}).status_code)

    threads = [
        threading.Thread(target=shut_out, args=(first, tokens[0], "vice")),
        threading.Thread(target=shut_out, args=(second, tokens[1], "administrator")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 303 in answers
    with site.database.transaction() as conn:
        both = [get_user(conn, name) for name in ("administrator", "vice")]
    assert sum(1 for user in both if user and not user.disabled) == 1


def test_a_user_that_is_not_there_is_not_found(site: Site, admin: httpx.Client) -> None:
    assert admin.get("/users/nobody").status_code == 404
    for path in ("disable", "enable", "sessions", "password", "must-change", "ends-on"):
        assert site.post(admin, f"/users/nobody/{path}", "/users").status_code == 404, path


def test_only_administrators_change_users(site: Site) -> None:
    for role in set(Role) - {Role.ADMINISTRATOR}:
        client = site.client(role)
        for path in ("/users", "/users/operator/disable", "/users/operator/password"):
            assert site.post(client, path, "/account").status_code == 403, f"{role} {path}"
    assert changes(site) == []


def test_a_last_day_is_taken_as_people_write_it(site: Site, admin: httpx.Client) -> None:
    site.post(admin, "/users/operator/ends-on", "/users/operator", ends_on="31/12/2099")
    assert changes(site)[0]["ends_on"] == "2099-12-31"


def test_a_form_that_is_sent_again_changes_nothing_and_leaves_no_row(site: Site, admin: httpx.Client) -> None:
    operator = site.client(Role.OPERATOR)
    day = "2099-12-31"
    for action, fields in (("ends-on", {"ends_on": day}), ("role", {"role": "investigator"}), ("must-change", {})):
        for _ in range(2):
            assert site.post(admin, f"/users/operator/{action}", "/users", **fields).status_code == 303
    assert [change["changed"] for change in changes(site)] == ["ends-on", "role", "must-change"]
    assert site.post(admin, "/users/operator/enable", "/users").status_code == 303
    assert operator.get("/account").status_code == 200, "who was never shut out stays logged in"


def test_of_two_who_create_the_same_user_at_once_one_is_told_that_it_is_there(
    site: Site, admin: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile() -> FirstPassword:
        with site.database.transaction() as conn:
            create_user(conn, User(name="anna", role=Role.DPO, password_hash="x"))
        return make_first_password()

    monkeypatch.setattr("anpr.console.pages.users.page.make_first_password", meanwhile)
    answer = site.post(admin, "/users", "/users", name="anna", role="operator")
    assert (answer.status_code, "Esiste già un utente con questo nome" in answer.text) == (400, True)


def test_an_administrator_of_another_organisation_is_not_the_one_who_is_left(
    site: Site, admin: httpx.Client, password_hash: str
) -> None:
    with site.database.transaction() as conn:
        conn.execute("INSERT INTO organisations (id, name, kind) VALUES ('vicini', 'Comune vicino', 'municipality')")
        create_user(
            conn,
            User(name="lucia", role=Role.ADMINISTRATOR, password_hash=password_hash, organisation_id="vicini"),
        )
    refused = site.post(admin, "/users/administrator/disable", "/users/administrator")
    assert (refused.status_code, "nessun amministratore attivo" in refused.text) == (400, True)


def test_a_new_user_belongs_to_the_organisation_of_who_creates_them(site: Site, password_hash: str) -> None:
    with site.database.transaction() as conn:
        conn.execute("INSERT INTO organisations (id, name, kind) VALUES ('vicini', 'Comune vicino', 'municipality')")
        create_user(
            conn,
            User(name="lucia", role=Role.ADMINISTRATOR, password_hash=password_hash, organisation_id="vicini"),
        )
    lucia = site.stranger()
    assert site.log_in(lucia, "lucia", PASSWORD).status_code == 303
    assert site.post(lucia, "/users", "/users", name="paolo", role="operator").status_code == 200
    with site.database.transaction() as conn:
        created = get_user(conn, "paolo")
    assert created
    assert created.organisation_id == "vicini"
    taken = site.post(lucia, "/users", "/users", name="operator", role="operator")
    assert (taken.status_code, "Esiste già" in taken.text) == (400, True), "of an organisation that she does not see"
