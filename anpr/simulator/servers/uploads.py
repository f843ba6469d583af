# SPDX-License-Identifier: AGPL-3.0-or-later
"""Uploads over SFTP and FTPS: a file has come when it is renamed to its name, or closed under it."""

from pathlib import Path, PurePosixPath

from anpr.simulator.reading.records import MAX_READ_BYTES

_ENDINGS = (".part", ".tmp", ".filepart", ".temp")
_BEGINNINGS = (".", "tmp-", "temp-")
_FOLDERS = frozenset({"tmp", "temp", "part", "in-arrivo"})


def is_temporary(path: str) -> bool:
    """Whether a file under this name is not whole yet: hidden, with such an ending, or in a folder for that."""
    parts = PurePosixPath(path)
    name = parts.name.lower()
    return (
        name.startswith(_BEGINNINGS)
        or name.endswith(_ENDINGS)
        or any(part.lower().lstrip(".") in _FOLDERS or part.startswith(".") for part in parts.parts[:-1])
    )


def final_name(path: str) -> str:
    """The name under which the file will appear, as far as the written one tells."""
    name = PurePosixPath(path).name.lstrip(".")
    for beginning in _BEGINNINGS[1:]:
        name = name.removeprefix(beginning)
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return name or PurePosixPath(path).name


def read_bounded(path: Path) -> bytes:
    """The file's bytes; of one that is larger than what is read, so many that this shows. Raises OSError."""
    with path.open("rb") as file:
        return file.read(MAX_READ_BYTES + 1)
