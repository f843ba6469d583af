# SPDX-License-Identifier: AGPL-3.0-or-later
"""The audit's head by mail: daily, once, to people outside; a failure is told, recorded and tried again."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from anpr.cli.main import main
from anpr.domain.errors import MailError
from anpr.ingest.audit_mail import HeadMailer
from anpr.mail.message import Mail
from anpr.mail.smtp import SmtpSender
from anpr.runtime.clock import ManualClock
from anpr.runtime.metrics import REGISTRY
from anpr.settings import Settings
from anpr.store.audit import AuditAction, AuditEvent, append, list_audit
from anpr.store.audit_chain.mailing import alone, mail_state
from anpr.store.database.connection import Database
from scripts.lab.certificates import Authority
from scripts.lab.mail_server import PASSWORD, USER, MailServer, mail_server

DPO, AUDITOR = "dpo@example.it", "revisore@example.org"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    authority = Authority(tmp_path, "ours")
    with mail_server(authority, authority.issue("mail", "127.0.0.1")) as started:
        yield started


@pytest.fixture
def values(server: MailServer, tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "mail-secret").write_text(PASSWORD, encoding="utf-8")
    return {
        "data_dir": str(tmp_path),
        "municipality": "Comune di Prova",
        "mail": {
            "host": "127.0.0.1",
            "port": server.port,
            "sender": "anpr@example.it",
            "user": USER,
            "secret_file": str(tmp_path / "mail-secret"),
            "ca_file": str(server.authority.certificate),
        },
        "audit": {"mail_to": [DPO, AUDITOR]},
    }


@pytest.fixture
def settings(values: dict[str, Any]) -> Settings:
    return Settings.model_validate(values)


@pytest.fixture
def mailer(database: Database, settings: Settings, clock: ManualClock) -> HeadMailer:
    with database.transaction() as conn:
        append(conn, AuditEvent(actor="anna", action=AuditAction.LOGIN, at=clock.now()))
    return HeadMailer(database=database, settings=settings, clock=clock, send=SmtpSender(settings.mail, clock).send)


def actions(database: Database) -> list[str]:
    with database.transaction() as conn:
        return [str(row.event.action) for row in reversed(list_audit(conn))]


def failed() -> float | None:
    return REGISTRY.get_sample_value("anpr_audit_mail_failed")


def test_each_address_gets_the_head_once_a_day(
    mailer: HeadMailer, server: MailServer, database: Database, clock: ManualClock
) -> None:
    mailer.look()
    mailer.look()
    assert [message["to"] for message in server.taken] == [DPO, AUDITOR]
    assert actions(database) == ["login", "audit-head-mailed"]
    with database.transaction() as conn:
        first = list_audit(conn)[-1]
    text = server.taken[0].get_content()
    assert f"1:{first.hash}" in text
    assert "Comune di Prova" in text
    clock.advance(23 * 3600)
    mailer.look()
    assert len(server.taken) == 2
    clock.advance(3600)
    mailer.look()
    assert len(server.taken) == 4
    assert (failed(), REGISTRY.get_sample_value("anpr_audit_mail_timestamp_seconds")) == (0, clock.now().timestamp())


def test_a_mail_that_is_not_taken_is_told_and_tried_again_and_the_others_get_theirs_once(
    mailer: HeadMailer, server: MailServer, database: Database, clock: ManualClock
) -> None:
    server.refused = {DPO: "451 later"}
    for _ in range(3):
        mailer.look()
    assert [message["to"] for message in server.taken] == [AUDITOR]
    assert failed() == 1
    assert actions(database) == ["login", "audit-mail-failed"], "one row for one failure"
    with database.transaction() as conn:
        state = mail_state(conn)
    assert state.mailed_at is None
    assert "451 later" in str(state.failure)
    clock.advance(61)
    server.refused = {}
    mailer.look()
    assert [message["to"] for message in server.taken] == [AUDITOR, DPO]
    assert failed() == 0
    with database.transaction() as conn:
        assert mail_state(conn).failure is None


def test_the_wait_grows_to_an_hour(database: Database, settings: Settings, clock: ManualClock) -> None:
    tries = []

    def refuse(mail: Mail) -> None:
        tries.append(mail.to)
        raise MailError("mail server: closed", permanent=True)

    with database.transaction() as conn:
        append(conn, AuditEvent(actor="anna", action=AuditAction.LOGIN, at=clock.now()))
    mailer = HeadMailer(database=database, settings=settings, clock=clock, send=refuse)
    for _ in range(24 * 60):
        mailer.look()
        clock.advance(60)
    assert 2 * 20 <= len(tries) <= 2 * 60
    assert actions(database).count("audit-mail-failed") == 1


def test_a_second_ingest_sends_nothing_and_a_new_one_knows_what_was_sent(
    mailer: HeadMailer, server: MailServer, database: Database, settings: Settings, clock: ManualClock
) -> None:
    with alone(database) as is_alone:
        assert is_alone
        mailer.look()
    assert server.taken == []
    mailer.look()
    HeadMailer(database=database, settings=settings, clock=clock, send=mailer.send).look()
    assert len(server.taken) == 2


def test_by_hand_and_verified_with_what_the_mail_says(
    mailer: HeadMailer, server: MailServer, database_url: str, values: dict[str, Any]
) -> None:
    environment: dict[str, str | None] = {
        "DATABASE_URL": database_url,
        "ANPR_CONFIG": None,
        "ANPR_DATA_DIR": values["data_dir"],
        "ANPR_AUDIT__MAIL_TO": f'["{DPO}"]',
        **{f"ANPR_MAIL__{name.upper()}": str(value) for name, value in values["mail"].items()},
    }
    result = CliRunner().invoke(main, ["audit", "mail-head", "--to", AUDITOR], env=environment)
    assert result.exit_code == 0, result.output
    (message,) = server.taken
    assert message["to"] == AUDITOR
    command = re.search(r'anpr (audit verify) --head "(\S+)"', message.get_content())
    assert command
    result = CliRunner().invoke(main, [*command[1].split(), "--head", command[2]], env=environment)
    assert result.exit_code == 0, result.output
    assert "1 noted heads compared" in result.output
    mailer.look()
    assert len(server.taken) == 3, "a mail by hand is no reason to leave out the daily one"
    result = CliRunner().invoke(main, ["audit", "mail-head", "--to", "a b@x"], env=environment)
    assert "--to: 'a b@x': expected one address" in result.stderr
    result = CliRunner().invoke(main, ["audit", "verify", "--head", f"1:{'0' * 64}"], env=environment)
    assert result.exit_code == 1
    assert "not as it was noted at row 1" in result.stderr
