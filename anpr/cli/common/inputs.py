# SPDX-License-Identifier: AGPL-3.0-or-later
"""Expands paths on a command line to images and videos."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from anpr.capture.media import is_image, is_video
from anpr.domain.errors import InputError


def media_files(paths: Iterable[Path]) -> Iterator[Path | InputError]:
    """Each file, and each picture or video in each folder and below it, sorted by name.

    An InputError in place of a path that does not exist, or of a folder with nothing to read: the rest still counts.
    """
    for path in paths:
        if path.is_dir():
            yield from _in_folder(path)
        elif path.exists():
            yield path
        else:
            yield InputError(f"{path}: no such file or folder")


def _in_folder(folder: Path) -> Iterator[Path | InputError]:
    found = sorted(path for path in folder.rglob("*") if path.is_file() and (is_image(path) or is_video(path)))
    if not found:
        yield InputError(f"{folder}: no picture or video in this folder")
    yield from found
