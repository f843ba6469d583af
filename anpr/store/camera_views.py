# SPDX-License-Identifier: AGPL-3.0-or-later
"""Views of cameras: the newest of each, its image for a few minutes; and the requests for them."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from anpr.domain.area import Point
from anpr.domain.camera_view import IMAGE_LIFE, REQUEST_LIFE, CameraFigures, CameraView, SeenBox
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

_SQL = load_queries("camera_views")
_REQUESTS_KEPT = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredView:
    """What is known of a camera; `view.image` is empty, as it is read and recorded apart."""

    view: CameraView
    received_at: datetime
    answered_at: datetime | None
    """When a view came that was asked for: with an image, or with the word that no frame comes."""
    image_at: datetime | None
    """When the image was made; None where there is none that may still be shown."""


def record_views(conn: Connection, views: Iterable[CameraView], now: datetime) -> int:
    """Keep the newest view of each camera; returns how many were new. One of a camera that its gate does not have, or
    that another reader reports the health of, or older than the one that is there, changes nothing; an image that is
    past IMAGE_LIFE is not kept. Raises StoreError.
    """
    stored = 0
    for view in sorted(views, key=lambda one: (one.camera_id, one.at)):
        has_image = bool(view.image) and view.at > now - IMAGE_LIFE
        row = {
            "camera_id": view.camera_id,
            "gate_id": view.gate_id,
            "reader_id": view.reader_id,
            "at": view.at,
            "received_at": now,
            "state": view.state,
            "figures": Jsonb(asdict(view.figures)) if view.figures else None,
            "regions": Jsonb(view.regions),
            "masks": Jsonb(view.masks),
            "answered_at": now if view.image or view.figures is None else None,
            "image_at": view.at if has_image else None,
            "boxes": Jsonb([asdict(box) for box in view.boxes] if has_image else []),
            "image": view.image if has_image else None,
        }
        stored += conn.execute(_SQL["save"], row).rowcount
    return stored


def camera_view(conn: Connection, gate_id: str, camera_id: str, now: datetime) -> StoredView | None:
    """The newest view; None before the first, or where the visitor may not see the gate. Raises StoreError."""
    key = {"gate_id": gate_id, "camera_id": camera_id, "since": now - IMAGE_LIFE}
    row = conn.execute(_SQL["get"], key).fetchone()
    return _stored(row) if row else None


def view_image(conn: Connection, gate_id: str, camera_id: str, now: datetime) -> bytes | None:
    """The image (JPEG); None where there is none that may still be shown. Raises StoreError."""
    key = {"gate_id": gate_id, "camera_id": camera_id, "since": now - IMAGE_LIFE}
    row = conn.execute(_SQL["image"], key).fetchone()
    return bytes(row["image"]) if row else None


def ask_for_view(conn: Connection, gate_id: str, camera_id: str, by: Author) -> None:
    """Ask the camera's reader for a view, and record who asked. Raises StoreError."""
    conn.execute(_SQL["ask"], {"camera_id": camera_id, "gate_id": gate_id, "asked_at": by.at, "asked_by": by.name})
    detail = {"gate": gate_id, "camera": camera_id}
    append(conn, AuditEvent(actor=by.name, action=AuditAction.VIEW_ASKED, at=by.at, detail=detail))


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A request: when it was made, and when ingest handed it on (None: not yet)."""

    asked_at: datetime
    handed_at: datetime | None


def asked_view(conn: Connection, gate_id: str, camera_id: str) -> Asked | None:
    """The last request for this camera; None where nobody asked lately. Raises StoreError."""
    row = conn.execute(_SQL["asked"], {"gate_id": gate_id, "camera_id": camera_id}).fetchone()
    return Asked(asked_at=row["asked_at"], handed_at=row["handed_at"]) if row else None


def take_requests(conn: Connection, now: datetime) -> list[tuple[str, datetime]]:
    """Camera and moment of each request that is to be handed on; they are noted as handed. Raises StoreError."""
    rows = conn.execute(_SQL["take"], {"now": now, "since": now - REQUEST_LIFE})
    return [(row["camera_id"], row["asked_at"]) for row in rows]


def forget_views(conn: Connection, now: datetime) -> int:
    """Delete images that may not be shown any more, and old requests; how many images. Raises StoreError."""
    conn.execute(_SQL["forget_requests"], {"before": now - _REQUESTS_KEPT})
    return conn.execute(_SQL["forget_images"], {"before": now - IMAGE_LIFE}).rowcount


def _polygons(value: list[list[list[float]]]) -> tuple[tuple[Point, ...], ...]:
    return tuple([tuple([(x, y) for x, y in polygon]) for polygon in value])


def _stored(row: dict[str, Any]) -> StoredView:
    view = CameraView(
        **{name: row[name] for name in ("camera_id", "gate_id", "reader_id", "at", "state")},
        figures=CameraFigures(**row["figures"]) if row["figures"] else None,
        regions=_polygons(row["regions"]),
        masks=_polygons(row["masks"]),
        boxes=tuple([SeenBox(**box) for box in row["boxes"]]) if row["has_image"] else (),
    )
    return StoredView(
        view=view,
        received_at=row["received_at"],
        answered_at=row["answered_at"],
        image_at=row["image_at"] if row["has_image"] else None,
    )
