"""Pictures of transits: bytes in files by day and gate, written whole or not at all; rows that say what lies where."""

import os
import shutil
from datetime import date, datetime
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

from anpr.domain.errors import StoreError
from anpr.domain.transit import ImageRole
from anpr.message import ImageHeader
from anpr.store.database import Connection
from anpr.store.partitions import ensure_partitions, utc_day
from anpr.store.queries import load_queries

_SQL = load_queries("images")


class PictureTakenError(StoreError):
    """Another picture is stored in this one's place, and stays: what was noted and shown does not change."""


class ImageStore:
    """The folder of pictures: root/2026-11-21/gate/<transit id>-<role>.jpg (UTC day of capture)."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, header: ImageHeader, data: bytes) -> Path:
        """Write the picture so that it survives a power cut; writing it again changes nothing. Returns its path.

        Raises PictureTakenError when another picture is stored as this one, StoreError when the disk refuses.
        """
        path = self.path_of(header.transit_id, header.captured_at, header.gate_id, header.role)
        try:
            if path.exists():
                _check_same(path, data)
            else:
                _write_whole(path, data)
        except OSError as exc:
            raise StoreError(f"picture {path}: {exc.strerror or exc}") from exc
        return path

    def find(self, transit_id: UUID, captured_at: datetime, gate_id: str, role: ImageRole) -> bytes | None:
        """The picture's JPEG bytes; None when it has not arrived (yet) or its day has been dropped."""
        path = self.path_of(transit_id, captured_at, gate_id, role)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise StoreError(f"picture {path}: {exc.strerror or exc}") from exc

    def path_of(self, transit_id: UUID, captured_at: datetime, gate_id: str, role: ImageRole) -> Path:
        """Where this picture belongs."""
        return self.root / relative_path(transit_id, captured_at, gate_id, role)

    def drop_days(self, before: date) -> list[date]:
        """Remove the folders of all days before `before`; returns those days.

        Raises StoreError when the disk refuses. Folders whose name is no day are left alone.
        """
        due = [day for folder in self.root.glob("????-??-??") if (day := _day_of(folder)) and day < before]
        for day in sorted(due):
            folder = self.root / day.isoformat()
            try:
                shutil.rmtree(folder)
            except OSError as exc:
                raise StoreError(f"pictures {folder}: {exc.strerror or exc}") from exc
        return sorted(due)


def _day_of(folder: Path) -> date | None:
    try:
        return date.fromisoformat(folder.name)
    except ValueError:
        return None


def relative_path(transit_id: UUID, captured_at: datetime, gate_id: str, role: ImageRole) -> Path:
    """The path of a picture below the store's root."""
    # A gate's id comes from a message: quoted, and prefixed when it starts with a dot, it can be no other folder.
    gate = quote(gate_id, safe="").replace(".", "%2E") if gate_id.startswith(".") else quote(gate_id, safe="")
    return Path(utc_day(captured_at).isoformat()) / gate / f"{transit_id}-{role}.jpg"


def record_image(conn: Connection, header: ImageHeader, size: int) -> bool:
    """Note that a picture of `size` bytes is stored; false when that was noted before."""
    ensure_partitions(conn, [utc_day(header.captured_at)], ["images"])
    path = relative_path(header.transit_id, header.captured_at, header.gate_id, header.role)
    values = {**header.model_dump(), "role": str(header.role), "size": size, "path": str(path)}
    return conn.execute(_SQL["record"], values).rowcount == 1


def stored_roles(conn: Connection, transit_id: UUID, captured_at: datetime) -> set[ImageRole]:
    """Which pictures of a transit have arrived."""
    rows = conn.execute(_SQL["roles"], {"transit_id": transit_id, "captured_at": captured_at})
    return {ImageRole(row["role"]) for row in rows}


def _check_same(path: Path, data: bytes) -> None:
    if path.read_bytes() != data:
        raise PictureTakenError(f"picture {path.name}: another one is stored as this one")


def _write_whole(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
