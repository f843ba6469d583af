# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr audit`: verify the audit, here or in an export on any machine, and export it signed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import BinaryIO

import click

from anpr.cli.common.audit_check import check_audit
from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.common.public_key import tell_public
from anpr.cli.main import loaded_settings
from anpr.contract.signature import PublicKey
from anpr.domain.case_reference import check_case
from anpr.domain.errors import InputError, StoreError
from anpr.domain.search_reason import check_reason
from anpr.runtime.clock import SystemClock
from anpr.settings import Settings
from anpr.store.audit import GENESIS, AuditAction, AuditEvent, append, get_audit, walk
from anpr.store.audit_export import MAX_LINE, Export, export_lines, site_key, verify_export
from anpr.store.audit_heads import ensure_key
from anpr.store.database.connection import Database


@click.group(name="audit")
def command() -> None:
    """Verify the audit, here or in an export on any machine, and export it signed."""


@command.command(name="verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--public-key", help="With FILE: the site's key, as `anpr audit key` prints it there.")
@click.option("--noted", multiple=True, metavar="ROWS:HEAD", help="Without FILE: a head that was noted elsewhere.")
@click.pass_context
def verify_command(ctx: click.Context, file: Path | None, public_key: str | None, noted: tuple[str, ...]) -> None:
    """Recompute the audit's chain; exit with 1 where a row was changed, is missing or was cut off.

    With FILE: the chain and the signature of an export, without any database. Without: the audit itself, held against
    the signed heads in audit.head_file and those given.
    """
    if file is None and public_key is not None:
        raise click.UsageError("--public-key goes with FILE")
    if file is not None and noted:
        raise click.UsageError("--noted goes without FILE")
    if file is None:
        _verify_here(loaded_settings(ctx).settings, noted)
    else:
        _verify_file(file, PublicKey(public_key) if public_key else None)


@command.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="A new file.")
@click.option("--reason", default="", help="Why you export; required, and recorded.")
@click.option("--case", "case_reference", help="Number of the proceeding.")
@click.option("--from-row", type=click.IntRange(1), default=1, show_default=True)
@click.pass_context
def export(ctx: click.Context, out: Path, reason: str, case_reference: str | None, from_row: int) -> None:
    """Write the audit to a new file, signed with the site's key. The export is recorded, as its own last row."""
    reason = check_reason(reason)
    case_reference = None if case_reference is None else check_case(case_reference)
    settings = loaded_settings(ctx).settings
    with open_database(settings, "anpr audit") as database, _new_file(out) as file:
        event = AuditEvent(
            actor=operating_system_user(),
            action=AuditAction.EXPORTED,
            at=SystemClock().now(),
            reason=reason,
            case_reference=case_reference,
            detail={"audit_from_row": from_row},
        )
        lines = _exported(database, event, from_row, ensure_key(settings.audit_key_path))
        count = sum(1 for _ in map(file.write, lines))
    click.echo(f"{out}: {count - 2} rows; verify it with: anpr audit verify {out}")


@command.command()
@click.pass_context
def key(ctx: click.Context) -> None:
    """Print the public key by which this site signs exports, for those who verify them."""
    tell_public(site_key(ensure_key(loaded_settings(ctx).settings.audit_key_path)).public)


def _verify_here(settings: Settings, noted: tuple[str, ...]) -> None:
    with open_database(settings, "anpr audit") as database:
        found = check_audit(database, settings, noted)
    if found.faults:
        raise StoreError("; ".join(found.faults))
    click.echo(f"the audit's {found.chain.rows} rows are whole ({found.heads} noted heads compared)")


def _verify_file(path: Path, public_key: PublicKey | None) -> None:
    try:
        with path.open("rb") as file:
            found = verify_export(iter(partial(file.readline, MAX_LINE + 1), b""))
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc
    except InputError as exc:
        raise InputError(f"{path}: {exc}") from exc
    if public_key is not None and found.public_key != public_key:
        raise InputError(f"{path}: signed by {found.public_key.text}, which is another key")
    _tell(found, is_known=public_key is not None)


def _tell(found: Export, *, is_known: bool) -> None:
    last = found.first + found.rows - 1
    click.echo(
        f"rows {found.first} to {last} are whole, exported {found.exported_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    )
    if not is_known:
        click.echo(f"signed by {found.public_key.text}: compare it with what the site's `anpr audit key` prints")


def _exported(database: Database, event: AuditEvent, first: int, secret: bytes) -> Iterator[bytes]:
    with database.transaction() as conn:
        last = append(conn, event).seq
        if first > last:
            raise InputError(f"--from-row: the audit has {last - 1} rows")
    with database.transaction() as conn:
        before = get_audit(conn, first - 1)
        previous = bytes.fromhex(before.hash) if before else GENESIS
        yield from export_lines(walk(conn, first), previous, site_key(secret), event.at)


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """A file that is not there yet, for its owner only; removed again where writing it fails."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise
