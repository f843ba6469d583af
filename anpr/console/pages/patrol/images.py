# SPDX-License-Identifier: AGPL-3.0-or-later
"""Images of the vehicle of an alarm, for the patrol that the alarm is for: of the sighting that its card shows."""

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from anpr.console.access import VisitorDep, record_once
from anpr.console.fields import Whole
from anpr.console.image_bytes import image_bytes, jpeg
from anpr.console.pages.patrol.area import view_for
from anpr.console.state import ConsoleDep
from anpr.domain.transit import ImageRole
from anpr.store.audit import AuditAction, AuditEvent
from anpr.store.transits.rows import get_transit

router = APIRouter()


@router.get("/alarms/{alarm_id}/images/{role}")
def image(console: ConsoleDep, visitor: VisitorDep, alarm_id: Whole, role: ImageRole) -> Response:
    """The newest image of this role. 404 where the alarm is not for this patrol, its organisation may not view the
    gate's images, or none has arrived. Once per session, transit and role it is in the audit."""
    view = view_for(console, visitor, alarm_id)
    if view is None or not view.latest.may_view:
        raise HTTPException(404)
    transit_id = view.latest.sighting.transit_id
    with console.database.transaction() as conn:
        stored = get_transit(conn, transit_id)
    if stored is None:
        raise HTTPException(404)
    data = image_bytes(console, stored.transit, role)
    detail = {"page": "patrol", "alarm": alarm_id, "transit": str(transit_id), "image": role.value}
    event = AuditEvent(actor=visitor.user.name, action=AuditAction.IMAGE_VIEWED, at=console.clock.now(), detail=detail)
    record_once(console, visitor, f"image {transit_id} {role}", event)
    return jpeg(data)
