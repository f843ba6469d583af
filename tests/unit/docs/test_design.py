# SPDX-License-Identifier: AGPL-3.0-or-later
"""docs/design.md and README.md name only what is there."""

import re
from pathlib import Path

import click
import pytest

from anpr.cli.main import main

_PATH = re.compile(r"`((?:anpr|scripts|tests|config|docs|models)/[\w./-]+)`")
_ENTRY = re.compile(r"^( *)([\w/]+)/ {2,}", re.MULTILINE)


@pytest.mark.parametrize("page", ["README.md", "docs/design.md", "docs/guida-primo-sito.md", "CONTRIBUTING.md"])
def test_every_path_is_there(repository: Path, page: str) -> None:
    paths = [path for path in _PATH.findall((repository / page).read_text(encoding="utf-8")) if path.upper() != path]
    told_as_patterns = [path for path in paths if re.search(r"NAME|KIND|PATH|MODULE|ROOM|DIR", path)]
    assert [path for path in paths if path not in told_as_patterns and not (repository / path).exists()] == []


def test_every_folder_of_the_layout_is_there(repository: Path) -> None:
    layout = (repository / "docs" / "design.md").read_text(encoding="utf-8").split("```")[3]
    folders: list[str] = []
    missing = []
    for indent, name in _ENTRY.findall("\n".join(["anpr/  ", *layout.splitlines()])):
        folders = [*folders[: len(indent) // 2], name]
        if not repository.joinpath(*folders).is_dir():
            missing.append("/".join(folders))
    assert len(folders) >= 1
    assert missing == []


def test_every_package_is_in_the_layout(repository: Path) -> None:
    layout = (repository / "docs" / "design.md").read_text(encoding="utf-8").split("```")[3]
    packages = {path.parent.name for path in (repository / "anpr").glob("*/__init__.py")}
    assert {name for name in packages if f"  {name}/" not in layout} == set()


def test_every_verb_is_in_the_readme(repository: Path) -> None:
    readme = (repository / "README.md").read_text(encoding="utf-8")
    assert [verb for verb in main.list_commands(click.Context(main)) if f"| `anpr {verb}" not in readme] == []
