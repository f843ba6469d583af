# SPDX-License-Identifier: AGPL-3.0-or-later
"""Screenshots of the console: what is said when there can be none, and how the demo's address and login are found."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from anpr.store.users.first_logins import FILE
from scripts.command import CannotRunError
from scripts.docs.screenshots import main, when_it_answers


@contextmanager
def saying(text: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that writes this to its standard error and ends."""
    with subprocess.Popen(["sh", "-c", 'printf "%s" "$0" >&2', text], stderr=subprocess.PIPE, text=True) as process:
        yield process


def test_the_address_and_the_first_login_are_found(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("operatore operator secret\nrevisore auditor other\n", encoding="utf-8")
    with saying("starting\n  console   http://127.0.0.1:4321\n  Ctrl-C stops everything\n") as process:
        demo = when_it_answers(process, tmp_path)
    assert (demo.url, demo.login.name, demo.login.password) == ("http://127.0.0.1:4321", "operatore", "secret")


def test_a_demo_that_does_not_start_is_told_with_what_it_said(tmp_path: Path) -> None:
    with saying("starting\nno room left\n") as process, pytest.raises(CannotRunError, match="no room left"):
        when_it_answers(process, tmp_path)


def test_no_browser_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = CliRunner().invoke(main, ["--out", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert "chromium is not installed" in result.output
    assert not (tmp_path / "out").exists()
