# SPDX-License-Identifier: AGPL-3.0-or-later
"""Private files: written with mode 600 in folders of mode 700, and replaced in one step."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from anpr.domain.errors import InputError

_Model = TypeVar("_Model", bound=BaseModel)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """An OSError inside becomes an InputError that names the file."""
    try:
        yield
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc


def make_folder(path: Path) -> Path:
    """The folder, made with mode 700 where it is missing; one that exists is closed to others too.

    Raises InputError.
    """
    with explained(path):
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
    return path


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read, or replace it in one step. Raises InputError."""
    part = path.with_name(f".{path.name}.part")
    with explained(path):
        _write(part, data, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        part.replace(path)


def append_private(path: Path, data: bytes) -> None:
    """Add to the end of a file that only its owner can read. Raises InputError."""
    with explained(path):
        _write(path, data, os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def _write(path: Path, data: bytes, flags: int) -> None:
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(data)


def read_json(path: Path, model: type[_Model]) -> _Model:
    """The record in a file. Raises InputError naming the file."""
    with explained(path):
        text = path.read_bytes()
    return parse(str(path), text, model)


def parse(where: str, text: bytes, model: type[_Model]) -> _Model:
    """A record from its JSON. Raises InputError that begins with `where` and names the key."""
    try:
        return model.model_validate_json(text)
    except ValidationError as exc:
        first = exc.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise InputError(f"{where}: {key or 'not a record'}: {first['msg']}") from exc
