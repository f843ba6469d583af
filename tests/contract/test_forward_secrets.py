# SPDX-License-Identifier: AGPL-3.0-or-later
"""No transport lets a secret out: not into logs at debug, errors, `repr`, settings as shown, or the database.

Each is tried with a secret that its server refuses, and with a server that must not be trusted.
"""

import logging
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from anpr.domain.errors import ForwardError
from anpr.forward.profile.soap import SoapRules
from anpr.forward.runs import run_day
from anpr.forward.status import destination_status
from anpr.forward.transport import open_transport
from anpr.settings import DestinationSettings, Settings
from anpr.settings.effective import effective_values
from anpr.store.database.connection import Database
from scripts.lab.certificates import Authority, Issued
from scripts.lab.http_receiver import Received
from scripts.lab.https_server import HttpsServer, Told, https_server
from tests.support.canary import CANARY, assert_silent
from tests.support.forward_targets import Way, destination, ftps_way, https_way, password_server, smtp_way
from tests.support.forwarding import DAY, Site, transits
from tests.support.soap_service import fault

MESSAGE = b"""<?xml version='1.0'?>
<soap:Envelope xmlns:soap='http://schemas.xmlsoap.org/soap/envelope/'><soap:Body><x/></soap:Body></soap:Envelope>"""


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "canary"
    path.write_text(f"{CANARY}\n", encoding="utf-8")
    return path


def _sftp(tmp_path: Path, _: Issued | None = None) -> AbstractContextManager[Way]:
    return password_server(tmp_path / "password" / "arrived")


WAYS: dict[str, Callable[[Path, Issued | None], AbstractContextManager[Way]]] = {
    "https": https_way,
    "ftps": ftps_way,
    "smtp": smtp_way,
    "sftp": _sftp,
}
LOGINS: dict[str, tuple[dict[str, Any], ...]] = {
    "https": ({}, {"auth": "basic", "user": "comune"}, {"auth": "header", "auth_header": "X-Api-Key"}),
    "ftps": ({},),
    "smtp": ({},),
    "sftp": ({},),
}


def tried(settings: DestinationSettings, soap: SoapRules | None = None) -> tuple[ForwardError, str]:
    """The error, and all that Python would print of it and what led to it."""
    shown: list[str] = []
    with pytest.raises(ForwardError) as caught:
        _send(settings, soap, shown)
    return caught.value, "".join(traceback.format_exception(caught.value)) + "".join(shown)


def _send(settings: DestinationSettings, soap: SoapRules | None, shown: list[str]) -> None:
    with open_transport(settings, soap) as transport:
        shown.append(f"{transport!r} {vars(transport)}")
        receipt = transport.send("T_1.xml", MESSAGE)
    raise ForwardError(f"{receipt}")  # the reply that a service gave


@pytest.mark.parametrize("kind", WAYS)
def test_a_login_that_is_refused(tmp_path: Path, secret: Path, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with WAYS[kind](tmp_path, None) as way:
        for changes in LOGINS[kind]:
            settings = way.changed(secret_file=secret, **changes)
            error, printed = tried(settings)
            assert "\n" not in str(error)
            assert_silent(printed, repr(settings), settings.model_dump_json(), caplog.text)


@pytest.mark.parametrize("kind", ["https", "ftps", "smtp"])
@pytest.mark.parametrize(
    ("address", "days", "is_known"),
    [
        pytest.param("127.0.0.1", 1, False, id="another authority"),
        pytest.param("127.0.0.1", -1, True, id="expired"),
        pytest.param("127.0.0.9", 1, True, id="another host"),
    ],
)
def test_a_server_that_is_not_trusted_gets_no_secret(
    tmp_path: Path,
    secret: Path,
    kind: str,
    address: str,
    days: int,
    is_known: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    other = Authority(tmp_path, "other")
    with WAYS[kind](tmp_path, other.issue("bad", address, until=timedelta(days=days))) as way:
        trusted = {"ca_file": other.certificate} if is_known else {}
        error, printed = tried(way.changed(secret_file=secret, **trusted))
    assert error.permanent
    assert ("nothing is sent" in str(error), "\n" in str(error)) == (True, False)
    assert_silent(printed, caplog.text)


def test_another_host_key_gets_no_secret(tmp_path: Path, secret: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with WAYS["sftp"](tmp_path, None) as way:
        known = tmp_path / "known_hosts"
        key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
        known.write_text(f"[127.0.0.1]:{way.settings.target.model_dump()['port']} {key}")
        error, printed = tried(way.changed(secret_file=secret, known_hosts_file=known))
    assert error.permanent
    assert "\n" not in str(error)
    assert_silent(printed, caplog.text)


@pytest.fixture
def service(tmp_path: Path) -> Any:
    authority = Authority(tmp_path, "authority")
    with ExitStack() as stack:
        yield stack.enter_context(https_server(tmp_path / "soap", authority.issue("centro", "127.0.0.1")))


def soap_target(service: HttpsServer, tmp_path: Path, secret: Path, **changes: Any) -> dict[str, Any]:
    """With the secret in a bearer token and in a UsernameToken as text, which a signature covers."""
    issued = Authority(tmp_path, "signers").issue("firma", "127.0.0.1")
    security = {
        "username": "comune",
        "password_type": "text",
        "secret_file": str(secret),
        "certificate_file": str(issued.certificate),
        "key_file": str(issued.key),
        "signed": ["body", "username-token"],
    }
    token = {"auth": "bearer", "secret_file": str(secret)}
    target = {"kind": "https", "url": service.url, "ca_file": str(tmp_path / "authority.pem"), **token}
    return {**target, "ws_security": security, **changes}


def answering(told: Told) -> Callable[[Received], Told]:
    return lambda _: told


def test_a_soap_service_that_sends_elsewhere_or_fails(
    service: HttpsServer, tmp_path: Path, secret: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = destination(soap_target(service, tmp_path, secret))
    for told in (Told(302, headers={"Location": "https://altrove.example/x"}), Told(500, fault("e:Server"))):
        service.answer = answering(told)
        error, printed = tried(settings, SoapRules(version="1.1"))
        assert_silent(printed, repr(settings), caplog.text, str(error))
    assert CANARY.replace("&", "&amp;").encode() in service.asked[-1].body


def test_a_run_writes_no_secret_anywhere(
    database: Database, service: HttpsServer, tmp_path: Path, secret: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    site = Site(database, tmp_path)
    site.profile = {
        "transports": ["https"],
        "encoding": {"kind": "xml", "root": "x", "record": "y"},
        "soap": {"version": "1.1"},
    }
    site.destination = {"target": soap_target(service, tmp_path, secret)}
    service.answer = lambda _: Told(500, fault("wsse:FailedAuthentication"))
    site.store(transits(1))
    report = run_day(site.job(), DAY)
    assert "FailedAuthentication" in str(report.days[0].error)
    settings: Settings = site.settings()
    with database.transaction() as conn:
        rows = [conn.execute(f"SELECT * FROM {table}").fetchall() for table in ("forward_runs", "deliveries", "audit")]
    assert_silent(report, rows, effective_values(settings), repr(settings), list(destination_status(site.job())))
    assert_silent(caplog.text)
