# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures for the person concerned: from the shelf into a ZIP archive, each named in the file of data beside it.

A picture of the plate shows nothing else; the one of the scene may show other people and vehicles, so whoever answers
the request chooses.
"""

import zipfile
from collections.abc import Iterable, Iterator
from tempfile import TemporaryFile
from typing import IO, Any, Literal

from anpr.domain.errors import ImageAlteredError
from anpr.domain.transit import ImageRef, ImageRole, Transit
from anpr.store.images.image_store import ImageStore

Choice = Literal["none", "plate", "all"]
_ROLES: dict[Choice, frozenset[ImageRole]] = {
    "none": frozenset(),
    "plate": frozenset({ImageRole.PLATE}),
    "all": frozenset(ImageRole),
}
MOST_BYTES = 1_000_000_000
"""Of pictures in one archive: what a disk of temporary files surely holds."""
_CHUNK = 256 * 1024


def bytes_of(transits: Iterable[Transit], choice: Choice) -> int:
    """What the chosen pictures come to, as their transits announced them."""
    return sum(image.size for _, image in _chosen(transits, choice))


def write_pictures(archive: zipfile.ZipFile, images: ImageStore, transits: Iterable[Transit], choice: Choice) -> Any:
    """Write those that are on the shelf, byte for byte; returns a list for the file of data, one object a picture.

    `state` is `included`, `missing` (it never came, or is gone) or `altered` (on the shelf lies another one: left out).
    Raises StoreError when the shelf refuses.
    """
    told = []
    for transit, image in _chosen(transits, choice):
        name = f"pictures/{transit.captured_at:%Y%m%dT%H%M%SZ}-{transit.id}-{image.role}.jpg"
        try:
            data = images.find(transit, image.role)
        except ImageAlteredError:
            state = "altered"
        else:
            state = "missing" if data is None else "included"
            if data is not None:
                archive.writestr(zipfile.ZipInfo(name, transit.captured_at.timetuple()[:6]), data)
        entry = {"transit": str(transit.id), "shows": str(image.role), "sha256": image.sha256, "state": state}
        told.append(entry | ({"file": name} if state == "included" else {}))
    return told


def new_archive() -> IO[bytes]:
    """Where an archive grows: a file without a name, gone when it is closed."""
    return TemporaryFile()


def read_out(file: IO[bytes]) -> Iterator[bytes]:
    """The file from its beginning, in pieces; closed at the end, also when nobody listens any more."""
    with file:
        file.seek(0)
        while piece := file.read(_CHUNK):
            yield piece


def _chosen(transits: Iterable[Transit], choice: Choice) -> Iterator[tuple[Transit, ImageRef]]:
    roles = _ROLES[choice]
    return ((transit, image) for transit in transits for image in transit.images if image.role in roles)
