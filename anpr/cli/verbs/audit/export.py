# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr audit export`: the audit's chain in a new file, signed with the site's key."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.main import loaded_settings
from anpr.domain.case_reference import check_case
from anpr.domain.errors import InputError
from anpr.domain.search_reason import check_reason
from anpr.runtime.clock import SystemClock
from anpr.store.audit import AuditAction, AuditEvent
from anpr.store.audit_chain.whole import whole_export
from anpr.store.audit_heads import ensure_key


@click.command(name="export")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="A new file.")
@click.option("--reason", default="", help="Why you export; required, and recorded.")
@click.option("--case", "case_reference", help="Number of the proceeding.")
@click.option("--from-row", type=click.IntRange(1), help="The first row.  [default: the first that is not pruned]")
@click.pass_context
def command(ctx: click.Context, out: Path, reason: str, case_reference: str | None, from_row: int | None) -> None:
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
        )
        export = whole_export(database, event, ensure_key(settings.audit_key_path), from_row)
        count = sum(1 for _ in map(file.write, export.lines))
    click.echo(f"{out}: {count - 2} rows; verify it with: anpr audit verify {out}")


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
