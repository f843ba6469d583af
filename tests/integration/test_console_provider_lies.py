# SPDX-License-Identifier: AGPL-3.0-or-later
"""Answers that no provider may give: what they prove is nothing, and they cost the console no time and no memory."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OctKey, RSAKey

from anpr.domain.access import Role
from anpr.runtime.clock import SystemClock
from anpr.store.audit import AuditAction
from scripts.lab.oidc_provider import CLIENT_SECRET
from tests.support.fixtures_console import PASSWORD, Site
from tests.support.fixtures_provider import answer_to, asked, console_with, oidc_settings
from tests.support.lying_provider import LyingProvider

NOW = int(SystemClock().now().timestamp())
WRONG_CLAIMS: dict[str, dict[str, Any]] = {
    "issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "audience": {"aud": "another-client"},
    "several audiences without azp": {"aud": ["anpr-console", "another-client"]},
    "azp": {"azp": "another-client"},
    "no audience": {"aud": None},
    "nonce": {"nonce": "of another login"},
    "no nonce": {"nonce": None},
    "expired": {"exp": NOW - 120, "iat": NOW - 600},
    "no end": {"exp": None},
    "not yet": {"nbf": NOW + 7200},
    "of the future": {"iat": NOW + 7200},
    "at_hash of another token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    "no subject": {"sub": None},
    "empty subject": {"sub": ""},
    "odd subject": {"sub": "a\nb"},
    "a list as subject": {"sub": ["m-1"]},
    "a text as end": {"exp": "tomorrow"},
}


def refusals(site: Site) -> list[object]:
    """The reasons in the audit, newest first."""
    rows = [row.event for row in site.audit() if row.event.action is AuditAction.LOGIN_REFUSED]
    return [event.detail.get("refused") for event in rows]


def test_a_right_token_lets_in_and_a_clock_that_is_a_little_off_does_not_matter(
    liar_site: Site, liar: LyingProvider
) -> None:
    assert answer_to(liar_site.stranger(), liar, {}).status_code == 303
    assert answer_to(liar_site.stranger(), liar, {"exp": NOW - 5, "iat": NOW - 300}).status_code in (303, 400)
    now = int(liar_site.clock.now().timestamp())
    assert answer_to(liar_site.stranger(), liar, {"iat": now + 30}).status_code == 303


def test_a_token_with_a_wrong_claim_is_refused(liar_site: Site, liar: LyingProvider) -> None:
    for name, claims in WRONG_CLAIMS.items():
        client = liar_site.stranger()
        answer = answer_to(client, liar, claims)
        assert (name, answer.status_code) == (name, 400)
        assert "non è valida" in answer.text
        assert client.get("/transits").status_code == 303, name
    assert refusals(liar_site) == ["token"] * len(WRONG_CLAIMS)


def test_a_token_that_the_provider_has_not_signed_is_refused(liar_site: Site, liar: LyingProvider) -> None:
    stranger = RSAKey.generate_key(2048, {"kid": "k"})
    client_secret = OctKey.import_key(CLIENT_SECRET)
    for name, header, key in (
        ("another key", {"alg": "RS256", "kid": "k"}, stranger),
        ("unknown key", {"alg": "RS256", "kid": "another"}, stranger),
        ("the client's secret as key", {"alg": "HS256", "kid": "k"}, client_secret),
    ):
        client = liar_site.stranger()
        question = asked(client)
        liar.header = header
        liar.answer(question["nonce"], signed_by=key)
        answer = client.get("/login/provider/callback", params={"state": question["state"], "code": "c"})
        assert (name, answer.status_code) == (name, 400)
        assert client.get("/transits").status_code == 303, name


@pytest.mark.parametrize("case", ["none", "None", "nOnE"])
def test_a_token_without_signature_is_refused(liar_site: Site, liar: LyingProvider, case: str) -> None:
    client = liar_site.stranger()
    question = asked(client)
    liar.answer(question["nonce"])
    payload = liar.token["id_token"].split(".")[1]
    header = urlsafe_b64encode(json.dumps({"alg": case}).encode()).decode().rstrip("=")
    liar.token["id_token"] = f"{header}.{payload}."
    answer = client.get("/login/provider/callback", params={"state": question["state"], "code": "c"})
    assert answer.status_code == 400
    assert refusals(liar_site) == ["token"]


def test_odd_answers_of_the_token_endpoint_are_no_logins(liar_site: Site, liar: LyingProvider) -> None:
    odd: dict[str, tuple[int, object, int]] = {
        "no token": (200, {"access_token": "a", "token_type": "Bearer"}, 503),
        "a number": (200, {"access_token": "a", "token_type": "Bearer", "id_token": 1}, 503),
        "no JWT": (200, {"access_token": "a", "token_type": "Bearer", "id_token": "x.y.z"}, 400),
        "a list": (200, ["id_token"], 503),
        "empty": (200, {}, 503),
        "code refused": (400, {"error": "invalid_grant"}, 400),
        "client refused": (401, {"error": "invalid_client"}, 503),
        "broken": (500, {}, 503),
        "moved": (302, {}, 503),
    }
    for name, (status, found, expected) in odd.items():
        client = liar_site.stranger()
        question = asked(client)
        liar.token_status, liar.token = status, found  # type: ignore[assignment]  # lists, too
        answer = client.get("/login/provider/callback", params={"state": question["state"], "code": "c"})
        assert (name, answer.status_code) == (name, expected)


def test_a_made_up_code_fills_no_audit(liar_site: Site, liar: LyingProvider) -> None:
    liar.token_status, liar.token = 400, {"error": "invalid_grant"}
    before = len(liar_site.audit())
    client = liar_site.stranger()
    state = asked(client)["state"]
    assert client.get("/login/provider/callback", params={"state": state, "code": "made up"}).status_code == 400
    assert client.get("/login/provider/callback", params={"state": "x", "code": "made up"}).status_code == 400
    assert len(liar_site.audit()) == before


def test_a_login_counts_once_even_where_the_provider_takes_its_code_twice(liar_site: Site, liar: LyingProvider) -> None:
    client, twin = liar_site.stranger(), liar_site.stranger()
    question = asked(client)
    twin.cookies.set("anpr_provider", client.cookies["anpr_provider"])
    liar.answer(question["nonce"])
    answers = [
        each.get("/login/provider/callback", params={"state": question["state"], "code": "c"}).status_code
        for each in (client, twin)
    ]
    assert answers == [303, 400]
    assert twin.get("/transits").status_code == 303


def test_a_callback_that_is_from_another_issuer_is_refused(liar_site: Site, liar: LyingProvider) -> None:
    client = liar_site.stranger()
    question = asked(client)
    liar.answer(question["nonce"])
    query = {"state": question["state"], "code": "c", "iss": "https://evil.example"}
    assert client.get("/login/provider/callback", params=query).status_code == 400
    assert "/token" not in liar.asked, "the code is shown to nobody"


def test_wrong_metadata_lead_nobody_anywhere(liar_site: Site, liar: LyingProvider) -> None:
    for wrong in (
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "http://evil.example/auth"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": 1},
    ):
        liar.metadata = wrong
        assert liar_site.stranger().get("/login/provider").status_code == 503, wrong


def _forever() -> Iterator[bytes]:
    return repeat(b" " * 65536)


def test_an_answer_without_end_is_cut_off(liar_site: Site, liar: LyingProvider) -> None:
    liar.bodies["/.well-known/openid-configuration"] = {}, _forever
    answer = liar_site.stranger().get("/login/provider")
    assert answer.status_code == 503
    assert "non risponde" in answer.text


def test_a_compressed_answer_is_not_taken(liar_site: Site, liar: LyingProvider) -> None:
    liar.bodies["/.well-known/openid-configuration"] = {"Content-Encoding": "gzip"}, lambda: iter([b"\x1f\x8b"])
    assert liar_site.stranger().get("/login/provider").status_code == 503


def test_a_provider_that_never_ends_its_answer_is_waited_for_a_while_only(
    site: Site, liar: LyingProvider, tmp_path: Path
) -> None:
    def drops() -> Iterator[bytes]:
        while not liar.ended.wait(0.05):
            yield b" "

    liar.bodies["/.well-known/openid-configuration"] = {}, drops
    with console_with(site, oidc_settings(liar.issuer, tmp_path, timeout_s=0.5)) as console:
        assert console.stranger().get("/login/provider").status_code == 503
        assert console.log_in(console.stranger(), Role.OPERATOR.value, PASSWORD).status_code == 303


def test_the_secret_stands_in_no_page_and_is_needed(site: Site, liar: LyingProvider, tmp_path: Path) -> None:
    oidc = oidc_settings(liar.issuer, tmp_path)
    with console_with(site, oidc) as console:
        assert oidc.secret_file is not None
        Path(oidc.secret_file).write_text("")
        answer = console.stranger().get("/login/provider")
        assert answer.status_code == 503
        assert "non è configurato" in answer.text
        assert CLIENT_SECRET not in answer.text


def test_who_is_refused_again_and_again_waits_and_fills_no_audit(liar_site: Site, liar: LyingProvider) -> None:
    liar_site.clock.stop()
    answers = [answer_to(liar_site.stranger(), liar, {"groups": ["altro"]}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [403, 403, 403, 429, 429]
    assert "Retry-After" in answers[-1].headers
    assert len(refusals(liar_site)) == 3
    assert answer_to(liar_site.stranger(), liar, {"sub": "m-2"}).status_code == 303, "others come in"


def test_nobody_takes_a_name_by_which_the_audit_calls_a_program(liar_site: Site, liar: LyingProvider) -> None:
    for number, name in enumerate(("oidc", "Retention", "unknown")):
        answer = answer_to(liar_site.stranger(), liar, {"sub": f"p-{number}", "preferred_username": name})
        assert answer.status_code == 403
    assert refusals(liar_site) == ["no-name"] * 3
