# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr user`: what is told without a database."""

from click.testing import CliRunner

from anpr.cli import main


def test_remove_says_what_to_do_instead() -> None:
    result = CliRunner().invoke(main, ["user", "remove", "rossi"])
    assert result.exit_code == 1
    assert "anpr user change rossi --disable" in result.output
    assert "remove" not in CliRunner().invoke(main, ["user", "--help"]).output.partition("Commands:")[2]


def test_a_wrong_role_names_those_that_there_are() -> None:
    result = CliRunner().invoke(main, ["user", "add", "rossi", "--role", "capo"])
    assert result.exit_code == 2
    assert "operator (operatore)" in result.output
