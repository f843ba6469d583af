# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr forward`: send transits to other centres, show what a run would send, and what became of each day."""

import gc
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path

import click

from anpr.cli.common.counted import counted
from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.common.duration import DURATION
from anpr.cli.common.settings_note import note_settings_of
from anpr.cli.common.stopping import stop_on_signals
from anpr.cli.main import loaded_settings
from anpr.cli.verbs import forward_verify
from anpr.cli.verbs.forward_conformance import conformance
from anpr.domain.completeness import Verdict
from anpr.domain.errors import ForwardError, InputError
from anpr.domain.local_time import read_day
from anpr.domain.near_name import suggestion
from anpr.domain.organisation import MANAGER
from anpr.forward.alarms.status import alarm_status, tell_again
from anpr.forward.alarms.teller import alarm_job
from anpr.forward.completeness.files import report_lines, write_files
from anpr.forward.completeness.making import ReportMaker
from anpr.forward.job import Centre, Forced, Job, prepare_job
from anpr.forward.preview import Preview, preview_day
from anpr.forward.profile.load import load_profile
from anpr.forward.profile.model import Profile
from anpr.forward.requeue import requeue_day
from anpr.forward.runs import run_day
from anpr.forward.serve import run_forwarder
from anpr.forward.status import destination_status
from anpr.runtime.clock import SystemClock
from anpr.runtime.probes import Readiness, probes
from anpr.settings import DestinationSettings, Settings
from anpr.store.embedded.roles import CentreRole
from anpr.store.images.files import open_shelf
from anpr.store.images.image_store import ImageStore


@click.group(name="forward")
def command() -> None:
    """Send transits to other centres."""


command.add_command(conformance)
_DAY = click.option("--day", "day_text", required=True, metavar="YYYY-MM-DD", help="Calendar day of the site.")
_DESTINATION = click.option("--destination", "destination_id", help="Only this one; all that are configured when left.")


@command.command()
@_DAY
@_DESTINATION
@click.option("--dry-run", is_flag=True, help="Print what would be sent; send nothing.")
@click.option(
    "--despite-stage", is_flag=True, help="Send to another machine although its office has not tested the profile."
)
@click.option("--reason", default="", help="Of --despite-stage: why; recorded.")
@click.pass_context
def run(
    ctx: click.Context, /, day_text: str, destination_id: str | None, dry_run: bool, despite_stage: bool, reason: str
) -> None:
    """Forward one day now. Exit status 1 when a destination failed or was refused."""
    settings, day = loaded_settings(ctx).settings, read_day("--day", day_text)
    gc.freeze()  # as serve does
    forced = _forced(despite_stage=despite_stage, reason=reason.strip())
    failed = False
    with _centre(settings) as centre:
        for destination in _chosen(settings, destination_id):
            try:
                job = replace(prepare_job(centre, destination), forced=forced)
            except ForwardError as exc:  # a profile that is wrong keeps no other destination from its transits
                click.echo(f"{destination.id}: refused: {exc}", err=True)
                failed = True
                continue
            if dry_run:
                _print_preview(preview_day(job, day, operating_system_user()))
            else:
                failed |= _run_now(job, day)
    if failed:
        ctx.exit(1)


def _forced(*, despite_stage: bool, reason: str) -> Forced | None:
    if despite_stage != bool(reason):
        raise InputError("--despite-stage and --reason go together: what an office has not tested leaves with a reason")
    return Forced(reason=reason, by=operating_system_user()) if despite_stage else None


def _run_now(job: Job, day: date) -> bool:
    try:
        report = run_day(job, day)
    except ForwardError as exc:
        click.echo(f"{job.id}: refused: {exc}", err=True)
        return True
    if report.busy:
        click.echo(f"{job.id}: another run for this destination is under way; nothing was done", err=True)
    if report.expired:
        click.echo(f"{job.id}: {report.expired} transits are past retention and will not be sent")
    for day_report in report.days:
        click.echo(str(day_report))
    return report.has_failed


