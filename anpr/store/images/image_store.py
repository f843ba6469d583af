# SPDX-License-Identifier: AGPL-3.0-or-later
"""Image store: JPEG bytes on a shelf by day and gate, there whole or not at all, and rows that say where."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote
from uuid import UUID

from anpr.contract.image import ImageHeader
from anpr.contract.parsing import sha256_of
from anpr.domain.errors import ImageAlteredError, ImageTakenError
from anpr.domain.transit import ImageRef, ImageRole, Transit
from anpr.store.database.connection import Connection
from anpr.store.database.partitions import NO_PURPOSE, Part, ensure_parts, utc_day
from anpr.store.database.queries import load_queries
from anpr.store.images.files import LocalShelf, Shelf

_SQL = load_queries("images")
_KEY_DIGITS = 32
"""Of a digest, in a key: 128 bits."""
_NO_PURPOSES: Mapping[str, str] = MappingProxyType({})


class ImageStore:
    """The images: 2026-11-21/gate/<transit id>-<role>-<digest>.jpg (UTC day of capture) in a folder, or on a shelf.

    The digest in the key lets nothing take the place of the image that a transit names, whichever comes first.
    """

    def __init__(self, shelf: Shelf | Path) -> None:
        self.shelf = LocalShelf(shelf) if isinstance(shelf, Path) else shelf

    def put(self, header: ImageHeader, data: bytes) -> str:
        """Store one as `put_all` does; returns its key. Raises ImageTakenError when another is in its place."""
        (refusal,) = self.put_all([(header, data)])
        if refusal is not None:
            raise refusal
        return header_key(header)

    def put_all(self, images: Sequence[tuple[ImageHeader, bytes]]) -> list[ImageTakenError | None]:
        """Store images so that they survive a power cut; storing them again changes nothing.

        Says of each whether other bytes lie in its place: its own were damaged there. Raises StoreError when the shelf
        refuses: some may be stored then.
        """
        taken = self.shelf.put_all({header_key(header): data for header, data in images})
        return [_refusal(header) if header_key(header) in taken else None for header, _ in images]

    def find(self, transit: Transit, role: ImageRole) -> bytes | None:
        """The JPEG bytes of the image that the transit names; None when it names none, or it has not arrived (yet), or
        its day has been dropped.

        Raises ImageAlteredError when what lies there is not what the transit names.
        """
        for image in transit.images:
            if image.role == role:
                return self._find(transit, image)
        return None

    def _find(self, transit: Transit, image: ImageRef) -> bytes | None:
        key = image_key(transit.id, transit.captured_at, transit.gate_id, image.role, image.sha256)
        data = self.shelf.read(key)
        if data is None:  # stored before keys had a digest
            key = image_key(transit.id, transit.captured_at, transit.gate_id, image.role, None)
            data = self.shelf.read(key)
        if data is not None and sha256_of(data) != image.sha256:
            raise ImageAlteredError(f"image {key}: it is not the one that its transit names")
        return data

    def drop_days(self, before: date, keep: Collection[str] = ()) -> list[date]:
        """Remove the images of all days before `before`, except those with the keys `keep`; returns those days.

        Raises StoreError when the shelf refuses. Folders whose name is no day are left alone.
        """
        due = [day for day in self.shelf.days() if day < before]
        for day in due:
            kept = {key for key in keep if key.startswith(f"{day.isoformat()}/")}
            if kept:
                self.shelf.thin_day(day, kept)
            else:
                self.shelf.drop_day(day)
        return due


def image_key(transit_id: UUID, captured_at: datetime, gate_id: str, role: ImageRole, sha256: str | None) -> str:
    """The key on the shelf of the image with this digest; None: of one from the time when keys had none."""
    digest = f"-{sha256[:_KEY_DIGITS]}" if sha256 else ""
    return f"{utc_day(captured_at).isoformat()}/{gate_folder(gate_id)}/{transit_id}-{role}{digest}.jpg"


def named_key(transit: Transit, role: ImageRole) -> str:
    """The key of the image that the transit names for this role. Raises StopIteration when it names none."""
    sha256 = next(image.sha256 for image in transit.images if image.role == role)
    return image_key(transit.id, transit.captured_at, transit.gate_id, role, sha256)


def gate_folder(gate_id: str) -> str:
    """The name of this gate's folder within a day's; unquoting it gives the id again."""
    # A gate's id comes from a message: quoted, and prefixed when it starts with a dot, it can be no other folder.
    return quote(gate_id, safe="").replace(".", "%2E") if gate_id.startswith(".") else quote(gate_id, safe="")


def header_key(header: ImageHeader) -> str:
    """The key on the shelf of the image with this header."""
    return image_key(header.transit_id, header.captured_at, header.gate_id, header.role, header.sha256)


def keep_orphans(conn: Connection) -> None:
    """Take a lock, before putting images, that keeps orphans from being removed until the transaction ends."""
    conn.execute(_SQL["share"])


def _refusal(header: ImageHeader) -> ImageTakenError:
    return ImageTakenError(f"image {header_key(header).rpartition('/')[2]}: other bytes are stored as this one")


def record_image(conn: Connection, header: ImageHeader, size: int) -> bool:
    """Note that an image of `size` bytes is stored; false when that was noted before."""
    return record_images(conn, [(header, size)]) == 1


def record_images(
    conn: Connection,
    images: Iterable[tuple[ImageHeader, int]],
    received_at: datetime | None = None,
    purposes: Mapping[str, str] = _NO_PURPOSES,
) -> int:
    """Note that these images, each with its size in bytes, are stored; returns how many were not noted yet.

    `received_at` is when they came; None: now, by the database's clock. An image is kept as long as its transit, and
    while that is not stored, for the purpose that `purposes` tells of its gate.
    """
    # By key: two inserters that meet the same images take their rows in the same order.
    ordered = sorted(images, key=lambda image: _row(image[0])[:3])
    if not ordered:
        return 0
    headers = [header for header, _ in ordered]
    rows = [
        (*_row(header), size, purpose)
        for (header, size), purpose in zip(ordered, _purposes(conn, headers, purposes), strict=True)
    ]
    ensure_parts(conn, {Part(utc_day(row[0]), row[-1]) for row in rows}, ["images"])
    columns = (list(column) for column in zip(*rows, strict=True))
    values = {**dict(zip(_COLUMNS, columns, strict=True)), "received_at": received_at}
    return conn.execute(_SQL["record"], values).rowcount


_COLUMNS = ("captured_at", "transit_id", "role", "gate_id", "sha256", "path", "size", "purpose")


def _purposes(conn: Connection, headers: Sequence[ImageHeader], purposes: Mapping[str, str]) -> list[str]:
    stored = {row["place"] - 1: row["purpose"] for row in conn.execute(_SQL["purposes"], _keys(headers))}
    return [stored.get(place, purposes.get(header.gate_id, NO_PURPOSE)) for place, header in enumerate(headers)]


def _row(header: ImageHeader) -> tuple[datetime, UUID, str, str, str, str]:
    role = str(header.role)
    return header.captured_at, header.transit_id, role, header.gate_id, header.sha256, header_key(header)


def stored_roles(conn: Connection, transit: Transit) -> set[ImageRole]:
    """Which of the images that the transit names have arrived."""
    named = {(image.role.value, image.sha256) for image in transit.images}
    rows = conn.execute(_SQL["roles"], {"transit_id": transit.id, "captured_at": transit.captured_at})
    return {ImageRole(row["role"]) for row in rows if (row["role"], row["sha256"]) in named}


@dataclass(frozen=True, kw_only=True, slots=True)
class Announced:
    """What the stored transit of an image says of it."""

    reader_id: str
    """Of the transit."""
    is_named: bool
    """Whether the transit names an image of this role and digest at this gate."""


def announced(conn: Connection, headers: Sequence[ImageHeader]) -> dict[int, Announced]:
    """What their transits say, by the places of those headers whose transit is stored.

    An image may come before its transit; it is told then by its digest, and `anpr images check` names it.
    """
    if not headers:
        return {}
    return {
        row["place"] - 1: Announced(reader_id=row["reader_id"], is_named=_is_named(headers[row["place"] - 1], row))
        for row in conn.execute(_SQL["announced"], _keys(headers))
    }


def _keys(headers: Sequence[ImageHeader]) -> dict[str, list[object]]:
    return {"moments": [each.captured_at for each in headers], "ids": [each.transit_id for each in headers]}


def _is_named(header: ImageHeader, row: dict[str, Any]) -> bool:
    refs = {(role, sha256) for role, sha256, _ in row["images"]}
    return row["gate_id"] == header.gate_id and (header.role.value, header.sha256) in refs
