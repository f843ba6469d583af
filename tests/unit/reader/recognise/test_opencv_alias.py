"""PaddleX is told that it has OpenCV, and nothing else changes."""

import importlib.metadata
import sys
from collections.abc import Iterator

import pytest

from anpr.reader.recognise.opencv_alias import INSTALLED, WANTED, _Alias, install_alias


@pytest.fixture(autouse=True)
def no_alias_left() -> Iterator[None]:
    before = list(sys.meta_path)
    sys.meta_path[:] = [finder for finder in before if not isinstance(finder, _Alias)]
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

    assert sum(isinstance(finder, _Alias) for finder in sys.meta_path) == 1