def _print_preview(preview: Preview) -> None:
    click.echo(f"{preview.destination} {preview.day.isoformat()}: dry run, nothing is sent; profile {preview.profile}")
    if preview.refusal is not None:
        click.echo(f"  a real run would be refused: {preview.refusal}")
    for name, size, records in preview.files:
        click.echo(f"  {name}  {counted(records, 'transit')}  {size} bytes")
    click.echo(
        f"  {counted(preview.transits, 'transit')} in {counted(len(preview.files), 'file')}, "
        f"{counted(preview.images, 'picture file')}, {preview.rejected.total()} rejected"
    )
    for reason, count in preview.rejected.most_common():
        click.echo(f"  rejected {count}: {reason}")
    if preview.sample:
        click.echo(preview.sample)


@command.command()
@click.option("--for", "seconds", type=DURATION, help="End by itself after this long (60s, 5m, 1h).")
@click.option("--json", "as_json", is_flag=True, help="The last line of standard output is one JSON object.")
@click.pass_context
def serve(ctx: click.Context, seconds: float | None, as_json: bool) -> None:
    """Forward to every destination at its hour, until SIGINT or SIGTERM."""
    settings = loaded_settings(ctx).settings
    gc.freeze()  # what is loaded by now stays: looked at with each batch it takes a fifth of the time
    if not settings.forwarding and not settings.alarm_forwarding:
        raise InputError("forwarding: no destination is configured")
    readiness = Readiness(starting="the database is not open yet")
    stop = stop_on_signals()
    if seconds is not None:
        timer = threading.Timer(seconds, stop.set)
        timer.daemon = True
        timer.start()
    with (
        probes(settings.metrics_port, readiness, settings.metrics_host),
        open_database(settings, "anpr forward", CentreRole.FORWARD) as database,
    ):
        readiness.add("database", database.ping)
        readiness.started()
        note_settings_of(settings, database, "forward", SystemClock())
        images = ImageStore(open_shelf(settings))
        summary = run_forwarder(settings, database, images, SystemClock(), stop, reports=True)
    click.echo("  ".join(f"{name} {value}" for name, value in asdict(summary).items()), err=True)
    if as_json:
        click.echo(json.dumps(asdict(summary)))


@command.command()
@_DESTINATION
@click.pass_context
def status(ctx: click.Context, destination_id: str | None) -> None:
    """What became of each day: by state, why transits were rejected, and the latest runs; and of alarms."""
    settings = loaded_settings(ctx).settings
    alarms = [each for each in settings.alarm_forwarding if destination_id in {None, each.id}]
    with _centre(settings) as centre:
        is_asked = not alarms or any(destination_id in {None, each.id} for each in settings.forwarding)
        for destination in _chosen(settings, destination_id) if is_asked else ():
            for line in _status_of(centre, destination):
                click.echo(line)
        for each in alarms:
            for line in alarm_status(alarm_job(centre, each), each):
                click.echo(line)


def _status_of(centre: Centre, destination: DestinationSettings) -> Iterator[str]:
    try:
        job = prepare_job(centre, destination)
    except ForwardError as exc:  # what stands beside it is told all the same
        return iter([f"{destination.id}: NOTHING IS FORWARDED: {exc}"])
    return destination_status(job)


@command.command()
@click.option("--destination", "destination_id", required=True, help="Of alarm_forwarding.")
@click.option("--reason", required=True, help="Why; recorded.")
@click.pass_context
def retell(ctx: click.Context, /, destination_id: str, reason: str) -> None:
    """Tell alarms again that their destination rejected, or that were given up."""
    settings = loaded_settings(ctx).settings
    chosen = [each for each in settings.alarm_forwarding if each.id == destination_id]
    if not chosen:
        known = [each.id for each in settings.alarm_forwarding]
        raise InputError(f"alarm_forwarding: no destination {destination_id!r}{suggestion(destination_id, known)}")
    with _centre(settings) as centre:
        count = tell_again(alarm_job(centre, chosen[0]), operating_system_user(), reason)
    click.echo(f"{destination_id}: queued again: {counted(count, 'message')}")


