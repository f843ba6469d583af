# SPDX-License-Identifier: AGPL-3.0-or-later
"""Gates and their cameras."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

from anpr.domain.area import Polygon


class Direction(StrEnum):
    """Direction of a vehicle, seen from the camera."""

    APPROACHING = "approaching"
    RECEDING = "receding"


class CameraKind(StrEnum):
    """Purpose of a camera: PLATE is read, CONTEXT only records the scene."""

    PLATE = "plate"
    CONTEXT = "context"


class Keep(StrEnum):
    """What is kept of the transits at a gate: ALL, or HITS: only those that match an entry of a watchlist."""

    ALL = "all"
    HITS = "hits"


@dataclass(frozen=True, kw_only=True, slots=True)
class Camera:
    """One video source of a gate. `url` may hold a password: show `id`, never `url`."""

    id: str
    url: str = field(repr=False)
    user: str | None = None
    """Who logs in, where the address does not say it."""
    secret_file: Path | None = None
    """File with that user's password, or with USER:PASSWORD where `user` is None; read whenever a connection is opened,
    so that a renewed one counts."""
    no_login: str | None = None
    """Why it may not be connected to: its login is missing, or is for other hosts."""
    kind: CameraKind = CameraKind.PLATE
    lane: str | None = None
    bearing_deg: int | None = None
    regions: tuple[Polygon, ...] = ()
    """Where plates are read; without any, in the whole image."""
    masks: tuple[Polygon, ...] = ()
    """Where no plates are read, not even inside a region."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """A place where vehicles are read. Purpose and legal basis are demanded by law (D.Lgs. 51/2018) and expire."""

    id: str
    name: str
    purpose: str
    legal_basis: str
    legal_basis_until: date | None = None
    latitude: float | None = None
    longitude: float | None = None
    cameras: tuple[Camera, ...] = ()
    retention_purpose: str | None = None
    """Id of the purpose that says what is kept; None: everything."""
    keep: Keep = Keep.ALL
    organisation: str | None = None
    """Id of its owner; None: who owned it before, at first the manager."""
