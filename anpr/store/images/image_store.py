# SPDX-License-Identifier: AGPL-3.0-or-later
"""Image store: JPEG bytes on a shelf by day and gate, there whole or not at all, and rows that say where."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

from anpr.contract.image import ImageHeader
from anpr.domain.errors import ImageTakenError
from anpr.domain.transit import ImageRole
from anpr.store.database.connection import Connection
from anpr.store.database.partitions import ensure_partitions, utc_day
from anpr.store.database.queries import load_queries
from anpr.store.images.files import LocalShelf, Shelf

_SQL = load_queries("images")


class ImageStore:
    """The images: 2026-11-21/gate/<transit id>-<role>.jpg (UTC day of capture) in a folder, or on a shelf."""

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

        Says of each whether another one is stored in its place. Raises StoreError when the shelf refuses: some may be
        stored then.
        """
        kept: dict[str, str] = {}
        rest = {(header_key(header), header.sha256): data for header, data in images}
        while rest:  # once, unless another image in the same place came first and is not the one that lies there
            first: dict[str, bytes] = {}
            digests: dict[str, str] = {}
            for (key, digest), data in rest.items():
                if key not in first:
                    first[key], digests[key] = data, digest
            taken = self.shelf.put_all(first)
            kept |= {key: digest for key, digest in digests.items() if key not in taken}
            rest = {
                (key, digest): data
                for (key, digest), data in rest.items()
                if key not in kept and digest != digests[key]
            }
        return [_refusal(header, kept) for header, _ in images]

    def find(self, transit_id: UUID, captured_at: datetime, gate_id: str, role: ImageRole) -> bytes | None:
        """The image's JPEG bytes; None when it has not arrived (yet) or its day has been dropped."""
        return self.shelf.read(image_key(transit_id, captured_at, gate_id, role))

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


def image_key(transit_id: UUID, captured_at: datetime, gate_id: str, role: ImageRole) -> str:
    """The key of this image on the shelf."""
    return f"{utc_day(captured_at).isoformat()}/{gate_folder(gate_id)}/{transit_id}-{role}.jpg"


def gate_folder(gate_id: str) -> str:
    """The name of this gate's folder within a day's; unquoting it gives the id again."""
    # A gate's id comes from a message: quoted, and prefixed when it starts with a dot, it can be no other folder.
    return quote(gate_id, safe="").replace(".", "%2E") if gate_id.startswith(".") else quote(gate_id, safe="")


def header_key(header: ImageHeader) -> str:
    """The key on the shelf of the image with this header."""
    return image_key(header.transit_id, header.captured_at, header.gate_id, header.role)


def keep_orphans(conn: Connection) -> None:
    """Take a lock, before putting images, that keeps orphans from being removed until the transaction ends."""
    conn.execute(_SQL["share"])


def _refusal(header: ImageHeader, kept: Mapping[str, str]) -> ImageTakenError | None:
    key = header_key(header)
    if kept.get(key) == header.sha256:
        return None
    return ImageTakenError(f"image {key.rpartition('/')[2]}: another one is stored as this one")


def record_image(conn: Connection, header: ImageHeader, size: int) -> bool:
    """Note that an image of `size` bytes is stored; false when that was noted before."""
    return record_images(conn, [(header, size)]) == 1


def record_images(conn: Connection, images: Iterable[tuple[ImageHeader, int]]) -> int:
    """Note that these images, each with its size in bytes, are stored; returns how many were not noted yet."""
    # By key: two inserters that meet the same images take their rows in the same order.
    rows = sorted(((*_row(header), size) for header, size in images), key=lambda row: row[:3])
    if not rows:
        return 0
    ensure_partitions(conn, {utc_day(row[0]) for row in rows}, ["images"])
    columns = (list(column) for column in zip(*rows, strict=True))
    return conn.execute(_SQL["record"], dict(zip(_COLUMNS, columns, strict=True))).rowcount


_COLUMNS = ("captured_at", "transit_id", "role", "gate_id", "sha256", "path", "size")


def _row(header: ImageHeader) -> tuple[datetime, UUID, str, str, str, str]:
    role = str(header.role)
    return header.captured_at, header.transit_id, role, header.gate_id, header.sha256, header_key(header)


def stored_roles(conn: Connection, transit_id: UUID, captured_at: datetime) -> set[ImageRole]:
    """Which images of a transit have arrived."""
    rows = conn.execute(_SQL["roles"], {"transit_id": transit_id, "captured_at": captured_at})
    return {ImageRole(row["role"]) for row in rows}
