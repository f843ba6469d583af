# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr gate`: the versions of gates where the centre is their source. Every change is in the audit."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import click

from anpr.cli.common.counted import counted
from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.common.gate_file import FileGate, read_gates, written
from anpr.cli.main import loaded_settings
from anpr.domain.errors import InputError
from anpr.domain.gate_difference import Difference, differences
from anpr.domain.near_name import suggestion
from anpr.domain.search_reason import check_reason
from anpr.runtime.clock import SystemClock
from anpr.settings import Settings
from anpr.settings.planned import as_json
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.database.connection import Connection, Database
from anpr.store.gate_plans import plan_reports
from anpr.store.gate_versions import (
    GateEdit,
    GateVersion,
    current_version,
    current_versions,
    gate_history,
    is_new_reader,
    moved_cameras,
    restore_version,
    save_version,
)
from anpr.store.gates import list_gates
from anpr.store.organisations.registry import own

_REASON = click.option("--reason", default="", help="Required; it stays with the version.")
_SHOWN = 60
"""Characters of a value in the list of changes."""


@click.group(name="gate")
def command() -> None:
    """Gates of the centre, for settings with `gate_plan.source: centre`: readers take theirs from here.

    \b
    anpr gate import site.yaml --reason "moved to the centre"
    anpr gate history via-tosco
    anpr gate undo via-tosco --reason "the new region misses the left lane"
    """


@command.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_REASON
@click.option("--reader", metavar="ID", help="Reader of the gates that name none; else that of the file.")
@click.option("--yes", is_flag=True, help="Do not ask after the list of changes.")
@click.pass_context
def import_command(ctx: click.Context, file: Path, reason: str, reader: str | None, yes: bool) -> None:
    """Take the gates of a settings file, or of an export, as new versions; shows first what changes.

    Gates that are not in the file stay. Logins of cameras do not come along: in their place stands the name of a secret
    that the reader has.
    """
    reason = check_reason(reason)
    gates = read_gates(file, reader)
    with _database(ctx) as (settings, database):
        with database.transaction() as conn:
            before = current_versions(conn)
            owners = {gate.id: gate.organisation for gate in list_gates(conn)}
        if not _preview(gates, before, owners):
            click.echo("nothing changes")
            return
        with database.transaction() as conn:
            _warn(conn, gates, before)
        if not yes:
            click.confirm("Save these versions?", abort=True)
        with database.transaction() as conn:
            saved = [version for one in gates if (version := _save(conn, settings, one, before, reason, owners))]
    for version in saved:
        click.echo(f"gate {version.gate_id}: version {version.version}")
    for one in gates:
        for camera in one.gate.cameras:
            if camera.id in one.without_login:
                host = urlsplit(camera.url.get_secret_value()).netloc
                click.echo(
                    f"gate {one.gate.id}: camera {camera.id}: its login was left out; at reader {one.gate.reader} put"
                    f" USER:PASSWORD in the file {camera.secret} of reader.secrets_dir, and below it"
                    f" a line `host: {host}`"
                )


@command.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file; else standard output.")
@click.pass_context
def export(ctx: click.Context, out: Path | None) -> None:
    """Write the gates as a file that `anpr gate import` reads. No login is in it."""
    with _database(ctx) as (_, database), database.transaction() as conn:
        owners = {gate.id: gate.organisation for gate in list_gates(conn)}
        text = written([(each.gate, owners.get(each.gate_id)) for each in current_versions(conn).values()])
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as exc:
        raise InputError(f"{out}: {exc.strerror or exc}") from exc


@command.command(name="list")
@click.pass_context
def list_command(ctx: click.Context) -> None:
    """List the gates: id, version, reader, cameras, name; then what each reader runs on."""
    with _database(ctx) as (settings, database), database.transaction() as conn:
        current, reports = current_versions(conn), plan_reports(conn)
    for each in current.values():
        gate = each.gate
        line = [gate.id, str(each.version), gate.reader or "-", counted(len(gate.cameras), "camera"), gate.name]
        click.echo("\t".join(line))
    silent = {str(each.reader_id) for each in current.values() if each.reader_id} - {one.reader_id for one in reports}
    for reader_id in sorted(silent):
        click.echo(f"reader {reader_id}: has never reported; is its id right, and is it there?")
    for report in reports:
        state = report.state
        runs_on = "no plan" if state.number is None else f"version {state.number}, from {_origin(state.origin)}"
        refused = f"; refused: {state.refusal}" if state.refusal else ""
        click.echo(f"reader {report.reader_id}: {runs_on}, told {_local(report.reported_at, settings.zone)}{refused}")


