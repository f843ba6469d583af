# SPDX-License-Identifier: AGPL-3.0-or-later
"""Packages of evidence that a console makes: how far each has come, and its one-time link, of which a hash is kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from anpr.domain.errors import InputError
from anpr.domain.investigation import Investigation
from anpr.store.audit import AuditAction
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries
from anpr.store.investigations.life import tell

GIVEN_UP_AFTER = timedelta(minutes=15)
"""A package of which nobody told for so long is made by nobody: a report of 500 transits takes less."""
_TOKEN_BYTES = 32
_SQL = load_queries("evidence")


class PackageState(StrEnum):
    """How far a package has come."""

    MAKING = "making"
    READY = "ready"
    FAILED = "failed"
    GONE = "gone"
    """It was ready, and its days are over."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StampNote:
    """Of a package's time stamp, as its row has it."""

    authority: str | None = None
    at: datetime | None = None
    failure: str | None = None


NO_STAMP = StampNote()


@dataclass(frozen=True, kw_only=True, slots=True)
class PackageFile:
    """Name, size (bytes) and SHA-256 (64 hex digits) of a file."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidencePackage:
    """A row. `done` of `total` transits are in it; `file_name`: see PackageFiles; sizes in bytes."""

    id: int
    investigation_id: int
    asked_at: datetime
    asked_by: str
    reason: str
    state: PackageState
    done: int
    total: int
    told_at: datetime
    finished_at: datetime | None
    file_name: str
    size: int | None
    sha256: str | None
    missing: int | None
    failure: str | None
    link_hash: bytes | None
    link_to: str | None
    link_by: str | None
    link_until: datetime | None
    link_used_at: datetime | None
    stamp_authority: str | None
    """Address of the time stamping authority; None: none was set up."""
    stamped_at: datetime | None
    stamp_failure: str | None
    """A StampFault."""

    def has_link(self, at: datetime) -> bool:
        """Whether its link can still be used."""
        is_set = self.link_hash is not None and self.link_used_at is None
        return is_set and self.link_until is not None and self.link_until > at


def ask_package(conn: Connection, of: Investigation, by: Author, reason: str) -> EvidencePackage:
    """One that is being made from now on. Raises InputError while another one of this investigation is."""
    give_up_left(conn, by.at)
    name = f"{secrets.token_hex(8)}.zip"
    values = {"investigation": of.id, "at": by.at, "by": by.name, "reason": reason, "file": name}
    row = conn.execute(_SQL["add"], values).fetchone()
    if row is None:
        raise InputError(f"investigation {of.reference}: a package is being made")
    made = _from_row(row)
    tell(conn, AuditAction.EVIDENCE_ASKED, of, by, reason=reason, package=made.id)
    return made


def give_up_left(conn: Connection, at: datetime) -> None:
    """Those whose console ended while it made them have failed."""
    conn.execute(_SQL["give_up"], {"at": at, "before": at - GIVEN_UP_AFTER})


def note_progress(conn: Connection, package: int, done: int, total: int, at: datetime) -> None:
    """So many transits are in it."""
    conn.execute(_SQL["progress"], {"id": package, "done": done, "total": total, "at": at})


def note_ready(  # noqa: PLR0913, PLR0917  what is told of a file
    conn: Connection,
    package: int,
    total: int,
    size: int,
    sha256: str,
    missing: int,
    at: datetime,
    stamp: StampNote = NO_STAMP,
) -> None:
    """It is whole. Raises InputError where it was given up meanwhile."""
    values = {"id": package, "total": total, "size": size, "sha256": sha256, "missing": missing, "at": at}
    values |= {"authority": stamp.authority, "stamped_at": stamp.at, "failure": stamp.failure}
    if conn.execute(_SQL["ready"], values).fetchone() is None:
        raise InputError(f"package {package}: it was given up")


def note_stamped(
    conn: Connection, of: Investigation, package: EvidencePackage, file: PackageFile, stamp: StampNote, by: Author
) -> None:
    """Another file, which has a time stamp, took the place of its own. Raises InputError where another has meanwhile,
    or the package is gone."""
    values = {"id": package.id, "before": package.file_name, "file": file.name, "size": file.size}
    values |= {"sha256": file.sha256, "authority": stamp.authority, "at": stamp.at}
    if conn.execute(_SQL["stamped"], values).fetchone() is None:
        raise InputError(f"package {package.id}: it is another one now")
    told: dict[str, Any] = {"package": package.id, "sha256": file.sha256, "sha256_before": package.sha256}
    tell(conn, AuditAction.EVIDENCE_STAMPED, of, by, **told, stamped_at=stamp.at.isoformat() if stamp.at else None)


def note_failed(conn: Connection, of: Investigation, package: int, why: str, by: Author) -> None:
    """It could not be made."""
    conn.execute(_SQL["fail"], {"id": package, "why": why[:200], "at": by.at})
    tell(conn, AuditAction.EVIDENCE_FAILED, of, by, package=package, error=why[:200])


def list_packages(conn: Connection, number: int) -> list[EvidencePackage]:
    """Of an investigation, the newest first, fifty at most."""
    return [_from_row(row) for row in conn.execute(_SQL["list"], {"investigation": number})]


def get_package(conn: Connection, number: int, package: int) -> EvidencePackage | None:
    """None when the investigation has none of this number."""
    row = conn.execute(_SQL["get"], {"investigation": number, "id": package}).fetchone()
    return _from_row(row) if row else None


def make_link(conn: Connection, of: Investigation, package: int, to: str, until: datetime, by: Author) -> str:
    """The token of a new link, which is told once and kept nowhere; one from before is no more.

    Raises InputError unless the package is ready.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    values = {"id": package, "hash": _hash(token), "to": to, "by": by.name, "until": until}
    if conn.execute(_SQL["link"], values).fetchone() is None:
        raise InputError(f"package {package}: it is not ready")
    tell(conn, AuditAction.EVIDENCE_LINK_MADE, of, by, package=package, to=to, until=until.isoformat())
    return token


def end_link(conn: Connection, of: Investigation, package: int, by: Author) -> None:
    """It can be used no more."""
    if conn.execute(_SQL["end_link"], {"id": package}).fetchone() is not None:
        tell(conn, AuditAction.EVIDENCE_LINK_ENDED, of, by, package=package)


def package_of_link(conn: Connection, token: str) -> EvidencePackage | None:
    """The package that this token is, or was, a link to; None for any other text."""
    row = conn.execute(_SQL["by_link"], {"hash": _hash(token)}).fetchone()
    return _from_row(row) if row else None


def use_link(conn: Connection, package: EvidencePackage, at: datetime) -> bool:
    """Whether the link is good, which it is once: of two at the same time one is refused."""
    values = {"id": package.id, "hash": package.link_hash, "at": at}
    return conn.execute(_SQL["use_link"], values).fetchone() is not None


def expire_packages(conn: Connection, before: datetime) -> list[str]:
    """Those that were ready before this are gone; the names of their files, which the caller removes."""
    return [row["file_name"] for row in conn.execute(_SQL["expire"], {"before": before})]


def files_in_use(conn: Connection) -> set[str]:
    """Names of files that are being made, or ready."""
    return {row["file_name"] for row in conn.execute(_SQL["files"])}


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def _from_row(row: dict[str, object]) -> EvidencePackage:
    told = {name: row[name] for name in EvidencePackage.__dataclass_fields__}
    link = told["link_hash"]
    hashed = bytes(link) if isinstance(link, bytes | memoryview) else None
    return EvidencePackage(**{**told, "state": PackageState(str(row["state"])), "link_hash": hashed})  # type: ignore[arg-type]
