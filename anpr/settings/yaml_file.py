# SPDX-License-Identifier: AGPL-3.0-or-later
"""YAML reader of our configuration files: keeps plain words as they are written, and refuses a duplicate key.

YAML 1.1 turns `22:30` into 1350, `yes` into true and `010000` into 4096. Here a value that is not quoted stays the word
that somebody wrote, and the field that takes it says what it must look like.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from anpr.domain.errors import SettingsError
from anpr.domain.identifier import IDENTIFIER_PATTERN, IDENTIFIER_RULE

Tree = dict[str, Any]


class _WordLoader(yaml.SafeLoader):
    """Every value is a word or nothing. Refuses a key written twice in one mapping; YAML would keep the last one."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  typed as an instance's by the library, and read from the class

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        # Checked as it is written, before `<<` merges other mappings in: a key may well override a merged one.
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if (key.tag, key.value) in seen:
                raise yaml.composer.ComposerError(None, None, f"key {key.value!r} is there twice", key.start_mark)
            seen.add((key.tag, key.value))
        return node


class _JsonLoader(_WordLoader):
    """Also knows true, false and numbers, as JSON writes them."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  typed as an instance's by the library, and read from the class


def _resolve(loader: type[_WordLoader], kind: str, pattern: str, first: str) -> None:
    loader.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(pattern), list(first) or [""])


for _loader in (_WordLoader, _JsonLoader):
    _resolve(_loader, "null", "^(?:~|null|)$", "~n")
    _loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^$"), [""])
    _resolve(_loader, "merge", "^<<$", "<")
_resolve(_JsonLoader, "bool", "^(?:true|false)$", "tf")
_resolve(_JsonLoader, "int", "^-?(?:0|[1-9][0-9]*)$", "-0123456789")
_resolve(_JsonLoader, "float", r"^-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+]?[0-9]+)?$", "-0123456789")


def read_yaml(path: Path, max_bytes: int | None = None, *, numbers: bool = False) -> Tree:
    """The keys and values of a UTF-8 YAML file, each as it is written; an empty file has none.

    With `numbers` unquoted numbers, true and false become what JSON would make of them.

    Raises SettingsError naming the file, and the line where there is one: for a key that is written twice, for what is
    not YAML, for a file that cannot be read or has more than `max_bytes`.
    """
    try:
        if max_bytes is not None and path.stat().st_size > max_bytes:
            raise SettingsError(f"{path}: has more than {max_bytes} bytes")
        tree = yaml.load(
            path.read_text(encoding="utf-8"), Loader=_JsonLoader if numbers else _WordLoader
        )  # SafeLoaders
    except OSError as exc:
        raise SettingsError(f"{path}: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise SettingsError(f"{path}: not a UTF-8 text file") from exc
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise SettingsError(f"{path}{where}: {getattr(exc, 'problem', None) or 'not YAML'}") from exc
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise SettingsError(f"{path}: expected keys and values at the top, found a {type(tree).__name__}")
    return tree


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """What validation found wrong at one place. `key` is dotted, and empty at the top."""

    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.key}: {self.message}" if self.key else self.message


def explain(exc: ValidationError, tree: Tree, *, unknown: str = "no such key") -> list[Complaint]:
    """All that is wrong, each with the key as it is written in `tree`, the values that were validated.

    `unknown` is said of a key that nobody knows.
    """
    return [Complaint(key=_key(error["loc"], tree), message=_message(error, unknown)) for error in exc.errors()]


def in_one_line(complaints: Sequence[Complaint]) -> str:
    """The first one, and how many others there are."""
    more = f" (and {len(complaints) - 1} more)" if len(complaints) > 1 else ""
    return f"{complaints[0]}{more}"


def _message(error: ErrorDetails, unknown: str) -> str:
    if error["type"] == "extra_forbidden":
        return unknown
    if error["type"] == "missing":
        return "is needed"
    if error["type"] == "string_pattern_mismatch" and error["ctx"]["pattern"] == IDENTIFIER_PATTERN:
        return f"expected {IDENTIFIER_RULE}"
    return error["msg"].removeprefix("Value error, ")


def _key(loc: Sequence[int | str], tree: Any) -> str:
    parts = []
    for part in loc:
        # Inside a tagged union pydantic names the tag as well, which is no key of the file.
        if isinstance(tree, dict) and part not in tree and part == tree.get("kind"):
            continue
        parts.append(str(part))
        try:
            tree = tree[part]
        except (KeyError, IndexError, TypeError):
            tree = None
    return ".".join(parts)
