# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hints at unusual use, counted when somebody looks: each in words, with the figures that it rests on."""

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from anpr.console.access import VisitorDep, record
from anpr.console.page_context import ContextDep
from anpr.console.state import ConsoleDep
from anpr.domain.unusual_use import Thresholds
from anpr.settings.centre import UnusualSettings
from anpr.store.audit import AuditAction
from anpr.store.audit_use.unusual import UsualUse, unusual_use

router = APIRouter()


@router.get("/hints")
def show(console: ConsoleDep, visitor: VisitorDep, context: ContextDep) -> Response:
    """The hints of the visitor's organisation; 404 where the settings show none. The look is recorded, once while it
    goes on."""
    settings = console.settings.audit.unusual
    if not settings.shown:
        raise HTTPException(404)
    if console.view_audit.is_due(visitor.session.key, "audit hints"):
        detail = {"page": "audit-hints", "days_looked_at": settings.days}
        record(console, visitor.user.name, AuditAction.AUDIT_VIEWED, detail)
    with console.database.transaction() as conn:
        found = unusual_use(conn, console.clock.now(), console.settings.zone, _usual(settings))
    return console.templates.response("audit/hints.html", context, hints=found, settings=settings)


def _usual(settings: UnusualSettings) -> UsualUse:
    limits = Thresholds(**{name: getattr(settings, name) for name in Thresholds.__dataclass_fields__})
    return UsualUse(
        days=settings.days,
        usual_days=settings.usual_days,
        night_from_h=settings.night_from_h,
        night_to_h=settings.night_to_h,
        limits=limits,
    )
