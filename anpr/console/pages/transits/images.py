# SPDX-License-Identifier: AGPL-3.0-or-later
"""Images of transits: whole, each look recorded; or as thumbnails, which belong to lists that are recorded."""

import logging
from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from anpr.console.access import VisitorDep, record_once
from anpr.console.pages.transits.opening import OpeningDep, consultation
from anpr.console.pages.transits.transit import stored_transit
from anpr.console.rendering.thumbnails import FORGET_AFTER_S, ThumbnailError
from anpr.console.state import Console, ConsoleDep
from anpr.domain.errors import ImageAlteredError
from anpr.domain.organisation import Action
from anpr.domain.transit import ImageRole, Transit
from anpr.store.audit import AuditAction
from anpr.store.images.image_store import stored_roles
from anpr.store.organisations.rights import may_at_gate

router = APIRouter()
log = logging.getLogger(__name__)

_KEPT = {"Cache-Control": f"private, max-age={FORGET_AFTER_S:.0f}", "Vary": "Cookie"}
"""A board of fifty alarms would fetch a hundred thumbnails at each look. The browser may keep them as long as the
console itself does, and shows them to the session that fetched them only; whole images are kept by nobody."""


@router.get("/{transit_id}/images/{role}")
def image(console: ConsoleDep, visitor: VisitorDep, transit_id: UUID, role: ImageRole, opened: OpeningDep) -> Response:
    """One image as it came. 404 while it has not arrived, 410 when it did and its file is gone, 409 when it is not the
    one that the transit names.

    That it is shown is recorded, with the reason the transit was opened under: once per session, transit and role.
    """
    transit = _viewable(console, transit_id)
    data = _bytes(console, transit, role)
    event = consultation(console, visitor, transit, opened, AuditAction.IMAGE_VIEWED, image=role.value)
    record_once(console, visitor, f"image {transit_id} {role}", event)
    return _answer(data)


@router.get("/{transit_id}/thumbnails/{role}")
def thumbnail(console: ConsoleDep, transit_id: UUID, role: ImageRole) -> Response:
    """The same, small. One that cannot be scaled is sent as it is: then the browser says whether it can be shown.

    The transit is asked for each time: what retention dropped is shown no more.
    """
    transit = _viewable(console, transit_id)
    small = console.thumbnails.get((transit_id, role))
    return _answer(small or _made(console, transit, role), _KEPT)


def _viewable(console: Console, transit_id: UUID) -> Transit:
    """The transit, whose images the visitor's organisation may view. Raises HTTPException 404 where it may not."""
    transit = stored_transit(console, transit_id).transit
    with console.database.transaction() as conn:
        if not may_at_gate(conn, Action.PICTURES, transit.gate_id):
            raise HTTPException(404)
    return transit


def _made(console: Console, transit: Transit, role: ImageRole) -> bytes:
    data = _bytes(console, transit, role)
    try:
        return console.thumbnails.make((transit.id, role), data)
    except ThumbnailError as exc:
        log.warning("console: no thumbnail of image %s of transit %s: %s", role, transit.id, exc)
        return data


def _bytes(console: Console, transit: Transit, role: ImageRole) -> bytes:
    data = _find(console, transit, role)
    if data is not None:
        return data
    with console.database.transaction() as conn:
        is_noted = role in stored_roles(conn, transit)
    if not is_noted:
        raise HTTPException(404)
    data = _find(console, transit, role)  # it may have come between the two questions
    if data is None:
        log.warning("console: image %s of transit %s was stored and is gone: see anpr images check", role, transit.id)
        raise HTTPException(410)
    return data


def _find(console: Console, transit: Transit, role: ImageRole) -> bytes | None:
    try:
        return console.images.find(transit, role)
    except ImageAlteredError as exc:
        log.error("console: %s: it is shown to nobody; see anpr images check", exc)
        raise HTTPException(409) from exc


def _answer(data: bytes, headers: Mapping[str, str] | None = None) -> Response:
    return Response(data, media_type="image/jpeg", headers=headers)
