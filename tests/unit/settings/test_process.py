# SPDX-License-Identifier: AGPL-3.0-or-later
"""A child inherits the environment, except what is not its business."""

import pytest

from anpr.settings.process import child_environment


def test_what_is_named_is_left_out_and_what_is_given_comes_on_top(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://anpr:topsecret@db/anpr")
    monkeypatch.setenv("ANPR_CONSOLE__PORT", "1")
    made = child_environment({"ANPR_CONSOLE__PORT": "2"}, without=["DATABASE_URL", "NO_SUCH"])
    assert "DATABASE_URL" not in made
    assert made["ANPR_CONSOLE__PORT"] == "2"
    assert child_environment({})["DATABASE_URL"] == "postgresql://anpr:topsecret@db/anpr"
    assert child_environment({"DATABASE_URL": "x"}, without=["DATABASE_URL"])["DATABASE_URL"] == "x"
