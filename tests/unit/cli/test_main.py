# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command itself: misspelt verbs, and what holds for every verb."""

import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from anpr.cli import main
from anpr.domain.errors import SettingsError
from anpr.settings.load import LoadedSettings


def test_a_misspelt_verb_is_answered_with_the_right_one() -> None:
    result = CliRunner().invoke(main, ["serch", "AB12"])
    assert result.exit_code == 2
    assert "No such command 'serch'." in result.output
    assert "'search'" in result.output


def test_every_verb_makes_files_for_its_own_user_only(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def look(_path: Path | None) -> LoadedSettings:
        seen.append(os.umask(0o077))
        raise SettingsError("seen enough")

    monkeypatch.setattr(sys.modules["anpr.cli.main"], "load_settings", look)  # anpr.cli.main is also the command
    before = os.umask(0o022)
    try:
        for verb in (["db", "status"], ["config", "check"], ["images", "check"], ["up"], ["forward", "status"]):
            CliRunner().invoke(main, verb)
    finally:
        os.umask(before)
    assert seen
    assert set(seen) == {0o077}
