# SPDX-License-Identifier: AGPL-3.0-or-later
"""The SMTP client against a real server with TLS: encrypted and verified, or nothing is sent."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from anpr.domain.errors import MailError, SettingsError
from anpr.mail.message import Mail
from anpr.mail.smtp import SmtpSender
from anpr.runtime.clock import ManualClock
from anpr.settings.mail import MailSettings
from scripts.lab.certificates import Authority
from scripts.lab.mail_server import PASSWORD, USER, MailServer, mail_server

MAIL = Mail(to="dpo@example.it", subject="Impronta – città", text="Riga 12\nperché\n.\nfine\n")
Start = Callable[..., MailServer]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts servers whose certificate is of the authority `tmp_path/ours.pem`."""
    authority = Authority(tmp_path, "ours")
    with ExitStack() as stack:

        def started(security: str = "starttls", address: str = "127.0.0.1") -> MailServer:
            issued = authority.issue(f"mail-{security}", address)
            return stack.enter_context(mail_server(authority, issued, security=security))

        yield started


@pytest.fixture
def sender(tmp_path: Path, clock: ManualClock) -> Callable[..., SmtpSender]:
    def made(server: MailServer, **changes: Any) -> SmtpSender:
        secret = tmp_path / "mail-secret"
        secret.write_text(f"{PASSWORD}\n", encoding="utf-8")
        values = {
            "host": "127.0.0.1",
            "port": server.port,
            "sender": "anpr@example.it",
            "user": USER,
            "secret_file": str(secret),
            "ca_file": str(server.authority.certificate),
            **changes,
        }
        return SmtpSender(MailSettings.model_validate(values), clock)

    return made


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_arrives_encrypted_and_as_it_was_written(
    start: Start, sender: Callable[..., SmtpSender], security: str, clock: ManualClock
) -> None:
    server = start(security)
    sender(server, security=security).send(MAIL)
    (message,) = server.taken
    assert message["subject"] == MAIL.subject
    assert message.get_content() == MAIL.text.replace("\n", "\r\n") or message.get_content() == MAIL.text
    assert (message["to"], message["from"]) == (MAIL.to, "anpr@example.it")
    assert message["auto-submitted"] == "auto-generated"
    assert message["date"].datetime == clock.now().replace(microsecond=0)
    assert server.envelopes == [("anpr@example.it", [MAIL.to])]
    assert server.encrypted == [True]


def test_a_server_without_encryption_gets_nothing(start: Start, sender: Callable[..., SmtpSender]) -> None:
    server = start("plain")
    with pytest.raises(MailError, match="STARTTLS") as told:
        sender(server).send(MAIL)
    assert told.value.permanent
    with pytest.raises(MailError):
        sender(server, security="tls").send(MAIL)
    assert server.taken == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_of_somebody_else_or_for_another_name_gets_nothing(
    start: Start, sender: Callable[..., SmtpSender], tmp_path: Path, security: str
) -> None:
    server = start(security)
    other = Authority(tmp_path, "theirs")
    with pytest.raises(MailError, match="its certificate is refused"):
        sender(server, security=security, ca_file=str(other.certificate)).send(MAIL)
    with pytest.raises(MailError, match="its certificate is refused"):
        sender(server, security=security, ca_file=None).send(MAIL)
    another = start(security, address="127.0.0.2")
    with pytest.raises(MailError, match=r"its certificate is refused: .*127\.0\.0\.1"):
        sender(another, security=security).send(MAIL)
    assert server.taken + another.taken == []


def test_a_login_beyond_ascii_is_a_fault_of_the_settings(
    start: Start, sender: Callable[..., SmtpSender], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_SECRET", "perché")
    with pytest.raises(SettingsError, match=r"mail\.user: a login has letters of ASCII only") as told:
        sender(start(), secret_file=None, secret_env="MAIL_SECRET").send(MAIL)
    assert "perch" not in str(told.value)


def test_a_wrong_login_is_told_without_the_password(
    start: Start, sender: Callable[..., SmtpSender], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start()
    monkeypatch.setenv("MAIL_SECRET", "un'altra parola")
    with pytest.raises(MailError, match=r"refuses the login of mail\.user") as told:
        sender(server, secret_file=None, secret_env="MAIL_SECRET").send(MAIL)
    assert told.value.permanent
    assert "altra" not in str(told.value)
    monkeypatch.setenv("MAIL_SECRET", PASSWORD)
    sender(server, secret_file=None, secret_env="MAIL_SECRET").send(MAIL)
    with pytest.raises(MailError, match="530"):
        sender(server, user=None, secret_file=None).send(MAIL)


def test_a_refused_address_says_whether_it_may_pass_later(start: Start, sender: Callable[..., SmtpSender]) -> None:
    server = start()
    server.refused = {MAIL.to: "450 greylisted\tplease wait"}
    with pytest.raises(MailError, match=r"refuses dpo@example.it: 450 greylisted please wait") as told:
        sender(server).send(MAIL)
    assert not told.value.permanent
    server.refused = {MAIL.to: "550 no such user"}
    with pytest.raises(MailError, match="550 no such user") as told:
        sender(server).send(MAIL)
    assert told.value.permanent


def test_nobody_there_and_missing_files_are_told(
    start: Start, sender: Callable[..., SmtpSender], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start()
    with pytest.raises(MailError, match="Connection refused"):
        sender(server, port=1).send(MAIL)
    with pytest.raises(SettingsError, match=r"mail\.ca_file: .*nothing: No such file"):
        sender(server, ca_file=str(tmp_path / "nothing")).send(MAIL)
    with pytest.raises(SettingsError, match=r"mail\.secret_file: .*none: No such file"):
        sender(server, secret_file=str(tmp_path / "none")).send(MAIL)
    monkeypatch.delenv("MAIL_SECRET", raising=False)
    with pytest.raises(SettingsError, match="MAIL_SECRET is not set"):
        sender(server, secret_file=None, secret_env="MAIL_SECRET").send(MAIL)
