# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rows of the audit as a page: the newest, or those that a filter lets through, and what a verification found."""

import logging
from collections.abc import Mapping

from starlette.responses import Response

from anpr.console.field_faults import FieldFault
from anpr.console.pages.audit.detail import DetailWriter
from anpr.console.pages.audit.form import FilterFields
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console
from anpr.domain.errors import InputError
from anpr.store.audit import AuditAction, AuditRow, get_audit, list_audit
from anpr.store.audit_chain.cut import Cut
from anpr.store.audit_chain.verification import Verification, newest_cut
from anpr.store.audit_filter import AuditFilter, filter_audit
from anpr.store.database.scope import ITSELF
from anpr.store.gates import gate_names

ROWS = 100
log = logging.getLogger(__name__)


def page(  # noqa: PLR0913  what it shows
    console: Console,
    context: PageContext,
    *,
    fields: FilterFields,
    before: int | None = None,
    which: AuditFilter | None = None,
    view: int | None = None,
    verification: int | None = None,
    faults: Mapping[str, FieldFault] | None = None,
    status: int = 200,
) -> Response:
    """The rows before `before`. `view`: the number of the row that holds the filter `which`."""
    with console.database.transaction() as conn:
        rows = filter_audit(conn, which, before, ROWS) if which else list_audit(conn, before, ROWS)
        verified = get_audit(conn, verification) if verification else None
        gates = gate_names(conn)
    cut = _cut(console)
    result = _verification_of(verified)
    is_more = len(rows) == ROWS if which else bool(rows) and rows[-1].seq > (cut.last if cut else 0) + 1
    return console.templates.response(
        "audit/audit.html",
        context,
        status=status,
        rows=rows,
        before=before,
        oldest=rows[-1].seq if is_more else None,
        result=result,
        verified_at=verified.event.at if verified and result else None,
        writer=DetailWriter(console.templates.catalogue(context.language), console.settings.zone, gates),
        fields=fields,
        faults=faults or {},
        view=view,
        actions=list(AuditAction),
        cut=cut,
        hints_shown=console.settings.audit.unusual.shown,
    )


def _cut(console: Console) -> Cut | None:
    """The newest deletion of oldest rows: of the whole chain, whoever asks. What does not prove one shows in a
    verification."""
    with console.database.limited_to(ITSELF).transaction() as conn:
        try:
            proof = newest_cut(conn)
        except InputError as exc:
            log.error("%s: anpr db check", exc)
            return None
    return proof.cut if proof else None


def _verification_of(row: AuditRow | None) -> Verification | None:
    """What the row says that a verification found; None when it is no such row."""
    if row is None or "verified" not in row.event.detail:
        return None
    detail = row.event.detail
    return Verification(rows=detail["verified"], head=row.hash, broken_at=detail["broken"])
