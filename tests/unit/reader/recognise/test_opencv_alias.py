# SPDX-License-Identifier: AGPL-3.0-or-later
"""PaddleX is told that it has OpenCV, and nothing else changes."""

import importlib.metadata
import sys
from collections.abc import Iterator

import pytest

from anpr.reader.recognise.opencv_alias import INSTALLED, WANTED, install_alias


def _is_alias(finder: object) -> bool:
    return type(finder).__module__ == install_alias.__module__


@pytest.fixture(autouse=True)
def no_alias_left() -> Iterator[None]:
    before = list(sys.meta_path)
    sys.meta_path[:] = [finder for finder in before if not _is_alias(finder)]
    yield
    sys.meta_path[:] = before


def test_the_wanted_name_answers_with_the_installed_version() -> None:
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        importlib.metadata.version(WANTED)

    install_alias()

    assert importlib.metadata.version(WANTED) == importlib.metadata.version(INSTALLED)


def test_other_missing_packages_stay_missing() -> None:
    install_alias()

    with pytest.raises(importlib.metadata.PackageNotFoundError):
        importlib.metadata.version("no-such-package-at-all")


def test_it_is_installed_once() -> None:
    install_alias()
    install_alias()

    assert sum(_is_alias(finder) for finder in sys.meta_path) == 1
