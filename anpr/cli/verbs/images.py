# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr images`: checks the stored images against the database."""

import json
from collections import Counter
from collections.abc import Iterator

import click

from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.main import loaded_settings
from anpr.domain.local_time import read_day
from anpr.runtime.clock import SystemClock
from anpr.store.images.check import Fault, GateReport, ImageCheck
from anpr.store.images.files import open_shelf
from anpr.store.images.orphans import remove_orphans

_EVERY = 10_000


@click.group(name="images")
def command() -> None:
    """Check the stored images against the database."""


@command.command()
@click.option(
    "--day",
    "days",
    multiple=True,
    metavar="DAY",
    help="Only this day (UTC); may be repeated.",
)
@click.option("--sizes-only", is_flag=True, help="Do not read the files: fast, and blind to damage.")
@click.option(
    "--remove-orphans", "removes", is_flag=True, help="Remove files older than a day that no row names; recorded."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: each day and gate, then the total.")
@click.pass_context
def check(ctx: click.Context, /, days: tuple[str, ...], sizes_only: bool, removes: bool, as_json: bool) -> None:
    """Say which images are missing, damaged or without a row; exit with 1 when something is wrong.

    Safe while the system runs.
    """
    settings = loaded_settings(ctx).settings
    total: Counter[str] = Counter()
    with open_database(settings, "anpr images") as database:
        looking = ImageCheck(database=database, shelf=open_shelf(settings), clock=SystemClock(), sizes_only=sizes_only)
        for report in looking.run([read_day("--day", each) for each in days], _tell_progress):
            click.echo(f"{_place(report)}: {report.rows} rows and {report.files} files looked at", err=True)
            for line in [_json(report)] if as_json else _lines(report):
                click.echo(line)
            total.update(_counts(report))
            if removes:
                total["removed"] += _remove(looking, report)
    click.echo(json.dumps({"total": {**_NOTHING, **total}}) if as_json else _summary(total))
    ctx.exit(1 if sum(total[fault] for fault in Fault) > total["removed"] else 0)


def _remove(looking: ImageCheck, report: GateReport) -> int:
    removed = remove_orphans(looking.database, looking.shelf, report, operating_system_user(), looking.clock)
    if removed:
        click.echo(f"{_place(report)}: {removed} orphans removed", err=True)
    return removed


def _tell_progress(report: GateReport) -> None:
    if report.rows % _EVERY == 0:
        click.echo(f"{_place(report)}: {report.rows} rows so far", err=True)


def _place(report: GateReport) -> str:
    return f"{report.day}/{report.folder}"


def _counts(report: GateReport) -> dict[str, int]:
    faults = {str(fault): len(keys) for fault, keys in report.faults.items()}
    return {"rows": report.rows, "files": report.files, "young": report.young, **faults}


_NOTHING = dict.fromkeys(("rows", "files", "young", *Fault, "removed"), 0)


def _json(report: GateReport) -> str:
    faults = {str(fault): keys for fault, keys in report.faults.items()}
    counts = {"rows": report.rows, "files": report.files, "young": report.young}
    return json.dumps({"day": report.day.isoformat(), "gate": report.folder, **counts, **faults})


def _lines(report: GateReport) -> Iterator[str]:
    return (f"{fault}\t{key}" for fault, keys in report.faults.items() for key in keys)


def _summary(total: Counter[str]) -> str:
    faults = ", ".join(f"{total[fault]} {fault}" for fault in Fault)
    removed = f"; {total['removed']} orphans removed" if total["removed"] else ""
    young = f"; {total['young']} files younger than a day have no row yet" if total["young"] else ""
    return f"{total['rows']} rows, {total['files']} files: {faults}{removed}{young}"
