# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plate grep: which of the given plates stand anywhere in the files of a folder, as plain bytes."""

import mmap
import re
from collections.abc import Set
from pathlib import Path

_PLATE = re.compile(rb"[A-Z]{2}[0-9]{3}[A-Z]{2}")
"""An Italian plate."""


def plates_in(place: Path, wanted: Set[str]) -> set[str]:
    """Those of the wanted Italian plates that some file below `place` (or that file) holds."""
    files = (
        [place] if place.is_file() else [each for each in place.rglob("*") if each.is_file() and not each.is_symlink()]
    )
    found: set[str] = set()
    for each in files:
        found |= _in_file(each, wanted)
    return found


def _in_file(path: Path, wanted: Set[str]) -> set[str]:
    try:
        if path.stat().st_size == 0:
            return set()
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return {text for match in _PLATE.finditer(data) if (text := match[0].decode()) in wanted}
    except FileNotFoundError:  # a server or an ingest that runs removes files of its own
        return set()
