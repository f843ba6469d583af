# SPDX-License-Identifier: AGPL-3.0-or-later
"""Command-line entry point of every script: progress on standard error, one line of JSON last on standard output.

    @click.command(cls=Script, help=__doc__)
    def main(...) -> None:
        ...
        finish({"per_s": 4711}, problems)

A script that cannot run (a service is missing, a port is taken, a folder does not exist) ends with status 2 and with
`{"error": "why"}` as its last line of standard output; one that ran and found problems ends with status 1.
"""

import json
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import click

from anpr.domain.errors import AnprError
from scripts.lab.jars import ServerUnavailableError

FOUND_PROBLEMS, CANNOT_RUN = 1, 2
"""Exit statuses."""


class CannotRunError(Exception):
    """The script cannot do its work; the message says what is missing or wrong."""


class Script(click.Command):
    """A click command that says in JSON why it could not run."""

    def main(self, *arguments: Any, **options: Any) -> NoReturn:
        """Run it and exit. An error that nobody foresaw leaves its traceback on standard error."""
        try:
            super().main(*arguments, **{**options, "standalone_mode": False})
        except click.ClickException as exc:
            if isinstance(exc, click.UsageError):
                exc.show()
            _fail(exc.format_message())
        except click.Abort:
            _fail("interrupted")
        except (AnprError, CannotRunError, ServerUnavailableError, OSError) as exc:
            _fail(str(exc) or type(exc).__name__)
        except Exception as exc:  # noqa: BLE001  whatever it was, the last line has to name it
            traceback.print_exc()
            _fail(f"{type(exc).__name__}: {exc}")
        sys.exit(0)


def log(line: str) -> None:
    """Write one line of progress to standard error."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def finish(figures: Mapping[str, Any], problems: Sequence[str] = ()) -> NoReturn:
    """Name the problems on standard error, print the figures as one line of JSON, and exit: 1 with problems, else 0."""
    for problem in problems:
        log(f"WRONG: {problem}")
    _print_json(figures)
    sys.exit(FOUND_PROBLEMS if problems else 0)


def _fail(why: str) -> NoReturn:
    log(f"error: {why}")
    _print_json({"error": why})
    sys.exit(CANNOT_RUN)


def _print_json(value: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()
