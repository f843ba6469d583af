# SPDX-License-Identifier: AGPL-3.0-or-later
"""YAML reader of our configuration files: refuses a duplicate key, and explains what validation found wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from anpr.domain.errors import SettingsError

Tree = dict[str, Any]


class _StrictLoader(yaml.SafeLoader):
    """Refuses a key written twice in one mapping; YAML itself would silently keep the last one."""

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


def read_yaml(path: Path, max_bytes: int | None = None) -> Tree:
    """The keys and values of a UTF-8 YAML file; an empty file has none.

    Raises SettingsError naming the file, and the line where there is one: for a key that is written twice, for what is
    not YAML, for a file that cannot be read or has more than `max_bytes`.
    """
    try:
        if max_bytes is not None and path.stat().st_size > max_bytes:
            raise SettingsError(f"{path}: has more than {max_bytes} bytes")
        tree = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)  # a SafeLoader
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
    """The first thing that validation found wrong; `others` counts the rest. `key` is dotted, and empty at the top."""

    key: str
    message: str
    others: int = 0

    def __str__(self) -> str:
        more = f" (and {self.others} more)" if self.others else ""
        return f"{self.key}: {self.message}{more}" if self.key else f"{self.message}{more}"


def explain(exc: ValidationError, tree: Tree, *, unknown: str = "no such key") -> Complaint:
    """The key as it is written in `tree`, the values that were validated. `unknown` is said of a key nobody knows."""
    first = exc.errors()[0]
    message = unknown if first["type"] == "extra_forbidden" else first["msg"].removeprefix("Value error, ")
    return Complaint(key=_key(first["loc"], tree), message=message, others=exc.error_count() - 1)


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
