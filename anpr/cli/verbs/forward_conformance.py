# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr forward conformance`: drawn records to a destination, and a signed report of what came of them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.common.duration import DURATION
from anpr.cli.common.stopping import stop_on_signals
from anpr.cli.main import loaded_settings
from anpr.domain.errors import InputError
from anpr.domain.gate import Gate
from anpr.domain.near_name import suggestion
from anpr.forward.conformance.drawing import DRAWN_GATE
from anpr.forward.conformance.files import write_report
from anpr.forward.conformance.making import ConformanceMaker, ConformanceReport, ConformanceRequest
from anpr.forward.conformance.outcome import CaseOutcome, CaseVerdict
from anpr.forward.conformance.run import FIRST_BATCH
from anpr.forward.conformance.target import destination_of, is_folder
from anpr.runtime.clock import SystemClock
from anpr.settings import DestinationSettings, Settings
from anpr.store.database.connection import Database
from anpr.store.gates import list_gates


@click.command()
@click.argument("profile")
@click.argument("target")
@click.option("--reason", default="", help="Why; recorded. Needed for a destination of the settings.")
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), help="Folder of the report.")
@click.option("--gate", "gate_id", help="A gate of the site that the drawn vehicles pass; a drawn one when left out.")
@click.option(
    "--wait", "wait_s", type=DURATION, default=0.0, help="Wait so long for receipts that are files (60s, 5m)."
)
@click.option(
    "--first-number",
    type=click.IntRange(1, 99_000),
    default=FIRST_BATCH,
    show_default=True,
    help="Number of the first file.",
)
@click.option("--despite-stage", is_flag=True, help="Also to a destination whose profile is accepted.")
@click.option("--json", "as_json", is_flag=True, help="The last line of standard output is one JSON object.")
@click.pass_context
def conformance(  # noqa: PLR0913, PLR0917  one parameter an option
    ctx: click.Context,
    /,
    profile: str,
    target: str,
    reason: str,
    folder: Path | None,
    gate_id: str | None,
    wait_s: float,
    first_number: int,
    despite_stage: bool,
    as_json: bool,
) -> None:
    """Send invented records to TARGET in the form of PROFILE, and write a signed test report.

    PROFILE is a file, or the name of one that is shipped. TARGET is the id of a destination of the settings, or
    directory:PATH. Nothing of it enters the ledger. Exit status 1 when something did not go as expected.
    """
    settings = loaded_settings(ctx).settings
    destination = destination_of(settings, profile, target)
    if not reason.strip() and not is_folder(destination):
        raise InputError("--reason: say why; it is recorded")
    with _audited(settings, destination) as database:
        request = ConformanceRequest(
            destination=destination,
            reason=reason,
            actor=operating_system_user(),
            gate=_gate(settings, database, gate_id),
            wait_s=wait_s,
            first_batch=first_number,
            despite_stage=despite_stage,
        )
        maker = ConformanceMaker(
            settings=settings, database=database, clock=SystemClock(), stop=stop_on_signals(), tell=_Progress()
        )
        report = maker.make(request)
    for path in write_report(report.signed, folder or _folder(report)):
        click.echo(path)
    click.echo(f"verdict: {report.verdict}")
    if as_json:
        click.echo(json.dumps(report.result, ensure_ascii=False))
    ctx.exit(int(report.verdict is CaseVerdict.FAILED))


class _Progress:
    """A line for each case, on standard error."""

    def __init__(self) -> None:
        self._done = 0

    def __call__(self, cases: int, outcome: CaseOutcome) -> None:
        self._done += 1
        told = outcome.failure or ", ".join(f"{reason} ({number})" for reason, number in outcome.refused.items())
        line = f"[{self._done:2}/{cases}] {outcome.case.id}: {outcome.verdict}" + (f"  {told}" if told else "")
        click.echo(line, err=True)


@contextmanager
def _audited(settings: Settings, destination: DestinationSettings) -> Iterator[Database | None]:
    if is_folder(destination):
        yield None
        return
    with open_database(settings, "anpr forward") as database:
        yield database


def _gate(settings: Settings, database: Database | None, gate_id: str | None) -> Gate:
    """The gate as real transits are sent with it: of the settings, else of the database, where the console keeps it."""
    if gate_id is None:
        return DRAWN_GATE
    gates = {gate.id: gate for gate in settings.domain_gates()}
    if gate_id not in gates and database is not None:
        with database.transaction() as conn:
            gates = {gate.id: gate for gate in list_gates(conn)} | gates
    if gate_id not in gates:
        raise InputError(f"--gate: there is no gate {gate_id!r}{suggestion(gate_id, gates)}")
    return gates[gate_id]


def _folder(report: ConformanceReport) -> Path:
    at = report.result["begun_at"][:19].replace("-", "").replace(":", "").replace("T", "-")
    return Path(f"conformance-{report.result['destination']}-{at}")
