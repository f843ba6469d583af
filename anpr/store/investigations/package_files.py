# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files of packages of evidence, on the shelf of the images: every console of a site hands over what any made."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from anpr.store.images.files import Shelf

FOLDER = "evidence"
"""Beside the days of images, which look at no folder of another name."""


class PackageFiles:
    """By the name that the package's row has. Every failure is a StoreError."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def put(self, name: str, path: Path) -> None:
        """The file at this path; it lasts when this returns."""
        self._shelf.put_file(_key(name), path)

    def size(self, name: str) -> int | None:
        """Bytes; None when it is not there (any more)."""
        return self._shelf.size(_key(name))

    def chunks(self, name: str) -> Iterator[bytes]:
        """Its bytes, a piece at a time."""
        return self._shelf.chunks(_key(name))

    def fetch(self, name: str, path: Path) -> None:
        """Write it to this path, for its owner only."""
        path.touch(mode=0o600)
        with path.open("wb") as file:
            for chunk in self.chunks(name):
                file.write(chunk)

    def remove(self, name: str) -> None:
        """Nothing happens when it is gone."""
        self._shelf.remove(_key(name))

    def total(self) -> int:
        """Bytes of all of them."""
        return sum(each.size for each in self._shelf.listed(FOLDER))

    def names_before(self, moment: datetime) -> list[str]:
        """Those that came there before this moment."""
        return [each.key.rpartition("/")[2] for each in self._shelf.listed(FOLDER) if each.modified < moment]


def _key(name: str) -> str:
    return f"{FOLDER}/{name}"
