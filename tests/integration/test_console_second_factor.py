# SPDX-License-Identifier: AGPL-3.0-or-later
"""The second factor: enrolled in one's own account, asked for after the password, recovered, and demanded of roles."""

import re
from dataclasses import dataclass, replace
from datetime import timedelta

import httpx
import pyotp
import pytest

from anpr.console.app import create_app
from anpr.console.auth.second_factor import STEP_S
from anpr.domain.access import Role
from anpr.domain.errors import SettingsError
from anpr.runtime.metrics import REGISTRY
from anpr.store.audit import AuditAction
from anpr.store.author import Author
from anpr.store.users.administration import reset_second_factors
from anpr.store.users.second_factors import get_factor
from tests.support.fixtures_console import PASSWORD, Site, another_console, serving, token_in

PAGE = "/account/second-factor"


@dataclass(kw_only=True)
class Enrolled:
    """A user with a second factor: the browser it was enrolled in, the shared secret, and the recovery codes."""

    client: httpx.Client
    secret: str
    codes: list[str]


def code_now(site: Site, secret: str, steps: int = 0) -> str:
    """What the telephone shows now, or so many steps later."""
    return pyotp.TOTP(secret).at(site.clock.now() + timedelta(seconds=STEP_S * steps))


def recovery_codes(html: str) -> list[str]:
    return re.findall(r"<li>([a-z2-7-]{19})</li>", html)


def enrol(site: Site, user: str = "operator", client: httpx.Client | None = None) -> Enrolled:
    """In My account, a step before now: so that the next code is a fresh one."""
    client = client or site.client(Role(user))
    assert site.post(client, f"{PAGE}/begin", PAGE, password=PASSWORD).status_code == 303
    page = client.get(PAGE).text
    assert "<svg" in page
    found = re.search(r"one-time-small mono\">([A-Z2-7]{32})<", page)
    assert found
    shown = site.post(client, f"{PAGE}/confirm", PAGE, code=code_now(site, found[1], -1))
    assert shown.status_code == 200, shown.text
    language = {"form_token": token_in(shown.text), "language": "it"}
    assert client.post("/language", data=language).status_code == 303, "its forms belong to the session that has begun"
    return Enrolled(client=client, secret=found[1], codes=recovery_codes(shown.text))


