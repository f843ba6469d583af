# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr db`: create, migrate and check the database."""

import sys

import click

from anpr.cli.common.audit_check import check_audit, pruned_line
from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.common.retention_lines import as_json_text, as_lines
from anpr.cli.main import loaded_settings
from anpr.contract.signature import PublicKey
from anpr.domain.errors import StoreError
from anpr.runtime.clock import SystemClock
from anpr.store.audit import NotedHead
from anpr.store.database.migrate import schema_status
from anpr.store.database.partitions import ensure_partitions_ahead
from anpr.store.database.schema_diff import find_drift
from anpr.store.embedded.configured import has_database, migrate_configured, open_database_url
from anpr.store.gates import in_use, list_gates
from anpr.store.images.files import open_shelf
from anpr.store.images.image_store import ImageStore
from anpr.store.retention import run_retention
from anpr.store.retention_report import count_files, retention_report


@click.group(name="db")
def command() -> None:
    """Create, migrate and check the database."""


@command.command(name="migrate")
@click.option("--create", is_flag=True, help="Make the embedded database where there is none yet; do not ask.")
@click.pass_context
def migrate_command(ctx: click.Context, create: bool) -> None:
    """Bring the schema to this version's; safe to run again, and while the system runs.

    Where no embedded database is yet, it asks before it makes an empty one.
    """
    settings = loaded_settings(ctx).settings
    if not create and not has_database(settings) and sys.stdin.isatty():
        place = settings.embedded_database_dir
        create = click.confirm(f"There is no database in {place}. Make a new, empty one?", err=True)
    with open_database_url(settings, create=create) as url:
        applied = migrate_configured(settings, url)
    for migration in applied:
        click.echo(f"applied {migration.version:04d}_{migration.name}")
    click.echo("the schema is current")


@command.command()
@click.pass_context
def status(ctx: click.Context) -> None:
    """List the migrations and whether each is applied; exit with 1 when the schema is not current."""
    with open_database_url(loaded_settings(ctx).settings) as url:
        found = schema_status(url)
    for migration, applied_at in found.applied:
        click.echo(f"{migration.version:04d}_{migration.name}  applied {applied_at:%Y-%m-%d %H:%M:%S}Z")
    for migration in found.pending:
        click.echo(f"{migration.version:04d}_{migration.name}  pending")
    for name in found.unknown:
        click.echo(f"{name}  applied by a newer version")
    for name in found.changed:
        click.echo(f"{name}  is not what was applied")
    ctx.exit(0 if found.is_current else 1)


@command.command()
@click.option("--noted", multiple=True, metavar="ROWS:HEAD", help="A head that this command printed earlier.")
@click.option("--public-key", help="The key that signed the proof of pruned rows, where it is not this machine's.")
@click.pass_context
def check(ctx: click.Context, noted: tuple[str, ...], public_key: str | None) -> None:
    """Check the schema and the audit's chain; say what is wrong and exit with 1 when something is.

    The audit is also held against the signed heads in audit.head_file, where this machine has that file and its key.
    """
    settings = loaded_settings(ctx).settings
    with open_database(settings, "anpr db") as database:
        drift = find_drift(database)
        for difference in drift:
            click.echo(difference)
        found = check_audit(database, settings, noted, PublicKey(public_key) if public_key else None)
    problems = [f"the schema is not what the migrations made (differences: {len(drift)})"] if drift else []
    problems += found.faults
    if problems:
        raise StoreError("; ".join(problems))
    if line := pruned_line(found.chain):
        click.echo(line)
    click.echo(
        f"the schema is current; the audit's {found.chain.rows} rows are whole ({found.heads} noted heads compared)"
    )
    if found.chain.rows:
        head = NotedHead(rows=found.chain.last, head=found.chain.head)
        click.echo(f"note this elsewhere, for --noted: {head}")


@command.command()
@click.option("--really", is_flag=True, help="Also what seems too much at once; compare the clocks first.")
@click.pass_context
def expire(ctx: click.Context, really: bool) -> None:
    """Drop what is older than the retention settings keep, and make the coming days' partitions.

    It refuses when more days would go than passed since its last run: after a long absence, or with a wrong clock.
    """
    settings = loaded_settings(ctx).settings
    clock = SystemClock()
    with open_database(settings, "anpr db") as database:
        images, really_by = ImageStore(open_shelf(settings)), operating_system_user() if really else None
        expired = run_retention(database, images, settings.retention, clock, really_by=really_by)
        with database.transaction() as conn:
            ensure_partitions_ahead(conn, clock.now(), purposes=in_use(list_gates(conn)))
    for table, days in expired.days.items():
        click.echo(f"{table}: {len(days)} days dropped")
    for what, number in expired.rows.items():
        click.echo(f"{what}: {number} removed")
    for destination, number in expired.undelivered.items():
        click.echo(f"{destination}: {number} transits expired before they were accepted")
    if expired.left_alarms:
        click.echo(f"open alarms that are too old and wait for somebody to close them: {expired.left_alarms}")


@command.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@click.option("--files", "with_files", is_flag=True, help="Also count the images' files, which takes a while.")
@click.pass_context
def retention(ctx: click.Context, as_json: bool, with_files: bool) -> None:
    """Report what is kept by purpose and gate, what was not kept, and what was deleted: numbers and times, no plates.

    It reads all that is kept.
    """
    settings = loaded_settings(ctx).settings
    with open_database(settings, "anpr db") as database, database.transaction() as conn:
        report = retention_report(conn, SystemClock().now())
    files = count_files(open_shelf(settings)) if with_files else None
    if as_json:
        click.echo(as_json_text(report, files, settings.retention))
        return
    for line in as_lines(report, files, settings):
        click.echo(line)