@command.command()
@click.argument("gate_id", metavar="GATE")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.pass_context
def history(ctx: click.Context, gate_id: str, limit: int) -> None:
    """List the versions of GATE, the newest first, each with what it changed."""
    with _database(ctx) as (settings, database), database.transaction() as conn:
        versions = gate_history(conn, gate_id, limit + 1)
        if not versions:
            raise _unknown(conn, gate_id)
    for place, version in enumerate(versions[:limit]):
        before = versions[place + 1] if place + 1 < len(versions) else None
        restored = f" (equal to {version.restored})" if version.restored else ""
        when = _local(version.made_at, settings.zone)
        click.echo(f"version {version.version}{restored}  {when}  {version.author}  {version.reason}")
        for line in _lines(version.differences_from(before)):
            click.echo(f"  {line}")


@command.command()
@click.argument("gate_id", metavar="GATE")
@click.option("--to", "version", type=click.IntRange(1), help="The version to go back to; else the one before.")
@_REASON
@click.pass_context
def undo(ctx: click.Context, gate_id: str, version: int | None, reason: str) -> None:
    """Make a new version of GATE that is equal to an earlier one."""
    reason = check_reason(reason)
    with _database(ctx) as (settings, database), database.transaction() as conn:
        newest = current_version(conn, gate_id)
        if newest is None:
            raise _unknown(conn, gate_id)
        if version is None and newest.version == 1:
            raise InputError(f"gate {gate_id}: version 1 is its first one")
        edit = _edit(settings, reason, newest.version)
        made = restore_version(conn, gate_id, version or newest.version - 1, edit)
    if made is None:
        raise InputError(f"gate {gate_id}: version {newest.version} is the same")
    click.echo(f"gate {gate_id}: version {made.version}, equal to version {made.restored}")


@contextmanager
def _database(ctx: click.Context) -> Iterator[tuple[Settings, Database]]:
    settings = loaded_settings(ctx).settings
    if not settings.gates_from_centre:
        raise InputError("gate_plan.source is file: gates come from each machine's settings file, and not from here")
    with open_database(settings, "anpr gate") as database:
        yield settings, database


def _edit(settings: Settings, reason: str, based_on: int) -> GateEdit:
    by = Author(name=operating_system_user(), at=SystemClock().now())
    return GateEdit(by=by, reason=reason, based_on=based_on, keep_by_purpose=settings.keep_by_purpose)


def _unknown(conn: Connection, gate_id: str) -> InputError:
    return InputError(f"no gate of the centre has the id {gate_id!r}{suggestion(gate_id, current_versions(conn))}")


def _preview(gates: Sequence[FileGate], before: dict[str, GateVersion], owners: dict[str, str | None]) -> bool:
    """Print what would change; whether anything would."""
    changes = False
    for one in gates:
        old = before.get(one.gate.id)
        lines = _lines(differences(old.definition if old else {}, as_json(one.gate)))
        if one.organisation and one.organisation != owners.get(one.gate.id):
            lines.append(f"organisation: {_value(owners.get(one.gate.id))} -> {_value(one.organisation)}")
        changes = changes or bool(lines)
        if lines:
            click.echo(f"gate {one.gate.id}: {'changes' if old else 'is new'}")
        for line in lines:
            click.echo(f"  {line}")
    return changes


def _warn(conn: Connection, gates: Sequence[FileGate], before: dict[str, GateVersion]) -> None:
    """What the question after the list of changes is about besides."""
    for reader_id in sorted({one.gate.reader for one in gates if one.gate.reader}):
        if is_new_reader(conn, reader_id):
            click.echo(f"reader {reader_id}: has never reported and runs no gate; a slip in its id stops its gates")
    for one in gates:
        old = before.get(one.gate.id)
        for camera_id in moved_cameras(old.gate if old else None, one.gate):
            click.echo(
                f"gate {one.gate.id}: camera {camera_id}: another host with the same secret; reader {one.gate.reader}"
                " refuses it until the secret's file there has a line `host:` with it"
            )


def _save(
    conn: Connection,
    settings: Settings,
    one: FileGate,
    before: dict[str, GateVersion],
    reason: str,
    owners: dict[str, str | None],
) -> GateVersion | None:
    old = before.get(one.gate.id)
    edit = _edit(settings, reason, old.version if old else 0)
    version = save_version(conn, one.gate, edit)
    if one.organisation and one.organisation != owners.get(one.gate.id):
        own(conn, one.organisation, [one.gate.id], [])
        detail = {"owner": one.organisation, "gates": [one.gate.id], "watchlists": []}
        append(conn, AuditEvent(actor=edit.by.name, action=AuditAction.OWNER_CHANGED, at=edit.by.at, detail=detail))
    return version


def _lines(changes: Sequence[Difference]) -> list[str]:
    return [
        f"{f'camera {each.camera}: ' if each.camera else ''}{each.key}: {_value(each.before)} -> {_value(each.after)}"
        for each in changes
    ]


def _value(value: object) -> str:
    text = "-" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _origin(origin: str) -> str:
    return {"centre": "the centre", "copy": "its copy"}.get(origin, origin)


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
