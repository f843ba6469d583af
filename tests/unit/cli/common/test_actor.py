# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whom the audit names for what is done on the command line."""

import os
import pwd
from pathlib import Path

import pytest

from anpr.cli.common import database
from anpr.cli.common.database import operating_system_user

NAME = pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture(autouse=True)
def login_uid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the kernel keeps of the login: nothing, until a test writes into the file."""
    path = tmp_path / "loginuid"
    path.write_text(str(2**32 - 1))
    monkeypatch.setattr(database, "_LOGIN_UID", path)
    monkeypatch.delenv("SUDO_USER", raising=False)
    return path


def test_the_environment_does_not_say_who_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "comandante.rossi")
    assert operating_system_user() == f"os:{NAME}"


def test_what_sudo_says_is_marked_as_its_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "anna")
    assert operating_system_user() == f"os:{NAME} (sudo says anna)"
    monkeypatch.setenv("SUDO_USER", "an\x1bna")
    assert operating_system_user() == f"os:{NAME} (sudo says ?)"


def test_the_kernels_record_of_the_login_goes_before_it(login_uid: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "anna")
    login_uid.write_text("2000000001")
    assert operating_system_user() == f"os:{NAME} (login uid 2000000001)"
    login_uid.unlink()
    assert operating_system_user() == f"os:{NAME} (sudo says anna)"
