# SPDX-License-Identifier: AGPL-3.0-or-later
"""Consoles with an OpenID provider: a real one in a process of its own, and one that lies as a test wants it."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from anpr.console.app import create_app
from anpr.settings import ConsoleSettings
from anpr.settings.oidc import OidcSettings
from scripts.lab.jars import ServerUnavailableError
from scripts.lab.oidc_provider import CLIENT_ID, CLIENT_SECRET, LabProvider, ensure_provider
from tests.support.fixtures_console import Site, serving
from tests.support.lying_provider import LyingProvider

OPERATORS, AUDITORS, ADMINISTRATORS = "anpr-operatori", "anpr-revisori", "anpr-amministratori"
MARIO = {"preferred_username": "Mario.Rossi", "groups": ["personale", OPERATORS]}
"""The claims of an operator; their name here is mario.rossi."""


def oidc_settings(issuer: str, folder: Path, **changes: Any) -> OidcSettings:
    """Login through this provider, with a secret in a file and a group for some roles."""
    secret = folder / "client-secret"
    secret.write_text(f"{CLIENT_SECRET}\n")
    groups = {OPERATORS: "operator", AUDITORS: "auditor", ADMINISTRATORS: "administrator", "anpr-centrale": "operator"}
    mapped = [{"group": group, "role": role} for group, role in groups.items()]
    keys = {"issuer": issuer, "client_id": CLIENT_ID, "secret_file": str(secret), "name": "Accesso Comune"}
    return OidcSettings(**{**keys, "groups": mapped, **changes})


@contextmanager
def console_with(site: Site, oidc: OidcSettings, **changes: Any) -> Iterator[Site]:
    """A console of this site whose people may log in through the provider."""
    console = ConsoleSettings(idle_minutes=1440, oidc=oidc, **changes)
    settings = site.settings.model_copy(update={"console": console})
    app = create_app(settings, site.console.database, site.images, site.clock)
    with serving(app, console) as url:
        yield replace(site, url=url, app=app, settings=settings)


@pytest.fixture
def lab_provider(tmp_path: Path) -> Iterator[LabProvider]:
    """A real provider that is not started yet; skips the test where there can be none."""
    try:
        ensure_provider()
    except ServerUnavailableError as exc:
        pytest.skip(str(exc))
    folder = tmp_path / "provider"
    folder.mkdir()
    provider = LabProvider(folder)
    provider.set_people({"m-1": MARIO})
    try:
        yield provider
    finally:
        provider.kill()


@pytest.fixture
def provider_site(site: Site, lab_provider: LabProvider, tmp_path: Path) -> Iterator[Site]:
    """A console and the real provider, which knows Mario as m-1."""
    with console_with(site, oidc_settings(lab_provider.issuer, tmp_path)) as console:
        lab_provider.start(console.url)
        yield console


@pytest.fixture
def liar() -> Iterator[LyingProvider]:
    """A provider that answers as a test wants it."""
    with LyingProvider() as provider:
        yield provider


@pytest.fixture
def liar_site(site: Site, liar: LyingProvider, tmp_path: Path) -> Iterator[Site]:
    """A console whose provider lies."""
    with ExitStack() as stack:
        yield stack.enter_context(console_with(site, oidc_settings(liar.issuer, tmp_path)))


def asked(client: httpx.Client, back: str = "/") -> dict[str, str]:
    """Begin a login at the console: what the provider is asked, by name."""
    answer = client.get("/login/provider", params={"back": back})
    assert answer.status_code == 303, answer.text
    return queried(answer.headers["location"])


def queried(address: str) -> dict[str, str]:
    """The query of an address, each name once."""
    return {name: value for name, (value,) in parse_qs(urlsplit(address).query).items()}


def callback_of(client: httpx.Client, subject: str, back: str = "/", **fields: str) -> str:
    """Log in at the real provider as this person: the address that it leads back to. It may know them already."""
    answer = client.get("/login/provider", params={"back": back})
    assert answer.status_code == 303, answer.text
    while "/login/provider/callback" not in (address := str(httpx.URL(answer.url).join(answer.headers["location"]))):
        answer = (
            client.post(address, data={"name": subject, **fields})
            if "/interaction/" in address
            else client.get(address)
        )
        assert answer.status_code in (302, 303), answer.text
    return address


def log_in_through(client: httpx.Client, subject: str, back: str = "/") -> httpx.Response:
    """The console's answer to a login of this person at the real provider."""
    return client.get(callback_of(client, subject, back))


def answer_to(client: httpx.Client, liar: LyingProvider, claims: Mapping[str, Any], back: str = "/") -> httpx.Response:
    """The console's answer when the lying provider gives a token with these claims on top of right ones."""
    question = asked(client, back)
    liar.answer(question["nonce"], claims)
    return client.get("/login/provider/callback", params={"state": question["state"], "code": "c"})
