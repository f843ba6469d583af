# SPDX-License-Identifier: AGPL-3.0-or-later
"""No page of Inoltro, no error page and no verb of forwarding shows a destination's secret."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from click.testing import CliRunner

from anpr.cli.main import main
from anpr.console.pages.forwarding import page as forwarding_page
from anpr.domain.access import Role
from anpr.runtime.clock import SystemClock
from anpr.store.database.connection import Database
from anpr.store.transits.rows import insert_transits
from scripts.lab.certificates import Authority
from scripts.lab.https_server import HttpsServer, Told, https_server
from scripts.lab.transits import make_transit
from tests.support.canary import CANARY, assert_silent
from tests.support.fixtures_console import WANTED, Site
from tests.support.forwarding_console import forwarding_site, tell_alarm
from tests.unit.forward.profile.profiles import tree

PROFILE = {
    "transports": ["https"],
    "encoding": {"kind": "xml", "root": "x", "record": "y"},
    "soap": {"version": "1.1"},
}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[HttpsServer]:
    with https_server(tmp_path / "https", Authority(tmp_path, "authority").issue("centro", "127.0.0.1")) as server:
        server.answer = lambda _: Told(401, b"no")
        yield server


@pytest.fixture
def target(service: HttpsServer, tmp_path: Path) -> dict[str, Any]:
    """The secret in a bearer token, and in what a web service's UsernameToken is made of."""
    secret = tmp_path / "canary"
    secret.write_text(f"{CANARY}\n", encoding="utf-8")
    return {
        "kind": "https", "url": service.url, "ca_file": str(tmp_path / "authority.pem"), "auth": "bearer",
        "secret_file": str(secret),
        "ws_security": {"username": "comune", "password_type": "text", "secret_file": str(secret)},
    }  # fmt: skip


def test_no_page_of_forwarding_and_no_error_page_shows_it(
    site: Site, console_database: Database, tmp_path: Path, target: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with forwarding_site(site, console_database, tmp_path, alarms_to=["titolare"], target=target) as made:
        made.write_profile(**PROFILE)
        transits = made.store(2)
        assert made.run().days[0].error
        tell_alarm(made, made.site.alarm_of(made.site.pass_vehicle(WANTED)).id, state="dead", reason="answered 401")
        client, day = made.site.client(Role.ADMINISTRATOR), f"/days/{made.yesterday.isoformat()}"
        home = "/forwarding/questura"
        good = [
            "/forwarding", "/status", "/completeness", "/forwarding/titolare/alarms",
            home, f"{home}/profile", f"{home}/runs", f"{home}/runs/csv", f"{home}{day}", f"{home}{day}/files/1",
            f"{home}{day}/rejected", f"{home}{day}/rejected?trial=1", f"{home}/transits/{transits[0].id}",
        ]  # fmt: skip
        for address in good:
            answer = client.get(address)
            assert answer.status_code == 200, address
            assert_silent(answer.text, answer.headers)
        bad = {"/forwarding/nessuna": 404, f"{home}/days/x": 404, f"{home}/runs?before=x": 400}
        monkeypatch.setattr(forwarding_page, "month_bars", _fail)
        for address, status in {**bad, home: 500}.items():
            answer = client.get(address)
            assert answer.status_code in {status, 422}, address
            assert_silent(answer.text, answer.headers)


def _fail(*_: object) -> None:
    raise RuntimeError(CANARY)


def test_no_verb_shows_it(database: Database, database_url: str, tmp_path: Path, target: dict[str, Any]) -> None:
    now = SystemClock().now()
    today = now.astimezone(ZoneInfo("Europe/Rome")).date()
    with database.transaction() as conn:
        insert_transits(conn, [make_transit(1, captured_at=now - timedelta(minutes=1))], now)
    profile = tmp_path / "profile.yaml"
    profile.write_text(yaml.safe_dump(tree(**PROFILE)), encoding="utf-8")
    keys = {"profile": str(profile), "target": target, "protocol": "7/2026", "protocol_until": today}
    settings = {
        "data_dir": str(tmp_path / "var"), "database": {"url": database_url},
        "forwarding": [{"id": "questura", **keys}],
        "alarm_forwarding": [{"id": "titolare", **keys, "kinds": ["stolen"]}],
    }  # fmt: skip
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    verbs = [
        ["forward", "run", "--day", today.isoformat()],
        ["forward", "status"],
        ["forward", "retell", "--destination", "titolare", "--reason", "prova"],
        ["forward", "run", "--day", today.isoformat(), "--destination", "nessuna"],
        [
            "forward",
            "conformance",
            str(profile),
            "questura",
            "--reason",
            "prova",
            "--to",
            str(tmp_path / "report"),
            "--json",
        ],
        ["forward", "serve", "--for", "0.1s", "--json"],
        ["config", "show", "--json"],
        ["config", "show"],
        ["config", "check"],
    ]
    for verb in verbs:
        result = CliRunner().invoke(main, ["--config", str(tmp_path / "config.yaml"), *verb])
        assert result.output, verb
        assert_silent(result.output, result.stderr, result.exception)
