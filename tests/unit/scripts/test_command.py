# SPDX-License-Identifier: AGPL-3.0-or-later
"""How every script ends: one line of JSON last on standard output, and an exit status."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from anpr.domain.errors import InputError
from scripts.command import CannotRunError, Script, finish, log
from scripts.lab.jars import ServerUnavailableError


@click.command(cls=Script)
@click.option("--count", type=click.IntRange(1), default=1)
@click.option("--fault")
def script(count: int, fault: str | None) -> None:
    log("working")
    if fault in FAULTS:
        raise FAULTS[fault]
    finish({"count": count}, [] if fault is None else [fault])


FAULTS: dict[str | None, Exception] = {
    "missing": ServerUnavailableError("no Apache Kafka: java missing"),
    "input": InputError("truth.csv: not there"),
    "taken": OSError(98, "Address already in use"),
    "refused": CannotRunError("no plate was found"),
    "odd": KeyError("gate"),
}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(script, arguments)


def last_line(result: Result) -> object:
    return json.loads(result.stdout.splitlines()[-1])


def test_figures_are_the_last_line_and_progress_is_on_standard_error() -> None:
    result = run("--count", "3")
    assert (result.exit_code, last_line(result)) == (0, {"count": 3})
    assert result.stderr == "working\n"


def test_problems_that_were_found_give_status_1_and_the_figures() -> None:
    result = run("--fault", "2 transits lost")
    assert (result.exit_code, last_line(result)) == (1, {"count": 1})
    assert result.stderr.splitlines()[-1] == "WRONG: 2 transits lost"


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("missing", "no Apache Kafka: java missing"),
        ("input", "truth.csv: not there"),
        ("taken", "[Errno 98] Address already in use"),
        ("refused", "no plate was found"),
        ("odd", "KeyError: 'gate'"),
    ],
)
def test_a_script_that_cannot_run_says_why_in_its_last_line(fault: str, why: str) -> None:
    result = run("--fault", fault)
    assert (result.exit_code, last_line(result)) == (2, {"error": why})
    assert result.stderr.splitlines()[-1] == f"error: {why}"
    assert ("Traceback" in result.stderr) == (fault == "odd")


def test_a_wrong_argument_says_why_too() -> None:
    result = run("--count", "0")
    assert result.exit_code == 2
    assert "0 is not in the range" in json.loads(result.stdout.splitlines()[-1])["error"]


def test_every_entry_point_is_such_a_script(repository: Path) -> None:
    elsewhere = {repository / "scripts" / room for room in ("training", "checks")}  # for people: no figures
    entries = [path for path in (repository / "scripts").rglob("*.py") if '__name__ == "__main__"' in path.read_text()]
    others = [path for path in entries if not elsewhere & set(path.parents) and "cls=Script" not in path.read_text()]
    # Child processes of a benchmark or of the chaos test; nobody calls them by hand.
    assert sorted(path.stem for path in others) == ["alarms", "flood", "publish", "sender"]
