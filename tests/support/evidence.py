# SPDX-License-Identifier: AGPL-3.0-or-later
"""An investigation with marked transits and their images, for tests of evidence."""

import io
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image

from anpr.contract.image import image_header
from anpr.domain.access import Role
from anpr.domain.health import CLOCK_SKEWED
from anpr.domain.investigation import Investigation
from anpr.domain.transit import ImageRole, Transit
from anpr.evidence.stamp import StampFault
from anpr.store.author import Author
from anpr.store.database.connection import Database
from anpr.store.images.image_store import ImageStore, record_image
from anpr.store.investigations.deliveries import note_delivery
from anpr.store.investigations.gathered import add_note, mark_transits, save_question
from anpr.store.investigations.life import open_investigation
from anpr.store.investigations.package_files import PackageFiles
from anpr.store.investigations.packages import StampNote, ask_package, make_link, note_failed, note_ready
from anpr.store.transits.rows import insert_transits
from anpr.store.users.accounts import User, create_user, get_user
from scripts.lab.transits import make_transit, uuid7_of, with_images
from tests.support.fixtures_console import Site


@dataclass(frozen=True, kw_only=True, slots=True)
class Gathered:
    """The investigation, and its transits with their images as they were captured."""

    investigation: Investigation
    transits: tuple[Transit, ...]
    pictures: dict[str, bytes]
    """By transit id and role: `ID-role`."""


def jpeg_of(number: int, width: int, height: int) -> bytes:
    """A real JPEG of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), (40 + number * 7 % 200, 90, 120)).save(file, "JPEG", quality=80)
    return file.getvalue()


def gather(
    database: Database,
    images: ImageStore,
    author: str = "anna",
    number: int = 3,
    now: datetime | None = None,
    reference: str = "12/2026",
) -> Gathered:
    """Transits of the last hours with both images, marked by this user, who is made where missing."""
    now = now or datetime.now(UTC)
    transits, pictures = [], {}
    for each in range(number):
        at = now - timedelta(hours=2) + timedelta(minutes=each)
        transit = make_transit(each, id=uuid7_of(at, each), captured_at=at, first_seen=at, last_seen=at)
        taken = {ImageRole.PLATE: jpeg_of(each, 160, 48), ImageRole.CONTEXT: jpeg_of(each, 640, 360)}
        transit, _ = with_images(transit, taken)
        for role, data in taken.items():
            header = image_header(transit=transit, role=role, data=data)
            images.put(header, data)
            pictures[f"{transit.id}-{role}"] = data
        transits.append(transit)
    with database.transaction() as conn:
        insert_transits(conn, transits, now)
        for transit in transits:
            for role in ImageRole:
                data = pictures[f"{transit.id}-{role}"]
                record_image(conn, image_header(transit=transit, role=role, data=data), len(data))
        if get_user(conn, author) is None:
            create_user(conn, User(name=author, role=Role.INVESTIGATOR, password_hash="no hash"))
        by = Author(name=author, at=now)
        made = open_investigation(conn, reference, "Furti in via Roma", "Procura di Prato", by)
        mark_transits(conn, made.id, transits, by, "l'auto scura")
        add_note(conn, made.id, "Sentito il teste", by)
        save_question(conn, made.id, "auto del teste", {"pattern": "AB*"}, by)
        conn.execute(
            "INSERT INTO health_subjects (kind, id, reader_id, gate_ids, reported_at, heard_at) VALUES"
            " ('clock', 'reader-1', 'reader-1', '{gate-1}', %s, %s) ON CONFLICT DO NOTHING",
            [now, now],
        )
        conn.execute(
            "INSERT INTO health_intervals (kind, id, reader_id, gate_ids, state, started_at) VALUES"
            " ('clock', 'reader-1', 'reader-1', '{gate-1}', %s, %s)",
            [CLOCK_SKEWED, now - timedelta(days=1)],
        )
    return Gathered(investigation=made, transits=tuple(transits), pictures=pictures)


def fill_investigation(
    site: Site,
    transit: Transit,
    reference: str = "12/2026",
    text: str = "Furti in via Roma",
    user: str = "investigator",
) -> tuple[int, int, str]:
    """One of this user with everything in it, and two transits that are gone; its number, that of its package, and the
    token of the package's link."""
    by = Author(name=user, at=site.clock.now())
    with site.database.transaction() as conn:
        made = open_investigation(conn, reference, text, text, by)
        mark_transits(conn, made.id, [transit, make_transit(1), make_transit(2)], by, text)
        add_note(conn, made.id, text, by)
        save_question(conn, made.id, text, {"pattern": "AB*"}, by)
        package = ask_package(conn, made, by, text)
        away = StampNote(authority="https://tsa.example.it/tsr", failure=StampFault.UNREACHABLE)
        note_ready(conn, package.id, 3, 4_200_000, "ab" * 32, 2, by.at, away)
        note_delivery(conn, made, by, "ab" * 32, text, text, package.id)
        token = make_link(conn, made, package.id, text, by.at + timedelta(hours=24), by)
        note_failed(conn, made, ask_package(conn, made, by, text).id, text, by)
        ask_package(conn, made, by, text)
    made_of = site.settings.data_dir / "a package"
    with made_of.open("wb") as file:
        file.truncate(4_200_000)
    PackageFiles(site.console.images.shelf).put(package.file_name, made_of)
    return made.id, package.id, token


def contents(path: Path) -> dict[str, bytes]:
    """The files of a package by name."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path: Path, files: dict[str, bytes]) -> Path:
    """A ZIP of these files, by another writer."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path
