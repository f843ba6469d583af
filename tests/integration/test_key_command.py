# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr key` as somebody types it: made on a reader, enrolled and ended at a real centre."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from anpr.cli.main import main
from anpr.store.audit import AuditAction, list_audit
from anpr.store.database.connection import Database

Run = Callable[..., Result]


@pytest.fixture
def anpr(database_url: str, tmp_path: Path) -> Run:
    environment = {"DATABASE_URL": database_url, "ANPR_DATA_DIR": str(tmp_path), "ANPR_CONFIG": None}

    def run(*arguments: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(main, arguments, input=typed, env=environment)

    return run


def test_from_a_new_key_to_its_end(anpr: Run, database: Database) -> None:
    made = anpr("key", "new")
    public = made.stdout.strip()
    assert made.exit_code == 0
    assert f"anpr key enrol reader-1 {public}" in made.stderr
    assert anpr("key", "show").stdout.strip() == public
    fingerprint = anpr("key", "show").stderr.split()[-1]
    assert anpr("key", "enrol", "reader-1", public).exit_code == 0
    assert anpr("key", "list").stdout.startswith(f"reader-1\t{fingerprint}\t")
    assert anpr("key", "revoke", fingerprint).stdout == f"revoked {fingerprint}\n"
    assert "\trevoked " in anpr("key", "list").stdout
    assert anpr("key", "forget", "reader-1", typed="n\n").exit_code == 1
    assert anpr("key", "forget", "reader-1", "--yes").exit_code == 0
    assert anpr("key", "list").stdout == ""
    with database.transaction() as conn:
        events = [row.event for row in list_audit(conn)]
    assert [event.action for event in reversed(events)] == [
        AuditAction.KEY_ENROLLED,
        AuditAction.KEY_REVOKED,
        AuditAction.KEYS_FORGOTTEN,
    ]
    assert all(fingerprint in str(event.detail) for event in events)


def test_a_second_key_waits_in_a_file_of_its_own(anpr: Run, tmp_path: Path) -> None:
    first = anpr("key", "new").stdout
    refused = anpr("key", "new")
    assert refused.exit_code == 1
    assert "name another file: --file" in refused.output
    second = anpr("key", "new", "--file", str(tmp_path / "next.key")).stdout
    assert second != first
    assert anpr("key", "show").stdout == first


def test_what_cannot_be_enrolled_is_said(anpr: Run) -> None:
    assert "there is no key; anpr key new makes it" in anpr("key", "show").output
    assert "expected a public key" in anpr("key", "enrol", "reader-1", "ed25519:x").output
    assert "no reader or fingerprint with a key in use; there are: none" in anpr("key", "revoke", "reader-1").output
