# SPDX-License-Identifier: AGPL-3.0-or-later
"""Images of transits: whole, each look recorded; or as thumbnails, which belong to lists that are recorded."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from anpr.console.access import VisitorDep, record_once
from anpr.console.image_bytes import KEPT, image_bytes, jpeg, thumbnail_bytes, viewable_transit
from anpr.console.pages.transits.opening import OpeningDep, consultation
from anpr.console.state import ConsoleDep
from anpr.domain.transit import ImageRole
from anpr.store.audit import AuditAction

router = APIRouter()


@router.get("/{transit_id}/images/{role}")
def image(console: ConsoleDep, visitor: VisitorDep, transit_id: UUID, role: ImageRole, opened: OpeningDep) -> Response:
    """One image as it came. 404 while it has not arrived, 410 when it did and its file is gone, 409 when it is not the
    one that the transit names.

    That it is shown is recorded, with the reason the transit was opened under: once per session, transit and role.
    """
    transit = viewable_transit(console, transit_id)
    data = image_bytes(console, transit, role)
    event = consultation(console, visitor, transit, opened, AuditAction.IMAGE_VIEWED, image=role.value)
    record_once(console, visitor, f"image {transit_id} {role}", event)
    return jpeg(data)


@router.get("/{transit_id}/thumbnails/{role}")
def thumbnail(console: ConsoleDep, transit_id: UUID, role: ImageRole) -> Response:
    """The same, small. The transit is asked for each time: what retention dropped is shown no more."""
    return jpeg(thumbnail_bytes(console, viewable_transit(console, transit_id), role), KEPT)
