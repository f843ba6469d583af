# SPDX-License-Identifier: AGPL-3.0-or-later
"""Expands paths on a command line to images and videos."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from anpr.capture.media import is_image, is_video
from anpr.domain.errors import InputError

_KINDS_NAMED = 5


def media_files(paths: Iterable[Path], notice: Callable[[str], None]) -> Iterator[Path | InputError]:
    """Each file, and each picture or video in each folder and below it, sorted by name.

    An InputError in place of a path that does not exist, or of a folder with nothing to read: the rest still counts.
    Files of a folder whose names say neither picture nor video are passed over; `notice` is told how many.
    """
    for path in paths:
        if path.is_dir():
            yield from _in_folder(path, notice)
        elif path.exists():
            yield path
        else:
            yield InputError(f"{path}: no such file or folder")


def _in_folder(folder: Path, notice: Callable[[str], None]) -> Iterator[Path | InputError]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    found = [path for path in files if is_image(path) or is_video(path)]
    passed_over = Counter(path.suffix.lower() or "no suffix" for path in files) - Counter(
        path.suffix.lower() for path in found
    )
    if passed_over:
        notice(
            f"{folder}: {passed_over.total()} files passed over, no picture or video by name ({_kinds(passed_over)})"
        )
    if not found:
        yield InputError(f"{folder}: no picture or video in this folder")
    yield from found


def _kinds(suffixes: Counter[str]) -> str:
    named = [f"{count} {suffix}" for suffix, count in suffixes.most_common(_KINDS_NAMED)]
    return ", ".join([*named, "others"] if len(suffixes) > _KINDS_NAMED else named)