@command.command()
@_DAY
@_DESTINATION
@click.option("--reason", required=True, help="Why; recorded.")
@click.option("--unanswered", is_flag=True, help="Instead, those that were sent over 24 hours ago and have no answer.")
@click.pass_context
def requeue(ctx: click.Context, /, day_text: str, destination_id: str | None, reason: str, *, unanswered: bool) -> None:
    """Put the rejected transits of a day back into the queue, after the profile was put right."""
    settings, day = loaded_settings(ctx).settings, read_day("--day", day_text)
    with _jobs(settings, destination_id) as jobs:
        for job in jobs:
            count = requeue_day(job, day, operating_system_user(), reason, unanswered=unanswered)
            click.echo(f"{job.id} {day.isoformat()}: queued again: {counted(count, 'transit')}")


@command.command()
@click.option("--day", "day_text", metavar="YYYY-MM-DD", help="Calendar day of the site; yesterday when left out.")
@click.option("--organisation", "organisation_id", default=MANAGER, show_default=True, help="For whom.")
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), help="Write the files there too.")
@click.pass_context
def report(ctx: click.Context, day_text: str | None, organisation_id: str, folder: Path | None) -> None:
    """Make the completeness report of a day, signed and archived. Exit status 1 when the day does not balance."""
    settings = loaded_settings(ctx).settings
    with open_database(settings, "anpr forward") as database:
        maker = ReportMaker(settings=settings, database=database, clock=SystemClock(), by=operating_system_user())
        day = read_day("--day", day_text) if day_text else maker.today - timedelta(days=1)
        found = maker.of_day(organisation_id, day)
        for line in report_lines(found):
            click.echo(line)
        if folder is not None:
            for path in write_files(maker.files(found), folder, found):
                click.echo(path)
    ctx.exit(int(found.verdict == Verdict.UNBALANCED))


command.add_command(forward_verify.verify)


@command.command()
@click.argument("profile")
def check(profile: str) -> None:
    """Validate a PROFILE: a file, or the name of one that is shipped. Names the wrong key, exit status 1."""
    found = load_profile(profile)
    click.echo(
        f"profile {found.name} {found.revision} is valid: {found.encoding.kind}, {len(found.fields)} fields, "
        f"at most {found.batch_size} transits a file; status: {found.status}"
    )


@command.command()
def schema() -> None:
    """Print the JSON Schema of a profile, for editors and other tools."""
    click.echo(json.dumps(Profile.model_json_schema(by_alias=True), indent=2, ensure_ascii=False))


@contextmanager
def _jobs(settings: Settings, destination_id: str | None) -> Iterator[list[Job]]:
    chosen = _chosen(settings, destination_id)
    with _centre(settings) as centre:
        yield [prepare_job(centre, destination) for destination in chosen]


@contextmanager
def _centre(settings: Settings) -> Iterator[Centre]:
    with open_database(settings, "anpr forward") as database:
        yield Centre(
            settings=settings,
            database=database,
            images=ImageStore(open_shelf(settings)),
            clock=SystemClock(),
            stop=stop_on_signals(),
        )


def _chosen(settings: Settings, destination_id: str | None) -> list[DestinationSettings]:
    chosen = [d for d in settings.forwarding if destination_id in (None, d.id)]
    if not chosen:
        raise InputError(f"forwarding: {_missing(settings, destination_id)}")
    return chosen


def _missing(settings: Settings, destination_id: str | None) -> str:
    if destination_id is None or not settings.forwarding:
        return "no destination is configured"
    return f"no destination {destination_id!r}{suggestion(destination_id, [d.id for d in settings.forwarding])}"