def give_password(site: Site, user: str = "operator", back: str = "/alarms") -> httpx.Client:
    """A browser that has come as far as the page of the code."""
    client = site.stranger()
    answer = site.log_in(client, user, PASSWORD, back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login/code")
    return client


def give_code(client: httpx.Client, code: str) -> httpx.Response:
    return client.post("/login/code", data={"form_token": token_in(client.get("/login/code").text), "code": code})


def test_a_login_asks_for_the_code_after_the_password_and_leads_on(site: Site) -> None:
    secret = enrol(site).secret
    client = give_password(site)
    assert client.get("/alarms").status_code == 303, "the password alone opens nothing"
    assert AuditAction.LOGIN not in [row.event.action for row in site.audit()[:1]]
    answer = give_code(client, code_now(site, secret))
    assert (answer.status_code, answer.headers["location"]) == (303, "/alarms")
    event = site.audit()[0].event
    assert (event.actor, event.action, event.detail["second_factor"]) == ("operator", AuditAction.LOGIN, "code")
    assert client.get("/alarms").status_code == 200


def test_no_code_is_good_twice_also_at_another_console(site: Site) -> None:
    secret = enrol(site).secret
    code = code_now(site, secret)
    assert give_code(give_password(site), code).status_code == 303
    with another_console(site) as other:
        again = give_code(give_password(other), code)
    assert again.status_code == 401
    assert "già stato usato" in again.text


def test_a_code_that_was_used_to_enrol_is_used_up(site: Site) -> None:
    secret = enrol(site).secret
    assert give_code(give_password(site), code_now(site, secret, -1)).status_code == 401


def test_wrong_codes_are_counted_recorded_and_slowed_down_whatever_the_password(site: Site) -> None:
    def counted() -> float:
        return REGISTRY.get_sample_value("anpr_logins_refused_total", {"why": "code"}) or 0.0

    secret = enrol(site).secret
    site.clock.stop()
    client, before = give_password(site), counted()
    assert [give_code(client, "000000").status_code for _ in range(2)] == [401, 401]
    client = give_password(site)  # the right password takes back no wrong codes
    assert [give_code(client, "000000").status_code for _ in range(2)] == [401, 429]
    assert counted() - before == 3
    refused = [row.event for row in site.audit() if row.event.action is AuditAction.LOGIN_REFUSED]
    assert [(event.actor, event.detail["second_factor"]) for event in refused] == [("operator", "wrong")] * 3
    site.clock.ahead += timedelta(seconds=3)
    assert give_code(client, code_now(site, secret)).status_code == 303


def test_a_recovery_code_stands_in_once(site: Site) -> None:
    enrolled = enrol(site)
    assert len(enrolled.codes) == 10
    assert give_code(give_password(site), enrolled.codes[3].upper()).status_code == 303
    assert site.audit()[0].event.detail["second_factor"] == "recovery-code"
    assert give_code(give_password(site), enrolled.codes[3]).status_code == 401
    assert "Restano 9 codici" in enrolled.client.get(PAGE).text
    shown = site.post(enrolled.client, f"{PAGE}/codes", PAGE, password=PASSWORD, code=enrolled.codes[5])
    new = recovery_codes(shown.text)
    assert len(new) == 10
    assert give_code(give_password(site), enrolled.codes[4]).status_code == 401, "new ones take the place of the others"


def test_going_on_in_an_open_page_asks_for_password_and_code_and_is_a_login_too(site: Site) -> None:
    enrolled = enrol(site)
    client = enrolled.client
    token = token_in(client.get("/account").text)

    def confirm(password: str, code: str) -> httpx.Response:
        return client.post("/session/confirm", data={"form_token": token, "password": password, "code": code})

    assert client.get("/session").json()["second_factor"] is True
    code = code_now(site, enrolled.secret)
    for password, typed, wrong in (("not it", code, "password"), (PASSWORD, "", "code"), (PASSWORD, "000000", "code")):
        answer = confirm(password, typed)
        assert (answer.status_code, answer.json()) == (403, {"wrong": wrong})
    assert confirm(PASSWORD, code).status_code == 200, "a wrong password has used no code up"
    event = site.audit()[0].event
    assert (event.action, event.detail["second_factor"]) == (AuditAction.LOGIN, "code")
    assert confirm(PASSWORD, code).json() == {"wrong": "code"}, "no code is good twice"


def test_going_on_with_a_secret_of_another_key_is_told(site: Site) -> None:
    client = enrol(site).client
    form = {"form_token": token_in(client.get("/account").text), "password": PASSWORD, "code": "000000"}
    with site.database.transaction() as conn:
        conn.execute("UPDATE second_factors SET sealed_secret = %s", [bytes(60)])
    assert client.post("/session/confirm", data=form).json() == {"wrong": "unreadable"}


def test_who_has_no_second_factor_goes_on_with_the_password(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    form = {"form_token": token_in(client.get("/account").text), "password": PASSWORD}
    answer = client.post("/session/confirm", data=form)
    assert (answer.status_code, answer.json()["second_factor"]) == (200, False)


def test_the_password_of_five_minutes_ago_is_asked_for_again(site: Site) -> None:
    secret = enrol(site).secret
    client = give_password(site)
    token = token_in(client.get("/login/code").text)
    site.clock.ahead += timedelta(minutes=5)
    answer = client.post("/login/code", data={"form_token": token, "code": code_now(site, secret)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert site.stranger().get("/login/code").headers["location"] == "/login"


def test_enrolling_ends_the_other_sessions_and_asks_for_the_password(site: Site) -> None:
    elsewhere, client = site.client(Role.OPERATOR), site.client(Role.OPERATOR)
    assert site.post(client, f"{PAGE}/begin", PAGE, password="wrong").status_code == 400
    enrolled = enrol(site, client=client)
    assert site.audit()[0].event.detail == {"user": "operator", "changed": "second-factor", "second_factor": "on"}
    assert elsewhere.get("/alarms").status_code == 303
    assert enrolled.client.get("/alarms").status_code == 200


def test_a_wrong_first_code_turns_nothing_on(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    site.post(client, f"{PAGE}/begin", PAGE, password=PASSWORD)
    assert site.post(client, f"{PAGE}/confirm", PAGE, code="000000").status_code == 400
    assert site.log_in(site.stranger(), "operator", PASSWORD, "/alarms").headers["location"] == "/alarms"


@pytest.mark.parametrize("action", ["remove", "codes"])
def test_removing_it_and_new_recovery_codes_ask_for_password_and_code(site: Site, action: str) -> None:
    enrolled = enrol(site)
    code = code_now(site, enrolled.secret)

    def send(password: str, code: str) -> httpx.Response:
        return site.post(enrolled.client, f"{PAGE}/{action}", PAGE, password=password, code=code)

    assert send("wrong", code).status_code == 400
    refused = send(PASSWORD, "000000")
    assert (refused.status_code, "Il codice non è valido" in refused.text) == (400, True)
    give_password(site)
    assert send(PASSWORD, code).status_code == (303 if action == "remove" else 200)
    gone = site.log_in(site.stranger(), "operator", PASSWORD, "/alarms").headers["location"]
    assert gone == ("/alarms" if action == "remove" else "/login/code")


def test_a_role_that_must_have_one_is_led_to_enrol_before_anything_else(site: Site) -> None:
    console = site.settings.console.model_copy(update={"second_factor": (Role.OPERATOR,)})
    strict = site.settings.model_copy(update={"console": console})
    app = create_app(strict, site.console.database, site.images, site.clock)
    with serving(app) as url:
        ours = replace(site, url=url, app=app)
        client = ours.client(Role.OPERATOR)
        for path in ("/", "/alarms", "/search"):
            assert client.get(path).headers["location"] == PAGE, path
        assert client.get("/alarms/stream", headers={"Accept": "text/event-stream"}).status_code == 403
        page = client.get(PAGE).text
        assert "Il tuo ruolo richiede un secondo fattore" in page
        assert 'href="/alarms"' not in page
        assert ours.client(Role.AUDITOR).get("/audit").status_code == 200, "others go on"
        enrol(ours, client=client)
        assert client.get("/alarms").status_code == 200


def test_an_administrator_resets_it_for_who_lost_it(site: Site) -> None:
    operator, admin = enrol(site).client, site.client(Role.ADMINISTRATOR)
    assert ">attivo</td>" in admin.get("/users").text
    answer = site.post(admin, "/users/operator/second-factor", "/users/operator")
    assert answer.headers["location"] == "/users/operator?done=second-factor"
    assert operator.get("/alarms").status_code == 303
    assert site.log_in(site.stranger(), "operator", PASSWORD, "/alarms").headers["location"] == "/alarms"
    event = next(row.event for row in site.audit() if row.event.action is AuditAction.USER_CHANGED)
    assert event.actor == "administrator"
    assert event.detail == {"user": "operator", "changed": "second-factor", "second_factor": "reset"}
    again = site.post(admin, "/users/operator/second-factor", "/users/operator")
    assert (again.status_code, "non ha un secondo fattore: nulla" in again.text) == (400, True)
    own = enrol(site, "administrator", admin).client
    assert site.post(own, "/users/administrator/second-factor", "/users").status_code == 400, "one's own: by password"


def test_a_console_whose_key_is_lost_or_another_one_does_not_start_and_names_the_way_out(site: Site) -> None:
    enrol(site)
    key = site.settings.data_dir / "second-factor-key"
    text = key.read_text()
    key.unlink()
    with pytest.raises(SettingsError, match=r"second-factor-key: missing; .* anpr user reset-second-factor --all"):
        create_app(site.settings, site.console.database, site.images, site.clock)
    assert not key.exists(), "none was made in its place"
    key.write_text(text[::-1])
    key.chmod(0o600)
    with pytest.raises(SettingsError, match=r"not the key of the second factors in the database \(1\)"):
        create_app(site.settings, site.console.database, site.images, site.clock)
    key.unlink()
    with site.database.transaction() as conn:
        assert reset_second_factors(conn, Author(name="os:root", at=site.clock.now())) == ["operator"]
    with another_console(site) as other:
        assert other.log_in(other.stranger(), "operator", PASSWORD, "/alarms").headers["location"] == "/alarms"


def test_a_secret_of_another_key_is_told_and_lets_nobody_in(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    enrolled = enrol(site)
    enrol(site, "administrator")
    with site.database.transaction() as conn:
        conn.execute("UPDATE second_factors SET sealed_secret = %s WHERE user_name = 'operator'", [bytes(60)])
    with another_console(site) as other:
        answer = give_code(give_password(other), code_now(site, enrolled.secret))
    assert "not the key of some second factors (1: operator)" in caplog.text
    assert answer.status_code == 503
    assert "chiedi all'amministratore di azzerarlo" in answer.text.replace("&#39;", "'")


def test_the_database_holds_neither_secret_nor_codes(site: Site) -> None:
    enrolled = enrol(site)
    with site.database.transaction() as conn:
        factor = get_factor(conn, "operator")
        digests = conn.execute("SELECT code_digest FROM recovery_codes").fetchall()
    assert factor
    assert enrolled.secret.encode() not in factor.sealed_secret
    assert all(
        code.replace("-", "").encode() not in bytes(row["code_digest"]) for row in digests for code in enrolled.codes
    )
