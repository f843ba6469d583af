# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deliveries of packages on a medium: rows of the audit, which nobody changes, are all that is kept of them."""

from collections.abc import Iterable
from typing import Any

from anpr.domain.errors import InputError
from anpr.domain.investigation import Investigation
from anpr.store.audit import AuditAction, AuditRow, get_audit
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.investigations.life import tell

WAY = "medium"
MAX_TEXT = 200
"""Characters of a recipient, and of what a medium is called."""


def note_delivery(  # noqa: PLR0913, PLR0917  what is told of a delivery
    conn: Connection, of: Investigation, by: Author, sha256: str, to: str, medium: str, package: int | None = None
) -> int:
    """That a package with this SHA-256 was handed to somebody on a medium; the number of its row. Raises InputError
    for a recipient or medium that `check_delivery` refuses."""
    check_delivery(to, medium)
    told: dict[str, Any] = {} if package is None else {"package": package}
    told |= {"sha256": sha256, "way": WAY, "to": to.strip(), "medium": medium.strip()}
    return tell(conn, AuditAction.EVIDENCE_DELIVERED, of, by, **told)


def check_delivery(to: str, medium: str) -> None:
    """Raises InputError for a recipient or medium that is empty, too long, or not one line."""
    for name, text in (("receiver", to), ("medium", medium)):
        if not text.strip() or len(text) > MAX_TEXT or not text.isprintable():
            raise InputError(f"{name}: 1 to {MAX_TEXT} characters on one line")


def delivery_of(conn: Connection, of: Investigation, number: int) -> AuditRow | None:
    """The row with this number, where it is a delivery of this investigation on a medium."""
    row = get_audit(conn, number)
    return row if row is not None and _is_of(row, of) else None


def deliveries_by_package(rows: Iterable[AuditRow]) -> dict[int, list[AuditRow]]:
    """Rows of deliveries on a medium, among those of an investigation, by the number of the package."""
    found: dict[int, list[AuditRow]] = {}
    for row in rows:
        package = row.event.detail.get("package")
        if _is_delivery(row) and isinstance(package, int):
            found.setdefault(package, []).append(row)
    return found


def _is_of(row: AuditRow, of: Investigation) -> bool:
    return (
        _is_delivery(row)
        and row.event.case_reference == of.reference
        and row.event.detail.get("investigation") == of.id
    )


def _is_delivery(row: AuditRow) -> bool:
    return row.event.action is AuditAction.EVIDENCE_DELIVERED and row.event.detail.get("way") == WAY
