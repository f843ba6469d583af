# SPDX-License-Identifier: AGPL-3.0-or-later
"""Conformance cases about trust: each wrong certificate, pin, redirect and host key is refused, or the case fails."""

import ssl
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from anpr.forward.conformance.outcome import CaseOutcome, CaseVerdict
from anpr.forward.conformance.trust import TrustCheck
from anpr.forward.conformance.words import got
from anpr.forward.profile.soap import SoapRules
from anpr.runtime.clock import SystemClock
from anpr.settings.forwarding.tls import TlsSettings
from anpr.tls import https_client
from anpr.tls.context import PinnedContext
from scripts.lab.ssh_server import SshServer
from tests.support.forward_targets import destination

DAY = date(2026, 11, 30)
WHY = {
    "trust-expired": "certificate has expired",
    "trust-wrong-host": "mismatch",
    "trust-wrong-authority": "unable to get local issuer",
    "trust-self-signed": "self-signed",
    "trust-pin": "none of `pins`",
}
REDIRECT = {"trust-redirect": "a redirect to 'altro-ufficio.example.it': not followed"}
HTTPS = {"kind": "https", "url": "https://centro.example/transiti/{name}"}
FTPS = {"kind": "ftps", "host": "centro.example", "user": "comune", "path": "in"}
MAIL = {"kind": "smtp", "host": "posta.example", "sender": "a@comune.example", "to": ["b@centro.example"]}
SOAP = SoapRules(version="1.2")


def outcomes_of(target: dict[str, Any], soap: SoapRules | None = None) -> dict[str, CaseOutcome]:
    check = TrustCheck(destination=destination(target), soap=soap, clock=SystemClock())
    return {case.id: check.outcome_of(case) for case in check.cases(DAY)}


@pytest.mark.parametrize(
    ("target", "soap", "why"),
    [
        pytest.param(HTTPS, None, {**WHY, **REDIRECT}, id="https"),
        pytest.param(
            {**HTTPS, "ws_security": {"username": "comune", "secret_env": "WSS"}}, SOAP, {**WHY, **REDIRECT}, id="soap"
        ),
        pytest.param({**FTPS, "secret_env": "WSS"}, None, WHY, id="ftps"),
        pytest.param(MAIL, None, WHY, id="mail"),
        pytest.param({**MAIL, "security": "tls"}, None, WHY, id="mail in tls"),
    ],
)
def test_whoever_cannot_prove_who_they_are_gets_nothing(
    monkeypatch: pytest.MonkeyPatch, target: dict[str, Any], soap: SoapRules | None, why: dict[str, str]
) -> None:
    monkeypatch.setenv("WSS", "una-parola-segreta")
    found = outcomes_of(target, soap)
    assert found.keys() == why.keys()
    for id, outcome in found.items():
        assert outcome.verdict is CaseVerdict.PASSED, got(outcome)
        (told,) = outcome.refused
        assert why[id] in told
        assert got(outcome) == f"rifiutato: 1, {told}"


def test_a_server_with_another_host_key_is_not_logged_in_to(ssh_server: SshServer) -> None:
    (outcome,) = outcomes_of(ssh_server.keys).values()
    assert (outcome.case.id, outcome.verdict) == ("trust-host-key", CaseVerdict.PASSED)
    assert "host key" in got(outcome).lower()


def test_a_folder_has_nobody_to_be_known(tmp_path: Path) -> None:
    (outcome,) = outcomes_of({"kind": "directory", "path": str(tmp_path)}).values()
    assert outcome.verdict is CaseVerdict.NOT_APPLICABLE


def test_a_server_that_cannot_be_reached_is_no_proof(ssh_server: SshServer) -> None:
    ssh_server.kill()
    (outcome,) = outcomes_of(ssh_server.keys).values()
    assert outcome.verdict is CaseVerdict.FAILED
    assert got(outcome).startswith("errore: ")


def test_who_believes_every_certificate_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def credulous(target: TlsSettings, where: str) -> PinnedContext:  # noqa: ARG001
        context = PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context

    monkeypatch.setattr(https_client, "tls_context", credulous)
    verdicts = {id: each.verdict for id, each in outcomes_of(HTTPS).items()}
    assert verdicts == {**dict.fromkeys(WHY, CaseVerdict.FAILED), "trust-redirect": CaseVerdict.PASSED}
