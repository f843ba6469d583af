# SPDX-License-Identifier: AGPL-3.0-or-later
"""Validates publiccode.yml against version 0.7 of the standard, without a network.

    python -m scripts.checks.publiccode [--published] [FILE]

The official validator is a Go program; none was found for Python. Beyond the standard, the name, the licence and the
version are those of pyproject.toml, and pictures exist. `--published` also refuses addresses that are examples (RFC
2606): before the repository is published there is no true one to give.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import yaml
from pydantic import ValidationError

from scripts.checks.publiccode_schema import PublicCode
from scripts.repository import REPOSITORY

_EXAMPLE_HOST = re.compile(r"(^|\.)(example|test|invalid|localhost)(\.(com|net|org|it))?$")


class DoubledKeyError(yaml.YAMLError):
    """A mapping that names a key twice: YAML would keep the last one without a word."""


class _Texts(yaml.BaseLoader):
    """Every value as the text that is written: the standard's dates and versions are strings."""


def _unique(loader: _Texts, node: yaml.MappingNode) -> dict[str, Any]:
    keys = [key.value for key, _ in node.value]
    twice = [key for key in keys if keys.count(key) > 1]
    if twice:
        raise DoubledKeyError(f"{twice[0]}: written twice")
    return {str(loader.construct_object(key)): loader.construct_object(value, deep=True) for key, value in node.value}


_Texts.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique)


def faults_of(text: str) -> list[str]:
    """What the standard does not allow, each with its key; empty when the file is valid."""
    try:
        tree = yaml.load(text, Loader=_Texts)
        PublicCode.model_validate(tree)
    except yaml.YAMLError as exc:
        return [f"not read as YAML: {exc}"]
    except ValidationError as exc:
        return [f"{_key(error['loc'])}: {_words(error)}" for error in exc.errors()]
    return []


def faults_beside(tree: Mapping[str, Any], repository: Path) -> Iterator[str]:
    """Where a valid file says something else than the repository around it."""
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for key, written, ours in (
        ("legal.license", tree["legal"]["license"], project["license"]),
        ("softwareVersion", tree.get("softwareVersion"), project["version"]),
        ("name", tree["name"], project["name"]),
    ):
        if written != ours:
            yield f"{key}: {written!r}, but pyproject.toml says {ours!r}"
    for language, part in tree["description"].items():
        for number, path in enumerate(part.get("screenshots", [])):
            if "://" not in path and not (repository / path).is_file():
                yield f"description.{language}.screenshots[{number}]: no file {path}"


def examples_in(tree: Any, key: str = "") -> Iterator[str]:
    """Addresses that are nobody's."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            yield from examples_in(value, f"{key}.{name}" if key else name)
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from examples_in(value, f"{key}[{number}]")
    elif _EXAMPLE_HOST.search((urlsplit(tree).hostname or "") if "://" in tree else tree.rpartition("@")[2]):
        yield f"{key}: {tree!r} is an example's address"


def _key(loc: tuple[int | str, ...]) -> str:
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc]
    return "".join(parts).removeprefix(".") or "the file"


def _words(error: Any) -> str:
    if error["type"] == "missing":
        return "missing"
    if error["type"] == "extra_forbidden":
        return "no key of the standard, or a deprecated one"
    return str(error["msg"]).removeprefix("Value error, ")


@click.command()
@click.option("--published", is_flag=True, help="Refuse addresses that are examples.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), default=REPOSITORY / "publiccode.yml")
def main(published: bool, file: Path) -> None:
    """Validate FILE (publiccode.yml of this repository) against publiccode.yml 0.7."""
    text = file.read_text(encoding="utf-8")
    faults = faults_of(text)
    if not faults:
        tree = yaml.load(text, Loader=_Texts)
        faults = list(faults_beside(tree, REPOSITORY))
        examples = list(examples_in(tree))
        if published:
            faults += examples
        else:
            for line in examples:
                click.echo(f"{file.name}: {line}: put the true one before it is published")
    for line in faults:
        click.echo(f"{file.name}: {line}", err=True)
    if faults:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
