# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr audit verify`: the chain here, or signed files anywhere, or the files of what was pruned together with what is
left."""

from datetime import UTC
from functools import partial
from pathlib import Path

import click

from anpr.cli.common.audit_check import check_audit, pruned_line
from anpr.cli.common.database import open_database
from anpr.cli.main import loaded_settings
from anpr.contract.signature import PublicKey
from anpr.domain.errors import InputError, StoreError
from anpr.settings import Settings
from anpr.store.audit_chain.archive import VerifiedFile, archived_files, check_joined, verify_file
from anpr.store.audit_chain.verification import Verification
from anpr.store.audit_export import MAX_LINE, Export
from anpr.store.audit_selection import Selection, is_selection, verify_selection


@click.command(name="verify")
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--public-key", help="The site's key, as `anpr audit key` prints it there.")
@click.option(
    "--noted", "--head", "noted", multiple=True, metavar="ROWS:HEAD", help="A head noted elsewhere, or mailed."
)
@click.option(
    "--joined", is_flag=True, help="The files of what was pruned (default: the archive) and the audit here, as one."
)
@click.pass_context
def command(
    ctx: click.Context, files: tuple[Path, ...], public_key: str | None, noted: tuple[str, ...], joined: bool
) -> None:
    """Recompute the audit's chain; exit with 1 where a row was changed, is missing or was cut off.

    With FILE: the chain and the signature of an export, without any database; several files must continue one another.
    Without: the audit itself, held against the signed heads in audit.head_file and those given. Where oldest rows were
    pruned, it goes on from what the signed proof says.
    """
    key = PublicKey(public_key) if public_key else None
    if joined:
        _verify_joined(loaded_settings(ctx).settings, list(files), noted, key)
        return
    if files and noted:
        raise click.UsageError("--noted goes without FILE")
    if not files:
        _verify_here(loaded_settings(ctx).settings, noted, key)
    elif len(files) == 1 and _is_selection(files[0]):
        _tell_signer(_verify_selection(files[0], key).public_key, is_known=key is not None)
    else:
        _tell_signer(_verify_files(list(files), key)[-1].export.public_key, is_known=key is not None)


def _verify_here(settings: Settings, noted: tuple[str, ...], key: PublicKey | None) -> Verification:
    with open_database(settings, "anpr audit") as database:
        found = check_audit(database, settings, noted, key)
    if found.faults:
        raise StoreError("; ".join(found.faults))
    if line := pruned_line(found.chain):
        click.echo(line)
    click.echo(f"the audit's {found.chain.rows} rows are whole ({found.heads} noted heads compared)")
    return found.chain


def _verify_joined(settings: Settings, files: list[Path], noted: tuple[str, ...], key: PublicKey | None) -> None:
    """Raises InputError where the files are not what was pruned, and StoreError where the chain is broken."""
    paths = files or archived_files(settings.audit_archive_dir)
    if not paths:
        raise InputError(f"{settings.audit_archive_dir}: no file of pruned rows is there")
    read = _verify_files(paths, key)
    chain = _verify_here(settings, noted, key)
    proof, newest = chain.proof, read[-1]
    if proof is None:
        raise InputError(f"no row of the audit here was pruned: {newest.path} belongs to another audit")
    if (newest.export.last, newest.export.head) != (proof.cut.last, proof.cut.head):
        raise InputError(
            f"{newest.path} ends with row {newest.export.last} and another hash than the audit goes on from,"
            f" which is that of row {proof.cut.last}"
        )
    if proof.cut.export_sha256 not in {None, newest.sha256}:
        raise InputError(f"{newest.path} is not the file that the proof names: its SHA-256 is {newest.sha256}")
    click.echo(f"rows {read[0].export.first} to {chain.last} are one chain, the files and what is left here")


def _verify_files(paths: list[Path], key: PublicKey | None) -> list[VerifiedFile]:
    read = sorted((verify_file(path) for path in paths), key=lambda each: each.export.first)
    for each in read:
        _check_key(each.path, each.export, key)
        _tell_rows(each.export)
    check_joined(read)
    return read


def _verify_selection(path: Path, key: PublicKey | None) -> Selection:
    try:
        with path.open("rb") as file:
            found = verify_selection(iter(partial(file.readline, MAX_LINE + 1), b""))
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc
    except InputError as exc:
        raise InputError(f"{path}: {exc}") from exc
    _check_key(path, found, key)
    _tell_rows(found)
    return found


def _is_selection(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_selection(file.readline(MAX_LINE + 1))
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc


def _check_key(path: Path, found: Export | Selection, key: PublicKey | None) -> None:
    if key is not None and found.public_key != key:
        raise InputError(f"{path}: signed by {found.public_key.text}, which is another key")


def _tell_rows(found: Export | Selection) -> None:
    at = f"{found.exported_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if isinstance(found, Selection):
        click.echo(f"a selection of {found.rows} rows is as it was signed, exported {at}; it is not the whole audit")
    else:
        click.echo(f"rows {found.first} to {found.last} are whole, exported {at}")


def _tell_signer(signer: PublicKey, *, is_known: bool) -> None:
    if not is_known:
        click.echo(f"signed by {signer.text}: compare it with what the site's `anpr audit key` prints")
