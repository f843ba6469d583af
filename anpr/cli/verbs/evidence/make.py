# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr evidence make`: the package of an investigation in a new file, signed with the site's key."""

from datetime import date
from pathlib import Path

import click

import anpr
from anpr.cli.common.counted import counted
from anpr.cli.common.database import open_database, operating_system_user
from anpr.cli.main import loaded_settings
from anpr.contract.signature import SigningKey
from anpr.domain.errors import InputError
from anpr.domain.investigation import Investigation
from anpr.domain.organisation import MANAGER
from anpr.domain.search_reason import check_reason
from anpr.evidence.collect import Collector
from anpr.evidence.facts import Made
from anpr.evidence.making import EvidenceResult, make_package
from anpr.runtime.clock import Clock, SystemClock
from anpr.settings import Settings
from anpr.store.audit import AuditAction
from anpr.store.audit_export import site_key
from anpr.store.audit_heads import ensure_key
from anpr.store.author import Author
from anpr.store.database.connection import Database
from anpr.store.database.scope import Scope
from anpr.store.images.files import open_shelf
from anpr.store.images.image_store import ImageStore
from anpr.store.investigations.life import find_by_reference, get_investigation, tell
from anpr.store.organisations.registry import organisation_names


@click.command(name="make")
@click.argument("investigation")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="A new file.")
@click.option("--reason", default="", help="Why you make it; required, and recorded.")
@click.pass_context
def command(ctx: click.Context, investigation: str, out: Path, reason: str) -> None:
    """Write the package of INVESTIGATION, its reference or #NUMBER. That it is made is recorded before and after."""
    reason, settings, clock = check_reason(reason), loaded_settings(ctx).settings, SystemClock()
    with open_database(settings, "anpr evidence") as database:
        result, key = _make(database, settings, clock, investigation, out, reason)
    click.echo(f"{out}: {counted(result.transits, 'transit')}, {result.missing} missing, SHA-256 {result.sha256}")
    click.echo(f"signed by {key.public.text}; verify it with: anpr evidence verify {out}")


def _make(
    database: Database, settings: Settings, clock: Clock, named: str, out: Path, reason: str
) -> tuple[EvidenceResult, SigningKey]:
    by = Author(name=operating_system_user(), at=clock.now())
    with database.transaction() as conn:
        found = get_investigation(conn, int(named[1:])) if _is_number(named) else find_by_reference(conn, named)
        names = organisation_names(conn)
    if found is None:
        raise InputError(f"investigation {named}: there is none")
    # Rights at gates are those of its organisation, whoever runs the command.
    acting = database.limited_to(Scope(organisation_id=found.organisation_id, day=_today(settings, clock)))
    with acting.transaction() as conn:
        tell(conn, AuditAction.EVIDENCE_ASKED, found, by, reason=reason)
    collector = Collector(database=acting, images=ImageStore(open_shelf(settings)), settings=settings, clock=clock)
    key = site_key(ensure_key(settings.audit_key_path))
    made = _told(settings, found, by, reason, names.get(found.organisation_id, ""))
    return make_package(collector, found.id, made, key, out, _silent), key


def _told(settings: Settings, of: Investigation, by: Author, reason: str, organisation: str) -> Made:
    return Made(
        by=by.name,
        at=by.at,
        reason=reason,
        version=anpr.__version__,
        municipality=settings.municipality,
        organisation="" if of.organisation_id == MANAGER else organisation or of.organisation_id,
        zone=settings.zone,
    )


def _silent(done: int, total: int) -> None:
    """Nobody watches a command."""


def _is_number(named: str) -> bool:
    return named.startswith("#") and named[1:].isascii() and named[1:].isdigit()


def _today(settings: Settings, clock: Clock) -> date:
    return clock.now().astimezone(settings.zone).date()
