# SPDX-License-Identifier: AGPL-3.0-or-later
"""Login through a real OpenID provider, in a process of its own: who comes in, as whom, and what is written down."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from anpr.domain.access import Role
from anpr.domain.organisation import Organisation, OrganisationKind
from anpr.store.audit import AuditAction, AuditEvent
from anpr.store.author import Author
from anpr.store.organisations.registry import add_organisation
from anpr.store.users.accounts import User, get_user, set_disabled, set_ends_on
from anpr.store.users.administration import hand_over
from scripts.lab.oidc_provider import LabProvider
from tests.support.fixtures_console import PASSWORD, Site
from tests.support.fixtures_provider import (
    AUDITORS,
    MARIO,
    OPERATORS,
    asked,
    callback_of,
    console_with,
    log_in_through,
    oidc_settings,
    queried,
)

MARIO_HERE = "mario.rossi"


def user(site: Site, name: str = MARIO_HERE) -> User | None:
    with site.database.transaction() as conn:
        return get_user(conn, name)


def events(site: Site, action: AuditAction) -> list[AuditEvent]:
    """Newest first."""
    return [row.event for row in site.audit() if row.event.action is action]


def test_the_first_login_makes_a_user_with_the_role_of_the_group(
    provider_site: Site, lab_provider: LabProvider
) -> None:
    client = provider_site.stranger()
    answer = log_in_through(client, "m-1", back="/transits?gate=ponte")
    assert (answer.status_code, answer.headers["location"]) == (303, "/transits?gate=ponte")
    assert "mario.rossi" in client.get("/transits").text
    found = user(provider_site)
    assert found is not None
    assert (found.role, found.password_hash, found.provider) == (Role.OPERATOR, "", lab_provider.issuer)
    (created,), (login,) = events(provider_site, AuditAction.USER_CREATED), events(provider_site, AuditAction.LOGIN)
    assert created.actor == "oidc"
    assert created.detail["groups"] == [OPERATORS], "groups that mean nothing here are nobody's business"
    assert (login.actor, login.detail["provider"]) == (MARIO_HERE, lab_provider.issuer)


def test_the_question_has_pkce_state_and_nonce_and_they_are_new_each_time(provider_site: Site) -> None:
    first, second = (asked(provider_site.stranger()) for _ in range(2))
    assert (first["response_type"], first["code_challenge_method"]) == ("code", "S256")
    assert first["redirect_uri"] == f"{provider_site.url}/login/provider/callback"
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 43, name
        assert first[name] != second[name], name


def test_the_page_of_the_login_offers_both_ways(provider_site: Site, site: Site) -> None:
    assert "Accedi con Accesso Comune" in provider_site.stranger().get("/login").text
    assert "Accedi con" not in site.stranger().get("/login").text
    assert site.stranger().get("/login/provider").headers["location"] == "/login"


def test_another_group_at_the_next_login_is_another_role(provider_site: Site, lab_provider: LabProvider) -> None:
    log_in_through(provider_site.stranger(), "m-1")
    lab_provider.set_people({"m-1": {**MARIO, "groups": [AUDITORS]}})
    client = provider_site.stranger()
    assert log_in_through(client, "m-1").status_code == 303
    assert client.get("/audit").status_code == 200
    (changed,) = events(provider_site, AuditAction.USER_CHANGED)
    assert changed.actor == "oidc"
    assert changed.detail == {
        "user": MARIO_HERE, "changed": "role", "previous": "operator", "role": "auditor", "groups": [AUDITORS],
    }  # fmt: skip
    assert "gruppi" in client.get("/audit").text


def test_another_name_at_the_provider_is_the_same_user(provider_site: Site, lab_provider: LabProvider) -> None:
    log_in_through(provider_site.stranger(), "m-1")
    lab_provider.set_people({"m-1": {**MARIO, "preferred_username": "mario.bianchi"}})
    client = provider_site.stranger()
    log_in_through(client, "m-1")
    assert MARIO_HERE in client.get("/account").text
    assert user(provider_site, "mario.bianchi") is None


@pytest.mark.parametrize(
    ("claims", "reason", "told"),
    [
        ({"groups": ["personale"]}, "unknown-group", "Nessuno dei tuoi gruppi"),
        ({"groups": []}, "no-group", "nessun tuo gruppo"),
        ({"groups": None}, "no-group", "nessun tuo gruppo"),
        ({"groups": [OPERATORS, AUDITORS]}, "several-roles", "anpr-operatori, anpr-revisori"),
        ({"preferred_username": "operator"}, "name-taken", "già un utente con il tuo nome"),
        ({"preferred_username": "Ma rio"}, "no-name", "nome utente valido"),
        ({"preferred_username": None}, "no-name", "nome utente valido"),
    ],
)
def test_who_may_not_come_in_is_told_why_and_it_is_written_down(
    provider_site: Site, lab_provider: LabProvider, claims: dict[str, object], reason: str, told: str
) -> None:
    said = {name: value for name, value in {**MARIO, **claims}.items() if value is not None}
    lab_provider.set_people({"m-1": said})
    client = provider_site.stranger()
    answer = log_in_through(client, "m-1")
    assert answer.status_code == 403
    assert told in answer.text
    (refused,) = events(provider_site, AuditAction.LOGIN_REFUSED)
    assert (refused.actor, refused.detail["refused"]) == ("unknown", reason)
    assert client.get("/transits").status_code == 303
    assert user(provider_site) is None


def test_groups_of_one_role_are_no_contradiction(provider_site: Site, lab_provider: LabProvider) -> None:
    lab_provider.set_people({"m-1": {**MARIO, "groups": [OPERATORS, "anpr-centrale"]}})
    assert log_in_through(provider_site.stranger(), "m-1").status_code == 303


def test_a_local_user_is_not_taken_over_by_their_name(provider_site: Site, lab_provider: LabProvider) -> None:
    lab_provider.set_people(
        {"m-1": {**MARIO, "preferred_username": "Administrator", "groups": ["anpr-amministratori"]}}
    )
    assert log_in_through(provider_site.stranger(), "m-1").status_code == 403
    local = user(provider_site, "administrator")
    assert local is not None
    assert local.provider is None
    assert provider_site.log_in(provider_site.stranger(), "administrator", PASSWORD).status_code == 303


def test_a_name_that_is_given_to_another_person_is_not_theirs(provider_site: Site, lab_provider: LabProvider) -> None:
    log_in_through(provider_site.stranger(), "m-1")
    lab_provider.set_people({"m-2": MARIO})
    assert log_in_through(provider_site.stranger(), "m-2").status_code == 403


@pytest.mark.parametrize("how", ["disabled", "ended"])
def test_who_is_shut_out_here_stays_out(provider_site: Site, how: str) -> None:
    log_in_through(first := provider_site.stranger(), "m-1")
    with provider_site.database.transaction() as conn:
        if how == "disabled":
            set_disabled(conn, MARIO_HERE, True)
        else:
            set_ends_on(conn, MARIO_HERE, date(2020, 1, 1))
    assert first.get("/transits").status_code == 303
    answer = log_in_through(provider_site.stranger(), "m-1")
    assert answer.status_code == 403
    (refused,) = events(provider_site, AuditAction.LOGIN_REFUSED)
    assert (refused.actor, refused.detail["refused"]) == (MARIO_HERE, "shut-out")


@pytest.mark.parametrize("password", [PASSWORD, "", "nobody has this password"])
def test_a_user_of_the_provider_has_no_password(provider_site: Site, password: str) -> None:
    log_in_through(provider_site.stranger(), "m-1")
    assert provider_site.log_in(provider_site.stranger(), MARIO_HERE, password).status_code == 401


def test_a_callback_counts_once(provider_site: Site) -> None:
    client = provider_site.stranger()
    callback = callback_of(client, "m-1")
    cookie = client.cookies["anpr_provider"]
    assert client.get(callback).status_code == 303
    assert client.get(callback).status_code == 400, "the cookie of the login is gone"
    other = provider_site.stranger()
    other.cookies.set("anpr_provider", cookie)
    assert other.get(callback).status_code == 400, "and the code is used"
    assert other.get("/transits").status_code == 303


def test_a_callback_in_another_browser_or_without_state_begins_nothing(provider_site: Site) -> None:
    callback = callback_of(provider_site.stranger(), "m-1")
    assert provider_site.stranger().get(callback).status_code == 400
    client = provider_site.stranger()
    code = queried(callback_of(client, "m-1"))["code"]
    for query in ({"code": code}, {"code": code, "state": "x"}, {"code": code, "state": ""}, {}):
        assert client.get("/login/provider/callback", params=query).status_code == 400
    assert user(provider_site) is None


def test_a_login_that_takes_too_long_is_begun_anew(provider_site: Site) -> None:
    client = provider_site.stranger()
    callback = callback_of(client, "m-1")
    provider_site.clock.ahead += timedelta(minutes=11)
    answer = client.get(callback)
    assert answer.status_code == 400
    assert "scaduto" in answer.text


def test_whoever_cancels_at_the_provider_is_back_on_the_login_page(provider_site: Site) -> None:
    client = provider_site.stranger()
    answer = client.get(callback_of(client, "m-1", cancel="1"))
    assert answer.status_code == 400
    assert "annullato" in answer.text
    assert "<b>cancelled" not in answer.text


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/\\evil.example", "/login", "javascript:x"]
)
def test_the_login_leads_nowhere_else(provider_site: Site, back: str) -> None:
    assert log_in_through(provider_site.stranger(), "m-1", back).headers["location"] == "/"


def test_one_console_begins_and_another_one_ends(
    provider_site: Site, lab_provider: LabProvider, tmp_path: Path
) -> None:
    with console_with(provider_site, oidc_settings(lab_provider.issuer, tmp_path)) as other:
        client = provider_site.stranger()
        callback = callback_of(client, "m-1")
        answer = client.get(callback.replace(provider_site.url, other.url))
        assert answer.status_code == 303
        assert client.get(f"{other.url}/transits").status_code == 200
        assert client.get("/transits").status_code == 200


def test_new_keys_of_the_provider_are_fetched(provider_site: Site, lab_provider: LabProvider) -> None:
    assert log_in_through(provider_site.stranger(), "m-1").status_code == 303
    lab_provider.kill()
    lab_provider.rotate_keys()
    lab_provider.start()
    provider_site.clock.ahead += timedelta(seconds=11)
    assert log_in_through(provider_site.stranger(), "m-1").status_code == 303


def test_a_provider_that_is_away_is_said_so_and_passwords_go_on(provider_site: Site, lab_provider: LabProvider) -> None:
    client = provider_site.stranger()
    callback = callback_of(client, "m-1")
    lab_provider.kill()
    answer = client.get(callback)
    assert answer.status_code == 503
    assert "Accesso Comune non risponde" in answer.text
    assert provider_site.log_in(client, "operator", PASSWORD).status_code == 303


def test_a_provider_that_was_never_there_is_said_so(provider_site: Site, lab_provider: LabProvider) -> None:
    lab_provider.kill()
    answer = provider_site.stranger().get("/login/provider?back=/transits")
    assert answer.status_code == 503
    assert "Accesso Comune non risponde" in answer.text
    assert 'name="back" value="/transits"' in answer.text


def test_claims_that_only_the_userinfo_endpoint_tells_count(
    site: Site, lab_provider: LabProvider, tmp_path: Path
) -> None:
    lab_provider.claims_in_userinfo_only = True
    with console_with(site, oidc_settings(lab_provider.issuer, tmp_path)) as console:
        lab_provider.start(console.url)
        assert log_in_through(console.stranger(), "m-1").status_code == 303
    assert user(site) is not None


def test_logging_out_leads_to_the_logout_of_the_provider(provider_site: Site, lab_provider: LabProvider) -> None:
    client = provider_site.stranger()
    log_in_through(client, "m-1")
    answer = provider_site.post(client, "/logout")
    assert answer.status_code == 200
    address = answer.headers["refresh"].removeprefix("0; url=")
    assert address.startswith(f"{lab_provider.issuer}/session/end?")
    assert queried(address) == {"client_id": "anpr-console", "post_logout_redirect_uri": f"{provider_site.url}/login"}
    assert client.get("/transits").status_code == 303
    assert events(provider_site, AuditAction.LOGOUT)[0].actor == MARIO_HERE


@pytest.mark.parametrize("is_away", [False, True])
def test_where_the_provider_has_no_logout_the_page_says_that_its_session_is_open(
    site: Site, lab_provider: LabProvider, tmp_path: Path, is_away: bool
) -> None:
    lab_provider.has_logout = is_away
    with console_with(site, oidc_settings(lab_provider.issuer, tmp_path)) as console:
        lab_provider.start(console.url)
        client = console.stranger()
        log_in_through(client, "m-1")
        if is_away:
            lab_provider.kill()
            console.clock.ahead += timedelta(hours=2)
        answer = console.post(client, "/logout", "/transits")
        assert answer.headers["location"] == "/login?still=1"
        assert "può essere ancora aperta" in client.get("/login?still=1").text


def test_local_users_log_out_as_ever(provider_site: Site) -> None:
    client = provider_site.client(Role.OPERATOR)
    assert provider_site.post(client, "/logout").headers["location"] == "/login"


def test_a_role_that_must_have_a_second_factor_needs_the_providers_word(
    site: Site, lab_provider: LabProvider, tmp_path: Path
) -> None:
    with console_with(site, oidc_settings(lab_provider.issuer, tmp_path), second_factor=(Role.OPERATOR,)) as console:
        lab_provider.start(console.url)
        answer = log_in_through(console.stranger(), "m-1")
        assert answer.status_code == 403
        assert "secondo fattore" in answer.text
        lab_provider.set_people({"m-1": {**MARIO, "amr": ["pwd", "mfa"]}})
        client = console.stranger()
        assert log_in_through(client, "m-1").status_code == 303
        assert client.get("/transits").status_code == 200, "nobody asks for another one here"
    assert events(site, AuditAction.LOGIN)[0].detail["second_factor"] == "provider"


def test_a_provider_may_be_trusted_to_ask_for_the_second_factor(
    site: Site, lab_provider: LabProvider, tmp_path: Path
) -> None:
    oidc = oidc_settings(lab_provider.issuer, tmp_path, second_factor_trusted=True)
    with console_with(site, oidc, second_factor=(Role.OPERATOR,)) as console:
        lab_provider.start(console.url)
        client = console.stranger()
        assert log_in_through(client, "m-1").status_code == 303
        assert client.get("/transits").status_code == 200


def test_a_fresh_login_can_be_demanded_of_the_provider(site: Site, lab_provider: LabProvider, tmp_path: Path) -> None:
    with console_with(site, oidc_settings(lab_provider.issuer, tmp_path, fresh_login=True)) as console:
        lab_provider.start(console.url)
        client = console.stranger()
        question = asked(client)
        assert (question["prompt"], question["max_age"]) == ("login", "0")
        assert log_in_through(client, "m-1").status_code == 303


def test_sessions_of_a_provider_that_the_settings_name_no_more_are_over(provider_site: Site, site: Site) -> None:
    client = provider_site.stranger()
    log_in_through(client, "m-1")
    assert client.get(f"{provider_site.url}/transits").status_code == 200
    assert client.get(f"{site.url}/transits").status_code == 303


def test_pages_of_a_user_of_the_provider_offer_no_password(provider_site: Site) -> None:
    client = provider_site.stranger()
    log_in_through(client, "m-1")
    own = client.get("/account").text
    assert "Accedi tramite Accesso Comune" in own
    assert 'name="current"' not in own
    assert 'action="/account/sessions"' in own
    administrator = provider_site.client(Role.ADMINISTRATOR)
    shown = administrator.get(f"/users/{MARIO_HERE}").text
    assert "accesso tramite Accesso Comune" in shown
    assert f"/users/{MARIO_HERE}/password" not in shown
    assert "accesso tramite Accesso Comune" in administrator.get("/users").text
    for change, fields in (
        ("organisation", {"organisation": "manager"}),
        ("role", {"role": "dpo"}),
        ("must-change", {}),
        ("password", {}),
    ):
        answer = provider_site.post(administrator, f"/users/{MARIO_HERE}/{change}", "/users", **fields)
        assert answer.status_code == 400, change
        assert "fornitore esterno" in answer.text
    assert provider_site.post(administrator, f"/users/{MARIO_HERE}/disable", "/users").status_code == 303
    assert client.get("/transits").status_code == 303


def test_an_administrator_of_the_provider_is_not_the_one_who_is_left(
    provider_site: Site, lab_provider: LabProvider
) -> None:
    lab_provider.set_people({"m-1": {**MARIO, "groups": ["anpr-amministratori"]}})
    client = provider_site.stranger()
    log_in_through(client, "m-1")
    answer = provider_site.post(client, "/users/administrator/disable", "/users")
    assert answer.status_code == 400
    assert "nessun amministratore" in answer.text


def test_a_local_user_who_was_handed_over_is_the_next_person_of_their_name(
    provider_site: Site, lab_provider: LabProvider
) -> None:
    by = Author(name="os:root", at=provider_site.clock.now())
    operator = provider_site.client(Role.OPERATOR)
    with provider_site.database.transaction() as conn:
        hand_over(conn, "operator", lab_provider.issuer, by)
    assert operator.get("/transits").status_code == 303, "their sessions are over"
    assert provider_site.log_in(provider_site.stranger(), "operator", PASSWORD).status_code == 401
    lab_provider.set_people(
        {"m-1": {**MARIO, "preferred_username": "Operator"}, "m-2": {**MARIO, "preferred_username": "operator"}}
    )
    client = provider_site.stranger()
    assert log_in_through(client, "m-1").status_code == 303
    assert client.get("/transits").status_code == 200
    assert log_in_through(provider_site.stranger(), "m-2").status_code == 403, "and nobody else"
    assert events(provider_site, AuditAction.USER_CHANGED)[0].detail["changed"] == "provider"


def test_a_group_of_an_organisation_makes_its_people_and_one_that_is_not_there_nobody(
    site: Site, lab_provider: LabProvider, tmp_path: Path
) -> None:
    groups = [
        {"group": "empoli", "role": "operator", "organisation": "empoli"},
        {"group": "siena", "role": "operator", "organisation": "siena"},
    ]
    with site.database.transaction() as conn:
        add_organisation(conn, Organisation(id="empoli", name="Empoli", kind=OrganisationKind.MUNICIPALITY))
    lab_provider.set_people({"m-1": {**MARIO, "groups": ["empoli"]}, "s-1": {**MARIO, "groups": ["siena"]}})
    with console_with(site, oidc_settings(lab_provider.issuer, tmp_path, groups=groups)) as console:
        lab_provider.start(console.url)
        assert log_in_through(console.stranger(), "m-1").status_code == 303
        answer = log_in_through(console.stranger(), "s-1")
        assert answer.status_code == 503
        assert "non è configurato" in answer.text
    found = user(site)
    assert found is not None
    assert found.organisation_id == "empoli"
    assert events(site, AuditAction.USER_CREATED)[0].detail["organisation"] == "empoli"
