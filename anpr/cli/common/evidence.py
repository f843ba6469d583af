# SPDX-License-Identifier: AGPL-3.0-or-later
"""Making of a package for somebody at this machine: rights are those of the investigation's organisation."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import anpr
from anpr.cli.common.database import operating_system_user
from anpr.contract.signature import SigningKey
from anpr.domain.errors import InputError
from anpr.domain.investigation import Investigation
from anpr.domain.organisation import MANAGER
from anpr.evidence.collect import Collector
from anpr.evidence.facts import Made
from anpr.evidence.making import EvidenceResult, make_package
from anpr.evidence.stamping import StampOutcome
from anpr.runtime.clock import Clock
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


@dataclass(frozen=True, kw_only=True, slots=True)
class MadePackage:
    """A package, of what, by whom, and the key that signed it. `acting`: the database as its organisation sees it."""

    of: Investigation
    made: Made
    result: EvidenceResult
    key: SigningKey
    acting: Database


def make_evidence(
    database: Database, settings: Settings, clock: Clock, named: str, out: Path, reason: str
) -> MadePackage:
    """The package of this investigation (its reference or #NUMBER) at a path where nothing is; the audit says so
    before and after. Raises InputError, StoreError and PaperError."""
    by = Author(name=operating_system_user(), at=clock.now())
    found = find_investigation(database, named)
    with database.transaction() as conn:
        names = organisation_names(conn)
    acting = as_its_organisation(database, settings, clock, found)
    with acting.transaction() as conn:
        tell(conn, AuditAction.EVIDENCE_ASKED, found, by, reason=reason)
    collector = Collector(database=acting, images=ImageStore(open_shelf(settings)), settings=settings, clock=clock)
    key = site_key(ensure_key(settings.audit_key_path))
    made = _told(settings, found, by, reason, names.get(found.organisation_id, ""))
    result = make_package(collector, found.id, made, key, out, _silent)
    return MadePackage(of=found, made=made, result=result, key=key, acting=acting)


def find_investigation(database: Database, named: str) -> Investigation:
    """By its reference or #NUMBER. Raises InputError when there is none."""
    with database.transaction() as conn:
        found = get_investigation(conn, int(named[1:])) if _is_number(named) else find_by_reference(conn, named)
    if found is None:
        raise InputError(f"investigation {named}: there is none")
    return found


def as_its_organisation(database: Database, settings: Settings, clock: Clock, of: Investigation) -> Database:
    """Rights at gates are those of its organisation, whoever runs the command."""
    return database.limited_to(Scope(organisation_id=of.organisation_id, day=_today(settings, clock)))


def stamp_line(stamp: StampOutcome) -> str:
    """Whether a package has a time stamp, in words."""
    if stamp.at is not None:
        return f"time stamp of {stamp.at:%Y-%m-%d %H:%M:%S} UTC by {stamp.authority}"
    if stamp.failure is not None:
        return f"NO time stamp: {stamp.authority}: {stamp.detail} (later: anpr evidence stamp)"
    return "no time stamp: evidence.time_stamp.url is not set"


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
