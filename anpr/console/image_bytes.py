# SPDX-License-Identifier: AGPL-3.0-or-later
"""Images of transits as pages send them, whole or as thumbnails, and whether the visitor's organisation may look."""

import logging
from collections.abc import Mapping
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.responses import Response

from anpr.console.rendering.thumbnails import FORGET_AFTER_S, ThumbnailError
from anpr.console.state import Console
from anpr.domain.errors import ImageAlteredError
from anpr.domain.organisation import Action
from anpr.domain.transit import ImageRole, Transit
from anpr.store.images.image_store import stored_roles
from anpr.store.organisations.rights import may_at_gate
from anpr.store.transits.rows import get_transit

log = logging.getLogger(__name__)

KEPT = {"Cache-Control": f"private, max-age={FORGET_AFTER_S:.0f}", "Vary": "Cookie"}
"""A board of fifty alarms would fetch a hundred thumbnails at each look. The browser may keep them as long as the
console itself does, and shows them to the session that fetched them only; whole images are kept by nobody."""


def viewable_transit(console: Console, transit_id: UUID) -> Transit:
    """The transit, whose images the visitor's organisation may view. Raises HTTPException 404 where it may not, or
    there is no such transit (any more)."""
    with console.database.transaction() as conn:
        stored = get_transit(conn, transit_id)
        if stored is None or not may_at_gate(conn, Action.PICTURES, stored.transit.gate_id):
            raise HTTPException(404)
    return stored.transit


def thumbnail_bytes(console: Console, transit: Transit, role: ImageRole) -> bytes:
    """The image, small. One that cannot be scaled is sent as it is: then the browser says whether it can be shown.
    Raises HTTPException as `image_bytes`."""
    small = console.thumbnails.get((transit.id, role))
    return small or _made(console, transit, role)


def image_bytes(console: Console, transit: Transit, role: ImageRole) -> bytes:
    """The image as it came. Raises HTTPException: 404 while it has not arrived, 410 when it did and its file is gone,
    409 when it is not the one that the transit names."""
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


def jpeg(data: bytes, headers: Mapping[str, str] | None = None) -> Response:
    """The answer with these bytes."""
    return Response(data, media_type="image/jpeg", headers=headers)


def _made(console: Console, transit: Transit, role: ImageRole) -> bytes:
    data = image_bytes(console, transit, role)
    try:
        return console.thumbnails.make((transit.id, role), data)
    except ThumbnailError as exc:
        log.warning("console: no thumbnail of image %s of transit %s: %s", role, transit.id, exc)
        return data


def _find(console: Console, transit: Transit, role: ImageRole) -> bytes | None:
    try:
        return console.images.find(transit, role)
    except ImageAlteredError as exc:
        log.error("console: %s: it is shown to nobody; see anpr images check", exc)
        raise HTTPException(409) from exc
