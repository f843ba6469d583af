# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reuses a plate reader that was built with equal settings: loading its models takes most of a test's time."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from anpr.reader.plates.plate_reader import PlateReader, build_plate_reader
from anpr.settings import ReaderSettings


@contextmanager
def loaded_once(name: str) -> Iterator[None]:
    """Replace the function `name`, an import of build_plate_reader, by one that remembers its readers."""
    readers: dict[str, PlateReader] = {}

    def build(settings: ReaderSettings) -> PlateReader:
        key = settings.model_dump_json()
        if key not in readers:
            readers[key] = build_plate_reader(settings)
        return readers[key]

    with patch(name, build):
        yield
