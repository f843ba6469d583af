# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command itself: misspelt verbs."""

from click.testing import CliRunner

from anpr.cli import main


def test_a_misspelt_verb_is_answered_with_the_right_one() -> None:
    result = CliRunner().invoke(main, ["serch", "AB12"])
    assert result.exit_code == 2
    assert "No such command 'serch'." in result.output
    assert "'search'" in result.output
